"""A run on a server, followed: the watcher is told the same as of a run in this process."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from answering_server import AnsweringServer, Told, answering, stream

from pauta.adapters import api_streams
from pauta.adapters.api_client import ApiClient
from pauta.assembly.remote_project_following import Follower
from pauta.domain.problems import NotFound, Problem
from pauta.domain.runs import LogLine, StepRecord

NOON = datetime(2024, 5, 20, 12, tzinfo=UTC)
END = b"event: end\ndata: {}\n\n"
LIVE, LOGS = "GET /api/v1/runs/r1/live", "GET /api/v1/runs/r1/logs/live"
PROBLEM = {"code": "SCR-021", "values": {"step": "b", "error": "KeyError"}, "variant": "", "place": None}


class Seen:
    """A watcher that writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    def step_started(self, step: int, name: str, attempt: int, at: datetime) -> None:
        self.told.append(("started", step, name, attempt))

    def step_progressed(self, step: int, done: float, total: float | None, text: str) -> None:
        self.told.append(("progressed", step))

    def step_ended(self, record: StepRecord) -> None:
        code = record.problem.code if record.problem is not None else None
        rows = record.output.rows if record.output is not None else None
        self.told.append(("ended", record.no, record.name, str(record.state), record.cached, rows, code))

    def step_retries(self, step: int, problem: Problem, next_at: datetime | None, attempt: int) -> None:
        self.told.append(("retries", step, problem.code, attempt))

    def logged(self, step: int | None, line: LogLine) -> None:
        self.told.append(("logged", step, line.text))


def step(name: str, state: str, **more: Any) -> dict[str, Any]:
    usual = {"attempts": 1, "cached": False, "seconds": 0.1, "rows_out": None, "message": None}
    return {"name": name, "state": state, **usual, **more}


def news(state: str, *steps: dict[str, Any], over: bool = False) -> bytes:
    usual = {"run": "r1", "started_at": None, "ended_at": None, "cancelling": False, "message": None}
    data = json.dumps({**usual, "state": state, "over": over, "steps": list(steps)})
    return f"event: news\ndata: {data}\n\n".encode()


def line(number: int, name: str, text: str) -> bytes:
    told = {"number": number, "step": name, "at": NOON.isoformat(), "level": "INFO", "stream": "stdout", "logger": ""}
    return f"id: {number}\nevent: line\ndata: {json.dumps({**told, 'text': text})}\n\n".encode()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[AnsweringServer]:
    monkeypatch.setattr(api_streams, "_FIRST_PAUSE", 0.001)
    with answering() as running:
        running.tell("POST /api/v1/runs/r1/cancel", Told(202, {"run": "r1", "state": "running"}))
        running.tell(LOGS, stream(END))
        view = {"name": "b", "state": "failed", "part": "prediction_steps", "stage": 0, "attempts": 1, "cached": False}
        rest = dict.fromkeys(["cached_from", "seconds", "rows_in", "rows_out", "output", "reason"])
        times = {"started_at": None, "ended_at": None, "metrics": {}, "files": [], "problem": PROBLEM}
        running.tell("GET /api/v1/runs/r1/steps/b", Told(body={**view, **rest, **times}))
        yield running


def followed(server: AnsweringServer, interrupted: Callable[[], int] = lambda: 0) -> list[tuple[Any, ...]]:
    seen = Seen()
    with ApiClient(server.url) as client:
        Follower(client, "r1", watcher=seen, now=lambda: NOON).follow(interrupted)
    return seen.told


def test_steps_start_end_and_fail_in_order(server: AnsweringServer) -> None:
    server.tell(
        LIVE,
        stream(
            news("running", step("a", "pending"), step("b", "pending"), step("c", "pending")),
            news("running", step("a", "running")),
            news("running", step("a", "completed", rows_out=5), step("b", "running", attempts=2)),
            news("failed", step("b", "failed", message="step b failed"), step("c", "skipped"), over=True),
            END,
        ),
    )
    assert followed(server) == [
        ("started", 0, "a", 1),
        ("ended", 0, "a", "completed", False, 5, None),
        ("started", 1, "b", 2),
        ("ended", 1, "b", "failed", False, None, "SCR-021"),
        ("ended", 2, "c", "skipped", False, None, None),
    ]


def test_a_step_that_goes_back_is_tried_again(server: AnsweringServer) -> None:
    server.tell(
        LIVE,
        stream(
            news("running", step("a", "completed", cached=True), step("b", "running")),
            news("running", step("b", "pending")),
            news("running", step("b", "running", attempts=2)),
            news("completed", step("b", "completed", attempts=2), over=True),
            END,
        ),
    )
    assert followed(server) == [
        ("ended", 0, "a", "completed", True, None, None),
        ("started", 1, "b", 1),
        ("retries", 1, "SCR-021", 1),
        ("started", 1, "b", 2),
        ("ended", 1, "b", "completed", False, None, None),
    ]


def test_lines_know_their_step_even_when_they_come_first(server: AnsweringServer) -> None:
    server.tell(LOGS, stream(line(0, "b", "early"), line(1, "b", "late"), END))
    server.tell(LIVE, stream(news("completed", step("a", "completed"), step("b", "completed"), over=True), END))
    told = followed(server)
    assert [t for t in told if t[0] == "logged"] == [("logged", 1, "early"), ("logged", 1, "late")]


def test_nothing_is_told_twice_when_the_stream_broke_off(server: AnsweringServer) -> None:
    first = news("running", step("a", "running"))
    again = news("running", step("a", "running"))
    last = news("completed", step("a", "completed"), over=True)
    server.tell(LIVE, stream(first, end=False), stream(again, last, END))
    assert followed(server) == [("started", 0, "a", 1), ("ended", 0, "a", "completed", False, None, None)]


def test_a_held_run_is_not_waited_for(server: AnsweringServer) -> None:
    waiting = threading.Event()

    def hold(handler: Any) -> None:
        stream(end=False).write(handler)  # type: ignore[misc]
        waiting.wait(10)

    server.tell(LOGS, Told(write=hold))
    server.tell(LIVE, stream(news("held", step("a", "held")), end=False), Told(204))
    try:
        assert followed(server) == [("ended", 0, "a", "held", False, None, None)]
    finally:
        waiting.set()


def test_ctrl_c_cancels_once_and_the_second_one_stops_waiting(server: AnsweringServer) -> None:
    presses = iter([0, 1, 1, 1, 2])
    server.tell(LIVE, stream(news("running", step("a", "running")), end=False))
    followed(server, lambda: next(presses, 2))
    assert len(server.calls("POST /api/v1/runs/r1/cancel")) == 2


def test_what_the_server_refuses_ends_it(server: AnsweringServer) -> None:
    server.tell(LIVE, Told(404, {"problems": [{"code": "RUN-001", "message": "no run"}]}))
    with pytest.raises(NotFound):
        followed(server)
