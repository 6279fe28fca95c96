"""Flows whose tasks run on other machines: pools, limits, pipelines, deployments, frames to and fro."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest
from flow_house import FlowHouse, Refused, eventually, flow_house

FLOWS = """\
import os
import threading
import time

import pandas as pd

from pauta import flow, run_deployment, run_pipeline, task


@task
def make(n):
    return pd.DataFrame({"x": range(n)})


@task(pool="far")
def times(i, table, seconds=0.0):
    print("times", i, "on", os.environ["PAUTA_RUN"])
    time.sleep(seconds)
    return {"table": table.assign(y=table["x"] * i), "pair": (i, len(table))}


@flow
def fan(n):
    table = make(200)
    done = times.map(list(range(n)), table).result()
    return {"sums": [int(each["table"]["y"].sum()) for each in done], "pairs": [list(each["pair"]) for each in done]}


@task(executor="process")
def own(i):
    return i * i


@flow
def narrow(n):
    return {"all": own.map(list(range(n))).result() + [own(n)]}


@task
def quick(i):
    print("quick", i)
    return i


@flow
def many(n):
    return {"total": sum(quick.map(list(range(n))).result())}


@flow
def mixing(n):
    table = make(n)
    first = run_pipeline("doubling", inputs={"table": table}, parameters={"by": 3})
    second = run_deployment("nightly", {"n": 4})
    third = run_pipeline("giving", parameters={"n": 2})
    got = third.frames["result"]
    return {
        "pipeline": int(first.frames["doubled"]["x"].sum()),
        "deployment": second.frames["result"],
        "frames within": [len(got["table"]), list(got["pair"])],
        "states": [first.state, second.state, third.state],
    }


@flow
def giving(n):
    return {"table": make(n), "pair": (n, n + 1)}


@task(limit="one-at-a-time")
def single(i):
    began = time.time()
    time.sleep(0.2)
    return [began, time.time()]


@flow
def limited(n):
    return {"spans": single.map(list(range(n))).result()}


@task(limit="few")
def paced(i):
    return time.time()


@flow
def rated(n):
    return {"began": paced.map(list(range(n))).result()}


@task(pool="far", timeout=1)
def endless():
    time.sleep(60)


@task(executor="process", memory="400MB")
def greedy():
    return len(bytearray(2_000_000_000))


@flow
def bounded(n):
    found = [endless.submit(), greedy.submit()]
    return {"said": [str(each.result(raise_on_failure=False)) for each in found]}


@task
def speaks(i):
    for part in range(5):
        print("task", i, "part", part)
        time.sleep(0.01)
    return threading.get_ident()


@flow
def speaking(n):
    return {"threads": len(set(speaks.map(list(range(n))).result()))}


@task(pool="far", retries=1)
def flaky(path):
    if not os.path.exists(path):
        open(path, "w").close()
        raise RuntimeError("the first try of the task")
    return 1


@task(pool="far")
def fails_once(path):
    if not os.path.exists(path):
        open(path, "w").close()
        raise RuntimeError("the only try of the task")
    return 2


@flow(retries=1)
def trying(path):
    return {"total": flaky(path + ".a") + quick(5) + fails_once(path + ".b")}
