"""The shapes of lists and objects, made of other shapes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pauta.authoring.findings import Findings
from pauta.authoring.names import MAX_NAME
from pauta.authoring.nearest import nearest
from pauta.authoring.nodes import Node, Path
from pauta.authoring.shapes import INVALID, JSON_TYPES, Name, Shape, mismatch, show


@dataclass(frozen=True)
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


@dataclass(frozen=True)
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


@dataclass(frozen=True)
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
        found = JSON_TYPES.get(type(node.data), "")
        for shape in self.shapes:
            if found in shape.types:
                return shape.check(node, path, findings)
        return mismatch(self.kind, node, path, findings)

    def schema(self) -> dict[str, Any]:
        """Any of the shapes."""
        return {"anyOf": [shape.schema() for shape in self.shapes]}


@dataclass(frozen=True)
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
