"""The shapes of a document's single values. Each checks a value and describes itself as JSON Schema.

Because one object does both, what editors accept and what Pauta accepts cannot drift apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from json import dumps
from typing import Any, Protocol

from pauta.authoring.findings import Findings
from pauta.authoring.names import (
    MAX_NAME,
    MAX_PATH,
    NAME_PATTERN,
    PATH_PATTERN,
    matches_name,
    matches_path,
    why_refused,
)
from pauta.authoring.nodes import BROKEN, Node, Path
from pauta.domain.problems import shorten
from pauta.domain.quantities import (
    DURATION_PATTERN,
    MAX_MEMORY,
    MAX_SECONDS,
    MEMORY_PATTERN,
    POSITIVE_PATTERN,
    bytes_of,
    duration_of,
)

INVALID: Any = BROKEN
"""What a check gives when it complained."""

JSON_TYPES = {
    str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null", list: "array", dict: "object",
}  # fmt: skip


class Shape(Protocol):
    """What a value must be like. `types` are the JSON types it takes; `kind` is the message's word for it."""

    @property
    def types(self) -> frozenset[str]:
        """The JSON types it takes."""
        ...

    @property
    def kind(self) -> str:
        """What messages call it."""
        ...

    def check(self, node: Node, path: Path, findings: Findings) -> Any:
        """The value as Pauta uses it, or `INVALID` after complaining."""
        ...

    def schema(self) -> dict[str, Any]:
        """The shape as JSON Schema."""
        ...


def show(data: Any) -> str:
    """A value for a message: short, on one line, without what is inside of it."""
    if isinstance(data, dict):
        return "{…}" if data else "{}"
    if isinstance(data, list):
        return "[…]" if data else "[]"
    return shorten(dumps(data, ensure_ascii=False))


def mismatch(kind: str, node: Node, path: Path, findings: Findings) -> Any:
    """Complain that a value is of another kind."""
    if node.data is not BROKEN:
        findings.add("RCP-003", node.at, path=path, variant=kind, found=show(node.data))
    return INVALID


@dataclass(frozen=True)
class Name:
    """A name of a step, frame, model or parameter, or with `is_path` a path."""

    is_path: bool = False
    types = frozenset({"string"})
    kind = "text"

    def check(self, node: Node, path: Path, findings: Findings) -> Any:
        """The name, once nothing in it can mislead a reader or a file system."""
        text = node.data
        if not isinstance(text, str):
            return mismatch(self.kind, node, path, findings)
        limit = MAX_PATH if self.is_path else MAX_NAME
        if len(text) <= limit and (matches_path if self.is_path else matches_name)(text):
            return text
        variant, values = why_refused(text, limit=limit, is_path=self.is_path)
        findings.add("RCP-009", node.at, path=path, variant=variant, **values)
        return INVALID

    def schema(self) -> dict[str, Any]:
        """Text with a pattern."""
        limit, pattern = (MAX_PATH, PATH_PATTERN) if self.is_path else (MAX_NAME, NAME_PATTERN)
        return {"type": "string", "minLength": 1, "maxLength": limit, "pattern": pattern}


@dataclass(frozen=True)
class Text:
    """Any text without NUL."""

    types = frozenset({"string"})
    kind = "text"

    def check(self, node: Node, path: Path, findings: Findings) -> Any:
        """The text."""
        if not isinstance(node.data, str):
            return mismatch(self.kind, node, path, findings)
        if "\0" in node.data:
            values = {"found": f'"{shorten(node.data)}"', "character": "U+0000"}
            findings.add("RCP-009", node.at, path=path, variant="control", **values)
            return INVALID
        return node.data

    def schema(self) -> dict[str, Any]:
        """Text."""
        return {"type": "string", "pattern": r"^(?![\s\S]*\u0000)"}


@dataclass(frozen=True)
class Boolean:
    """true or false."""

    types = frozenset({"boolean"})
    kind = "boolean"

    def check(self, node: Node, path: Path, findings: Findings) -> Any:
        """The value."""
        return node.data if isinstance(node.data, bool) else mismatch(self.kind, node, path, findings)

    def schema(self) -> dict[str, Any]:
        """A boolean."""
        return {"type": "boolean"}


