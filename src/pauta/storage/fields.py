"""Records whose fields are columns of the same names: how each kind of value goes in and comes back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import inspect

from pauta.storage import codec

S = TypeVar("S", bound=msgspec.Struct)
Turn = Callable[[Any], Any]
_PLAIN = (inspect.StrType, inspect.IntType, inspect.FloatType, inspect.NoneType)


class Fields(Generic[S]):
    """Turns records of one class into rows and back.

    Text and numbers are columns as they are, times microseconds, words of a closed list their text, everything
    else JSON text.
    """

    def __init__(self, kind: type[S]) -> None:
        self._kind = kind
        self.columns = tuple(field.name for field in msgspec.structs.fields(kind))
        turns = [_turns(field.type) for field in msgspec.structs.fields(kind)]
        self._in = [turn for turn, _ in turns]
        self._out = [turn for _, turn in turns]

    def row(self, record: S) -> dict[str, Any]:
        """All columns of a record."""
        return {name: turn(getattr(record, name)) for name, turn in zip(self.columns, self._in, strict=True)}

    def record(self, row: Sequence[Any]) -> S:
        """The record of a row with `columns`."""
        return self._kind(*(turn(value) for turn, value in zip(self._out, row, strict=True)))


def _turns(kind: Any) -> tuple[Turn, Turn]:
    told = inspect.type_info(kind)
    parts = told.types if isinstance(told, inspect.UnionType) else (told,)
    real = [part for part in parts if not isinstance(part, inspect.NoneType)]
    if all(isinstance(part, _PLAIN) for part in real):
        return _same, _same
    if len(real) == 1 and isinstance(real[0], inspect.DateTimeType):
        return codec.to_micros, codec.from_micros
    if len(real) == 1 and isinstance(real[0], inspect.EnumType):
        return _value_of, real[0].cls
    return codec.to_json, msgspec.json.Decoder(kind).decode


def _same(value: Any) -> Any:
    return value


def _value_of(word: Enum) -> Any:
    return word.value


class Document(Generic[S]):
    """Turns records of one class into one JSON text and back, with every time in UTC."""

    def __init__(self, kind: type[S]) -> None:
        self._decode = msgspec.json.Decoder(kind).decode

    def text(self, record: S) -> str:
        """The record as JSON text."""
        return codec.to_json(whole_in_utc(record))

    def record(self, text: str) -> S:
        """The record of a text."""
        return self._decode(text)


def whole_in_utc(record: S) -> S:
    """The record with its times, and those of the records in it, in UTC."""
    moved: dict[str, Any] = {}
    for name in record.__struct_fields__:
        value = getattr(record, name)
        if isinstance(value, datetime) and value.tzinfo is not UTC:
            moved[name] = value.astimezone(UTC)
        elif isinstance(value, msgspec.Struct):
            inner = whole_in_utc(value)
            if inner is not value:
                moved[name] = inner
    return msgspec.structs.replace(record, **moved) if moved else record
