"""Values as JSON, version 1: what JSON has not is tagged.

A JSON object of exactly one key that begins with ``$`` is a tag and never a user's dict; a user's dict of that shape,
and any with keys that are no texts, is written as ``$dict``. All else is plain JSON.

======================  ==========================================================================================
``$tuple`` ``$set``     items; those of sets and frozensets in the order of their bytes
``$frozenset``
``$dict``               ``[[key, value], …]``
``$float``              ``nan``, ``inf``, ``-inf``
``$int``                beyond 64 bits, hexadecimal
``$complex`` ``$range``  ``[real, imaginary]``, ``[start, stop, step]``
``$str``                text with lone surrogates, base64 of its bytes
``$bytes``              base64; ``$bytearray`` too
``$decimal`` ``$uuid``  as text
``$path``               text, or ``[text, class]`` for pure paths
``$date``               ``2026-01-31``
``$time``               ``[text, zone, fold]``: zone is a name, an offset in seconds, or null
``$datetime``           the same
``$timedelta``          ``[days, seconds, microseconds]``
``$of``                 ``[class, fields]``, see `runtime.parcel_classes`
``$object``             position of a stored object; ``$series`` and ``$numpy``, ``$pandas``: `runtime.parcel_frames`
======================  ==========================================================================================

Numbers of NumPy become Python's, and subclasses of texts, numbers, lists and dicts what they are based on.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from functools import lru_cache
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from pauta.domain.problems import StepFault

PLAIN = "json"
"""Format of an output in which nothing is tagged."""
TAGGED = "tagged-json-1"
"""Format of one in which something is."""

_LEAST, _MOST = -(2**63), 2**64 - 1
_DEPTH = 100
_PURE: dict[str, type[PurePath]] = {kind.__name__: kind for kind in (PurePosixPath, PureWindowsPath)}
_SCALARS = frozenset({bool, type(None)})
_sorted_bytes = msgspec.json.Encoder(order="sorted").encode


class Refused(Exception):
    """A value cannot be written. `path` leads to it, innermost part first.

    Attributes:
        value: The part that cannot be written.
        reason: Variant of FLW-020 that says more.
        fault: What says it already.
    """

    def __init__(self, value: Any, reason: str = "", fault: StepFault | None = None) -> None:
        super().__init__(reason)
        self.value = value
        self.reason = reason
        self.fault = fault
        self.path: list[str] = []

    @property
    def place(self) -> str:
        """Where it is in the whole, as ``["a"][2].title``."""
        return "".join(reversed(self.path))


def canonical_bytes(tree: Any) -> bytes:
    """The same bytes for the same tree, however its dicts are ordered."""
    return _sorted_bytes(tree)


class Tagger:
    """Writes values as trees of JSON."""

    def __init__(self, other: Callable[[Any, Tagger], Any], *, canonical: bool) -> None:
        """What writes and how.

        Args:
            other: Writes what is not known here, or raises `Refused`. Gives the value of a tag with its tag, or a
                plain number.
            canonical: ``$dict`` is written in the order of its keys' bytes.
        """
        self._other = other
        self._canonical = canonical
        self._depth = 0
        self.tagged = False

    def write(self, value: Any) -> Any:
        """The value as a tree of its own, sharing nothing that can be changed.

        Raises:
            Refused: Something in it cannot be written.
        """
        kind = type(value)
        if kind in _SCALARS or (kind is str and value.isascii()):
            return value
        if kind is dict:
            return self._nested(self._dict, value)
        if kind is list:
            return self._nested(self.items, value)
        return self._leaf(kind, value)

    def tag(self, name: str, content: Any) -> dict[str, Any]:
        """A tag."""
        self.tagged = True
        return {name: content}

    def items(self, values: Any) -> list[Any]:
        """Each of these values."""
        out = []
        item = None
        try:
            for item in values:
                out.append(self.write(item))
        except Refused as refused:
            refused.path.append(f"[{len(out)}]")
            raise
        return out

    def fields(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The attributes of a record."""
        out = {}
        name = ""
        try:
            for name, value in values.items():
                out[name] = self.write(value)
        except Refused as refused:
            refused.path.append(f".{name}")
            raise
        return out

    def _nested(self, write: Callable[[Any], Any], value: Any) -> Any:
        if self._depth >= _DEPTH:
            raise Refused(value, "deep")
        self._depth += 1
        try:
            return write(value)
        finally:
            self._depth -= 1

    def _leaf(self, kind: type[Any], value: Any) -> Any:
        if kind is int:
            return value if _LEAST <= value <= _MOST else self.tag("$int", hex(value))
        if kind is float:
            return value if math.isfinite(value) else self.tag("$float", repr(value))
        if kind is str:
            return self._text(value)
        return self._rare(kind, value)

    def _rare(self, kind: type[Any], value: Any) -> Any:
        if kind is tuple:
            return self.tag("$tuple", self._nested(self.items, value))
        if kind is set or kind is frozenset:
            return self.tag(f"${kind.__name__}", self._nested(self._set, value))
        writer = _WRITERS.get(kind)
        if writer is not None:
            name, content = writer(value)
            # Texts in it, of paths and zones, may be no Unicode either.
            return self.tag(name, self.write(content))
        return self._nested(self._foreign, value)

    def _foreign(self, value: Any) -> Any:
        written = self._other(value, self)
        if written is not NotImplemented:
            return written
        for base, plain in _BASES:
            if isinstance(value, base):
                return self.write(plain(value))
        raise Refused(value)

    def _dict(self, value: dict[Any, Any]) -> Any:
        if len(value) == 1:
            (only,) = value
            if type(only) is str and only.startswith("$"):
                return self._pairs(value)
        out = {}
        key = None
        try:
            for key, item in value.items():
                if type(key) is not str or not (key.isascii() or _is_unicode(key)):
                    break
                out[key] = self.write(item)
            else:
                return out
        except Refused as refused:
            refused.path.append(f"[{_quoted(key)}]")
            raise
        return self._pairs(value)

    def _pairs(self, value: dict[Any, Any]) -> Any:
        pairs = []
        key = None
        try:
            for key, item in value.items():
                pairs.append([self.write(key), self.write(item)])
        except Refused as refused:
            refused.path.append(f"[{_quoted(key)}]")
            raise
        if self._canonical:
            pairs.sort(key=lambda pair: _sorted_bytes(pair[0]))
        return self.tag("$dict", pairs)

    def _set(self, value: Any) -> list[Any]:
        items = []
        for item in value:
            try:
                items.append(self.write(item))
            except Refused as refused:
                refused.path.append("{…}")
                raise
        return sorted(items, key=_sorted_bytes)

    def _text(self, value: str) -> Any:
        if _is_unicode(value):
            return value
        return self.tag("$str", base64.b64encode(value.encode("utf-8", "surrogatepass")).decode())


