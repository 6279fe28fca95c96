"""The promises of `ports.launcher`, on the launcher of processes on this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pauta.adapters.process_launcher import ProcessLauncher
from pauta.domain import wire
from pauta.domain.problems import StoreFault
from pauta.ports.launcher import Exited, Happening, Launcher, Printed, Process, ProcessSpec, Reported

PATIENCE_SECONDS = 20.0


@pytest.fixture
def launcher() -> Iterator[Launcher]:
    launcher = ProcessLauncher()
    yield launcher
    launcher.close()


def order(folder: Path, text: str, *, steps: int = 1) -> wire.RunStage:
    """Steps that all run this script and depend on nothing."""
    bundle = folder / "bundle"
    bundle.mkdir(exist_ok=True)
    (bundle / "own.py").write_text(text)
    one = wire.StepOrder(
        no=0,
        name="own",
        script="own.py",
        shown_as="own.py",
        takes=(),
        gives=None,
        kwargs={},
        timeout_seconds=None,
        memory_bytes=None,
        env={},
        min_rows=0,
        recipe="",
        effects=False,
        attempt=1,
        key="k",
    )
    return wire.RunStage("run", 0, 1, (one,) * steps, str(folder / "objects"), str(bundle))


def until(launcher: Launcher, process: Process, is_last: Callable[[Happening], bool]) -> list[Happening]:
    found: list[Happening] = []
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        found.extend(happening for other, happening in launcher.wait(0.5) if other is process)
        if any(is_last(happening) for happening in found):
            return found
    raise AssertionError(f"not within {PATIENCE_SECONDS} s: {found}")


def is_done(happening: Happening) -> bool:
    return isinstance(happening, Reported) and isinstance(happening.report, wire.StageDone)


def is_exit(happening: Happening) -> bool:
    return isinstance(happening, Exited)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False


def eventually(condition: Callable[[], bool], *, within: float = 10.0) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.01)
    return False


def test_a_process_has_its_folder_label_and_session(launcher: Launcher, tmp_path: Path) -> None:
    process = launcher.start(ProcessSpec("run.0", tmp_path / "own", env={"GIVEN": "x"}))
    text = (
        "import os\ndef execute():\n"
        "    print(os.getcwd(), os.environ['HOME'], os.environ['TMPDIR'], os.environ['GIVEN'], os.getsid(0))\n"
    )
    process.send(order(tmp_path, text))
    (line,) = [h for h in until(launcher, process, is_done) if isinstance(h, Printed)]
    own = tmp_path / "own"
    assert line.text == f"{own / 'work'} {own / 'home'} {own / 'tmp'} x {process.pid}"
    assert process.label == "run.0"


def test_it_is_alive_until_its_exit_was_delivered_and_leaves_when_asked(launcher: Launcher, tmp_path: Path) -> None:
    process = launcher.start(ProcessSpec("run.0", tmp_path))
    assert list(launcher.wait(0.05)) == []
    assert is_alive(process.pid)
    process.send(wire.Leave())
    (exited,) = until(launcher, process, is_exit)
    assert exited == Exited(0, None, exited.peak_bytes, "left")  # type: ignore[union-attr]
    assert not is_alive(process.pid)


def test_a_dead_process_swallows_what_it_is_told(launcher: Launcher, tmp_path: Path) -> None:
    process = launcher.start(ProcessSpec("run.0", tmp_path))
    process.kill("killed")
    until(launcher, process, is_exit)
    process.send(wire.Leave())
    process.limit(memory_bytes=1)
    process.stop("cancelled", grace_seconds=0)
    process.kill("killed")
    assert list(launcher.wait(0.05)) == []


def test_one_process_dies_and_its_neighbour_goes_on(launcher: Launcher, tmp_path: Path) -> None:
    bad, good = (launcher.start(ProcessSpec(f"run.{n}", tmp_path / str(n))) for n in range(2))
    good.send(order(tmp_path, "import time\ndef execute():\n    time.sleep(0.2)\n    print('well')\n"))
    bad.kill("cancelled")
    happened: list[tuple[Process, Happening]] = []
    assert eventually(lambda: happened.extend(launcher.wait(0.1)) or any(is_done(h) for _, h in happened))
    assert [h.cause for p, h in happened if p is bad and isinstance(h, Exited)] == ["cancelled"]
    assert [h.text for p, h in happened if p is good and isinstance(h, Printed)] == ["well"]


def test_waiting_ends_when_a_watched_descriptor_can_be_read(launcher: Launcher, tmp_path: Path) -> None:
    launcher.start(ProcessSpec("run.0", tmp_path))
    reading, writing = os.pipe()
    launcher.watch(reading)
    threading.Timer(0.05, os.write, (writing, b"x")).start()
    began = time.monotonic()
    assert list(launcher.wait(10)) == []
    assert time.monotonic() - began < 5


def test_waiting_ends_after_its_time(launcher: Launcher, tmp_path: Path) -> None:
    launcher.start(ProcessSpec("run.0", tmp_path))
    began = time.monotonic()
    assert list(launcher.wait(0.1)) == []
    assert 0.1 <= time.monotonic() - began < 5


def test_what_was_printed_is_delivered_before_the_exit(launcher: Launcher, tmp_path: Path) -> None:
    process = launcher.start(ProcessSpec("run.0", tmp_path))
    process.send(order(tmp_path, "import os\ndef execute():\n    os.write(1, b'x\\n' * 5000)\n    os.abort()\n"))
    happened = until(launcher, process, is_exit)
    assert sum(isinstance(h, Printed) and h.stream == "stdout" for h in happened) == 5000
    assert is_exit(happened[-1])


def test_closing_ends_everything(tmp_path: Path) -> None:
    launcher = ProcessLauncher()
    processes = [launcher.start(ProcessSpec(f"run.{n}", tmp_path / str(n))) for n in range(2)]
    processes[0].send(order(tmp_path, "def execute():\n    while True:\n        pass\n"))
    launcher.close()
    assert not any(is_alive(process.pid) for process in processes)


def test_no_interpreter_is_a_named_fault() -> None:
    with pytest.raises(StoreFault) as caught:
        ProcessLauncher(python="/no/such/python")
    assert caught.value.problems[0].line() == "LCH-001 no process for scripts can be started: No such file or directory"


def test_an_interpreter_that_ends_at_once_is_a_named_fault(tmp_path: Path) -> None:
    launcher = ProcessLauncher(python="/bin/false")
    try:
        with pytest.raises(StoreFault) as caught:
            launcher.start(ProcessSpec("run.0", tmp_path))
        assert caught.value.problems[0].code == "LCH-001"
    finally:
        launcher.close()


def test_a_module_that_cannot_be_loaded_beforehand_is_passed_over(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    launcher = ProcessLauncher(preload=("no_such_module", "csv"))
    try:
        process = launcher.start(ProcessSpec("run.0", tmp_path))
        process.send(order(tmp_path, "import sys\ndef execute():\n    print('csv' in sys.modules)\n"))
        assert [h.text for h in until(launcher, process, is_done) if isinstance(h, Printed)] == ["True"]
    finally:
        launcher.close()
    assert "no_such_module was not loaded beforehand" in capfd.readouterr().err


def test_a_launcher_made_in_a_thread_that_ended_goes_on(tmp_path: Path) -> None:
    made: list[ProcessLauncher] = []

    def make() -> None:
        made.append(ProcessLauncher())
        made[0].start(ProcessSpec("run.first", tmp_path / "first"))

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    try:
        assert list(made[0].wait(0.2)) == []
        process = made[0].start(ProcessSpec("run.0", tmp_path))
        process.send(order(tmp_path, "def execute():\n    return 1\n"))
        assert any(is_done(h) for h in until(made[0], process, is_done))
    finally:
        made[0].close()


def test_when_the_launchers_own_process_is_killed_nothing_of_it_is_left(tmp_path: Path) -> None:
    note = tmp_path / "pids"
    (tmp_path / "bundle").mkdir()
    program = f"""
