"""Schedules over the API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from asking import Asking
from pauta.domain.access import Role
from pauta.domain.settings import Settings
from pauta.server.app import create_app
from pauta.server.routes import every_route
from pauta.services.access import Wanted, make_token
from scheduling_world import World

HOURLY = {"kind": "cron", "text": "0 * * * *"}
API = "/api/v1"


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path / "project")
    made.deploy()
    return made


@pytest.fixture
def ask(world: World) -> Iterator[Asking]:
    with Asking(create_app(world.control, settings=Settings(), routes=every_route()), token=token(world)) as asking:
        yield asking


def token(world: World, role: Role = Role.EDITOR, *, pipelines: tuple[str, ...] = ()) -> str:
    wanted = Wanted(role=role, name=role.value, pipelines=pipelines)
    made, text = make_token(wanted, created_by="test", now=world.clock(), random_bits=world.control.random_bits)
    with world.store.transaction() as tx:
        tx.tokens.add(made)
    return text


def make(ask: Asking, name: str = "s", **timing: Any) -> dict[str, Any]:
    answer = ask("POST", f"{API}/deployments/daily/schedules", json={"name": name, "timing": {**HOURLY, **timing}})
    assert answer.status == 201, answer.text
    made: dict[str, Any] = answer.json
    return made


def test_a_schedule_is_made_shown_changed_paused_resumed_and_removed(ask: Asking, world: World) -> None:
    made = make(ask, zone="America/Sao_Paulo")
    path = f"{API}/schedules/{made['id']}"
    assert made["state"] == "active"
    assert made["next"]["runs"] == "2026-03-02T10:00:00-03:00"
    assert ask("GET", path).json == made
    assert ask("GET", f"{API}/schedules?deployment=daily").json == {"schedules": [made]}
    changed = ask("PATCH", path, json={"timing": {**HOURLY, "text": "30 * * * *"}, "version": 1})
    assert (changed.status, changed.json["version"]) == (200, 2)
    assert changed.json["next"]["local"] == "2026-03-02T12:30:00"
    assert ask("PATCH", path, json={"name": "x", "version": 1}).codes == ["SCH-008"]
    assert ask("POST", f"{path}/pause").json["state"] == "paused"
    assert ask("POST", f"{path}/resume").json["state"] == "active"
    assert ask("DELETE", path).status == 204
    assert ask("GET", path).codes == ["SCH-006"]
    with world.store.transaction() as tx:
        rows = [(row.action, row.target) for row in tx.audit.read()]
    assert [a for a, t in rows if t == made["id"]] == [
        "schedule.create", "schedule.change", "schedule.pause", "schedule.resume", "schedule.remove",
    ]  # fmt: skip


def test_what_fired_and_what_comes_next_are_shown(ask: Asking, world: World) -> None:
    made = make(ask)
    world.clock.move(hours=2)
    world.fire()
    firings = ask("GET", f"{API}/schedules/{made['id']}/firings").json["firings"]
    assert [(f["local"], f["outcome"], f["reason"]) for f in firings] == [
        ("2026-03-02T14:00:00", "fired", ""), ("2026-03-02T13:00:00", "skipped", "missed"),
    ]  # fmt: skip
    assert firings[0]["run_id"] == world.runs()[0]
    coming = ask("GET", f"{API}/schedules/{made['id']}/next?count=2").json["next"]
    assert [c["local"] for c in coming] == ["2026-03-02T15:00:00", "2026-03-02T16:00:00"]
    assert ask("GET", f"{API}/schedules/{made['id']}/next?count=101").status == 422


def test_a_timing_is_tried_out_in_the_language_of_the_caller(ask: Asking) -> None:
    body = {"timing": {**HOURLY, "text": "30 2 8 3 *", "zone": "America/New_York"}, "count": 1}
    answer = ask("POST", f"{API}/schedules/preview", json=body, headers={"accept-language": "pt-BR"})
    [found] = answer.json["next"]
    assert (found["mark"], found["words"]) == ("gap", "02:30 não existe: o relógio é adiantado; executa às 03:00")


@pytest.mark.parametrize(
    ("timing", "codes"),
    [
        ({"kind": "cron", "text": "60 * * * *"}, ["SCH-001"]),
        ({"kind": "cron", "text": "0 0 30 2 *"}, ["SCH-002"]),
        ({"kind": "cron", "text": "60 24 * * *", "zone": "BRT"}, ["SCH-001", "SCH-001", "SCH-003"]),
        ({"kind": "interval", "seconds": 0}, ["SCH-001"]),
        ({"kind": "never"}, ["API-001"]),
        ({"kind": "cron", "text": "0 6 * * *", "wrong": 1}, ["API-001"]),
        ({"kind": "cron", "text": "0 6 * * *", "starts_at": "0001-01-01T00:00:00"}, ["SCH-005"]),
        ({"kind": "cron", "text": "0 6 * * *", "ends_at": "9999-12-31T23:59:59Z"}, ["SCH-005"]),
        ({"kind": "interval", "seconds": 5, "anchor": "2199-12-31T23:59:59Z"}, ["SCH-002"]),
        ({"kind": "interval", "seconds": 5, "anchor": "0001-01-01T00:00:00+14:00"}, ["SCH-005"]),
        ({"kind": "rrule", "text": "FREQ=DAILY", "anchor": "2200-12-31T23:59:59Z", "zone": "Asia/Tokyo"}, ["SCH-002"]),
        ({"kind": "rrule", "text": "FREQ=DAILY", "starts_at": "2200-12-31T23:59:59Z"}, []),
        ({"kind": "cron", "text": "0 6 * * *", "starts_at": "2200-12-31T23:59:59-12:00"}, ["SCH-005"]),
    ],
)
def test_a_bad_timing_is_refused_and_never_an_error_of_the_server(
    ask: Asking, timing: dict[str, Any], codes: list[str]
) -> None:
    for path, body in (
        ("schedules/preview", {"timing": timing}),
        ("deployments/daily/schedules", {"name": "n", "timing": timing}),
    ):
        answer = ask("POST", f"{API}/{path}", json=body)
        good = 200 if "preview" in path else 201
        assert (answer.status, answer.codes if codes else []) == (422 if codes else good, codes), answer.text


@pytest.mark.parametrize("count", [0, -1, 101, 10**30])
def test_a_preview_shows_some_and_not_endlessly_many(ask: Asking, count: int) -> None:
    assert ask("POST", f"{API}/schedules/preview", json={"timing": HOURLY, "count": count}).status in (400, 422)


def test_who_may_only_look_changes_nothing_and_a_scope_holds(ask: Asking, world: World) -> None:
    made = make(ask)
    viewer, operator = token(world, Role.VIEWER), token(world, Role.OPERATOR)
    elsewhere = token(world, Role.EDITOR, pipelines=("other",))
    path = f"{API}/schedules/{made['id']}"
    body = {"name": "t", "timing": HOURLY}
    assert ask("GET", path, token=viewer).status == 200
    for method, where, of in (
        ("POST", f"{API}/deployments/daily/schedules", viewer),
        ("POST", f"{API}/deployments/daily/schedules", operator),
        ("POST", f"{API}/deployments/daily/schedules", elsewhere),
        ("PATCH", path, operator),
        ("PATCH", path, elsewhere),
        ("DELETE", path, elsewhere),
        ("POST", f"{path}/pause", viewer),
        ("POST", f"{path}/pause", elsewhere),
    ):
        answer = ask(
            method, where, token=of, json=body if method in ("POST", "PATCH") and "pause" not in where else None
        )
        assert answer.status == 403, (method, where, answer.text)
    assert ask("POST", f"{path}/pause", token=operator).status == 200


@pytest.mark.parametrize("schedule", ["0" * 16, "x", "%00", "a" * 3000, "../x"])
def test_b65_an_id_that_is_none_is_answered_as_one_that_is_unknown(ask: Asking, schedule: str) -> None:
    for tail in ("", "/next", "/firings"):
        assert ask("GET", f"{API}/schedules/{schedule}{tail}").status == 404
