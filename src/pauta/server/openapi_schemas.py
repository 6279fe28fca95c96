"""Schemas of structs, made clear enough for those who generate clients: times, free values, plain descriptions."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import inspect as types

from pauta.server.openapi_states import WORDS

REFS = "#/components/schemas/{name}"
_ANY = {"description": "Any JSON value."}
_HOLDERS = ("properties", "$defs", "default", "examples", "example", "const", "enum")


def schemas_of(kinds: Sequence[Any]) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    """A schema for each of these types, by the type's `repr`, and the components that they refer to."""
    structs = list(_structs(types.multi_type_info(kinds)))
    words = {(info.cls.__name__, name): enum for info in structs for name, enum in _words(info)}
    every, components = msgspec.json.schema_components([*kinds, *dict.fromkeys(words.values())], ref_template=REFS)
    schemas = every[: len(kinds)]
    for (struct, name), enum in words.items():
        _limit_to(components[struct]["properties"], name, enum)
    times = {info.cls.__name__: list(_times(info)) for info in structs}
    for name, schema in components.items():
        if "description" in schema:
            schema["description"] = inspect.cleandoc(schema["description"])
        for field in times.get(name, ()):
            _stamp(schema["properties"][field])
        _name_free_values(schema)
    for schema in schemas:
        _name_free_values(schema)
    return dict(zip(map(repr, kinds), schemas, strict=True)), components


def _structs(found: Sequence[types.Type]) -> Iterator[types.StructType]:
    """All structs among these types and what they are made of, each once."""
    seen: set[Any] = set()
    waiting = list(found)
    while waiting:
        info = waiting.pop()
        if isinstance(info, types.StructType):
            if info.cls in seen:
                continue
            seen.add(info.cls)
            yield info
            waiting.extend(field.type for field in info.fields)
        else:
            waiting.extend(_parts(info))


def _parts(info: types.Type) -> list[types.Type]:
    """What a union or a collection is made of."""
    parts: list[types.Type] = []
    for name in ("types", "item_types"):
        parts.extend(getattr(info, name, ()))
    for name in ("item_type", "key_type", "value_type", "type"):
        part = getattr(info, name, None)
        if isinstance(part, types.Type):
            parts.append(part)
    return parts


def _times(info: types.StructType) -> Iterator[str]:
    """Names of the fields that are times, or times or null."""
    for field in info.fields:
        own = field.type.types if isinstance(field.type, types.UnionType) else (field.type,)
        if any(isinstance(part, types.DateTimeType) for part in own):
            yield field.encode_name


def _words(info: types.StructType) -> Iterator[tuple[str, type[StrEnum]]]:
    """Names of the fields that hold one of a few words, and the words."""
    for field in info.fields:
        enum = WORDS.get((info.cls, field.name))
        if enum is not None:
            yield field.encode_name, enum


def _limit_to(properties: dict[str, Any], name: str, enum: type[StrEnum]) -> None:
    """In the place of any text, the words."""
    reference = {"$ref": REFS.format(name=enum.__name__)}
    parts = properties[name].get("anyOf")
    if parts is None:
        properties[name] = reference
    else:
        properties[name]["anyOf"] = [reference if part == {"type": "string"} else part for part in parts]


def _stamp(schema: dict[str, Any]) -> None:
    """Times are in UTC or have an offset."""
    for part in schema.get("anyOf", [schema]):
        if part.get("type") == "string":
            part["format"] = "date-time"


def _name_free_values(schema: Any) -> None:
    """An empty schema looks like one that was forgotten; ours allow anything on purpose, and say so."""
    if isinstance(schema, list):
        for i, part in enumerate(schema):
            if part == {}:
                schema[i] = dict(_ANY)
            _name_free_values(part)
    elif isinstance(schema, dict):
        for name, part in list(schema.items()):
            if name == "properties":
                _name_free_values(list(part.values()))
                part.update({k: v | _ANY for k, v in part.items() if not v.keys() - {"default"}})
            elif name not in _HOLDERS:
                if part == {}:
                    schema[name] = dict(_ANY)
                _name_free_values(part)