import sys, pathlib
sys.path[:0] = {sys.path!r}
from test_launcher import ProcessLauncher, ProcessSpec, order
launcher = ProcessLauncher()
process = launcher.start(ProcessSpec("run.0", pathlib.Path({str(tmp_path)!r})))
process.send(order(pathlib.Path({str(tmp_path)!r}), '''
import os, time
def execute():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            with open({str(note)!r} + ".new", "w") as file:
                file.write(f"{{os.getpid()}} {{os.getsid(os.getppid())}}")
            os.rename({str(note)!r} + ".new", {str(note)!r})
        time.sleep(60)
    time.sleep(60)
'''))
print(process.pid, launcher._link.pid, flush=True)
launcher.wait(None)
while True:
    launcher.wait(None)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        pids = [int(pid) for pid in other.stdout.readline().split()]
        assert eventually(note.exists)
        pids += [int(pid) for pid in note.read_text().split()]
        assert all(is_alive(pid) for pid in pids)
        other.send_signal(signal.SIGKILL)
    assert eventually(lambda: not any(is_alive(pid) for pid in pids))


def test_a_process_started_ahead_takes_orders_before_it_is_there(launcher: Launcher, tmp_path: Path) -> None:
    processes = [launcher.start_ahead(ProcessSpec(f"spare.{n}", tmp_path / str(n))) for n in range(3)]
    for process in processes:
        process.send(order(tmp_path, "def execute():\n    print('hello')\n"))
    happened: list[tuple[Process, Happening]] = []
    deadline = time.monotonic() + PATIENCE_SECONDS
    while sum(is_done(h) for _, h in happened) < 3 and time.monotonic() < deadline:
        happened.extend(launcher.wait(0.5))
    assert {p.label for p, h in happened if isinstance(h, Printed) and h.text == "hello"} == {
        process.label for process in processes
    }
    assert all(is_alive(process.pid) for process in processes)


def test_a_process_started_ahead_whose_parent_is_killed_is_told_to_have_ended_or_works(
    launcher: Launcher, tmp_path: Path
) -> None:
    first = launcher.start(ProcessSpec("run.0", tmp_path / "own"))
    parent = int(Path(f"/proc/{first.pid}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(parent, signal.SIGKILL)
    ahead = launcher.start_ahead(ProcessSpec("spare.0", tmp_path / "spare"))
    ahead.send(order(tmp_path, "def execute():\n    pass\n"))
    assert until(launcher, ahead, lambda h: is_exit(h) or is_done(h))
