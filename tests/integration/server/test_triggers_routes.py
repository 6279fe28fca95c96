"""Triggers over the API, and deliveries to webhooks."""

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
from pauta.services.triggers_webhook import sign
from scheduling_world import World

API = "/api/v1"


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path / "project")
    made.deploy()
    return made


@pytest.fixture
def ask(world: World) -> Iterator[Asking]:
    wanted = Wanted(role=Role.EDITOR, name="editor")
    token, text = make_token(wanted, created_by="test", now=world.clock(), random_bits=world.control.random_bits)
    with world.store.transaction() as tx:
        tx.tokens.add(token)
    with Asking(create_app(world.control, settings=Settings(), routes=every_route()), token=text) as asking:
        yield asking


def make(ask: Asking, **more: Any) -> dict[str, Any]:
    body = {"name": "hook", "kind": "webhook", "settings": {"allow": ["machine"]}, **more}
    answer = ask("POST", f"{API}/deployments/daily/triggers", json=body)
    assert answer.status == 201, answer.text
    made: dict[str, Any] = answer.json
    return made


def delivered(ask: Asking, world: World, made: dict[str, Any], body: bytes = b"", **more: Any) -> Any:
    """An answer to a signed body, from somebody without any token."""
    signature = sign(made["secret"], timestamp=int(world.clock().timestamp()), body=body)
    headers = {"pauta-signature": signature, **more}
    return ask("POST", f"{API}/triggers/{made['id']}/deliver", body=body, headers=headers, token=None)


def test_a_trigger_is_made_listed_paused_resumed_and_removed_and_its_secret_is_shown_once(
    ask: Asking, world: World
) -> None:
    made = make(ask)
    assert len(made["secret"]) == 64
    [listed] = ask("GET", f"{API}/triggers?deployment=daily").json["triggers"]
    assert listed == {**made, "secret": None}
    path = f"{API}/triggers/{made['id']}"
    assert ask("POST", f"{path}/pause").json["state"] == "paused"
    assert ask("POST", f"{path}/resume").json["state"] == "active"
    assert ask("DELETE", path).status == 204
    assert ask("POST", f"{path}/pause").codes == ["TRG-006"]
    with world.store.transaction() as tx:
        rows = tx.audit.read()
    assert [r.action for r in rows if r.target == made["id"]] == [
        "trigger.create", "trigger.pause", "trigger.resume", "trigger.remove",
    ]  # fmt: skip
    assert made["secret"] not in repr(rows)


def test_a_signed_delivery_needs_no_token_starts_a_run_and_leaves_a_row(ask: Asking, world: World) -> None:
    made = make(ask)
    answer = delivered(ask, world, made, b'{"parameters": {"machine": "M5"}}')
    assert (answer.status, answer.json) == (202, {"run": world.runs()[0]})
    assert delivered(ask, world, made, b'{"parameters": {"machine": "M5"}}').codes == ["TRG-013"]
    with world.store.transaction() as tx:
        row = tx.audit.read()[-1]
    assert (row.action, row.target, row.details["run"]) == ("trigger.deliver", made["id"], world.runs()[0])


def test_a_delivery_that_is_not_signed_is_nobody_s_and_starts_nothing(ask: Asking, world: World) -> None:
    made = make(ask)
    path = f"{API}/triggers/{made['id']}/deliver"
    for headers in ({}, {"pauta-signature": "t=1,v1=" + "0" * 64}, {"pauta-signature": "nonsense"}):
        answer = ask("POST", path, body=b"{}", headers=headers, token=None)
        assert (answer.status, answer.codes) == (401, ["TRG-010"])
    unknown = ask("POST", f"{API}/triggers/nobody/deliver", body=b"{}", token=None)
    assert (unknown.status, unknown.codes) == (401, ["TRG-010"])
    assert ask("POST", path, body=b"{}").status == 401  # a token is no signature
    assert world.runs() == []


def test_a_delivery_may_be_empty_and_is_bounded(ask: Asking, world: World) -> None:
    made = make(ask)
    assert delivered(ask, world, made).status == 202
    assert delivered(ask, world, made, b" " * (2 << 20)).status == 413
    assert delivered(ask, world, made, b"{").codes == ["TRG-011"]
    assert delivered(ask, world, made, b'{"parameters": {"other": 1}}').codes == ["TRG-012"]


def test_bad_settings_are_told_with_what_is_known(ask: Asking) -> None:
    body = {"name": "t", "kind": "file", "settings": {"folder": "in", "patern": "*.csv"}}
    answer = ask("POST", f"{API}/deployments/daily/triggers", json=body)
    assert (answer.status, answer.codes) == (422, ["TRG-001"])
    assert "folder, input, pattern" in answer.json["problems"][0]["remedy"]
    assert ask("POST", f"{API}/deployments/none/triggers", json={**body, "kind": "webhook"}).status == 404