class Reader:
    """Reads trees of JSON as values again."""

    def __init__(self, other: Callable[[str, Any, Reader], Any]) -> None:
        """What reads.

        Args:
            other: Reads tags that are not known here; raises ValueError for those that it does not know either.
        """
        self._other = other

    def read(self, tree: Any) -> Any:
        """The value. It takes `tree` over.

        Raises:
            ValueError: It is not such a tree.
        """
        if type(tree) is list:
            return [self.read(item) for item in tree]
        if type(tree) is not dict:
            return tree
        if len(tree) == 1:
            ((name, content),) = tree.items()
            if name.startswith("$"):
                return self._tag(name, content)
        return {key: self.read(item) for key, item in tree.items()}

    def _tag(self, name: str, content: Any) -> Any:
        if name == "$dict":
            return {self.read(key): self.read(item) for key, item in content}
        container = _CONTAINERS.get(name)
        if container is not None:
            return container(self.read(item) for item in content)
        reader = _READERS.get(name)
        return self._other(name, content, self) if reader is None else reader(self.read(content))


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _quoted(key: Any) -> str:
    if type(key) is str:
        return msgspec.json.encode(key[:40].encode("utf-8", "replace").decode()).decode()
    try:
        return repr(key)[:40]
    except Exception:
        return type(key).__name__


# ---- times ------------------------------------------------------------------------------------