"""
DOUBLE = "def execute(table, by):\n    return table.assign(x=table['x'] * by)\n"
DOUBLING = {
    "model_name": "doubling",
    "inputs": {"table": {}},
    "parameters": {"by": {"type": "integer"}},
    "prediction_steps": [
        {
            "name": "double",
            "file_path": "double.py",
            "dataframes": ["table"],
            "output_dataframe": "doubled",
            "kwargs": {"by": {"param": "by"}},
        }
    ],
}
OF_NUMBERS = ("fan", "narrow", "many", "mixing", "giving", "limited", "rated", "bounded", "speaking")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlowHouse]:
    """A server that runs nothing itself; `near` has one slot for flows, two workers have two each for tasks."""
    with flow_house(tmp_path_factory.mktemp("flows"), "--no-worker") as made:
        made.pool("far")
        made.publish(FLOWS, *OF_NUMBERS, n="integer")
        made.publish(FLOWS, "trying", path="text")
        made.publish_document(DOUBLING, {"double.py": DOUBLE})
        made.worker("near", slots=1)
        for name in ("far1", "far2"):
            made.worker(name, pools=["far"])
        yield made


def runs_of(house: FlowHouse, run: str) -> list[dict[str, Any]]:
    """The runs that a flow began, each with the worker that ran it."""
    owners = {worker["owner"]: worker["name"] for worker in house.ask("GET", "/workers")["workers"]}
    children = house.children(run)
    for child in children:
        child["workers"] = {owners.get(a["owner"], a["owner"]) for a in house.attempts(child["run"])}
    return children


def test_forty_tasks_run_on_the_workers_of_another_pool_with_frames_to_and_fro(house: FlowHouse) -> None:
    run = house.submit("fan", n=40)
    got = house.completes(run, seconds=180)
    assert got["sums"] == [19900 * i for i in range(40)]
    assert got["pairs"] == [[i, 200] for i in range(40)]
    children = runs_of(house, run)
    assert [child["state"] for child in children] == ["completed"] * 40
    assert set.union(*(child["workers"] for child in children)) == {"far1", "far2"}
    calls = [call for call in house.calls(run) if call["kind"] == "run"]
    assert sorted(call["child"] for call in calls) == sorted(child["run"] for child in children)
    # The frame that all were given lies at each worker once, and what they gave at the flow's own.
    (table,) = [frame["address"] for frame in house.view(run)["frames"] if frame["name"] == "make"]
    for name in ("far1", "far2", "near"):
        assert table in house.objects_at(name)
    child = next(call["child"] for call in calls if call["index"] == 7)
    assert f"times 7 on {child}" in [line["text"] for line in house.lines(child)]


def test_a_flow_that_waits_for_tasks_of_its_own_pool_of_one_slot_does_not_stop_it(house: FlowHouse) -> None:
    runs = [house.submit("narrow", n=5) for _ in range(2)]
    for run in runs:
        assert house.completes(run, seconds=120) == {"all": [0, 1, 4, 9, 16, 25]}
        assert {"paused", "completed"} == {attempt["outcome"] for attempt in house.attempts(run)}


def test_a_worker_of_one_slot_maps_two_hundred_tasks_in_threads(house: FlowHouse) -> None:
    run = house.submit("many", n=200)
    assert house.completes(run, seconds=120) == {"total": 19900}
    calls = house.calls(run)
    assert [call["index"] for call in calls] == list(range(200))
    assert {call["state"] for call in calls} == {"completed"}


def test_a_flow_runs_pipelines_and_deployments_with_frames_in_and_out(house: FlowHouse) -> None:
    house.ask("POST", "/deployments", {"name": "nightly", "pipeline": "many", "parameters": {"n": 3}})
    run = house.submit("mixing", n=10)
    assert house.completes(run, seconds=120) == {
        "pipeline": 135,
        "deployment": {"total": 6},
        "frames within": [2, [2, 3]],
        "states": ["completed"] * 3,
    }
    children = house.children(run)
    assert [child["pipeline"] for child in children] == ["doubling", "many", "giving"]


def test_tasks_under_one_limit_take_turns_on_all_machines(house: FlowHouse) -> None:
    house.ask("PUT", "/limits/one-at-a-time", {"most": 1})
    house.worker("second", slots=3)
    spans = house.completes(house.submit("limited", n=6), seconds=120)["spans"]
    assert all(ended <= began for (_, ended), (began, _) in pairwise(sorted(spans)))


def test_tasks_begin_no_more_often_than_their_rate(house: FlowHouse) -> None:
    house.ask("PUT", "/limits/few", {"most": 2, "period_seconds": 1.0})
    run = house.submit("rated", n=7)
    house.completes(run, seconds=120)
    began = sorted(when(house.attempts(child["run"])[0]["started_at"]) for child in house.children(run))
    assert all(third - first >= 0.95 for first, third in zip(began, began[2:], strict=False)), began


def test_a_task_on_a_pool_keeps_to_its_time_and_its_memory(house: FlowHouse) -> None:
    run = house.submit("bounded", n=1)
    greedy = eventually(lambda: [c["run"] for c in house.children(run) if c["state"] == "held"])[0]
    (step,) = house.view(greedy)["steps"]
    assert step["problem"]["code"] == "SCR-030"
    eventually(lambda: [c for c in house.calls(run) if c["name"] == "endless" and c["state"] == "failed"])
    # What died more than once is a person's to decide, and the flow waits for that.
    eventually(lambda: house.state(run) == "paused")
    house.ask("POST", f"/runs/{greedy}/cancel")
    said = house.completes(run, seconds=120)["said"]
    assert [one.partition(" ")[0] for one in said] == ["SCR-031", "FLW-091"], said
    assert [child["state"] for child in house.children(run)] == ["failed", "cancelled"]


def test_lines_of_tasks_in_threads_are_their_calls(house: FlowHouse) -> None:
    run = house.submit("speaking", n=8)
    assert house.completes(run, seconds=60)["threads"] > 1
    labels = {call["index"]: call["label"] for call in house.calls(run)}
    lines = [line for line in house.lines(run) if line["text"].startswith("task")]
    assert len(lines) == 40
    for line in lines:
        _, index, _, _ = line["text"].split()
        assert line["step"] == labels[int(index)], line


def test_a_flow_that_is_tried_again_asks_again_for_the_run_that_failed_and_for_no_other(
    house: FlowHouse, tmp_path: Any
) -> None:
    run = house.submit("trying", path=str(tmp_path / "mark"))
    assert house.completes(run, seconds=120) == {"total": 8}
    assert [(child["pipeline"], child["state"]) for child in house.children(run)] == [
        ("flaky", "completed"), ("fails_once", "failed"), ("fails_once", "completed"),
    ]  # fmt: skip
    assert [(call["name"], call["state"], call["attempts"]) for call in house.calls(run)] == [
        ("flaky", "completed", 1), ("quick", "completed", 1), ("fails_once", "completed", 2),
    ]  # fmt: skip
    first, *_ = house.children(run)
    assert [attempt["outcome"] for attempt in house.attempts(first["run"])] == ["failed", "completed"]


def test_what_is_not_published_fails_the_call_and_says_so(house: FlowHouse) -> None:
    script = "from pauta import flow, run_pipeline\n\n\n@flow\ndef lost():\n    run_pipeline('nowhere')\n"
    house.publish(script, "lost")
    run = house.submit("lost")
    view = house.ended(run)
    assert view["state"] == "failed"
    assert "nowhere" in view["message"]
    with pytest.raises(Refused, match="404"):
        house.ask("GET", f"/runs/{run}/calls/nothing")


def when(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
