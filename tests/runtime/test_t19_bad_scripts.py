"""T19: scripts that behave badly. Each ends in exactly one way, harms no other, and leaves no process behind."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from step_driver import Driver

from pauta.domain import wire
from pauta.ports.launcher import Exited, ProcessSpec
from pauta.runtime import kin
from pauta.worker.deaths import problem_of_exit, problem_of_timeout


def death(exited: Exited, memory_limit: int | None = None) -> str:
    return problem_of_exit(exited, memory_limit=memory_limit).line()


def eventually_gone(pid: int, *, within: float = 5.0) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if kin.session(pid) is None:
            return True
        time.sleep(0.01)
    return False


# ---- ends ---------------------------------------------------------------------------------------


def test_os_exit_zero_is_a_death_with_its_code(driver: Driver) -> None:
    outcome = driver.try_script("import os\ndef execute():\n    print('bye')\n    os._exit(0)\n")
    assert (outcome.exited.code, outcome.exited.signal, outcome.exited.cause) == (0, None, "died")
    assert death(outcome.exited) == "SCR-030 ended with code 0 before returning"


def test_os_exit_keeps_what_was_flushed(driver: Driver) -> None:
    outcome = driver.try_script("import os\ndef execute():\n    print('bye', flush=True)\n    os._exit(7)\n")
    assert outcome.lines() == ["bye"]
    assert death(outcome.exited) == "SCR-030 ended with code 7 before returning"


def test_sys_exit_is_the_scripts_own_failure(driver: Driver) -> None:
    outcome = driver.try_script("import sys\ndef execute():\n    sys.exit(3)\n")
    assert outcome.problem == ("SCR-021 script0.py line 3: the script called sys.exit(3) instead of returning")


def test_keyboard_interrupt_is_the_scripts_own_failure(driver: Driver) -> None:
    assert driver.try_script("def execute():\n    raise KeyboardInterrupt\n").problem == (
        "SCR-021 script0.py line 2: KeyboardInterrupt"
    )


def test_a_segmentation_fault_is_named_and_the_place_is_in_the_log(driver: Driver) -> None:
    outcome = driver.try_script("import ctypes\ndef execute():\n    ctypes.string_at(0)\n")
    assert death(outcome.exited) == "SCR-030 killed by SIGSEGV"
    assert any("script0.py" in line and "line 3" in line for line in outcome.lines(stream="stderr"))


def test_abort_is_named(driver: Driver) -> None:
    outcome = driver.try_script("import os\ndef execute():\n    os.abort()\n")
    assert death(outcome.exited) == "SCR-030 killed by SIGABRT"


def test_a_stack_overflow_ends_its_process_only(driver: Driver) -> None:
    outcome = driver.try_script(
        """
        import sys
        def execute():
            sys.setrecursionlimit(10**8)
            deep = []
            for _ in range(300_000):
                deep = [deep]
            repr(deep)
        """
    )
    assert death(outcome.exited) == "SCR-030 killed by SIGSEGV"
    assert driver.try_script("def execute():\n    return 1\n").done


def test_endless_recursion_is_an_exception_with_a_short_traceback(driver: Driver) -> None:
    outcome = driver.try_script("def execute(n=0):\n    return execute(n + 1)\n")
    assert outcome.problem.startswith("SCR-021 script0.py line 2: RecursionError: maximum recursion depth exceeded")
    assert len(outcome.failed.problem.traceback or "") < 20_000


def test_a_memory_hog_is_killed_at_its_limit(driver: Driver) -> None:
    process = driver.start()
    process.limit(memory_bytes=256 * 1024 * 1024)
    outcome = driver.try_script(
        """
        import time
        def execute():
            held = []
            while True:
                held.append(bytearray(8 * 1024 * 1024))
                time.sleep(0.005)
        """,
        process=process,
    )
    exited = outcome.exited
    assert (exited.signal, exited.cause) == (signal.SIGKILL, "memory")
    assert 256 * 1024 * 1024 < exited.peak_bytes < 700 * 1024 * 1024
    assert death(exited, 256 * 1024 * 1024).startswith("SCR-030 killed by SIGKILL, memory limit 256 MiB, peak ")


def test_memory_of_children_counts_for_the_limit(driver: Driver) -> None:
    process = driver.start()
    process.limit(memory_bytes=200 * 1024 * 1024)
    outcome = driver.try_script(
        """
        import os, time
        def execute():
            for _ in range(4):
                if os.fork() == 0:
                    held = bytearray(os.urandom(1)) * (80 * 1024 * 1024)
                    time.sleep(60)
            time.sleep(60)
        """,
        process=process,
    )
    assert outcome.exited.cause == "memory"


def test_pages_shared_by_forked_children_count_once(driver: Driver) -> None:
    process = driver.start()
    process.limit(memory_bytes=400 * 1024 * 1024)
    outcome = driver.try_script(
        """
        import os, time
        def execute():
            held = bytearray(b"x") * (150 * 1024 * 1024)
            children = []
            for _ in range(4):
                if (pid := os.fork()) == 0:
                    time.sleep(0.3)
                    os._exit(0)
                children.append(pid)
            for pid in children:
                os.waitpid(pid, 0)
            return len(held)
        """,
        process=process,
    )
    assert outcome.finished[0].output is not None
    assert outcome.finished[0].output.value == 150 * 1024 * 1024


def test_a_script_that_ignores_term_is_killed_after_the_grace(driver: Driver) -> None:
    process = driver.start()
    script = driver.script(
        "deaf.py",
        """
        import signal, time
        def execute():
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            print("deaf", flush=True)
            while True:
                time.sleep(60)
        """,
    )
    driver.send(process, driver.step(0, script))
    driver.gather_line(process, "deaf")
    began = time.monotonic()
    process.stop("timeout", grace_seconds=0.3)
    exited = driver.until_exit(process).exited
    assert time.monotonic() - began >= 0.25
    assert (exited.signal, exited.cause) == (signal.SIGKILL, "timeout")
    problem = problem_of_timeout(3600, grace_seconds=10, signal=exited.signal)
    assert problem.line() == "SCR-031 stopped after 3600 s (TERM at 3600, KILL at 3610)"


def test_a_script_that_heeds_term_ends_at_once(driver: Driver) -> None:
    process = driver.start()
    driver.send(process, driver.step(0, driver.script("slow.py", "import time\ndef execute():\n    time.sleep(60)\n")))
    driver.gather(process, until=wire.StepStarted)
    process.stop("cancelled", grace_seconds=10)
    exited = driver.until_exit(process).exited
    assert (exited.signal, exited.cause) == (signal.SIGTERM, "cancelled")


def test_an_endless_loop_is_killed_on_request(driver: Driver) -> None:
    process = driver.start()
    driver.send(process, driver.step(0, driver.script("loop.py", "def execute():\n    while True:\n        pass\n")))
    driver.gather(process, until=wire.StepStarted)
    process.kill("killed")
    exited = driver.until_exit(process).exited
    assert (exited.signal, exited.cause) == (signal.SIGKILL, "killed")


def test_a_deadlock_is_ended_like_any_wait(driver: Driver) -> None:
    process = driver.start()
    text = "import threading\ndef execute():\n    lock = threading.Lock()\n    lock.acquire()\n    lock.acquire()\n"
    driver.send(process, driver.step(0, driver.script("dead.py", text)))
    driver.gather(process, until=wire.StepStarted)
    process.stop("timeout", grace_seconds=5)
    assert driver.until_exit(process).exited.cause == "timeout"


# ---- processes ----------------------------------------------------------------------------------


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


# ---- surroundings -------------------------------------------------------------------------------


def test_closing_all_descriptors_ends_the_process_with_a_clear_cause(driver: Driver) -> None:
    outcome = driver.try_script("import os\ndef execute():\n    os.closerange(0, 65536)\n    return 1\n")
    assert death(outcome.exited) == ("SCR-030 ended because the script closed or overwrote the connection to Pauta")


def test_scribbling_on_the_connection_ends_the_process_with_a_clear_cause(driver: Driver) -> None:
    outcome = driver.try_script(
        """
        import os, stat, time
        def execute():
            for fd in range(3, 2000):
                try:
                    if stat.S_ISSOCK(os.fstat(fd).st_mode):
                        os.write(fd, b'{"t":"finished","step":0}\\n\\xff garbage')
                except OSError:
                    pass
            time.sleep(60)
        """
    )
    assert death(outcome.exited) == ("SCR-030 ended because the script closed or overwrote the connection to Pauta")


def test_closing_the_standard_outputs_harms_nothing(driver: Driver) -> None:
    outcome = driver.try_script(
        """
        import os
        def execute():
            print("a", flush=True)
            os.close(1)
            os.close(2)
            return 1
        """
    )
    assert outcome.done
    assert outcome.lines() == ["a"]


def test_changed_surroundings_do_not_reach_the_next_step(driver: Driver) -> None:
    process = driver.start()
    spoil = driver.script(
        "spoil.py",
        """
        import json, locale, os, signal, sys
        def execute():
            os.chdir("/")
            os.umask(0o777)
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            locale.setlocale(locale.LC_ALL, "C")
            json.dumps = json.loads = None
            sys.stdout = sys.stderr = None
            sys.path.clear()
            os.environ["LEFT"] = "behind"
            os.environ.pop("HOME")
            return {"ok": 1}
        """,
    )
    look = driver.script(
        "look.py",
        """
        import os, signal, sys
        def execute(out):
            mask = os.umask(0o022)
            print("heard")
            return {
                "cwd": os.path.basename(os.getcwd()), "umask": mask, "left": "LEFT" in os.environ,
                "home": os.path.basename(os.environ["HOME"]), "step": os.environ["PAUTA_STEP"],
                "term": signal.getsignal(signal.SIGTERM) is signal.SIG_DFL, "path": os.path.basename(sys.path[0]),
            }
        """,
    )
    outcome = driver.run(process, driver.step(0, spoil), driver.step(1, look, takes={"out": 0}))
    assert outcome.finished[1].output is not None
    assert outcome.finished[1].output.value == {
        "cwd": "work",
        "umask": 0o022,
        "left": False,
        "home": "home",
        "step": "step 1",
        "term": True,
        "path": "bundle",
    }
    assert outcome.lines(1) == ["heard"]


def test_what_one_process_spoils_the_next_one_never_sees(driver: Driver) -> None:
    spoil = """
        import os, sys, json, tempfile
        def execute():
            sys.modules["json"] = None
            os.environ["LEFT"] = "behind"
            for folder in (os.environ["HOME"], tempfile.gettempdir(), "."):
                open(os.path.join(folder, "left"), "w").close()
            return 1
        """
    look = """
        import os, sys, tempfile
        def execute():
            import json
            folders = (os.environ["HOME"], tempfile.gettempdir(), ".")
            files = [len(os.listdir(f)) for f in folders]
            return {"files": files, "json": json.dumps([1]), "left": "LEFT" in os.environ}
        """
    assert driver.try_script(spoil).done
    output = driver.try_script(look).finished[0].output
    assert output is not None
    assert output.value == {"files": [0, 0, 0], "json": "[1]", "left": False}


def test_a_script_sees_no_credential_and_no_foreign_descriptor(driver: Driver) -> None:
    outcome = driver.try_script(
        """
        import os
        def execute():
            low = [fd for fd in map(int, os.listdir("/proc/self/fd")) if fd > 2]
            low = len([fd for fd in low if fd < 900])
            return {"env": sorted(os.environ), "low": low, "own": os.getpid() == os.getsid(0)}
        """
    )
    assert outcome.finished[0].output is not None
    seen = outcome.finished[0].output.value
    assert "AWS_SECRET_ACCESS_KEY" not in seen["env"]
    assert "PAUTA_DATABASE" not in seen["env"]
    # The folder that is being listed has a descriptor itself.
    assert seen["low"] <= 1
    assert seen["own"]


def test_the_environment_block_shown_to_others_holds_the_mark_only(driver: Driver) -> None:
    process = driver.start()
    assert driver.try_script("def execute():\n    return 1\n", process=process).done
    block = Path(f"/proc/{process.pid}/environ").read_bytes()
    assert b"tiger" not in block
    assert kin.mark(process.pid) == process.token  # type: ignore[attr-defined]
    assert b"pauta: run.0" in Path(f"/proc/{process.pid}/cmdline").read_bytes()


def test_output_after_the_return_does_not_disturb_the_report(driver: Driver) -> None:
    outcome = driver.try_script(
        """
        import threading, time
        def late():
            time.sleep(0.05)
            print("late")
        def execute():
            print("in time")
            threading.Thread(target=late).start()
            return 1
        """
    )
    assert outcome.done
    assert outcome.lines() == ["in time"]


def test_a_process_cannot_be_started_in_a_folder_that_cannot_be_made(driver: Driver, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    process = driver.launcher.start(ProcessSpec("x", tmp_path / "file" / "below"))
    exited = driver.until_exit(process).exited
    assert (exited.code, exited.cause) == (70, "died")
