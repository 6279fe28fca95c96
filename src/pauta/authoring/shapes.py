"""The few shapes that values of a document have. Each checks a value and describes itself as JSON Schema.

Because one object does both, what editors accept and what Pauta accepts cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
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
from pauta.authoring.nearest import nearest
from pauta.authoring.nodes import BROKEN, Node, Path
from pauta.authoring.quantities import (
    DURATION_PATTERN,
    MAX_MEMORY,
    MAX_SECONDS,
    MEMORY_PATTERN,
    POSITIVE_PATTERN,
    bytes_of,
    duration_of,
)
from pauta.domain.problems import shorten

INVALID: Any = BROKEN
"""What a check gives when it complained."""

_JSON_TYPES = {
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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Anything:
    """Any JSON value."""

    types = frozenset(_JSON_TYPES.values())
    kind = "text"

    def check(self, node: Node, path: Path, findings: Findings) -> Any:
        """The plain value."""
        return node.plain()

    def schema(self) -> dict[str, Any]:
        """The schema that takes everything."""
        return {}


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list; with `distinct`, nothing may stand in it twice. Gives a tuple."""

    item: Shape
    distinct: bool = False
    types = frozenset({"array"})
    kind = "list"

    def check(self, node: Node, path: Path, findings: Findings) -> Any:
        """The items that are right; `INVALID` items are complained about and left out."""
        if not isinstance(node.data, list):
            return mismatch(self.kind, node, path, findings)
        out = []
        seen: set[str] = set()
        for index, item in enumerate(node.data):
            value = self.item.check(item, (path, index), findings)
            if value is INVALID:
                continue
            if self.distinct and value in seen:
                findings.add("RCP-003", item.at, path=(path, index), variant="repeated", found=show(value))
                continue
            if self.distinct:
                seen.add(value)
            out.append(value)
        return tuple(out)

    def schema(self) -> dict[str, Any]:
        """An array."""
        out: dict[str, Any] = {"type": "array", "items": self.item.schema()}
        return out | {"uniqueItems": True} if self.distinct else out


@dataclass(frozen=True, slots=True)
class MapOf:
    """An object whose keys the user chooses: by `Name`, or as `variables` of the environment."""

    value: Shape
    variables: bool = False
    types = frozenset({"object"})
    kind = "object"

    def check(self, node: Node, path: Path, findings: Findings) -> Any:
        """The values by key."""
        if not isinstance(node.data, dict) or node.keys is None:
            return mismatch(self.kind, node, path, findings)
        out = {}
        for key, item in node.data.items():
            inner = (path, key)
            good = self._check_key(Node(key, node.keys[key]), inner, findings)
            value = self.value.check(item, inner, findings)
            if good and value is not INVALID:
                out[key] = value
        return out

    def _check_key(self, key: Node, path: Path, findings: Findings) -> bool:
        if not self.variables:
            return Name().check(key, path, findings) is not INVALID
        text = key.data
        if text.isascii() and text.isidentifier() and len(text) <= MAX_NAME:
            return True
        mismatch("variable", key, path, findings)
        return False

    def schema(self) -> dict[str, Any]:
        """An object with a pattern for its keys."""
        variable = {"pattern": r"^(?![\s\S]*\n)[A-Za-z_][A-Za-z0-9_]*$", "maxLength": MAX_NAME}
        keys = variable if self.variables else {k: v for k, v in Name().schema().items() if k != "type"}
        return {"type": "object", "propertyNames": keys, "additionalProperties": self.value.schema()}


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of several shapes, told apart by the JSON type of the value; `kind` names them together."""

    shapes: tuple[Shape, ...]
    kind: str

    @property
    def types(self) -> frozenset[str]:
        """All types that one of the shapes takes."""
        return frozenset().union(*(shape.types for shape in self.shapes))

    def check(self, node: Node, path: Path, findings: Findings) -> Any:
        """What the shape for this type gives."""
        found = _JSON_TYPES.get(type(node.data), "")
        for shape in self.shapes:
            if found in shape.types:
                return shape.check(node, path, findings)
        return mismatch(self.kind, node, path, findings)

    def schema(self) -> dict[str, Any]:
        """Any of the shapes."""
        return {"anyOf": [shape.schema() for shape in self.shapes]}


@dataclass(frozen=True, slots=True)
class Field:
    """One key of a record. `alias` is a second name for it; only one of the two may be given."""

    name: str
    shape: Shape
    description: str
    required: bool = False
    alias: str | None = None


@dataclass(frozen=True)
class Record:
    """An object with fixed keys. Gives the values of the keys that were given, by main name."""

    title: str
    fields: tuple[Field, ...]
    rules: Mapping[str, Any] = field(default_factory=dict)  # further schema, where a check elsewhere has its twin
    types = frozenset({"object"})
    kind = "object"

    @cached_property
    def by_name(self) -> dict[str, Field]:
        """Fields by main name and alias."""
        names = {f.name: f for f in self.fields}
        return names | {f.alias: f for f in self.fields if f.alias}

    @cached_property
    def main_names(self) -> dict[str, str]:
        """Alias → main name."""
        return {f.alias: f.name for f in self.fields if f.alias}

    @cached_property
    def _required(self) -> tuple[str, ...]:
        return tuple(f.name for f in self.fields if f.required)

    def check(self, node: Node, path: Path, findings: Findings) -> Any:
        """The values by main name."""
        data = node.data
        if not isinstance(data, dict) or node.keys is None:
            return mismatch(self.kind, node, path, findings)
        out: dict[str, Any] = {}
        fields = self.by_name
        for key, item in data.items():
            known = fields.get(key)
            if known is None:
                self._unknown(key, node.keys[key], path, findings)
                continue
            if known.name in out:
                values = {"main": known.name, "alias": known.alias}
                findings.add("RCP-003", node.keys[key], path=(path, key), variant="alias", **values)
                continue
            out[known.name] = known.shape.check(item, (path, key), findings)
        for name in self._required:
            if name not in out:
                findings.add("RCP-003", node.at, path=(path, name), variant="required")
                out[name] = INVALID
        return out

    def _unknown(self, key: str, at: int, path: Path, findings: Findings) -> None:
        near = nearest(key, self.by_name) if findings.room else []
        if near:
            findings.add("RCP-002", at, path=(path, key), variant="near", suggestion=near[0])
        else:
            findings.add("RCP-002", at, path=(path, key), known=", ".join(self.by_name))

    def schema(self) -> dict[str, Any]:
        """A closed object."""
        properties: dict[str, Any] = {}
        together: list[dict[str, Any]] = []
        required: list[str] = []
        for one in self.fields:
            properties[one.name] = {"description": one.description, **one.shape.schema()}
            if one.alias:
                properties[one.alias] = {"description": f"Another name of {one.name}.", **one.shape.schema()}
                together.append(_one_name(one.name, one.alias, required=one.required))
            elif one.required:
                required.append(one.name)
        out: dict[str, Any] = {"title": self.title, "type": "object", "properties": properties}
        out["additionalProperties"] = False
        if required:
            out["required"] = required
        if together:
            out["allOf"] = together
        return out | dict(self.rules)


def _one_name(main: str, alias: str, *, required: bool) -> dict[str, Any]:
    if required:
        return {"oneOf": [{"required": [main]}, {"required": [alias]}]}
    return {"not": {"required": [main, alias]}}
