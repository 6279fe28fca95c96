"""T19: scripts that end their process, or have to be ended. Each ends in exactly one way and harms no other."""

from __future__ import annotations

import signal
import time

from step_driver import Driver

from pauta.domain import wire
from pauta.ports.launcher import Exited
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
            for _ in range(100_000):
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
