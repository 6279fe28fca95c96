"""Runs over the API: lists, one run, its parts, two beside each other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from looking import add_log, opened, token_of

from asking import Asking
from pauta.domain.access import Role
from pauta.domain.problems import Problem
from pauta.domain.runs import Event
from pauta.domain.settings import Settings
from pauta.domain.states import RunState
from pauta.server.app import create_app
from pauta.server.routes.all import all_routes
from pauta.services.control import Control
from store_samples import NOON, full_attempt, run_id, submit

RUNS = "/api/v1/runs"


@pytest.fixture
def control(tmp_path: Path) -> Iterator[Control]:
    with opened(tmp_path) as control:
        yield control


@pytest.fixture
def ask(control: Control) -> Iterator[Asking]:
    app = create_app(control, settings=Settings(), routes=all_routes())
    with Asking(app, token=token_of(control)) as asking:
        yield asking


def test_runs_come_newest_first_in_pages_that_join(control: Control, ask: Asking) -> None:
    for number in range(1, 6):
        submit(control.store, number)
    seen, before = [], ""
    while True:
        page = ask("GET", f"{RUNS}?limit=2{before}").json
        seen += [line["run"] for line in page["runs"]]
        if page["next"] is None:
            break
        before = f"&before={page['next']}"
    assert seen == [run_id(n) for n in range(5, 0, -1)]


def test_runs_are_listed_by_state_pipeline_and_deployment(control: Control, ask: Asking) -> None:
    submit(control.store, 1, pipeline="a", deployment="nightly")
    submit(control.store, 2, pipeline="b", state=RunState.FAILED, ended_at=NOON)
    submit(control.store, 3, pipeline="a", state=RunState.HELD)

    def listed(query: str) -> list[str]:
        return [line["run"] for line in ask("GET", f"{RUNS}?{query}").json["runs"]]

    assert listed("pipeline=a") == [run_id(3), run_id(1)]
    assert listed("state=failed&state=held") == [run_id(3), run_id(2)]
    assert listed("deployment=nightly") == [run_id(1)]
    assert listed("pipeline=a&state=failed") == []


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=501", "limit=x", "state=done", "before=%00", "before=", "pipeline=a%00b", "stat=failed"],
)
def test_a_list_asked_for_wrongly_is_refused_with_the_name_of_the_parameter(ask: Asking, query: str) -> None:
    answer = ask("GET", f"{RUNS}?{query}")
    assert answer.status == 422
    assert answer.json["problems"][0]["field"].partition(".")[0] == query.partition("=")[0]


def test_a_run_is_shown_with_its_steps_and_whose_it_is(control: Control, ask: Asking) -> None:
    submit(control.store, 1, (), (0,), deployment="nightly", asked_by="schedule hourly")
    run = ask("GET", f"{RUNS}/{run_id(1)}").json
    assert [step["name"] for step in run["steps"]] == ["step0", "step1"]
    assert run["steps"][1]["needs"] == ["step0"]
    assert (run["deployment"], run["pool"], run["asked_by"]) == ("nightly", "default", "schedule hourly")
    assert ask("GET", f"{RUNS}/{run_id(1)}/steps").json["steps"] == run["steps"]
    assert ask("GET", f"{RUNS}/{run_id(1)}/steps/step1").json == run["steps"][1]
    assert ask("GET", f"{RUNS}/{run_id(1)}/steps/step9").codes == ["RUN-003"]


def test_what_went_wrong_is_told_in_the_language_of_the_reader(control: Control, ask: Asking) -> None:
    submit(control.store, 1, problem=Problem("RUN-012"))
    run = ask("GET", f"{RUNS}/{run_id(1)}", headers={"accept-language": "pt-BR,pt;q=0.9"}).json
    assert run["message"] == "a execução foi cancelada"


@pytest.mark.parametrize("part", ["", "/steps", "/attempts", "/events", "/logs", "/wait?seconds=0", "/live", "/frames"])
def test_b65_an_unknown_run_and_an_impossible_one_are_refused_alike(ask: Asking, part: str) -> None:
    answers = [ask("GET", f"{RUNS}/{name}{part}") for name in (run_id(7), "x" * 500, "a%20b", "%00", "..%2e", "é")]
    assert {answer.status for answer in answers} == {404}
    assert {tuple(answer.codes) for answer in answers} == {("RUN-001",)}


def test_a_run_is_found_by_how_its_id_begins(control: Control, ask: Asking) -> None:
    submit(control.store, 1)
    submit(control.store, 2)
    assert ask("GET", f"{RUNS}/find?prefix=latest").json == {"run": run_id(2)}
    assert ask("GET", f"{RUNS}/find?prefix={run_id(1)}").json == {"run": run_id(1)}
    assert ask("GET", f"{RUNS}/find?prefix=1k").codes == ["RUN-002"]
    assert ask("GET", f"{RUNS}/find?prefix=zz").status == 404


def test_attempts_and_history_are_there_to_read(control: Control, ask: Asking) -> None:
    submit(control.store, 1)
    with control.store.transaction() as tx:
        tx.attempts.add(full_attempt(run_id(1)))
        tx.attempts.close(full_attempt(run_id(1)))
        tx.events.append([Event(run_id(1), NOON, "claimed", 0, 0, {"owner": "me"})])
    (attempt,) = ask("GET", f"{RUNS}/{run_id(1)}/attempts").json["attempts"]
    assert (attempt["outcome"], attempt["steps"]) == ("crashed", ["step0"])
    (event,) = ask("GET", f"{RUNS}/{run_id(1)}/events").json["events"]
    assert (event["kind"], event["step"], event["details"]) == ("claimed", "step0", {"owner": "me"})


def test_two_runs_are_compared(control: Control, ask: Asking) -> None:
    submit(control.store, 1, parameters={"alpha": 1})
    submit(control.store, 2, parameters={"alpha": 2})
    found = ask("GET", f"{RUNS}/{run_id(1)}/diff/{run_id(2)}").json
    assert found["parameters"] == {"alpha": [1, 2]}
    assert ask("GET", f"{RUNS}/{run_id(1)}/diff/{run_id(3)}").status == 404


def test_a_log_is_read_in_pages_that_join(control: Control, ask: Asking) -> None:
    run, _, _ = submit(control.store, 1, state=RunState.COMPLETED, ended_at=NOON)
    add_log(control, run.id, *(f"line {i}" for i in range(7)))
    texts, after = [], -1
    while True:
        page = ask("GET", f"{RUNS}/{run.id}/logs?after={after}&limit=3").json
        texts += [line["text"] for line in page["lines"]]
        after = page["next"]
        if page["over"]:
            break
    assert texts == [f"line {i}" for i in range(7)]


def test_a_log_is_narrowed_by_step_and_level(control: Control, ask: Asking) -> None:
    run, _, _ = submit(control.store, 1, (), ())
    add_log(control, run.id, "a")
    add_log(control, run.id, "b", first=1, level="ERROR")
    add_log(control, run.id, "c", first=2, step=1, level="ERROR")

    def read(query: str) -> list[str]:
        return [line["text"] for line in ask("GET", f"{RUNS}/{run.id}/logs?{query}").json["lines"]]

    assert read("level=ERROR") == ["b", "c"]
    assert read("level=ERROR&step=step0") == ["b"]
    assert ask("GET", f"{RUNS}/{run.id}/logs?step=none").codes == ["RUN-003"]
    assert ask("GET", f"{RUNS}/{run.id}/logs?level=LOUD").status == 422


# ---- steering ---------------------------------------------------------------------------------


def test_b68_a_run_is_cancelled_once_and_then_says_where_it_stands(control: Control, ask: Asking) -> None:
    submit(control.store, 1)
    first = ask("POST", f"{RUNS}/{run_id(1)}/cancel")
    assert (first.status, first.json["state"]) == (202, "cancelled")
    second = ask("POST", f"{RUNS}/{run_id(1)}/cancel")
    assert (second.status, second.codes) == (409, ["RUN-005"])
    assert "cancelled" in second.json["problems"][0]["message"]


def test_a_run_runs_again_from_a_step_in_the_name_of_who_asked(control: Control, ask: Asking) -> None:
    submit(control.store, 1, (), (0,))
    answer = ask("POST", f"{RUNS}/{run_id(1)}/rerun", json={"from_step": "step1"}, headers={"idempotency-key": "k"})
    assert answer.status == 202
    made = ask("GET", f"{RUNS}/{answer.json['run']}").json
    assert (made["of"], made["asked_by"].partition(" ")[0]) == (run_id(1), "admin")
    again = ask("POST", f"{RUNS}/{run_id(1)}/rerun", json={"from_step": "step1"}, headers={"idempotency-key": "k"})
    assert (again.json["run"], again.json["identical"]) == (answer.json["run"], True)
    other = ask("POST", f"{RUNS}/{run_id(1)}/rerun", json={}, headers={"idempotency-key": "k"})
    assert (other.status, other.codes) == (409, ["IDM-001"])
    assert ask("POST", f"{RUNS}/{run_id(1)}/rerun", json={"from_step": "none"}).codes == ["RUN-003"]
    assert ask("POST", f"{RUNS}/{run_id(1)}/rerun").status == 202


@pytest.mark.parametrize("body", [b"4}", b'{"from_step": 4', b'"\xff"', b'{"from_step": 4}\xff', b"[" * 100])
def test_b69_a_body_that_is_no_json_is_told_so_even_where_it_would_not_fit_either(ask: Asking, body: bytes) -> None:
    answer = ask("POST", f"{RUNS}/{run_id(1)}/rerun", body=body, headers={"content-type": "application/json"})
    assert (answer.status, answer.codes) == (400, ["API-002"])


def test_only_a_held_run_is_resumed(control: Control, ask: Asking) -> None:
    submit(control.store, 1)
    answer = ask("POST", f"{RUNS}/{run_id(1)}/resume")
    assert (answer.status, answer.codes) == (409, ["RUN-006"])


@pytest.mark.parametrize("verb", ["cancel", "resume", "rerun"])
def test_a_run_is_steered_only_by_those_who_may(control: Control, ask: Asking, verb: str) -> None:
    submit(control.store, 1, pipeline="sales")
    path = f"{RUNS}/{run_id(1)}/{verb}"
    viewer, other = token_of(control, Role.VIEWER), token_of(control, Role.OPERATOR, pipelines=("fraud",))
    assert ask("POST", path, token=viewer).codes == ["AUT-004"]
    assert ask("POST", path, token=other).codes == ["AUT-005"]
    assert ask("POST", path, token=None).status == 401


def test_steering_leaves_rows_in_the_audit_log(control: Control, ask: Asking) -> None:
    submit(control.store, 1)
    ask("POST", f"{RUNS}/{run_id(1)}/rerun")
    ask("POST", f"{RUNS}/{run_id(1)}/cancel")
    with control.store.transaction() as tx:
        rows = [(row.action, row.target) for row in tx.audit.read()]
    made = next(target for action, target in rows if action == "run.rerun")
    assert made != run_id(1)
    assert ("runs.cancel_run", run_id(1)) in rows
