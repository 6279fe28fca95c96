"""Objects of the user's own classes, as far as an annotation names them: dataclasses, enumerations, models of pydantic.

Stored is the class's name and its fields. A class is made again only when the annotation by which a value is read
names one of that name, and then without calling it: what is in the store decides nothing but its fields.
"""

from __future__ import annotations

import dataclasses
import sys
import typing
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

from pauta.runtime.parcel_tags import Reader, Refused, Tagger

Named = Mapping[str, type[Any]]
"""Classes by name."""

TAG = "$of"
_MOST = 256


class Hints:
    """Knows which classes an annotation names, those of its classes' own fields included."""

    def __init__(self) -> None:
        self._known: dict[Any, Named] = {}

    def named_in(self, hint: Any) -> Named:
        """The classes, by their qualified names."""
        if hint is None:
            return {}
        try:
            if (known := self._known.get(hint)) is not None:
                return known
            if len(self._known) >= _MOST:
                self._known.clear()
            found = self._known[hint] = _find(hint)
        except TypeError:
            # A mapping of hints, or one that holds something that cannot be hashed.
            found = _find(hint)
        return found


def write_object(value: Any, tagger: Tagger, named: Named | None) -> Any:
    """The tag of an object whose class is named (None: every class counts as named); NotImplemented for others.

    Raises:
        Refused: It would have a form, but its class is not named.
    """
    cls = type(value)
    form = _form_of(cls)
    if form is None:
        return NotImplemented
    if named is not None and named.get(cls.__qualname__) is not cls:
        if _is_number_or_text(cls):
            return NotImplemented
        raise Refused(value, "unnamed")
    return tagger.tag(TAG, [cls.__qualname__, form.write(value, tagger)])


def read_object(content: Any, reader: Reader, named: Named) -> Any:
    """The object again.

    Raises:
        ValueError: No class of this name is named, or it is not as it was.
    """
    name, fields = content
    cls = named.get(name)
    form = None if cls is None else _form_of(cls)
    if cls is None or form is None:
        raise ValueError(f"the annotation names no class {name}")
    return form.read(cls, fields, reader)


# ---- annotations ------------------------------------------------------------------------------


def _find(hint: Any) -> Named:
    found: dict[str, type[Any]] = {}
    pending = [hint]
    seen: list[Any] = []
    while pending:
        one = pending.pop()
        if any(one is other for other in seen):
            continue
        seen.append(one)
        if isinstance(one, type) and _form_of(one) is not None:
            found.setdefault(one.__qualname__, one)
        pending.extend(_parts(one))
    return found


def _parts(hint: Any) -> Iterator[Any]:
    """What a hint is made of."""
    if isinstance(hint, Mapping):
        yield from hint.values()
    elif isinstance(hint, list | tuple):
        yield from hint
    elif isinstance(hint, typing.TypeVar):
        yield hint.__bound__
    elif hasattr(hint, "__value__"):
        yield hint.__value__
    else:
        yield from typing.get_args(hint)
        if isinstance(origin := typing.get_origin(hint), type):
            yield origin
        if isinstance(hint, type) and _form_of(hint) is not None:
            yield from _annotations(hint)


def _annotations(cls: type[Any]) -> Iterator[Any]:
    models = getattr(cls, "model_fields", None)
    if isinstance(models, dict):
        yield from (getattr(field, "annotation", None) for field in models.values())
        return
    try:
        yield from typing.get_type_hints(cls).values()
    except Exception:
        # One name in it that cannot be looked up hides the others; their classes count as not named.
        return


# ---- forms ------------------------------------------------------------------------------------


class _Form(typing.Protocol):
    """How objects of one sort of class are written and made."""

    def write(self, value: Any, tagger: Tagger) -> Any: ...

    def read(self, cls: type[Any], fields: Any, reader: Reader) -> Any: ...


