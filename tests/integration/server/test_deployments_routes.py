"""Deployments over HTTP: make, change, pause, run, remove."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from looking import Client, opened, serving, token_of
from publishing import audited, published, refused

from pauta.domain.access import Role
from pauta.services.control import Control
from pauta.services.notify import signing_key


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A server with one pipeline, for tests that change nothing."""
    with opened(tmp_path_factory.mktemp("shared")) as control, serving(control) as port:
        client = Client(port, token_of(control))
        published(client)
        yield client


@pytest.fixture
def control(tmp_path: Path) -> Iterator[Control]:
    with opened(tmp_path) as made:
        yield made


@pytest.fixture
def client(control: Control) -> Iterator[Client]:
    with serving(control) as port:
        client = Client(port, token_of(control))
        published(client)
        yield client


def made(client: Client, **more: Any) -> Any:
    answer = client("POST", "/deployments", body={"name": "nightly run", "pipeline": "p", **more})
    assert answer.status == 201, answer.body
    return answer.json


def test_a_deployment_is_made_changed_run_paused_and_removed(client: Client, control: Control) -> None:
    first = made(client, parameters={"alpha": 3}, limit=1, notifications=[
        {"on": ["failed"], "kind": "webhook", "address": "env:HOOK"}
    ])  # fmt: skip
    assert (first["version"], first["pool"], first["state"]) == (1, "default", "active")
    path = "/deployments/nightly%20run"
    assert client("GET", path).json == first
    assert [d["name"] for d in client("GET", "/deployments").json["deployments"]] == ["nightly run"]
    changed = client("PATCH", path, body={"priority": 2, "limit": None, "version": 1}).json
    assert (changed["version"], changed["priority"], changed["limit"], changed["parameters"]) == (
        2,
        2,
        None,
        {"alpha": 3},
    )
    assert client("POST", f"{path}/pause").json["state"] == "paused"
    run = client("POST", f"{path}/run", body={"parameters": {"alpha": 4}})
    assert run.status == 202, "a person may"
    shown = client("GET", "/runs?deployment=nightly%20run").json["runs"]
    assert [line["run"] for line in shown] == [run.json["run"]]
    assert client("POST", f"{path}/resume").json["state"] == "active"
    assert [f["version"] for f in client("GET", f"{path}/history").json["forms"]] == [4, 3, 2, 1]
    assert client("DELETE", path).status == 204
    refused(client("GET", path), 404, "DEP-001")
    assert not client("GET", f"{path}/history").json["present"]
    actions = [action for action, target in audited(control) if target == "nightly run"]
    assert actions == [
        "deployment.create", "deployment.change", "deployment.pause", "deployment.resume", "deployment.remove",
    ]  # fmt: skip


def test_editors_are_shown_the_key_that_signs_webhooks_and_it_is_noted(client: Client, control: Control) -> None:
    made(client)
    path = "/deployments/nightly%20run/webhook-key"
    shown = client("GET", path).json
    assert shown == {"deployment": "nightly run", "key": signing_key(control.secret, "nightly run")}
    assert ("deployment.webhook_key", "nightly run") in audited(control)
    operator = Client(client.port, token_of(control, Role.OPERATOR))
    assert operator("GET", path).status == 403
    refused(client("GET", "/deployments/another/webhook-key"), 404, "DEP-001")


def test_all_that_is_wrong_is_told_at_once_with_its_field(client: Client) -> None:
    body = {"name": "a/b", "pipeline": "q", "pool": "x", "limit": -1, "limits": ["pool:x"]}
    answer = client("POST", "/deployments", body=body)
    assert {(p["code"], p["field"]) for p in answer.json["problems"]} == {
        ("DEP-005", "name"), ("PIP-001", "pipeline"), ("POL-001", "pool"), ("DEP-009", "limit"),
        ("ASK-008", "limits[0]"),
    }  # fmt: skip
    assert answer.status == 422


def test_a_name_is_taken_once_and_a_stale_change_is_a_conflict(client: Client) -> None:
    made(client)
    refused(client("POST", "/deployments", body={"name": "nightly run", "pipeline": "p"}), 409, "DEP-002")
    client("PATCH", "/deployments/nightly%20run", body={"priority": 1})
    refused(client("PATCH", "/deployments/nightly%20run", body={"priority": 2, "version": 1}), 409, "DEP-003")


def test_a_run_of_a_deployment_may_carry_a_key(client: Client) -> None:
    made(client)
    path = "/deployments/nightly%20run/run"
    first, again = (client("POST", path, body={}, idempotency_key="k").json for _ in range(2))
    assert (again["run"], again["identical"]) == (first["run"], True)
    refused(client("POST", path, body={"priority": 1}, idempotency_key="k"), 409, "IDM-001")


@pytest.mark.parametrize("name", ["unknown", "%00", "..%2fx", "x" * 3000, "%ff"])
def test_b65_unknown_and_malformed_names_are_404_alike(shared: Client, name: str) -> None:
    for method, path, body in (
        ("GET", "", None), ("PATCH", "", {}), ("DELETE", "", None), ("POST", "/run", {}), ("POST", "/pause", None),
        ("POST", "/resume", None), ("GET", "/history", None),
    ):  # fmt: skip
        assert shared(method, f"/deployments/{name}{path}", body=body).status == 404, (method, path)


def test_an_operator_runs_and_pauses_but_changes_nothing(client: Client, control: Control) -> None:
    made(client)
    operator = Client(client.port, token_of(control, Role.OPERATOR))
    path = "/deployments/nightly%20run"
    assert operator("POST", f"{path}/run", body={}).status == 202
    assert operator("POST", f"{path}/pause").status == 200
    assert operator("PATCH", path, body={"priority": 1}).status == 403
    assert operator("DELETE", path).status == 403
    other = Client(client.port, token_of(control, Role.EDITOR, pipelines=("q",)))
    for method, tail, body in (
        ("POST", "/run", {}),
        ("POST", "/resume", None),
        ("PATCH", "", {}),
        ("DELETE", "", None),
    ):
        refused(other(method, f"{path}{tail}", body=body), 403, "AUT-005")
