"""Pipelines over HTTP: publish, look, compare, activate."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from looking import Client, opened, serving, token_of
from publishing import DOCUMENT, SCRIPT, audited, publication, published, refused

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


def test_a_published_pipeline_can_be_looked_at_as_it_was_sent(client: Client, control: Control) -> None:
    made = published(client, note="first")
    assert (made["name"], made["version"], made["identical"], made["active"]) == ("p", 1, False, True)
    assert published(client)["identical"]
    shown = client("GET", "/pipelines/p/versions/1").json
    assert (shown["document"], shown["note"], shown["file"]) == (DOCUMENT, "first", "p.json")
    assert [(s["name"], s["script"], s["output"]) for s in shown["steps"]] == [("a", "a.py", "x")]
    assert [(p["name"], p["default"]) for p in shown["parameters"]] == [("alpha", 1)]
    script = client("GET", "/pipelines/p/versions/1/scripts/a.py").json
    assert (script["text"], script["address"]) == (SCRIPT, shown["scripts"][0]["address"])
    assert [(p["name"], p["active"]) for p in client("GET", "/pipelines").json["pipelines"]] == [("p", 1)]
    assert ("pipeline.publish", "p") in audited(control)


def test_versions_are_compared_and_activated(client: Client) -> None:
    published(client)
    published(client, script=SCRIPT.replace("alpha}", "alpha + 1}"))
    diff = client("GET", "/pipelines/p/diff?a=1&b=2").json
    assert list(diff["scripts"]) == ["a.py"]
    assert diff["document"] == ""
    answer = client("POST", "/pipelines/p/activate", body={"version": 1, "why": "better"})
    assert (answer.status, answer.json["version"], answer.json["why"]) == (200, 1, "better")
    assert client("GET", "/pipelines/p").json["active"] == 1
    assert [a["version"] for a in client("GET", "/pipelines/p/activations").json["activations"]] == [1, 2, 1]
    assert [v["active"] for v in client("GET", "/pipelines/p/versions").json["versions"]] == [False, True]


def test_b21_a_stale_edit_is_a_conflict_with_the_diff(client: Client) -> None:
    published(client)
    published(client, script=SCRIPT + "# two\n")
    answer = client("POST", "/pipelines", body=publication(script=SCRIPT + "# mine\n", based_on=1))
    refused(answer, 409, "SCR-040")
    assert "based on v1, current is v2" in answer.json["problems"][0]["message"]
    assert "+# two" in answer.json["problems"][0]["remedy"]


def test_problems_are_told_with_their_places_in_both_languages(client: Client) -> None:
    body = publication(script="def execute(:\n")
    english = client("POST", "/pipelines", body=body).json["problems"][0]
    assert (english["code"], english["file"], english["line"]) == ("SCR-010", "a.py", 1)
    body = publication(script="def executa(): pass\n")
    portuguese = client("POST", "/pipelines", body=body, accept_language="pt").json["problems"][0]
    assert portuguese["message"] == 'falta a função "execute" (encontradas: executa)'
    refused(client("GET", "/pipelines/p"), 404, "PIP-001")


def test_checking_keeps_nothing(client: Client) -> None:
    fine = client("POST", "/pipelines/check", body=publication())
    assert (fine.status, fine.json["problems"], fine.json["name"]) == (200, [], "p")
    bad = client("POST", "/pipelines/check", body=publication(document="{"))
    assert (bad.status, [p["code"] for p in bad.json["problems"]]) == (200, ["RCP-001"])
    assert client("GET", "/pipelines").json["pipelines"] == []


def test_a_script_in_another_encoding_comes_as_base64(client: Client) -> None:
    source = "# coding: latin-1\ndef execute():\n    return 'ação'\n".encode("latin-1")
    document = '{"model_name": "p", "prediction_steps": [{"name": "a", "file_path": "a.py"}]}'
    scripts = {"a.py": {"base64": base64.b64encode(source).decode()}}
    assert client("POST", "/pipelines", body=publication(document) | {"scripts": scripts}).status == 201
    assert "ação" in client("GET", "/pipelines/p/versions/1/scripts/a.py").json["text"]
    scripts = {"a.py": {"base64": "not base64"}}
    refused(client("POST", "/pipelines", body=publication(document) | {"scripts": scripts}), 422, "PIP-009")


def test_scripts_are_found_over_all_pipelines(client: Client) -> None:
    published(client)
    assert [s["path"] for s in client("GET", "/scripts").json["scripts"]] == ["a.py"]
    shown = client("GET", "/scripts/a.py").json
    assert shown["text"] == SCRIPT
    assert shown["forms"][0]["uses"] == [{"pipeline": "p", "versions": [1], "active": True}]


@pytest.mark.parametrize("name", ["q", "%00", "..%2fp", "p%00", "a" * 3000, quote("ção"), "%ff"])
def test_b65_unknown_and_malformed_names_are_404_alike(shared: Client, name: str) -> None:
    for path in ("", "/versions", "/versions/1", "/versions/x", "/activations", "/diff?a=1&b=2"):
        assert shared("GET", f"/pipelines/{name}{path}").status == 404, path
    assert shared("POST", f"/pipelines/{name}/activate", body={"version": 1}).status == 404


@pytest.mark.parametrize("version", ["2", "0", "-1", "x", "1.5", "9" * 30, "%00", "%C2%B2", "1e3"])
def test_b65_unknown_and_malformed_versions_are_404_alike(shared: Client, version: str) -> None:
    refused(shared("GET", f"/pipelines/p/versions/{version}"), 404, "PIP-002")


def test_b65_unknown_scripts_are_404(shared: Client) -> None:
    for path in ("b.py", "../a.py", "..%2f..%2fetc%2fpasswd", "%00"):
        assert shared("GET", f"/pipelines/p/versions/1/scripts/{path}").status == 404
        assert shared("GET", f"/scripts/{path}").status == 404


def test_a_viewer_publishes_nothing_and_a_token_of_another_pipeline_neither(client: Client, control: Control) -> None:
    viewer = Client(client.port, token_of(control, Role.VIEWER))
    assert viewer("POST", "/pipelines", body=publication()).status == 403
    assert viewer("POST", "/pipelines/check", body=publication()).status == 200
    other = Client(client.port, token_of(control, Role.EDITOR, pipelines=("other",)))
    refused(other("POST", "/pipelines", body=publication()), 403, "AUT-005")
    assert viewer("GET", "/pipelines").json["pipelines"] == []
