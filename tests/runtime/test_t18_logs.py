"""T18: what scripts print, log and warn, through real processes."""

from __future__ import annotations

import resource
import time

from step_driver import Driver

from pauta.domain import wire
from pauta.ports.launcher import Printed, Reported


def test_all_output_of_a_step_comes_before_the_report_that_ends_it(driver: Driver) -> None:
    script = driver.script(
        "talk.py",
        """
        import sys
        def execute(n):
            for i in range(200):
                print(n, i)
                print(n, i, file=sys.stderr)
            sys.stdout.write("no end of line")
            return n
        """,
    )
    steps = [driver.step(no, script, kwargs={"n": no}) for no in range(20)]
    outcome = driver.run(driver.start(), *steps)
    for no in range(20):
        (end,) = (
            i
            for i, h in enumerate(outcome.happenings)
            if isinstance(h, Reported) and isinstance(h.report, wire.StepFinished) and h.report.step == no
        )
        places = [i for i, h in enumerate(outcome.happenings) if isinstance(h, Printed) and h.step == no]
        assert len(places) == 401
        assert max(places) < end
        assert outcome.lines(no) == [*(f"{no} {i}" for i in range(200)), "no end of line"]


def test_logging_and_warnings_come_with_level_name_and_place(driver: Driver) -> None:
    outcome = driver.try_script(
        """
        import logging, warnings
        log = logging.getLogger("own")
        def execute():
            log.debug("unseen")
            log.info("seen %d", 3)
            warnings.warn("old way", FutureWarning)
            try:
                1 / 0
            except ZeroDivisionError:
                log.exception("broke \\ud800")
            return 1
        """
    )
    first, warned, broke = outcome.logged
    assert (first.level, first.logger, first.text, first.stream) == ("INFO", "own", "seen 3", "log")
    assert (warned.level, warned.stream, warned.text) == ("WARNING", "warning", "FutureWarning: old way")
    assert warned.logger == "script0.py:7"
    assert broke.text.startswith("broke \\ud800\nTraceback")
    assert "ZeroDivisionError" in broke.text


def test_progress_and_metrics_are_reported(driver: Driver) -> None:
    outcome = driver.try_script(
        """
        import pauta
        def execute():
            for n in range(1000):
                pauta.progress(n + 1, 1000, "rows")
            for epoch in range(3):
                pauta.log_metric("loss", 1.0 / (epoch + 1), epoch)
            pauta.log_metric("nan", float("nan"))
            return 1
        """
    )
    told = outcome.reports(wire.Progressed)
    assert (told[0].done, told[-1].done, told[-1].total, told[-1].text) == (1, 1000, 1000, "rows")
    assert len(told) < 100
    assert [m.number for m in outcome.reports(wire.Measured)] == [0, 1, 2]
    assert outcome.finished[0].metrics == {"loss": 1 / 3}
    assert [line.text for line in outcome.logged] == ["metric nan is nan; not recorded"]


def test_a_flood_keeps_head_and_tail_and_the_launchers_memory(driver: Driver) -> None:
    script = driver.script(
        "flood.py",
        """
        import os
        def execute():
            block = b"".join(b"%07d %s\\n" % (n, b"." * 120) for n in range(8192))
            for _ in range(256):
                os.write(1, block)
            print("the last line")
            return 1
        """,
    )
    process = driver.start()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    driver.send(process, driver.step(0, script))
    kept, last, done = 0, "", False
    deadline = time.monotonic() + 60
    while not done and time.monotonic() < deadline:
        for _, happening in driver.launcher.wait(1.0):
            if isinstance(happening, Printed):
                kept, last = kept + len(happening.text) + 1, happening.text
            done |= isinstance(happening, Reported) and isinstance(happening.report, wire.StageDone)
    assert done
    assert last == "the last line"
    assert 9 * 1024 * 1024 < kept < 10.1 * 1024 * 1024
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 * 1024


def test_one_endless_line_is_cut(driver: Driver) -> None:
    outcome = driver.try_script(
        "import os\ndef execute():\n    for _ in range(200):\n        os.write(1, b'x' * 1048576)\n    return 1\n"
    )
    (line,) = outcome.lines()
    assert line.endswith(f" [… {200 * 1048576 - 65536:,} bytes left out]")


def test_large_reports_and_much_output_at_once_do_not_block_each_other(driver: Driver) -> None:
    outcome = driver.try_script(
        """
        import logging, sys, threading
        def shout(stream):
            for _ in range(300):
                stream.write("y" * 1000 + "\\n")
        def execute():
            threads = [threading.Thread(target=shout, args=(s,)) for s in (sys.stdout, sys.stderr)]
            for thread in threads:
                thread.start()
            for _ in range(100):
                logging.info("z" * 60_000)
            for thread in threads:
                thread.join()
            return {"text": "w" * 3_000_000}
        """
    )
    assert len(outcome.logged) == 100
    assert len(outcome.lines()) == len(outcome.lines(stream="stderr")) == 300
    assert outcome.finished[0].output is not None
    assert not outcome.finished[0].output.inline


def test_many_orders_at_once_do_not_block_the_launcher(driver: Driver) -> None:
    script = driver.script("slow.py", "import time\ndef execute(text):\n    time.sleep(0.0005)\n    return len(text)\n")
    steps = [driver.step(no, script, kwargs={"text": "k" * 20_000}) for no in range(300)]
    outcome = driver.run(driver.start(), *steps)
    assert len(outcome.finished) == 300


def test_a_shared_pipe_made_non_blocking_still_gets_its_marks(driver: Driver) -> None:
    outcome = driver.try_script(
        """
        import os
        def execute():
            os.set_blocking(1, False)
            try:
                while True:
                    os.write(1, b"x" * 999 + b"\\n")
            except BlockingIOError:
                pass
            return 1
        """
    )
    assert outcome.done
