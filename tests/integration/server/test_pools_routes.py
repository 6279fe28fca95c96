"""Work pools, limits and workers over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from looking import Client, opened, serving, token_of
from publishing import audited, published, refused

from pauta.domain.access import Role
from pauta.domain.deploying import WorkerRecord
from pauta.services.control import Control


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
        yield Client(port, token_of(control))


def test_a_pool_is_made_changed_paused_and_removed(client: Client, control: Control) -> None:
    answer = client("POST", "/pools", body={"name": "gpu", "kind": "celery", "queue": "training_queue", "limit": 2})
    assert (answer.status, answer.json["queue"], answer.json["state"]) == (201, "training_queue", "active")
    assert [p["name"] for p in client("GET", "/pools").json["pools"]] == ["default", "gpu"]
    assert client("PATCH", "/pools/gpu", body={"limit": None}).json["limit"] is None
    assert client("POST", "/pools/gpu/pause").json["state"] == "paused"
    assert client("POST", "/pools/gpu/resume").json["state"] == "active"
    assert client("DELETE", "/pools/gpu").status == 204
    refused(client("GET", "/pools/gpu"), 404, "POL-001")
    assert [action for action, target in audited(control) if target == "gpu"] == [
        "pool.create", "pool.change", "pool.pause", "pool.resume", "pool.remove",
    ]  # fmt: skip


def test_a_pool_with_work_is_not_removed(client: Client) -> None:
    published(client)
    client("POST", "/pools", body={"name": "gpu"})
    assert client("POST", "/runs", body={"pipeline": "p", "pool": "gpu"}).status == 202
    assert client("GET", "/pools/gpu").json["queued"] == 1
    refused(client("DELETE", "/pools/gpu"), 409, "POL-003")
    refused(client("DELETE", "/pools/default"), 409, "POL-003")


def test_what_cannot_be_a_pool_is_refused(client: Client) -> None:
    refused(client("POST", "/pools", body={"name": "a/b"}), 422, "DEP-005")
    refused(client("POST", "/pools", body={"name": "c", "kind": "celery"}), 422, "POL-005")
    refused(client("POST", "/pools", body={"name": "c", "kind": "ray"}), 422, "API-001")
    refused(client("POST", "/pools", body={"name": "default"}), 409, "POL-002")
    refused(client("POST", "/pools", body={"name": "c", "limit": 2**62}), 422, "DEP-009")


def test_limits_are_set_listed_and_lifted(client: Client) -> None:
    assert client("PUT", "/limits/db", body={"most": 3}).json == {
        "key": "db",
        "most": 3,
        "held": 0,
        "period_seconds": None,
    }
    client("PATCH", "/pools/default", body={"limit": 9})
    assert client("GET", "/limits").json["limits"] == [
        {"key": "db", "most": 3, "held": 0, "period_seconds": None},
        {"key": "pool:default", "most": 9, "held": 0, "period_seconds": None},
    ]
    assert client("DELETE", "/limits/db").status == 204
    refused(client("DELETE", "/limits/db"), 404, "POL-008")
    refused(client("PUT", "/limits/pool:default", body={"most": 3}), 422, "POL-007")
    refused(client("PUT", "/limits/a%20b", body={"most": 3}), 422, "ASK-008")
    refused(client("PUT", "/limits/db", body={"most": -1}), 422, "DEP-009")


def test_a_worker_is_listed_and_drained(client: Client, control: Control) -> None:
    now = control.now()
    with control.store.transaction() as tx:
        tx.workers.put(WorkerRecord("boot-1:7", "w", ("default",), ("gpu",), 2, "here", 7, "0", now, now))
    shown = client("GET", "/workers").json["workers"]
    assert [(w["owner"], w["state"], w["held"]) for w in shown] == [("boot-1:7", "active", [])]
    answer = client("POST", "/workers/boot-1:7/drain")
    assert (answer.status, answer.json["state"]) == (200, "draining")
    assert ("worker.drain", "boot-1:7") in audited(control)


@pytest.mark.parametrize("name", ["unknown", "%00", "..%2fx", "x" * 3000, "%ff"])
def test_b65_unknown_and_malformed_names_are_404_alike(shared: Client, name: str) -> None:
    for method, path, body in (
        ("GET", f"/pools/{name}", None), ("PATCH", f"/pools/{name}", {}), ("DELETE", f"/pools/{name}", None),
        ("POST", f"/pools/{name}/pause", None), ("POST", f"/pools/{name}/resume", None),
        ("DELETE", f"/limits/{name}", None), ("POST", f"/workers/{name}/drain", None),
    ):  # fmt: skip
        assert shared(method, path, body=body).status == 404, (method, path)


def test_an_operator_pauses_pools_but_changes_nothing(client: Client, control: Control) -> None:
    operator = Client(client.port, token_of(control, Role.OPERATOR))
    assert operator("POST", "/pools/default/pause").status == 200
    assert operator("PATCH", "/pools/default", body={"limit": 1}).status == 403
    assert operator("PUT", "/limits/db", body={"most": 1}).status == 403
    viewer = Client(client.port, token_of(control, Role.VIEWER))
    assert viewer("POST", "/pools/default/resume").status == 403
    assert viewer("GET", "/workers").status == 200
