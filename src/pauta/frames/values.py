"""JSON values: checked, made plain, and turned into bytes, so that what is stored is what the next step gets."""

from __future__ import annotations

import math
import sys
from typing import Any

import msgspec

from pauta.frames.faults import fault

_ENCODER = msgspec.json.Encoder()
_DEPTH = 64
_BASES: tuple[Any, ...] = (int, float, dict, list, tuple)
_LEAST, _MOST = -(2**63), 2**64 - 1


def plain(value: Any, *, output: str) -> Any:
    """A copy of the value made of dicts, lists, texts, numbers, booleans and None alone.

    NumPy scalars become numbers and tuples lists, here and so in every step that takes the value. NaN, infinity
    and whole numbers beyond 64 bits are refused: JSON readers turn them into something else in silence.

    Raises:
        StepFault: SCR-022 with the path of the first part that JSON cannot hold.
    """
    return _plain(value, output, "", 0)


def json_bytes(value: Any) -> bytes:
    """The bytes of a plain value: compact, UTF-8, keys in the value's own order, floats in their shortest form."""
    return _ENCODER.encode(value)


def from_json(data: bytes) -> Any:
    """The value again."""
    return msgspec.json.decode(data)


def is_json_leaf(value: Any) -> bool:
    """Whether a value is a single JSON value or a NumPy scalar of one."""
    return value is None or isinstance(value, str | bool | int | float) or _is_numpy_scalar(value)


def _plain(value: Any, output: str, path: str, depth: int) -> Any:
    kind = type(value)
    if kind is str:
        return _text(value, output, path)
    if kind is bool or value is None:
        return value
    if kind is int or kind is float:
        return _number(value, output, path)
    if depth > _DEPTH:
        raise fault("SCR-022", "value", output=output, path=path[:40], found=f"more than {_DEPTH} levels")
    if kind is dict:
        return {_key(k, output, path): _plain(v, output, f"{path}.{k}", depth + 1) for k, v in value.items()}
    if kind is list or kind is tuple:
        return [_plain(v, output, f"{path}[{i}]", depth + 1) for i, v in enumerate(value)]
    return _unusual(value, output, path, depth)


def _unusual(value: Any, output: str, path: str, depth: int) -> Any:
    """NumPy scalars, and subclasses of the plain types such as enumerations and ordered dicts."""
    if _is_numpy_scalar(value):
        return _plain(value.item(), output, path, depth)
    if isinstance(value, str):
        return _text(str.__str__(value), output, path)
    for base in _BASES:
        if isinstance(value, base):
            return _plain(base(value), output, path, depth)
    raise fault("SCR-022", "value", output=output, path=path, found=type(value).__name__)


def _is_numpy_scalar(value: Any) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, numpy.generic) and value.dtype.kind in "biuf" and value.itemsize <= 8


def _key(key: Any, output: str, path: str) -> str:
    if isinstance(key, str):
        return _text(str.__str__(key), output, path)
    raise fault("SCR-022", "value", output=output, path=path, found=f"key {key!r} ({type(key).__name__})")


def _text(value: str, output: str, path: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise fault("SCR-022", "value", output=output, path=path, found="text that is not Unicode") from None
    return value


def _number(value: Any, output: str, path: str) -> Any:
    if isinstance(value, float):
        if math.isfinite(value):
            return value
    elif _LEAST <= value <= _MOST:
        return value
    raise fault("SCR-022", "value", output=output, path=path, found=str(value))
