"""Values of flows as they are stored: JSON in the call's own row, frames, arrays and models as objects of their own.

A value that is itself a frame, an array or a model is its own record, so that whatever takes frames can take it.
Nothing is pickled, and no class is made that the annotation by which a value is read does not name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from blake3 import blake3

from pauta.domain.calls import Arguments
from pauta.domain.ids import Address
from pauta.domain.outputs import INLINE_LIMIT, Kind, Output
from pauta.domain.problems import Place, Problem, StepFault, StoreFault, shorten
from pauta.flows.site import Packed
from pauta.flows.states import State
from pauta.frames.decode import open_output
from pauta.frames.isolate import isolate, snapshot
from pauta.frames.values import from_json, json_bytes
from pauta.ports.objects import Objects
from pauta.runtime.parcel_classes import TAG, Hints, Named, read_object, write_object
from pauta.runtime.parcel_frames import (
    NUMPY,
    PANDAS,
    SERIES,
    address_of,
    as_frame,
    as_series,
    checked,
    collected,
    read_numpy,
    read_pandas,
    write_scalar,
)
from pauta.runtime.parcel_memory import Memory
from pauta.runtime.parcel_states import STATE, read_state, write_state
from pauta.runtime.parcel_tags import PLAIN, TAGGED, Reader, Refused, Tagger, canonical_bytes

_LEAVES = frozenset({str, bool, type(None)})
_LIVING = frozenset({str, bool, type(None), int, float})
_SMALL = 2**53
_TAG_MARK = b'{"$'
_OBJECT = "$object"
_SHARING = frozenset({"pandas", "polars"})
_LIBRARIES = frozenset({"pandas", "polars", "pyarrow", "numpy"})


class StoredParcels:
    """Implements `flows.site.Parcels` on an object store."""

    def __init__(self, objects_of: Callable[[], Objects]) -> None:
        """Where objects lie.

        Args:
            objects_of: Gives the object store when it is first needed.
        """
        self._objects_of = objects_of
        self._memory = Memory()
        self._hints = Hints()

    def pack(self, value: Any, *, name: str, hint: Any = None) -> Packed:
        """See `Parcels.pack`."""
        kind = type(value)
        if kind in _LEAVES or (kind is int and -_SMALL < value < _SMALL):
            output = _inline(value)
            if output is not None:
                return Packed(Arguments(output), value)
        packing = _Packing(self._objects_of, self._memory, name)
        named = self._hints.named_in(hint)
        tagger = Tagger(lambda part, to: self._write(part, to, packing.keep, named), canonical=False)
        tree = _written(tagger, value, name)
        if packing.outputs and tree == {_OBJECT: 0}:
            return Packed(Arguments(packing.outputs[0]), packing.lives[0], packing.profiles)
        text = json_bytes(tree)
        output = self._record(tree, text, TAGGED if tagger.tagged else PLAIN)
        arguments = Arguments(output, tuple(packing.outputs))
        live = value if kind in _LIVING else self._read(text, output.format, packing.lives.__getitem__, named)
        return Packed(arguments, live, packing.profiles)

    def unpack(self, arguments: Arguments, *, hint: Any = None) -> Any:
        """See `Parcels.unpack`."""
        output = arguments.value
        if output.kind is not Kind.VALUE:
            return self._open(output)
        if output.inline and type(output.value) in _LIVING:
            return output.value
        text = json_bytes(output.value) if output.inline else self._objects_of().read(output.address)
        return self._read(text, output.format, lambda at: self._open(arguments.objects[at]), self._hints.named_in(hint))

    def digest(self, value: Any) -> str:
        """See `Parcels.digest`. That of a frame, array or model is its address."""
        if type(value) in _LEAVES:
            tree = value
        else:
            tagger = Tagger(lambda part, to: self._write(part, to, self._address, None), canonical=True)
            tree = _written(tagger, value, "")
            if type(tree) is dict and len(tree) == 1 and isinstance(address := tree.get(_OBJECT), str):
                return address
        try:
            text = canonical_bytes(tree)
        except UnicodeEncodeError:
            text = value.encode("utf-8", "surrogatepass")
        return blake3(text).hexdigest()

    def isolate(self, value: Any) -> Any:
        """See `Parcels.isolate`. What is known of a frame is known of what shares its memory."""
        if type(value).__module__.partition(".")[0] not in _SHARING:
            return value
        series = as_frame(value)
        if series is not None:
            return value.copy(deep=False) if series[0] == "pandas" else value.clone()
        if type(value).__name__ != "DataFrame":
            return value
        known, own = self._memory.recall(value), isolate(value)
        if known is not None:
            self._memory.remember(own, known)
        return own

    def remember(self, value: Any, output: Output) -> None:
        """This frame was opened from what is stored as `output`."""
        self._memory.remember(value, output)

    # ---- writing ------------------------------------------------------------------------------

    def _write(self, value: Any, tagger: Tagger, keep: Callable[[Any], Any], named: Named | None) -> Any:
        """What JSON and its tags have not; NotImplemented for what may be a subclass of what they have."""
        if isinstance(value, State):
            return tagger.tag(STATE, write_state(value, tagger))
        for write in (write_scalar, lambda part, to: write_object(part, to, named)):
            written = write(value, tagger)
            if written is not NotImplemented:
                return written
        if isinstance(value, str | int | float | bytes | dict | list | set | frozenset):
            return NotImplemented
        series = as_frame(value)
        if series is not None:
            library, frame, title = series
            return tagger.tag(SERIES, [library, keep(frame), tagger.write(title)])
        return tagger.tag(_OBJECT, keep(value))

    def _address(self, value: Any) -> str:
        known = self._memory.recall(value)
        return address_of(checked(value, name="")) if known is None else known.address

    def _record(self, tree: Any, text: bytes, form: str) -> Output:
        if len(text) <= INLINE_LIMIT:
            return Output(Kind.VALUE, _address(text), len(text), form, value=tree, inline=True)
        stored = self._objects_of().put(text)
        return Output(Kind.VALUE, stored.address, stored.size, form)

    # ---- reading ------------------------------------------------------------------------------

    def _read(self, text: bytes, form: str, at: Callable[[int], Any], named: Named) -> Any:
        tree = from_json(text)
        if form == PLAIN or (form == TAGGED and _TAG_MARK not in text):
            return tree
        if form != TAGGED:
            raise StoreFault(Problem("DAT-020", {"expected": TAGGED, "reason": shorten(form)}))

        def other(tag: str, content: Any, reader: Reader) -> Any:
            if tag == _OBJECT:
                return at(content)
            if tag == SERIES:
                library, position, title = content
                return as_series(library, at(position), reader.read(title))
            if tag == TAG:
                return read_object(content, reader, named)
            return read_state(content, reader) if tag == STATE else _OTHERS[tag](content)

        try:
            return Reader(other).read(tree)
        except (ValueError, TypeError, LookupError, ArithmeticError) as error:
            raise StoreFault(Problem("DAT-020", {"expected": TAGGED, "reason": shorten(error)})) from error

    def _open(self, output: Output) -> Any:
        path = self._objects_of().path(output.address) if output.size and not output.inline else None
        value = open_output(path, output)
        self._memory.remember(value, output)
        return value


_OTHERS: Mapping[str, Callable[[Any], Any]] = {NUMPY: read_numpy, PANDAS: read_pandas}


class _Packing:
    """The stored objects of one value.

    Attributes:
        outputs: Their records.
        lives: What a taker of the value gets of each.
        profiles: Those of new frames, by address.
    """

    def __init__(self, objects_of: Callable[[], Objects], memory: Memory, name: str) -> None:
        self._objects_of = objects_of
        self._memory = memory
        self._name = name
        self._at: dict[int, int] = {}
        self.outputs: list[Output] = []
        self.lives: list[Any] = []
        self.profiles: dict[str, dict[str, Any]] = {}

    def keep(self, value: Any) -> int:
        """Store an object; its position."""
        at = self._at.get(id(value))
        if at is None:
            at = self._at[id(value)] = len(self.outputs)
            output, live = self._kept(value)
            self._memory.remember(live, output)
            self.outputs.append(output)
            self.lives.append(live)
        return at

    def _kept(self, value: Any) -> tuple[Output, Any]:
        known = self._memory.recall(value)
        if known is not None:
            return known, isolate(value)
        # While it is written its maker may go on holding it; what is lazy is worked out once.
        value = collected(snapshot(value))
        output = self._stored(value)
        return output, self._live(value, output)

    def _stored(self, value: Any) -> Output:
        encoded = checked(value, name=self._name)
        with self._objects_of().writing() as writing:
            encoded.write(writing)
            stored = writing.finish()
        if encoded.table is not None:
            from pauta.frames.profile import profile

            self.profiles[stored.address] = profile(encoded.table)
        return encoded.output(stored.address)

    def _live(self, value: Any, output: Output) -> Any:
        """What a taker gets. Of a class derived from a library's own only what is stored comes back."""
        if output.kind is Kind.MODEL or type(value).__module__.partition(".")[0] in _LIBRARIES:
            return isolate(value)
        return open_output(self._objects_of().path(output.address), output)


def _inline(value: Any) -> Output | None:
    """The record of a leaf; None when it is too long."""
    try:
        text = json_bytes(value)
    except UnicodeEncodeError:
        return None
    if len(text) > INLINE_LIMIT:
        return None
    return Output(Kind.VALUE, _address(text), len(text), PLAIN, value=value, inline=True)


def _address(text: bytes) -> Address:
    return Address(blake3(text).hexdigest())


def _written(tagger: Tagger, value: Any, name: str) -> Any:
    try:
        return tagger.write(value)
    except Refused as refused:
        raise _fault(refused, name) from None


def _fault(refused: Refused, name: str) -> StepFault:
    what = f"{name}{refused.place}"
    if refused.fault is None:
        values = {"what": shorten(what or repr(refused.value)), "found": shorten(type(refused.value).__qualname__)}
        return StepFault(Problem("FLW-020", values, refused.reason))
    return StepFault(replace(refused.fault.problems[0], place=Place(field=shorten(what))))
