"""T19: scripts that start processes and threads, and leave them behind. Nothing of them survives."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from step_driver import Driver

from pauta.domain import wire
from pauta.ports.launcher import Exited
from pauta.runtime import kin
from pauta.worker.deaths import problem_of_exit


def death(exited: Exited, memory_limit: int | None = None) -> str:
    return problem_of_exit(exited, memory_limit=memory_limit).line()


def eventually_gone(pid: int, *, within: float = 5.0) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if kin.session(pid) is None:
            return True
        time.sleep(0.01)
    return False


def test_a_fork_bomb_is_ended_and_nothing_of_it_is_left(driver: Driver) -> None:
    outcome = driver.try_script(
        """
        import os, time
        def execute():
            made = 0
            while made < 400:
                made += 1
                if os.fork() == 0:
                    time.sleep(30)
                    os._exit(0)
            time.sleep(30)
        """,
        process=driver.start(max_processes=64),
    )
    if os.getuid() == 0:
        assert death(outcome.exited) == "SCR-030 killed by SIGKILL, more than 64 processes and threads"
    else:
        assert outcome.problem.startswith("SCR-021 script0.py line 7: BlockingIOError")


def test_children_that_go_on_forking_are_swept_up(driver: Driver) -> None:
    outcome = driver.try_script(
        """
        import os, time
        def execute():
            if os.fork() == 0:
                os.setsid()
                for _ in range(300):
                    if os.fork():
                        os._exit(0)
                    time.sleep(0.002)
            os._exit(1)
        """
    )
    assert death(outcome.exited) == "SCR-030 ended with code 1 before returning"
    assert driver.left() == []


@pytest.mark.parametrize("wiped", [False, True])
def test_a_daemon_does_not_outlive_its_process(driver: Driver, tmp_path: Path, wiped: bool) -> None:
    note = tmp_path / "pid"
    process = driver.start()
    outcome = driver.try_script(
        f"""
        import os, subprocess, time
        def execute():
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    os.closerange(0, 3)
                    with open({str(note)!r} + ".new", "w") as f:
                        f.write(str(os.getpid()))
                    os.rename({str(note)!r} + ".new", {str(note)!r})
                    if {wiped}:
                        os.execve("/bin/sleep", ["sleep", "60"], {{}})
                    time.sleep(60)
                os._exit(0)
            os.wait()
            while not os.path.exists({str(note)!r}):
                time.sleep(0.005)
            return 1
        """,
        process=process,
    )
    assert outcome.done
    daemon = int(note.read_text())
    assert kin.session(daemon) is not None
    driver.leave(process)
    assert eventually_gone(daemon)


def test_killing_the_parent_ends_the_script_and_the_next_one_runs(tmp_path: Path, launcher: object) -> None:
    from pauta.adapters.process_launcher import ProcessLauncher

    own = ProcessLauncher()
    try:
        driver = Driver(own, tmp_path)
        outcome = driver.try_script(
            """
            import os, signal, time
            def execute():
                if os.fork() == 0:
                    os.setsid()
                    time.sleep(60)
                os.kill(os.getppid(), signal.SIGKILL)
                time.sleep(60)
            """
        )
        assert death(outcome.exited) == ("SCR-030 killed because the process that starts scripts was killed")
        assert driver.try_script("def execute():\n    return 1\n").done
        driver.end()
        assert driver.left() == []
        marked = [
            pid for pid in kin.everyone() if kin.mark(pid) and kin.mark(pid) in {p.token for p in driver._processes}
        ]
        assert marked == []
    finally:
        own.close()


def test_a_forked_copy_that_returns_from_execute_reports_nothing(driver: Driver) -> None:
    process = driver.start()
    outcome = driver.try_script(
        """
        import os
        def execute():
            if os.fork():
                os.wait()
            return {"pid": os.getpid()}
        """,
        process=process,
    )
    assert outcome.finished[0].output is not None
    assert outcome.finished[0].output.value == {"pid": process.pid}
    assert driver.leave(process).exited.cause == "left"


def test_multiprocessing_works_inside_a_step(driver: Driver) -> None:
    outcome = driver.try_script(
        """
        import multiprocessing
        def double(n):
            return n * 2
        def execute():
            with multiprocessing.get_context("fork").Pool(2) as pool:
                return {"sum": sum(pool.map(double, range(10)))}
        """
    )
    assert outcome.finished[0].output is not None
    assert outcome.finished[0].output.value == {"sum": 90}


def test_a_thread_left_behind_does_not_keep_the_process(driver: Driver) -> None:
    process = driver.start()
    outcome = driver.try_script(
        """
        import threading, time
        def execute():
            threading.Thread(target=time.sleep, args=(60,)).start()
            return 1
        """,
        process=process,
    )
    assert outcome.done
    exited = driver.leave(process).exited
    assert (exited.code, exited.cause) == (0, "left")


def test_an_atexit_that_prints_is_heard(driver: Driver) -> None:
    process = driver.start()
    text = "import atexit\ndef execute():\n    atexit.register(print, 'late')\n    return 1\n"
    assert driver.try_script(text, process=process).done
    assert driver.leave(process).lines(step=None) == ["late"]


def test_an_atexit_that_hangs_does_not_keep_the_process(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pauta.adapters.process_handle.LEAVE_SECONDS", 0.3)
    process = driver.start()
    text = "import atexit, time\ndef execute():\n    atexit.register(time.sleep, 60)\n    return 1\n"
    assert driver.try_script(text, process=process).done
    assert driver.leave(process).exited.cause == "left"


def test_a_del_that_hangs_is_ended_from_outside(driver: Driver) -> None:
    process = driver.start()
    text = """
        import time
        class Slow:
            def __del__(self):
                time.sleep(60)
        def execute():
            kept = Slow()
            return 1
        """
    driver.send(process, driver.step(0, driver.script("slow.py", text)))
    driver.gather(process, until=wire.StepStarted)
    process.stop("timeout", grace_seconds=5)
    assert driver.until_exit(process).exited.cause == "timeout"
