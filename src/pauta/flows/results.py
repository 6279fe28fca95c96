"""How the result of a task is kept: by the type that is declared, or by a codec of the user's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from pauta.domain.problems import Problem, StepFault, shorten


class Codec(NamedTuple):
    """How a value that cannot be kept as it is becomes one that can, and back.

    Attributes:
        encode: Value → what can be kept: JSON values, bytes, frames, arrays, lists and dicts of them.
        decode: That → an equal value.
    """

    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]


class Form(NamedTuple):
    """How the results of one task or flow are kept.

    Attributes:
        name: Of the task or flow, for messages.
        hint: What `site.Parcels` is told of the type; None: nothing.
        codec: The user's own, or None.
    """

    name: str
    hint: Any = None
    codec: Codec | None = None

    def encoded(self, value: Any) -> Any:
        """What is to be kept for a value.

        Raises:
            StepFault: FLW-008, the codec raised.
        """
        if self.codec is None:
            return value
        try:
            return self.codec.encode(value)
        except Exception as error:
            values = {"name": self.name, "found": shorten(type(value).__name__), "reason": _reason(error)}
            raise StepFault(Problem("FLW-008", values, variant="encode")) from error

    def decoded(self, kept: Any) -> Any:
        """The value again.

        Raises:
            StepFault: FLW-008, the codec raised.
        """
        if self.codec is None:
            return kept
        try:
            return self.codec.decode(kept)
        except Exception as error:
            values = {"name": self.name, "reason": _reason(error)}
            raise StepFault(Problem("FLW-008", values, variant="decode")) from error


def is_result_type(value: Any) -> bool:
    """Whether this can be given as ``result``: a type, a composed one such as ``list[Post]``, or a `Codec`."""
    return isinstance(value, type | Codec) or getattr(value, "__origin__", None) is not None or _is_union(value)


def form_of(name: str, declared: Any, annotated: Any) -> Form:
    """How results are kept.

    Args:
        name: Of the task or flow.
        declared: Its option ``result``.
        annotated: The annotation of what its function gives, resolved; None when there is none.
    """
    if isinstance(declared, Codec):
        return Form(name, None, declared)
    hint = declared if declared is not None else annotated
    return Form(name, None if hint in (Any, type(None)) or isinstance(hint, str) else hint)


def _is_union(value: Any) -> bool:
    from types import UnionType

    return isinstance(value, UnionType)


def _reason(error: BaseException) -> str:
    return shorten(f"{type(error).__name__}: {error}", 300)