@dataclass(frozen=True)
class Number:
    """A number within limits; a whole one if `whole`, for which 2.0 is as good as 2."""

    minimum: float | None = None
    maximum: float | None = None
    whole: bool = False
    types = frozenset({"integer", "number"})

    @property
    def kind(self) -> str:
        """The message's word."""
        return "integer" if self.whole else "number"

    def check(self, node: Node, path: Path, findings: Findings) -> Any:
        """The number."""
        value = node.data
        if isinstance(value, bool) or not isinstance(value, int | float) or (self.whole and value != int(value)):
            return mismatch(self.kind, node, path, findings)
        for variant, limit, outside in (
            ("minimum", self.minimum, self.minimum is not None and value < self.minimum),
            ("maximum", self.maximum, self.maximum is not None and value > self.maximum),
        ):
            if outside:
                findings.add("RCP-003", node.at, path=path, variant=variant, found=show(value), limit=limit)
                return INVALID
        return int(value) if self.whole else value

    def schema(self) -> dict[str, Any]:
        """A number or an integer with its limits."""
        out: dict[str, Any] = {"type": "integer" if self.whole else "number"}
        limits = {"minimum": self.minimum, "maximum": self.maximum}
        return out | {key: limit for key, limit in limits.items() if limit is not None}


@dataclass(frozen=True)
class Duration:
    """Seconds as a number, or text such as ``1h30m``; gives a timedelta."""

    positive: bool = False
    types = frozenset({"string", "integer", "number"})
    kind = "duration"

    def check(self, node: Node, path: Path, findings: Findings) -> Any:
        """The duration as a timedelta."""
        data = node.data
        duration = None
        if isinstance(data, str):
            duration = duration_of(data)
        elif isinstance(data, int | float) and not isinstance(data, bool) and 0 <= data <= MAX_SECONDS:
            duration = timedelta(seconds=data)
        if duration is None or (self.positive and data in (0, 0.0)) or (self.positive and not duration):
            return mismatch(self.kind, node, path, findings)
        return duration

    def schema(self) -> dict[str, Any]:
        """A number or text with a pattern."""
        low = {"exclusiveMinimum": 0} if self.positive else {"minimum": 0}
        return {
            "anyOf": [
                {"type": "number", "maximum": MAX_SECONDS, **low},
                {"type": "string", "pattern": POSITIVE_PATTERN if self.positive else DURATION_PATTERN},
            ]
        }


@dataclass(frozen=True)
class Memory:
    """Bytes as a whole number, or text such as ``2GiB``; gives bytes."""

    types = frozenset({"string", "integer", "number"})
    kind = "memory"

    def check(self, node: Node, path: Path, findings: Findings) -> Any:
        """The number of bytes."""
        data = node.data
        if isinstance(data, str):
            amount = bytes_of(data)
        else:
            whole = isinstance(data, int | float) and not isinstance(data, bool) and data == int(data)
            amount = int(data) if whole and 1 <= data <= MAX_MEMORY else None
        return mismatch(self.kind, node, path, findings) if amount is None else amount

    def schema(self) -> dict[str, Any]:
        """An integer or text with a pattern."""
        return {
            "anyOf": [
                {"type": "integer", "minimum": 1, "maximum": MAX_MEMORY},
                {"type": "string", "pattern": MEMORY_PATTERN},
            ]
        }


@dataclass(frozen=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]
    types = frozenset({"string"})
    kind = "text"

    def check(self, node: Node, path: Path, findings: Findings) -> Any:
        """The word."""
        if not isinstance(node.data, str):
            return mismatch(self.kind, node, path, findings)
        if node.data not in self.words:
            values = {"found": show(node.data), "choices": ", ".join(self.words)}
            findings.add("RCP-003", node.at, path=path, variant="choice", **values)
            return INVALID
        return node.data

    def schema(self) -> dict[str, Any]:
        """An enumeration."""
        return {"type": "string", "enum": list(self.words)}


@dataclass(frozen=True)
class Anything:
    """Any JSON value."""

    types = frozenset(JSON_TYPES.values())
    kind = "text"

    def check(self, node: Node, path: Path, findings: Findings) -> Any:
        """The plain value."""
        return node.plain()

    def schema(self) -> dict[str, Any]:
        """The schema that takes everything."""
        return {}
