"""Who may do what, as a table that is tested whole: ``roles.csv`` has one line for each route (S1, S5, S21)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from house import House, open_house
from pauta.domain.access import GRANTED, Permission, Role
from pauta.server.app import PUBLIC

FILE = Path(__file__).with_name("roles.csv")
TABLE = {(r["method"], r["path"]): Permission(r["permission"]) for r in csv.DictReader(FILE.read_text().splitlines())}
OPEN = {Permission.PUBLIC, Permission.SIGNED}
OF_WORKERS = {
    ("POST", "/api/v1/work/register"),
    ("POST", "/api/v1/work/claim"),
    ("POST", "/api/v1/work/report"),
    ("POST", "/api/v1/work/recall"),
    ("POST", "/api/v1/work/renew"),
    ("POST", "/api/v1/work/leave"),
    ("GET", "/api/v1/work/objects/{address}"),
    ("PUT", "/api/v1/work/objects/{address}"),
}


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with open_house() as opened:
        yield opened


def test_the_table_has_every_route_with_its_permission_and_no_other(house: House) -> None:
    routes = {(r.route.method, r.path): r.permission for r in house.app._app.router.routes}
    assert routes == TABLE, f"change {FILE.name} along with the routes"


def test_public_are_three_routes_by_name() -> None:
    assert {key for key, permission in TABLE.items() if permission is Permission.PUBLIC} == PUBLIC
    assert {("GET", "/health"), ("GET", "/login"), ("POST", "/login")} == PUBLIC


def test_a_body_that_is_signed_is_the_only_other_way_in() -> None:
    signed = {key for key, permission in TABLE.items() if permission is Permission.SIGNED}
    assert signed == {("POST", "/api/v1/triggers/{trigger}/deliver")}


def test_s21_a_worker_has_eight_verbs() -> None:
    assert {key for key, permission in TABLE.items() if permission is Permission.WORK} == OF_WORKERS


def test_reading_takes_read_and_what_changes_something_takes_more() -> None:
    looks = {"/api/v1/pipelines/check", "/api/v1/runs/outlook", "/api/v1/schedules/preview", "/api/v1/logout"}
    for (method, path), permission in TABLE.items():
        if method != "GET" and permission is Permission.READ:
            assert path in looks


@pytest.mark.parametrize("role", Role)
def test_s5_each_role_passes_where_the_table_says_and_nowhere_else(house: House, role: Role) -> None:
    token = house.token(role)
    for (method, path), permission in TABLE.items():
        if permission in OPEN:
            continue
        # An encoding that no route takes stops whoever is let in before anything happens.
        answer = house.ask(method, filled(path), token=token, body=b"x", headers={"content-encoding": "br"})
        refused = answer.status == 403 and answer.codes == ["AUT-004"]
        assert refused == (permission not in GRANTED[role]), f"{role} {method} {path}: {answer.status}"


def filled(path: str) -> str:
    """A path with something for each parameter."""
    return "/".join("x" if part.startswith("{") else part for part in path.split("/"))
