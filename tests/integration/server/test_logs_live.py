"""Runs followed over a real socket: news, log lines, long waits, many at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from looking import Client, add_log, changed, opened, serving, token_of

from pauta.domain.ids import RunId
from pauta.domain.states import RunState, StepState
from pauta.services.control import Control
from store_samples import NOON, run_id, submit


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Control]:
    with opened(tmp_path_factory.mktemp("live")) as control:
        yield control


@pytest.fixture(scope="module")
def ask(control: Control) -> Iterator[Client]:
    with serving(control) as port:
        yield Client(port, token_of(control))


_numbers = iter(range(1, 1000))


@pytest.fixture
def run(control: Control) -> RunId:
    return submit(control.store, next(_numbers), (), (0,))[0].id


def end(control: Control, run: RunId, *, ring: bool = True) -> None:
    with control.store.transaction() as tx:
        before = tx.runs.get(run)
        assert before is not None
        assert tx.runs.save(before, changed(before, state=RunState.COMPLETED, open_stages=0, ended_at=NOON))
    if ring:
        control.bell.ring(f"run:{run}")


def test_lines_come_as_they_are_recorded_and_the_stream_ends_with_the_run(
    control: Control, ask: Client, run: RunId
) -> None:
    add_log(control, run, "one", "two")
    stream = ask.events(f"/runs/{run}/logs/live")
    assert [(next(stream)[0], i) for i in range(2)] == [("0", 0), ("1", 1)]
    add_log(control, run, "three", first=2)
    control.bell.ring(f"run:{run}")
    number, name, line = next(stream)
    assert (number, name, line["text"], line["step"]) == ("2", "line", "three", "step0")
    end(control, run)
    _, name, last = next(stream)
    assert (name, last["state"]) == ("end", "completed")
    assert list(stream) == []


def test_a_stream_goes_on_after_the_last_line_that_is_known(control: Control, ask: Client, run: RunId) -> None:
    add_log(control, run, *(f"line {i}" for i in range(5)))
    end(control, run)
    texts = [event[2]["text"] for event in ask.events(f"/runs/{run}/logs/live", last_event_id="2") if event[0]]
    assert texts == ["line 3", "line 4"]
    assert [event[0] for event in ask.events(f"/runs/{run}/logs/live?after=3")] == ["4", ""]


def test_who_knows_all_of_a_run_that_is_over_is_told_so(control: Control, ask: Client, run: RunId) -> None:
    add_log(control, run, "only")
    end(control, run)
    assert ask("GET", f"/runs/{run}/logs/live", last_event_id="0").status == 204
    (news, _) = ask.events(f"/runs/{run}/live")
    assert ask("GET", f"/runs/{run}/live", last_event_id=news[0]).status == 204


@pytest.mark.parametrize("last", ["", "x", "-3", "9" * 99, "²", "1e3"])
def test_a_strange_last_event_id_begins_at_the_beginning(control: Control, ask: Client, run: RunId, last: str) -> None:
    add_log(control, run, "only")
    end(control, run)
    headers = {"last_event_id": last.encode("latin-1").decode("latin-1")}
    assert [name for _, name, _ in ask.events(f"/runs/{run}/logs/live", **headers)] == ["line", "end"]


def test_no_bell_is_needed(control: Control, ask: Client, run: RunId) -> None:
    stream = ask.events(f"/runs/{run}/logs/live")
    threading.Timer(0.2, add_log, (control, run, "quiet")).start()
    assert next(stream)[2]["text"] == "quiet"
    end(control, run, ring=False)
    assert next(stream)[1] == "end"


def test_news_tell_first_all_steps_and_then_those_that_changed(control: Control, ask: Client, run: RunId) -> None:
    stream = ask.events(f"/runs/{run}/live")
    _, name, news = next(stream)
    assert (name, [step["name"] for step in news["steps"]]) == ("news", ["step0", "step1"])
    with control.store.transaction() as tx:
        tx.steps.put([changed(step, state=StepState.RUNNING) for step in tx.steps.get(run, [1])])
    control.bell.ring(f"run:{run}")
    _, _, news = next(stream)
    assert [(step["name"], step["state"]) for step in news["steps"]] == [("step1", "running")]
    end(control, run)
    assert [name for _, name, _ in stream] == ["news", "end"]


def test_waiting_ends_with_the_run_and_not_before(control: Control, ask: Client, run: RunId) -> None:
    began = time.monotonic()
    assert ask("GET", f"/runs/{run}/wait?seconds=0.3").json["over"] is False
    assert time.monotonic() - began >= 0.3
    threading.Timer(0.2, end, (control, run)).start()
    waited = ask("GET", f"/runs/{run}/wait?seconds=60").json
    assert (waited["over"], waited["state"]) == (True, "completed")
    assert ask("GET", f"/runs/{run}/wait?seconds=61").status == 422


def test_two_hundred_open_streams_leave_the_rest_of_the_api_alone(control: Control, ask: Client) -> None:
    runs = [submit(control.store, 2000 + n)[0].id for n in range(20)]
    with ExitStack() as streams:
        for i in range(200):
            what = "logs/live" if i % 2 else "live"
            answer = streams.enter_context(ask.opened("GET", f"/runs/{runs[i % 20]}/{what}"))
            assert answer.status == 200
        waits = [threading.Thread(target=ask, args=("GET", f"/runs/{runs[0]}/wait?seconds=3")) for _ in range(60)]
        for wait in waits:
            wait.start()
        began = time.monotonic()
        for _ in range(20):
            assert ask("GET", "/runs?limit=5").status == 200
        took = time.monotonic() - began
        still_waiting = sum(wait.is_alive() for wait in waits)
        for wait in waits:
            wait.join()
    # Twenty answers while all of those wait: with a thread taken by each, the first would come after their end.
    assert still_waiting == 60 or took > 3
    assert took < 10


def test_one_stream_more_than_once_to_the_same_run_tells_everybody(control: Control, ask: Client, run: RunId) -> None:
    with ExitStack():
        streams = [ask.events(f"/runs/{run}/logs/live") for _ in range(3)]
        threading.Timer(0.2, add_log, (control, run, "all")).start()
        assert [next(stream)[2]["text"] for stream in streams] == ["all"] * 3
    end(control, run)


def test_the_log_of_an_unknown_run_cannot_be_followed(ask: Client) -> None:
    answer = ask("GET", f"/runs/{run_id(999999)}/logs/live")
    assert (answer.status, answer.codes) == (404, ["RUN-001"])
