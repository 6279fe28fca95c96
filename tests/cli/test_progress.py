"""Progress: what is known of the steps, the picture on a terminal, the lines in a pipe."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Callable

import pytest
from answers import Answer
from fake_project import NAMES, NOON, OTHER, FakeProject, record_of, step_view
from msgspec.structs import replace
from rich.console import Console

from pauta.cli.board import Board
from pauta.cli.console import QuietConsole
from pauta.cli.execution import Interrupts
from pauta.cli.progress import LiveProgress, picture
from pauta.cli.session import Session
from pauta.cli.words import Words
from pauta.domain.problems import Problem
from pauta.domain.runs import LogLine
from pauta.ports.watcher import Watcher


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def drawn(board: Board, *, width: int = 80, height: int = 24, presses: int = 0, language: str = "en") -> list[str]:
    console = Console(file=io.StringIO(), width=width, height=height, record=True, force_terminal=True)
    console.print(picture(board, words=Words(language), width=width, height=height, presses=presses))
    return console.export_text().rstrip("\n").split("\n")


def test_each_step_has_a_bar_and_branches_run_side_by_side() -> None:
    clock = Clock()
    board = Board(NAMES, clock=clock)
    board.finished(record_of(step_view(0, cached=True, cached_from=OTHER), 0))
    board.started(1, NAMES[1], 1)
    board.started(2, NAMES[2], 2)
    clock.now += 2.5
    board.progressed(2, 21, 50, "epoch 21")
    lines = drawn(board)
    assert len(lines) == 7
    assert "cached" in lines[0]
    assert "2.50 s" in lines[1]
    assert "42 %" in lines[2]
    assert "epoch 21" in lines[2]
    assert "↻ 2" in lines[2]
    assert "1 of 6 steps" in lines[-1]
    assert all(len(line) <= 80 for line in lines)


def test_a_step_without_a_total_pulses() -> None:
    board = Board(NAMES, clock=Clock())
    board.started(0, NAMES[0], 1)
    board.progressed(0, 7, None, "seven")
    assert "%" not in drawn(board)[0]
    assert "seven" in drawn(board)[0]


def test_of_5000_steps_only_the_running_and_the_last_ended_are_shown() -> None:
    board = Board([f"step_{no}" for no in range(5000)], clock=Clock())
    for no in range(4000):
        board.finished(record_of(step_view(no), no))
    for no in range(4000, 4003):
        board.started(no, f"step_{no}", 1)
    lines = drawn(board)
    assert [line.split()[1] for line in lines[:-1]] == [f"step_{no}" for no in range(3995, 4003)]
    assert "4,000 of 5,000 steps" in lines[-1]
    assert "4.000 de 5.000 etapas" in drawn(board, language="pt")[-1]


def test_the_picture_never_grows_past_the_terminal() -> None:
    board = Board([f"step_{no}" for no in range(300)], clock=Clock())
    for no in range(200):
        board.started(no, f"step_{no}", 1)
    lines = drawn(board, height=20, presses=1)
    assert len(lines) <= 20
    assert any("more running" in line for line in lines)


def test_a_long_name_does_not_push_the_bars_out() -> None:
    board = Board(["x" * 200, "y\x1b[2J"], clock=Clock())
    lines = drawn(board, width=60)
    assert all(len(line) <= 60 for line in lines)
    assert "\x1b" not in "".join(lines)


def test_a_step_that_is_counted_twice_counts_once() -> None:
    board = Board(NAMES, clock=Clock())
    for _ in range(2):
        board.finished(record_of(step_view(0), 0))
    assert board.ended == 1


def test_a_retried_step_begins_anew() -> None:
    board = Board(NAMES, clock=Clock())
    board.started(0, NAMES[0], 1)
    board.retries(0, 1)
    assert board.running == []
    assert board.lines[0].state == "pending"


def test_ctrl_c_is_answered_in_the_picture() -> None:
    board = Board(NAMES, clock=Clock())
    assert "Press Ctrl-C again" in "\n".join(drawn(board, presses=1))
    assert "Killing" in "\n".join(drawn(board, presses=2))


def test_a_terminal_that_went_away_does_not_disturb_the_run() -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    session = Session(language="en", as_json=False)
    console = QuietConsole(file=Gone(), force_terminal=True, width=80)
    session.__dict__["out"] = session.__dict__["err"] = console
    live = LiveProgress(NAMES, session=session, verbose=True, interrupted=lambda: 0)
    with live:
        live.step_started(0, NAMES[0], 1, NOON)
    live.logged(0, LogLine(NOON, "INFO", "hello"))
    live.step_retries(0, Problem("SCR-021"), None, 1)
    live.step_progressed(99, 1, 2, "unknown step")
    live.step_ended(record_of(step_view(0), 0))


def test_a_pipe_gets_a_line_for_each_retry_log_line_and_interrupt(
    project: FakeProject, call: Callable[..., Answer]
) -> None:
    def during(watcher: Watcher | None, interrupted: Callable[[], int]) -> None:
        assert watcher is not None
        watcher.step_retries(1, Problem("SCR-030"), NOON, 1)
        watcher.logged(1, LogLine(NOON, "INFO", "\x1b[31mloss 3\x1b[0m"))
        os.kill(os.getpid(), signal.SIGINT)
        assert interrupted() == 1
        watcher.step_progressed(1, 1, None, "")
        watcher.step_ended(replace(record_of(step_view(1), 1), attempts=2))

    project.during = during
    quiet = call("run").err
    assert "↻ processa_falhas_2: attempt 1 failed" in quiet
    assert "Cancelling" in quiet
    assert "2 attempts" in quiet
    assert "loss 3" not in quiet
    assert "processa_falhas_2 | loss 3" in call("run", "--verbose").err


def test_ctrl_c_is_counted_only_while_a_run_goes() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Interrupts().listening() as interrupts:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        assert interrupts() == 2
    assert signal.getsignal(signal.SIGINT) is before


def test_progress_stays_off_a_terminal_that_json_is_written_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    person = Session(language="en", as_json=False)
    assert person.live is person.out
    program = Session(language="en", as_json=True)
    assert program.live is program.err
