"""Values of options and arguments from their text, without a validation library: it would cost 0.1 s a call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pauta.domain.problems import InvalidInput, Problem, shorten

_EXPECTED = {"int": "1, 2, 3 …", "float": "0.5, 7 …"}


class PlainReading:
    """Reads text as the few types that our commands take: text, int, float, and lists of text."""

    def __init__(self, annotation: Any) -> None:
        self._annotation = annotation

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """The value in its type; what is not text already came from a default.

        Raises:
            InvalidInput: CLI-001 when the text is no such number, or not above 0.
        """
        if value is None:
            return () if param.multiple or param.nargs == -1 else None
        if not isinstance(value, str):
            return list(value) if isinstance(value, (list, tuple)) else value
        kind = "int" if _takes(self._annotation, int) else "float" if _takes(self._annotation, float) else ""
        if not kind:
            return value
        try:
            number = int(value) if kind == "int" else float(value)
        except ValueError:
            number = -1
        if not 0 < number < 2**31:
            values = {"name": param.opts[0], "found": f'"{shorten(value)}"', "expected": _EXPECTED[kind]}
            raise InvalidInput(Problem("CLI-001", values, variant="value"))
        return number


def read_plainly(parameters: Sequence[Any]) -> None:
    """Have these parameters read by `PlainReading`. Where Typer has no such hook its own reading stays."""
    for parameter in parameters:
        descriptor = getattr(parameter, "type_descriptor", None)
        if descriptor is not None and hasattr(parameter, "get_runtime_param"):
            reading = PlainReading(descriptor.annotation)
            parameter.get_runtime_param = lambda reading=reading: reading


def _takes(annotation: Any, kind: type) -> bool:
    return annotation is kind or kind in getattr(annotation, "__args__", ())
