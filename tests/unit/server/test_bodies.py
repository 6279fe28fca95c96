"""Bodies, headers and parameters that are no proper ones: refused with the place of the fault (B69)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

import pytest
from fastapi import Query
from msgspec import Struct
from starlette.requests import ClientDisconnect

from asking import Answer
from house import House, open_house
from pauta.domain.access import Permission, Role
from pauta.server.errors import answer
from pauta.server.routing import Routes

THINGS = Routes("/things", tag="things")


class Thing(Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    number: int = 3
    deep: dict[str, list[int]] = {}
    at: datetime | None = None
    anything: Any = None


@THINGS.add("GET", "", permission=Permission.READ, answers=int, summary="Things")
def things(limit: Annotated[int, Query(ge=1, le=500)] = 5) -> int:
    return limit


@THINGS.add("POST", "", permission=Permission.EDIT, answers=Thing, status=201, summary="Make")
def make_thing(body: Thing) -> Thing:
    return body


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with open_house(routes=[THINGS], body_limit_bytes=20_000) as opened:
        opened.ask.token = opened.token(Role.EDITOR)
        yield opened


def sent(house: House, body: bytes, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return house.ask("POST", "/api/v1/things", body=body, headers={"content-type": "application/json", **named})


BAD: dict[str, tuple[bytes, dict[str, str], int, str]] = {
    "no content type": (b"{}", {"content_type": ""}, 415, "API-003"),
    "text": (b"{}", {"content_type": "text/plain"}, 415, "API-003"),
    "form": (b"a=b", {"content_type": "application/x-www-form-urlencoded"}, 415, "API-003"),
    "almost JSON": (b"{}", {"content_type": "application/jsonx"}, 415, "API-003"),
    "two types": (b"{}", {"content_type": "application/json, text/plain"}, 415, "API-003"),
    "latin-1": (b"{}", {"content_type": "application/json; charset=latin-1"}, 415, "API-003"),
    "utf-16": ('{"name":"a"}'.encode("utf-16"), {"content_type": "application/json; charset=utf-16"}, 415, "API-003"),
    "gzip": (zlib.compress(b"{}"), {"content_encoding": "gzip"}, 415, "API-003"),
    "gzip twice": (b"x", {"content_encoding": "gzip, gzip"}, 415, "API-003"),
    "empty": (b"", {}, 400, "API-002"),
    "cut off": (b'{"name": "a"', {}, 400, "API-002"),
    "not JSON": (b"name: a", {}, 400, "API-002"),
    "two values": (b'{"name":"a"} {}', {}, 400, "API-002"),
    "not a number": (b'{"name":"a","number":NaN}', {}, 400, "API-002"),
    "mark of order": (b'\xef\xbb\xbf{"name":"a"}', {}, 400, "API-002"),
    "utf-16 unsaid": ('{"name":"a"}'.encode("utf-16"), {}, 400, "API-002"),
    "not UTF-8": (b'{"name":"\xff\xfe"}', {}, 400, "API-002"),
    "half a pair": (b'{"name":"\\ud800"}', {}, 400, "API-002"),
    "deep lists": (b'{"name":"a","anything":' + b"[" * 65 + b"]" * 65 + b"}", {}, 400, "API-002"),
    "very deep": (b"[" * 9_000, {}, 400, "API-002"),
    "deep objects": (b'{"a":' * 3_000 + b"1" + b"}" * 3_000, {}, 400, "API-002"),
    "too large": (b'{"name":"' + b"a" * 20_000 + b'"}', {}, 413, "API-004"),
    "larger than it is": (b'{"name":"a"}', {"content_length": "999999999999"}, 413, "API-004"),
    "no length": (b'{"name":"a"}', {"content_length": "many"}, 400, "API-010"),
    "less than none": (b'{"name":"a"}', {"content_length": "-1"}, 400, "API-010"),
}


@pytest.mark.parametrize("name", BAD)
def test_b69_a_bad_body_is_refused_with_its_reason(house: House, name: str) -> None:
    body, headers, status, code = BAD[name]
    answer = sent(house, body, **headers)
    assert (answer.status, answer.codes) == (status, [code])


def test_b69_brackets_in_texts_are_not_depth(house: House) -> None:
    assert sent(house, b'{"name":"' + b'[{\\"' * 500 + b'"}').status == 201


def test_b69_sixty_four_levels_are_fine(house: House) -> None:
    assert sent(house, b'{"name":"a","anything":' + b"[" * 63 + b"]" * 63 + b"}").status == 201


def test_b69_a_body_in_pieces_is_counted_as_it_comes(house: House) -> None:
    answer = house.ask(
        "POST",
        "/api/v1/things",
        body=[b'{"name":"'] + [b"a" * 1_000] * 25 + [b'"}'],
        headers={"content-type": "application/json", "transfer-encoding": "chunked"},
    )
    assert (answer.status, answer.codes) == (413, ["API-004"])


@pytest.mark.parametrize(
    "name", ["host", "authorization", "content-type", "content-length", "origin", "idempotency-key"]
)
def test_b69_a_header_that_may_come_once_is_refused_twice(house: House, name: str) -> None:
    twice = [(name, "localhost:7311"), (name, "localhost:7311")]
    answer = house.ask("GET", "/api/v1/things", headers=twice, host=None if name == "host" else "localhost:7311")
    assert (answer.status, answer.codes) == (400, ["API-010"])


@pytest.mark.parametrize(
    "headers",
    [
        [("x", "a" * 65_536)],
        [("a" * 65_536, "x")],
        [(f"x-{n}", "a" * 100) for n in range(700)],
        [("cookie", "a" * 65_536)],
    ],
    ids=["value", "name", "many", "cookie"],
)
def test_b69_headers_of_64_kib_are_too_large(house: House, headers: list[tuple[str, str]]) -> None:
    answer = house.ask("GET", "/api/v1/things", headers=headers)
    assert (answer.status, answer.codes) == (431, ["API-005"])


def test_b69_a_list_of_ranges_changes_nothing(house: House) -> None:
    answer = house.ask("GET", "/api/v1/things", headers={"range": "bytes=" + ",".join(["0-0"] * 500)})
    assert answer.status == 200


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        ({"name": 7}, "name", "expected str, got 7"),
        ({}, "name", "is missing"),
        ({"name": "a", "nmae": "b"}, "nmae", "is not known here"),
        ({"name": "a", "number": "x"}, "number", 'expected int, got "x"'),
        ({"name": "a", "number": 1.5}, "number", "expected int, got 1.5"),
        ({"name": "a", "deep": {"k": [1, "x"]}}, "deep[...][1]", "expected int, got str"),
        ({"name": "a", "at": "yesterday"}, "at", "Invalid RFC3339 encoded datetime"),
        ([1], "body", "expected object, got [1]"),
        ("text", "body", 'expected object, got "text"'),
    ],
)
def test_a_field_that_does_not_fit_is_named(house: House, body: Any, field: str, message: str) -> None:
    answer = house.ask("POST", "/api/v1/things", json=body)
    problem = answer.json["problems"][0]
    assert (answer.status, problem["code"], problem["field"], problem["message"]) == (422, "API-001", field, message)


@pytest.mark.parametrize(
    ("query", "field", "message"),
    [
        ("limit=0", "limit", "expected ≥ 1, got 0"),
        ("limit=501", "limit", "expected ≤ 500, got 501"),
        ("limit=x", "limit", "expected int, got x"),
        ("limt=3", "limt", "is not known here"),
    ],
)
def test_a_parameter_that_does_not_fit_is_named(house: House, query: str, field: str, message: str) -> None:
    answer = house.ask("GET", f"/api/v1/things?{query}")
    problem = answer.json["problems"][0]
    assert (answer.status, problem["code"], problem["field"], problem["message"]) == (422, "API-001", field, message)


def test_a_client_that_goes_in_the_middle_of_its_body_is_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    answered = answer(ClientDisconnect(), request_id="1", language="en", what="POST /runs")
    assert answered.status_code == 400
    assert caplog.records == []