class _Members:
    """Enumerations: by name, combinations of flags by value."""

    def write(self, value: Any, tagger: Tagger) -> Any:
        named = type(value).__members__.get(value.name) is value
        return value.name if named else tagger.write(value.value)

    def read(self, cls: type[Any], fields: Any, reader: Reader) -> Any:
        return cls[fields] if isinstance(fields, str) else cls(reader.read(fields))


class _Tuples:
    """Named tuples."""

    def write(self, value: Any, tagger: Tagger) -> Any:
        return tagger.fields(value._asdict())

    def read(self, cls: type[Any], fields: Any, reader: Reader) -> Any:
        _insist(cls, fields, cls._fields)
        return cls._make(reader.read(fields[name]) for name in cls._fields)


class _Records:
    """Dataclasses, and classes of attrs."""

    def write(self, value: Any, tagger: Tagger) -> Any:
        try:
            fields = {name: getattr(value, name) for name in _field_names(type(value))}
        except AttributeError:
            raise Refused(value) from None
        return tagger.fields(fields)

    def read(self, cls: type[Any], fields: Any, reader: Reader) -> Any:
        names = _field_names(cls)
        _insist(cls, fields, names)
        made = _blank(cls)
        for name in names:
            object.__setattr__(made, name, reader.read(fields[name]))
        return made


class _Models:
    """Models of pydantic, with what they keep beside their fields."""

    _PARTS = ("__dict__", "__pydantic_extra__", "__pydantic_private__")

    def write(self, value: Any, tagger: Tagger) -> Any:
        extra, private = value.__pydantic_extra__, value.__pydantic_private__
        known = value.__pydantic_fields_set__
        # What a cached property keeps beside the fields is found again when it is asked for.
        fields = {name: value.__dict__[name] for name in type(value).model_fields if name in value.__dict__}
        parts = (fields, extra or None, private or None)
        written = [None if part is None else tagger.fields(part) for part in parts]
        return [*written, sorted(known)]

    def read(self, cls: type[Any], fields: Any, reader: Reader) -> Any:
        *parts, known = fields
        if not isinstance(parts[0], dict) or not parts[0].keys() <= cls.model_fields.keys():
            raise ValueError(f"{cls.__qualname__} has other fields")
        state = {
            name: part if part is None else {key: reader.read(item) for key, item in part.items()}
            for name, part in zip(self._PARTS, parts, strict=True)
        }
        if state["__pydantic_extra__"] is None and cls.model_config.get("extra") == "allow":
            state["__pydantic_extra__"] = {}
        made = _blank(cls)
        made.__setstate__({**state, "__pydantic_fields_set__": set(known)})
        return made


_MEMBERS, _TUPLES, _RECORDS, _MODELS = _Members(), _Tuples(), _Records(), _Models()


def _form_of(cls: type[Any]) -> _Form | None:
    if issubclass(cls, Enum):
        return _MEMBERS
    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        return _TUPLES
    pydantic = sys.modules.get("pydantic")
    base = getattr(pydantic, "BaseModel", None)
    if base is not None and issubclass(cls, base):
        return _MODELS
    if dataclasses.is_dataclass(cls) or hasattr(cls, "__attrs_attrs__"):
        return _RECORDS
    return None


def _blank(cls: Any) -> Any:
    """An object of this class, without its fields."""
    return cls.__new__(cls)


def _field_names(cls: type[Any]) -> list[str]:
    attributes = getattr(cls, "__attrs_attrs__", None)
    fields = dataclasses.fields(cls) if attributes is None else attributes
    return [field.name for field in fields]


def _insist(cls: type[Any], found: Any, wanted: typing.Iterable[str]) -> None:
    if not isinstance(found, dict) or found.keys() != set(wanted):
        raise ValueError(f"{cls.__qualname__} has other fields")


def _is_number_or_text(cls: type[Any]) -> bool:
    """Members of such enumerations are as good as what they equal."""
    return issubclass(cls, str | int | float)
