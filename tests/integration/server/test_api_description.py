"""The description of the API: whole, consistent, and not stale."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pauta.domain.access import Permission
from pauta.server.openapi import describe
from pauta.server.openapi_states import WORDS
from pauta.server.routes import every_route
from pauta.server.routes.all import all_routes
from pauta.server.routing import GuardedRoute, Route

FREE = {"description": "Any JSON value."}
ROOT = Path(__file__).parents[3]
ROUTES = [route for subject in all_routes() for route in subject.routes]
DESCRIBED = [route for route in ROUTES if route.permission is not Permission.PUBLIC]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    document = describe([GuardedRoute(route, guard=lambda *_: None) for route in ROUTES], version="0")
    return json.loads(json.dumps(document))


def operation_of(document: dict[str, Any], route: Route) -> dict[str, Any]:
    path = GuardedRoute(route, guard=lambda *_: None).path_format
    return document["paths"][path][route.method.lower()]


def nodes(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    yield path, node
    if isinstance(node, dict):
        for key, part in node.items():
            yield from nodes(part, f"{path}/{key}")
    elif isinstance(node, list):
        for i, part in enumerate(node):
            yield from nodes(part, f"{path}/{i}")


def resolved(document: dict[str, Any], ref: str) -> Any:
    found: Any = document
    for part in ref.removeprefix("#/").split("/"):
        found = found[part]
    return found


def test_the_list_of_routes_has_those_of_every_file() -> None:
    assert [r for s in all_routes() for r in s.routes] == [r for s in every_route() for r in s.routes]


@pytest.mark.parametrize("route", DESCRIBED, ids=lambda r: r.handler.__name__)
def test_every_operation_says_what_it_is_takes_and_answers(document: dict[str, Any], route: Route) -> None:
    operation = operation_of(document, route)
    assert operation["summary"]
    assert operation["description"]
    assert operation["tags"] == [route.tag]
    assert operation["x-permission"] == route.permission.value
    assert ("security" in operation) == (route.permission is not Permission.SIGNED)
    good = operation["responses"][str(route.status)]
    assert ("content" in good) == (route.answers is not None or route.media is not None)
    for status in ("401", "403", "404", "422", "500", "503"):
        refusal = resolved(document, operation["responses"][status]["$ref"])
        assert refusal["content"]["application/json"]["schema"]["$ref"].endswith("/Refusal")
    if route.body is not None:
        assert operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    in_path = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "path"}
    assert in_path == {part.partition(":")[0].strip("{}") for part in route.path.split("/") if part.startswith("{")}


def test_fields_that_hold_one_of_a_few_words_say_which(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for (view, field), enum in WORDS.items():
        described = schemas[view.__name__]["properties"][field]
        parts = described.get("anyOf", [described])
        (reference,) = [part["$ref"] for part in parts if "$ref" in part]
        assert sorted(resolved(document, reference)["enum"]) == sorted(word.value for word in enum)
        assert all(part in ({"$ref": reference}, {"type": "null"}) for part in parts)


def test_no_state_is_left_a_mere_text(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    plain = [
        name for name, schema in schemas.items() if schema.get("properties", {}).get("state") == {"type": "string"}
    ]
    assert plain == []


def test_operations_have_names_of_their_own(document: dict[str, Any]) -> None:
    names = [o["operationId"] for methods in document["paths"].values() for o in methods.values()]
    assert len(names) == len(set(names)) == len(DESCRIBED)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    refs = [node["$ref"] for _, node in nodes(document) if isinstance(node, dict) and "$ref" in node]
    assert refs
    for ref in refs:
        assert resolved(document, ref)


def test_no_schema_is_empty(document: dict[str, Any]) -> None:
    values = ("default", "example", "examples")
    empty = [path for path, node in nodes(document) if node == {} and path.rpartition("/")[2] not in values]
    assert empty == []


def test_components_are_all_used(document: dict[str, Any]) -> None:
    used = {node["$ref"] for _, node in nodes(document) if isinstance(node, dict) and "$ref" in node}
    made = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert made <= used


def test_times_are_told_from_other_texts(document: dict[str, Any]) -> None:
    fields = document["components"]["schemas"]["RunView"]["properties"]
    assert fields["created_at"] == {"type": "string", "format": "date-time"}
    assert {"type": "string", "format": "date-time"} in fields["ended_at"]["anyOf"]
    assert fields["pipeline"] == {"type": "string"}


def test_examples_fit_their_schemas(document: dict[str, Any]) -> None:
    found = [node for _, node in nodes(document) if isinstance(node, dict) and "example" in node and "schema" in node]
    assert len(found) > 10
    for content in found:
        whole = {**content["schema"], "components": document["components"]}
        jsonschema.Draft202012Validator(whole).validate(content["example"])


def test_a_fuzzer_can_read_it(document: dict[str, Any]) -> None:
    from schemathesis import openapi

    schema = openapi.from_dict(document)
    schema.config.update()
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) == len(DESCRIBED)
    schema.validate()


def type_of(schema: dict[str, Any]) -> str:
    """What a generator of clients makes of a schema."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " | ".join(type_of(part) for part in schema[several])
    if "enum" in schema or "const" in schema:
        return "literal"
    kind = schema.get("type")
    if kind == "array":
        items = schema.get("prefixItems", [schema.get("items", FREE)])
        return f"[{', '.join(type_of(part) for part in items)}]"
    if kind == "object":
        return "{" + ", ".join(f"{k}: {type_of(v)}" for k, v in schema.get("properties", {}).items()) + "}"
    assert isinstance(kind, str | list) or schema.get("description") == FREE["description"], schema
    return str(kind)


def test_types_can_be_made_of_every_schema(document: dict[str, Any]) -> None:
    for name, schema in document["components"]["schemas"].items():
        assert type_of(schema), name


def test_the_pages_of_the_reference_are_not_stale() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools/write_openapi.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
