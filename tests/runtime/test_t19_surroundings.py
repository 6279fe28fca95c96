"""T19: scripts that spoil what they share with others: descriptors, environment, folders, modules."""

from __future__ import annotations

import time
from pathlib import Path

from step_driver import Driver

from pauta.ports.launcher import Exited, ProcessSpec
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
