"""No way of asking gets past a route's permission (S1): every route, with every wrong credential and odd form."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from house import House, open_house
from pauta.domain.access import GRANTED, Permission, Role
from pauta.server.routes import every_route
from pauta.server.routing import Route
from pauta.services.access import LINK, SESSION, revoke

REFUSALS = {401, 403, 404, 405}
ROUTES = [route for subject in every_route() for route in subject.routes]
GUARDED = [route for route in ROUTES if route.permission not in (Permission.PUBLIC, Permission.SIGNED)]
Ask = Callable[..., int]
ADDRESSES = (f"10.{a}.{b}.{c}" for a, b, c in itertools.product(range(256), repeat=3))


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with open_house() as opened:
        yield opened


@pytest.fixture(scope="module")
def credentials(house: House) -> dict[str, str | None]:
    """All that must not open anything. The lower role comes with each route."""
    expired = house.token(Role.ADMIN, expires_at=house.clock.now() + timedelta(seconds=1))
    gone, revoked = house.made(Role.ADMIN)
    with house.store.transaction() as tx:
        revoke(tx, gone.id, now=house.clock.now())
    house.clock.pass_by(timedelta(minutes=1))
    with open_house() as neighbour:
        foreign = neighbour.token(Role.ADMIN)
    good = house.token(Role.ADMIN)
    return {
        "none": None,
        "empty": "",
        "nonsense": "let me in",
        "of another server": foreign,
        "expired": expired,
        "revoked": revoked,
        "a link": house.token(Role.ADMIN, kind=LINK),
        "a session as a token": house.token(Role.ADMIN, kind=SESSION),
        "cut off": good[:-1],
        "changed": good[:40] + ("a" if good[40] != "a" else "b") + good[41:],
        "upper case": good.upper(),
        "quoted": f'"{good}"',
        "twice": f"{good} {good}",
        "its hash": next(iter(_digests(house))),
    }


def _digests(house: House) -> list[str]:
    with house.store.transaction() as tx:
        return [token.digest for token in tx.tokens.all()]


@pytest.fixture
def ask(house: House) -> Ask:
    """Asks from a new address each time: the limit on guesses has its own test."""

    def asking(method: str, path: str, **more: Any) -> int:
        return house.ask(method, path, **{"peer": next(ADDRESSES), "token": None, **more}).status

    return asking


def path_of(route: Route) -> str:
    return "/".join("x" if part.startswith("{") else part for part in route.path.split("/"))


def forms(path: str) -> dict[str, str]:
    """A path in forms by which a check that compares texts is led astray."""
    last = path.rsplit("/", 1)
    return {
        "trailing slash": path + "/",
        "two slashes": "/" + path,
        "slashes inside": path.replace("/", "//"),
        "semicolon": path + ";",
        "semicolon with a name": path + ";/health",
        "encoded slash": "%2f".join(last),
        "encoded twice": "%252f".join(last),
        "encoded letters": "/%61pi" + path.removeprefix("/api"),
        "upper case": path.upper(),
        "ends in health": path + "/health",
        "health before": "/health/.." + path,
        "health before, encoded": "/health%2f..%2f.." + path,
        "dots": "/./" + path.lstrip("/"),
        "dots and semicolon": "/health/..;" + path,
        "backslash": path.replace("/", "\\"),
        "end of text": path + "%00",
        "end of text and public": path + "%00/health",
        "line end": path + "%0d%0a",
        "space": path + "%20",
        "dot": path + ".",
        "suffix": path + ".json",
        "query": path + "?/health",
        "query that says so": path + "?path=/health&token=pauta_admin",
        "fragment": path + "%23/health",
        "whole address": "http://localhost:7311" + path,
    }


HEADERS = {
    "rewritten": {"x-original-url": "/health", "x-rewrite-url": "/health"},
    "another method": {"x-http-method-override": "GET", "x-method-override": "GET"},
    "forwarded": {"x-forwarded-for": "127.0.0.1", "x-real-ip": "127.0.0.1", "forwarded": "for=127.0.0.1"},
    "a proxy's user": {"x-remote-user": "admin", "remote-user": "admin", "x-forwarded-user": "admin"},
    "basic": {"authorization": "Basic YWRtaW46YWRtaW4="},
    "only the word": {"authorization": "Bearer"},
    "cookie": {"cookie": "pauta_session_7311=admin; admin=true; role=admin"},
}
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get", "X"]


def test_there_are_at_least_thirty_ways_for_each_route(credentials: dict[str, str | None]) -> None:
    assert len(credentials) + 1 + len(forms("/a/b")) + len(HEADERS) + len(METHODS) >= 30
    assert len(GUARDED) >= 85


@pytest.mark.parametrize("route", GUARDED, ids=lambda r: f"{r.method} {r.path}")
def test_s1_no_way_of_asking_opens_a_route(
    house: House, ask: Ask, credentials: dict[str, str | None], route: Route
) -> None:
    path = path_of(route)
    found: dict[str, int] = {}
    for name, text in credentials.items():
        found[f"token: {name}"] = ask(route.method, path, token=text)
    lower = next(role for role in Role if route.permission not in GRANTED[role])
    found[f"token of a {lower}"] = ask(route.method, path, token=house.token(lower))
    for name, form in forms(path).items():
        found[f"path: {name}"] = ask(route.method, form)
    for name, headers in HEADERS.items():
        found[f"headers: {name}"] = ask(route.method, path, headers=headers)
    for method in METHODS:
        found[f"method: {method}"] = ask(method, path)
    assert len(found) >= 30
    assert {name: status for name, status in found.items() if status not in REFUSALS} == {}


@pytest.mark.parametrize("route", GUARDED, ids=lambda r: f"{r.method} {r.path}")
def test_s1_odd_forms_of_a_path_open_nothing_for_a_lower_role_either(house: House, ask: Ask, route: Route) -> None:
    lower = house.token(next(role for role in Role if route.permission not in GRANTED[role]))
    for name, form in forms(path_of(route)).items():
        assert ask(route.method, form, token=lower) in REFUSALS, name


def test_a_signed_route_opens_for_no_token_but_a_signature(house: House, ask: Ask) -> None:
    signed = [route for route in ROUTES if route.permission is Permission.SIGNED]
    for route in signed:
        for token in (None, house.token(Role.ADMIN), "x"):
            assert ask(route.method, path_of(route), token=token, body=b"{}") in REFUSALS | {400, 422}


def test_what_is_not_there_looks_the_same_to_strangers_as_what_is(ask: Ask) -> None:
    assert ask("GET", "/api/v1/runs") == ask("GET", "/api/v1/no-such-thing") == 401


def test_the_gate_lets_nobody_in_by_a_websocket(house: House) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    scope = {"type": "websocket", "path": "/api/v1/runs", "headers": [], "query_string": b""}
    house.ask._runner.run(house.app(scope, receive, send))
    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_a_token_made_with_another_role_has_that_role_only(house: House) -> None:
    token, text = house.made(Role.VIEWER)
    assert replace(token, role=Role.ADMIN).digest == token.digest  # the role is the store's to say, not the text's
    assert house.ask("GET", "/api/v1/tokens", token=text).status == 403


def test_random_bits_are_asked_for_every_token() -> None:
    with open_house() as house:
        texts = {house.token() for _ in range(200)}
    assert len(texts) == 200