def _zone(zone: tzinfo | None, at: datetime | None) -> str | float | None:
    """A zone by its name, or else by its offset at that time."""
    if zone is None:
        return None
    key = getattr(zone, "key", None)
    if isinstance(key, str):
        return key
    offset = zone.utcoffset(at)
    if offset is None:
        raise Refused(zone)
    return offset.total_seconds()


@lru_cache(maxsize=64)
def zone_of(said: str | float | None) -> tzinfo | None:
    """The zone of this name or offset in seconds."""
    if said is None:
        return None
    if isinstance(said, str):
        return ZoneInfo(said)
    return timezone(timedelta(seconds=said))


def _datetime(value: datetime) -> tuple[str, Any]:
    return "$datetime", [value.replace(tzinfo=None, fold=0).isoformat(), _zone(value.tzinfo, value), value.fold]


def _time(value: time) -> tuple[str, Any]:
    return "$time", [value.replace(tzinfo=None, fold=0).isoformat(), _zone(value.tzinfo, None), value.fold]


def _read_datetime(content: Any) -> datetime:
    text, zone, fold = content
    return datetime.fromisoformat(text).replace(tzinfo=zone_of(zone), fold=fold)


def _read_time(content: Any) -> time:
    text, zone, fold = content
    return time.fromisoformat(text).replace(tzinfo=zone_of(zone), fold=fold)


# ---- everything else --------------------------------------------------------------------------


def _path(value: PurePath) -> tuple[str, Any]:
    pure = type(value).__name__
    return ("$path", [str(value), pure]) if pure in _PURE else ("$path", str(value))


def _read_path(content: Any) -> PurePath:
    if isinstance(content, str):
        return Path(content)
    text, pure = content
    return _PURE[pure](text)


def _read_float(content: str) -> float:
    if content not in {"nan", "inf", "-inf"}:
        raise ValueError(content)
    return float(content)


_WRITERS: Mapping[type[Any], Callable[[Any], tuple[str, Any]]] = {
    bytes: lambda value: ("$bytes", base64.b64encode(value).decode()),
    bytearray: lambda value: ("$bytearray", base64.b64encode(value).decode()),
    complex: lambda value: ("$complex", [value.real, value.imag]),
    range: lambda value: ("$range", [value.start, value.stop, value.step]),
    Decimal: lambda value: ("$decimal", str(value)),
    UUID: lambda value: ("$uuid", str(value)),
    type(Path()): _path,
    PurePosixPath: _path,
    PureWindowsPath: _path,
    date: lambda value: ("$date", value.isoformat()),
    datetime: _datetime,
    time: _time,
    timedelta: lambda value: ("$timedelta", [value.days, value.seconds, value.microseconds]),
}

_BASES: tuple[tuple[type[Any], Callable[[Any], Any]], ...] = (
    # An enumeration of texts says its own name when it is asked for its text.
    (str, str.__str__),
    (int, int.__int__),
    (float, float.__float__),
    (dict, dict),
    (list, list),
    (bytes, bytes),
    (complex, complex),
    (set, set),
    (frozenset, frozenset),
    (Path, lambda value: Path(str(value))),
    (datetime, lambda value: datetime.combine(value.date(), value.timetz())),
)

_CONTAINERS: Mapping[str, Callable[[Any], Any]] = {"$tuple": tuple, "$set": set, "$frozenset": frozenset}

_READERS: Mapping[str, Callable[[Any], Any]] = {
    "$float": _read_float,
    "$int": lambda content: int(content, 16),
    "$str": lambda content: base64.b64decode(content, validate=True).decode("utf-8", "surrogatepass"),
    "$bytes": lambda content: base64.b64decode(content, validate=True),
    "$bytearray": lambda content: bytearray(base64.b64decode(content, validate=True)),
    "$complex": lambda content: complex(*content),
    "$range": lambda content: range(*content),
    "$decimal": Decimal,
    "$uuid": UUID,
    "$path": _read_path,
    "$date": date.fromisoformat,
    "$datetime": _read_datetime,
    "$time": _read_time,
    "$timedelta": lambda content: timedelta(*content),
}
