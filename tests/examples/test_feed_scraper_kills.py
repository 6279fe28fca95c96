"""kill -9 in many places of `full_flow`: what is on record is never done again, and nothing is posted twice."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from example_files import EXAMPLES
from feed_scraper_services import Services, services
from tests.chaos.chaos_scale import size

from pauta.assembly import open_project
from pauta.assembly.project import Project
from pauta.domain.calls import Call, CallKind, CallState
from pauta.domain.problems import Problem
from pauta.domain.runs import LogLine, StepRecord

PLACES = size(commit=20, ci=200, night=1_000)
POSTS = 12
# The script notes every task that begins, and kills its own process in its first attempt when so many lines ran, of
# its own files and of the parts of Pauta that run flows.
SABOTAGE = """

import os as _os
import signal as _signal
import sys as _sys
import threading as _threading

_left = [int(open({kill_at!r}).read())]
_lines = [0]


def _count(frame, event, argument):
    where = frame.f_code.co_filename
    if where not in _own and "/pauta/flows/" not in where and "/pauta/runtime/" not in where:
        return None
    if event == "call" and where in _own and frame.f_code.co_name in {tasks!r}:
        _note = _os.open({journal!r}, _os.O_WRONLY | _os.O_CREAT | _os.O_APPEND)
        _os.write(_note, f"{{_os.environ['PAUTA_ATTEMPT']}} {{frame.f_code.co_name}}\\n".encode())
        _os.close(_note)
    if event == "line":
        _lines[0] += 1
        if _lines[0] == _left[0] and _os.environ["PAUTA_ATTEMPT"] == "1":
            _os.kill(_os.getpid(), _signal.SIGKILL)
    return _count


_own = (_count.__code__.co_filename, _sys.modules["api_tool"].__file__)
_sys.settrace(_count)
_threading.settrace(_count)
"""
TASKS = (
    "fetch_data", "fetch_titles", "fetch_authors", "fetch_urls", "fetch_votes", "summarize", "items_to_post",
    "post_items",
)  # fmt: skip


class Onlooker:
    """Notes which tasks were on record before the process died, and which at the end."""

    def __init__(self) -> None:
        self.deaths = 0
        self.before: Counter[str] = Counter()
        self.after: Counter[str] = Counter()

    def call_began(self, call: Call) -> None: ...

    def call_ended(self, call: Call) -> None:
        if call.kind is CallKind.TASK and call.state is CallState.COMPLETED:
            (self.after if self.deaths else self.before)[call.name] += 1

    def step_started(self, step: int, name: str, attempt: int, at: datetime) -> None: ...

    def step_progressed(self, step: int, done: float, total: float | None, text: str) -> None: ...

    def step_ended(self, record: StepRecord) -> None: ...

    def step_retries(self, step: int, problem: Problem, next_at: datetime | None, attempt: int) -> None:
        self.deaths += 1

    def logged(self, step: int | None, line: LogLine) -> None: ...


class Scene:
    """The example in a folder of its own, sabotaged."""

    def __init__(self, folder: Path, running: Services) -> None:
        self.folder = folder
        self.running = running
        self.kill_at = folder / "kill_at"
        self.journal = folder / "journal"
        shutil.copytree(EXAMPLES / "feed_scraper" / "orchestrator", folder / "orchestrator")
        flows = folder / "orchestrator" / "orchestration_tools.py"
        sabotage = SABOTAGE.format(kill_at=str(self.kill_at), journal=str(self.journal), tasks=TASKS)
        flows.write_text(flows.read_text() + sabotage)
        opened = open_project(folder)
        assert isinstance(opened, Project)
        self.project = opened
        given = {"feed": running.feed, "backend": running.backend}
        document = Path(f"{flows}:full_flow")
        self.prepared = opened.prepare(document, scripts=None, inputs={}, parameters=given, only=None)

    def run(self, *, kill_at: int) -> tuple[str, Onlooker, list[tuple[str, str]]]:
        self.kill_at.write_text(str(kill_at))
        self.journal.unlink(missing_ok=True)
        self.running.csv.unlink(missing_ok=True)
        onlooker = Onlooker()
        run = self.project.submit(self.prepared, use_cache=False)
        view = self.project.execute(run, slots=1, watcher=onlooker, interrupted=lambda: 0)
        began = [tuple(line.split()) for line in self.journal.read_text().splitlines()]
        return view.state, onlooker, began  # type: ignore[return-value]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("kills")
    with services(folder / "summarization.csv", posts=POSTS) as running:
        made = Scene(folder, running)
        yield made
        made.project.close()


def test_P3_a_killed_flow_repeats_no_recorded_task_wherever_it_was_killed(scene: Scene) -> None:
    state, calm, began = scene.run(kill_at=-1)
    assert (state, calm.deaths) == ("completed", 0)
    assert Counter(name for _, name in began) == calm.before == Counter(dict.fromkeys(TASKS, 1))
    lines = most_lines(scene)
    killed, recorded = 0, 0
    for place in range(PLACES):
        state, onlooker, began = scene.run(kill_at=1 + place * lines // PLACES)
        told = json.dumps([place, state, onlooker.before, onlooker.after, began])
        assert state == "completed", told
        again = Counter(name for attempt, name in began if attempt == "2")
        assert not (again & onlooker.before), f"done again though it was on record: {told}"
        assert onlooker.before + onlooker.after == calm.before, told
        assert len(scene.running.rows()) == POSTS, told
        killed += onlooker.deaths
        recorded += sum(onlooker.before.values())
    assert killed > PLACES * 0.9, killed
    print(f"{killed} kills in {PLACES} places of {lines} lines; {recorded} calls were on record before them")


def most_lines(scene: Scene) -> int:
    """How many lines run: the largest number at which it is still killed."""
    low, high = 1, 1 << 20
    while low < high:
        middle = (low + high + 1) // 2
        _, onlooker, _ = scene.run(kill_at=middle)
        low, high = (middle, high) if onlooker.deaths else (low, middle - 1)
    return low
