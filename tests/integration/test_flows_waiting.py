"""Flows that wait: for people, for a time, for runs of theirs; cancelled, backed up, cleaned up after, restarted."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from flow_house import FlowHouse, Refused, eventually, flow_house

from pauta.adapters import clock

FLOWS = """\
import time

import pandas as pd

from pauta import TimedOut, approval, flow, pause_for_input, sleep_for, sleep_until, task


@task
def table(n):
    return pd.DataFrame({"x": range(n)})


@task(pool="default")
def slow(i):
    print("slow", i)
    time.sleep(600)


@flow
def asking(n):
    made = table(n)
    more = pause_for_input(int, prompt="how many more?")
    yes = approval("post?", roles=["operator"])
    return {"rows": len(made), "more": more, "yes": bool(yes), "by": yes.by}


@flow
def impatient(n):
    try:
        return {"got": pause_for_input(int, timeout=n)}
    except TimedOut as error:
        return {"got": str(error)}


@flow
def sleeping(n):
    made = table(5)
    sleep_for(n)
    return {"rows": len(made)}


@flow
def waiting(n):
    return {"all": slow.map(list(range(n))).result()}
"""
SECRETS = """\
from pauta import Failed, flow, task


@task
def connects(password):
    print("with", password)
    if password.startswith("hunter"):
        raise ValueError(f"refused: {password}")


@task
def stored(password):
    return {"said": password}


@flow
def secretive(password):
    print("begin", password)
    state = connects(password, return_state=True)
    return Failed(message=f"could not: {state.message} {password}")
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlowHouse]:
    with flow_house(tmp_path_factory.mktemp("flows"), "--no-worker") as made:
        made.publish(FLOWS, "asking", "impatient", "sleeping", "waiting", n="integer")
        made.worker("one", REPORT_PASSWORD="hunter2hunter2")
        yield made


def wait_for(house: FlowHouse, run: str, kind: str) -> dict[str, object]:
    found: list[dict[str, object]] = eventually(lambda: [w for w in house.waiting(run) if w["kind"] == kind])
    # What it waits for is on record before its process has left; the answer may come before that too.
    return found[0]


def test_an_answer_wakes_a_flow_within_a_second(house: FlowHouse) -> None:
    run = house.submit("asking", n=3)
    call = wait_for(house, run, "input")["call"]
    eventually(lambda: house.state(run) == "paused")
    assert [worker["held"] for worker in house.ask("GET", "/workers")["workers"]] == [[]], "it holds no worker"
    with pytest.raises(Refused, match="422"):
        house.ask("POST", f"/runs/{run}/calls/{call}/answer", {"value": "many"})
    house.ask("POST", f"/runs/{run}/calls/{call}/answer", {"value": 4})
    with pytest.raises(Refused, match="409"):
        house.ask("POST", f"/runs/{run}/calls/{call}/answer", {"value": 5})
    call = wait_for(house, run, "approval")["call"]
    eventually(lambda: house.state(run) == "paused")
    house.ask("POST", f"/runs/{run}/calls/{call}/approve", {"comment": "go"})
    got = house.completes(run)
    assert (got["rows"], got["more"], got["yes"]) == (3, 4, True)
    ended = {call["name"]: call["ended_at"] for call in house.calls(run)}
    begun = sorted(attempt["started_at"] for attempt in house.attempts(run))
    waits = [seconds(ended["input"], begun[1]), seconds(ended["approval"], begun[2])]
    print(f"claimed after the answer: {waits}")
    assert max(waits) < 10.0  # a worker that heard nothing would ask again after twenty
    assert house.calls(run)[0]["attempts"] == 1, "the task was not done again"


def test_an_answer_that_comes_while_the_flow_is_still_leaving_is_not_lost(house: FlowHouse) -> None:
    for _ in range(5):
        run = house.submit("asking", n=1)
        house.ask("POST", f"/runs/{run}/calls/{wait_for(house, run, 'input')['call']}/answer", {"value": 1})
        house.ask("POST", f"/runs/{run}/calls/{wait_for(house, run, 'approval')['call']}/reject", {"comment": ""})
        assert house.completes(run)["yes"] is False


def test_nobody_who_answers_in_time_is_told_to_the_flow(house: FlowHouse) -> None:
    run = house.submit("impatient", n=2)
    call = wait_for(house, run, "input")["call"]
    assert "FLW-037" in house.completes(run)["got"]
    with pytest.raises(Refused, match="409"):
        house.ask("POST", f"/runs/{run}/calls/{call}/answer", {"value": 4})


