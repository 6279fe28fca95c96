"""Runs over HTTP: submit, foresee, the same key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from looking import Client, opened, serving, token_of
from publishing import TAKING, audited, published, refused

from pauta.domain.access import Role
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


def test_a_submitted_run_is_on_record(client: Client, control: Control) -> None:
    published(client)
    answer = client("POST", "/runs", body={"pipeline": "p", "parameters": {"alpha": 2}, "priority": 1})
    assert answer.status == 202
    assert (answer.json["state"], answer.json["identical"]) == ("pending", False)
    shown = client("GET", f"/runs/{answer.json['run']}").json
    assert (shown["pipeline"], shown["parameters"]) == ("p", {"alpha": 2})
    assert ("run.submit", answer.json["run"]) in audited(control)


def test_b60_all_that_is_wrong_is_422_at_once(client: Client) -> None:
    published(client)
    body: dict[str, Any] = {"pipeline": "p", "parameters": {"alpha": "x", "beta": 1}, "pool": "nowhere"}
    answer = client("POST", "/runs", body=body)
    refused(answer, 422, "POL-001", "PRM-001", "PRM-001")
    assert [p["field"] for p in answer.json["problems"]] == ["pool", "beta", "alpha"]
    assert client("GET", "/runs").json["runs"] == []


def test_b67_the_same_key_gives_the_same_run_or_a_conflict(client: Client) -> None:
    published(client)
    first = client("POST", "/runs", body={"pipeline": "p"}, idempotency_key="k1").json
    again = client("POST", "/runs", body={"pipeline": "p"}, idempotency_key="k1")
    assert (again.status, again.json["run"], again.json["identical"]) == (202, first["run"], True)
    other = client("POST", "/runs", body={"pipeline": "p", "parameters": {"alpha": 2}}, idempotency_key="k1")
    refused(other, 409, "IDM-001")
    assert "parameters.alpha" in other.json["problems"][0]["message"]
    refused(client("POST", "/runs", body={"pipeline": "p"}, idempotency_key="x" * 201), 422, "IDM-002")


def test_an_input_is_a_file_of_the_project_and_nothing_else(client: Client, control: Control) -> None:
    published(client, document=TAKING, script="def execute(sales):\n    return None\n")
    (control.folder / "sales.csv").write_text("a\n1\n")
    (control.folder.parent / "secret.csv").write_text("a\n1\n")
    fine = client("POST", "/runs", body={"pipeline": "t", "inputs": {"sales": {"path": "sales.csv"}}})
    assert fine.status == 202, fine.body
    for path in ("../secret.csv", str(control.folder.parent / "secret.csv"), ".pauta/pauta.db"):
        refused(client("POST", "/runs", body={"pipeline": "t", "inputs": {"sales": {"path": path}}}), 422, "ASK-002")
    both = {"path": "sales.csv", "address": "0" * 64}
    refused(client("POST", "/runs", body={"pipeline": "t", "inputs": {"sales": both}}), 422, "ASK-005")
    refused(client("POST", "/runs", body={"pipeline": "t"}), 422, "RCP-006")
    taken = {"run": fine.json["run"], "frame": "sales"}
    assert client("POST", "/runs", body={"pipeline": "t", "inputs": {"sales": taken}}).status == 202


def test_an_uploaded_frame_is_taken_by_its_address(client: Client) -> None:
    published(client, document=TAKING, script="def execute(sales):\n    return None\n")
    sent = client("POST", "/frames?name=sales&format=csv", body=b"a,b\n1,2\n", content_type="application/octet-stream")
    assert sent.status == 201, sent.body
    body = {"pipeline": "t", "inputs": {"sales": {"address": sent.json["address"]}}}
    assert client("POST", "/runs", body=body).status == 202


def test_the_outlook_tells_what_would_run_and_records_nothing(client: Client) -> None:
    published(client)
    answer = client("POST", "/runs/outlook", body={"pipeline": "p"})
    assert (answer.status, [(line["name"], line["action"]) for line in answer.json]) == (200, [("a", "run")])
    assert client("GET", "/runs").json["runs"] == []


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "ASK-001"),
        ({"pipeline": "p", "deployment": "d"}, 422, "ASK-001"),
        ({"pipeline": "q"}, 404, "PIP-001"),
        ({"pipeline": "p\0"}, 404, "PIP-001"),
        ({"pipeline": "p", "version": 7}, 404, "PIP-002"),
        ({"pipeline": "p", "version": -(2**62)}, 404, "PIP-002"),
        ({"deployment": "d"}, 404, "DEP-001"),
        ({"pipeline": "p", "only": "x"}, 422, "ASK-006"),
        ({"pipeline": "p", "priority": 2**62}, 422, "ASK-007"),
        ({"pipeline": "p", "limits": ["a b"]}, 422, "ASK-008"),
        ({"pipeline": "p", "pool": "\0"}, 422, "POL-001"),
        ({"pipeline": "p", "parameters": {"\0": 1}}, 422, "PRM-001"),
        ({"pipeline": "p", "parameters": {"alpha": 10**300}}, 422, "ASK-009"),
        ({"pipeline": "p", "nonsense": 1}, 422, "API-001"),
        ({"pipeline": 7}, 422, "API-001"),
    ],
)
def test_what_cannot_be_run_is_refused_with_its_code(
    shared: Client, body: dict[str, Any], status: int, code: str
) -> None:
    refused(shared("POST", "/runs", body=body), status, code)
    assert shared("GET", "/runs").json["runs"] == []


def test_a_viewer_foresees_and_runs_nothing(client: Client, control: Control) -> None:
    published(client)
    viewer = Client(client.port, token_of(control, Role.VIEWER))
    assert viewer("POST", "/runs", body={"pipeline": "p"}).status == 403
    assert viewer("POST", "/runs/outlook", body={"pipeline": "p"}).status == 200
    other = Client(client.port, token_of(control, Role.OPERATOR, pipelines=("q",)))
    refused(other("POST", "/runs", body={"pipeline": "p"}), 403, "AUT-005")