def test_a_flow_that_waits_for_people_is_cancelled_and_cannot_be_answered(house: FlowHouse) -> None:
    run = house.submit("asking", n=1)
    call = wait_for(house, run, "input")["call"]
    eventually(lambda: house.state(run) == "paused")
    house.ask("POST", f"/runs/{run}/cancel")
    assert house.ended(run)["state"] == "cancelled"
    assert house.waiting(run) == []
    assert {c["name"]: c["state"] for c in house.calls(run)} == {"table": "completed", "input": "cancelled"}
    with pytest.raises(Refused, match="409"):
        house.ask("POST", f"/runs/{run}/calls/{call}/answer", {"value": 4})


def test_cancelling_a_flow_ends_the_runs_that_it_began(house: FlowHouse) -> None:
    run = house.submit("waiting", n=3)
    eventually(lambda: [child["state"] for child in house.children(run)].count("running") >= 2)
    house.ask("POST", f"/runs/{run}/cancel")
    assert house.ended(run)["state"] == "cancelled"
    eventually(lambda: {child["state"] for child in house.children(run)} == {"cancelled"})
    eventually(lambda: [worker["held"] for worker in house.ask("GET", "/workers")["workers"]] == [[]])
    assert {call["state"] for call in house.calls(run)} == {"cancelled"}


def test_a_sleep_goes_on_over_a_restart_of_the_server(house: FlowHouse) -> None:
    run = house.submit("sleeping", n=8)
    eventually(lambda: house.state(run) == "paused")
    port = house.project.written["url"].rpartition(":")[2]
    house.project.stop(signal.SIGKILL)
    house.project.start("--no-worker", "--port", port)
    assert house.completes(run) == {"rows": 5}
    slept = next(call for call in house.calls(run) if call["kind"] == "sleep")
    _, second = sorted(attempt["started_at"] for attempt in house.attempts(run))
    late = seconds(slept["started_at"], second) - 8
    print(f"claimed {late:.2f} s after the sleep")
    assert late > -0.1


def test_a_secret_is_masked_wherever_a_flow_lets_it_out(house: FlowHouse) -> None:
    step = {
        "name": "secretive",
        "file_path": "flows.py:secretive",
        "output_dataframe": "result",
        "kwargs": {"password": {"param": "password"}},
    }
    secret = {"password": {"type": "text", "secret": True}}
    document = {"model_name": "secretive", "parameters": secret, "prediction_steps": [step]}
    house.publish_document(document, {"flows.py": SECRETS})
    run = house.submit("secretive", password="env:REPORT_PASSWORD")
    view = house.ended(run)
    assert view["state"] == "failed"
    shown = json.dumps([view, house.calls(run), house.lines(run), house.attempts(run)])
    assert "refused: " in shown
    assert "hunter2" not in shown
    records = (house.project.folder / ".pauta").glob("*.db*")
    assert not any(b"hunter2hunter2" in file.read_bytes() for file in records)


def test_what_a_paused_flow_needs_outlives_cleaning_up_and_a_backup(house: FlowHouse, tmp_path: Path) -> None:
    run = house.submit("asking", n=1000)
    wait_for(house, run, "input")
    eventually(lambda: house.state(run) == "paused")
    (made,) = [frame["address"] for frame in house.view(run)["frames"] if frame["name"] == "table"]
    old = clock.now().timestamp() - 3 * 24 * 3600
    for file in (house.project.folder / ".pauta" / "objects").glob("??/*"):
        os.utime(file, (old, old))
    house.ask("POST", "/retention", {"dry_run": False, "keep_runs": 0, "older_than_days": 0})
    assert (house.project.folder / ".pauta" / "objects" / made[:2] / made).exists()
    backup = Path(house.ask("POST", "/backup")["path"])
    with flow_house(tmp_path / "again", "--no-worker") as other:
        other.project.stop()
        shutil.rmtree(other.project.folder / ".pauta")
        restored = house.project.pauta("db", "restore", str(backup), "--json", cwd=other.project.folder)
        assert restored.code == 0, restored.err + restored.out
        other.project.start("--no-worker")
        other.worker("two")
        for each in (other, house):
            each.ask("POST", f"/runs/{run}/calls/{wait_for(each, run, 'input')['call']}/answer", {"value": 1})
            each.ask("POST", f"/runs/{run}/calls/{wait_for(each, run, 'approval')['call']}/approve", {})
            assert each.completes(run)["rows"] == 1000


def seconds(before: str, after: str) -> float:
    return (datetime.fromisoformat(after) - datetime.fromisoformat(before)).total_seconds()
