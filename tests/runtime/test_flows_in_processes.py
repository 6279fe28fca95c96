"""Flows in real processes: what they report, what is not done again, how they wait, die and make sure."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from step_driver import Driver

from pauta.domain import wire
from pauta.domain.calls import CallKind, CallState
from pauta.domain.wire import CachedCall, CallEnded, CallStarted
from pauta.ports.launcher import Reported
from pauta.runtime.host import wall_clock

SUMS = """
    from pathlib import Path
    from pauta import flow, task

    def note(what):
        with open({log!r}, "a") as file:
            file.write(what + "\\n")

    @task
    def fetch(n):
        note(f"fetch {{n}}")
        return {{"n": n, "square": (n, n * n)}}

    @task
    def total(parts):
        note("total")
        {trap}
        return sum(part["square"][1] for part in parts)

    @flow
    def main(limit: int = 3):
        return total([fetch(n) for n in range(limit)])
    """


def sums(tmp_path: Path, trap: str = "pass") -> tuple[str, Path]:
    log = tmp_path / "log"
    return SUMS.format(log=str(log), trap=trap), log


def test_a_flow_reports_each_call_and_gives_what_it_returns(flows: Any, tmp_path: Path) -> None:
    flow = flows(sums(tmp_path)[0])
    outcome = flow.run(kwargs={"limit": "4"})
    assert outcome.done
    finished = outcome.finished[0]
    assert (finished.output.value, finished.output.inline) == (14, True)
    assert flow.names(CallState.COMPLETED) == ["fetch"] * 4 + ["total"]
    assert [call.position for call in flow.record.values()] == list(range(5))
    kinds = [type(h.report).__name__ for h in outcome.happenings if isinstance(h, Reported)]
    assert kinds == ["StepStarted", *["CallStarted", "CallEnded"] * 5, "StepReturned", "StepFinished", "StageDone"]


def test_what_is_on_record_is_not_done_again(flows: Any, tmp_path: Path) -> None:
    text, log = sums(tmp_path, "raise OSError('the network is down')")
    flow = flows(text)
    failed = flow.run()
    assert "the network is down" in failed.problem
    assert log.read_text().split("\n")[:-1] == ["fetch 0", "fetch 1", "fetch 2", "total"]
    log.unlink()
    flow.driver.script("flows.py", sums(tmp_path)[0])
    again = flow.run()
    assert again.finished[0].output.value == 5
    assert log.read_text().split("\n")[:-1] == ["total"]
    assert [report.name for report in again.reports(CallStarted)] == ["total"]


CAUGHT = """
    import os
    from pathlib import Path
    from pauta import flow, task

    class Refused(ConnectionError):
        def __init__(self, host, *, status):
            super().__init__(f"{{host}} says {{status}}")
            self.status = status

    @task(effects=True)
    def order(host):
        with open({log!r}, "a") as file:
            file.write("order\\n")
        raise Refused(host, status=503)

    @task(effects=True)
    def note(what):
        return what

    @flow
    def main():
        try:
            order("shop")
        except Refused as error:
            found = [type(error).__name__, str(error), error.status]
        note(found)
        if os.environ["PAUTA_ATTEMPT"] == "1":
            os.kill(os.getpid(), 9)
        return found
    """


def test_a_failure_that_was_caught_is_given_again_by_the_next_process(flows: Any, tmp_path: Path) -> None:
    log = tmp_path / "log"
    flow = flows(CAUGHT.format(log=str(log)))
    flow.run(attempt=1)
    assert flow.names(CallState.COMPLETED) == ["note"]
    again = flow.run(attempt=2)
    assert again.finished[0].output.value == ["Refused", "shop says 503", 503]
    assert log.read_text() == "order\n"


def test_a_flow_that_goes_another_way_than_on_record_fails_and_says_so(flows: Any, tmp_path: Path) -> None:
    flow = flows(sums(tmp_path, "raise OSError")[0])
    flow.run(kwargs={"limit": 2})
    failed = flow.run(kwargs={"limit": 1})
    assert failed.failed.problem.code == "FLW-032"
    assert failed.failed.problem.place.file == "flows.py"


def test_a_process_that_is_killed_in_the_middle_loses_only_the_call_it_was_in(flows: Any, tmp_path: Path) -> None:
    trap = f"import time; time.sleep(0 if Path({str(tmp_path / 'go')!r}).exists() else 60)"
    text, log = sums(tmp_path, trap)
    flow = flows(text)
    process = flow.driver.start()
    flow.driver.send(process, flow.order())
    while "total" not in flow.names():
        flow.follow(process, CallStarted)
    process.kill("killed")
    assert flow.driver.until_exit(process).exited.cause == "killed"
    (tmp_path / "go").touch()
    log.unlink()
    assert flow.run().finished[0].output.value == 5
    assert log.read_text() == "total\n"


def test_the_beginning_of_a_long_call_is_known_at_once(flows: Any) -> None:
    flow = flows(
        """
        import time
        from pauta import flow, task
        @task
        def quick(): return 1
        @task
        def long():
            time.sleep(0.6)
            return time.time()
        @flow
        def main():
            for _ in range(20): quick()
            return long()
        """
    )
    process = flow.driver.start()
    flow.driver.send(process, flow.order())
    while "long" not in flow.names():
        flow.follow(process, CallStarted)
    heard = wall_clock()
    outcome = flow.follow(process, wire.StageDone)
    assert outcome.finished[0].output.value - heard > 0.3


# ---- waiting ----------------------------------------------------------------------------------

WAITS = """
    from datetime import UTC, datetime
    from pauta import flow, sleep_until, task
    @task
    def before(): return [1, 2]
    @task
    def after(given): return given + [3]
    @flow
    def main(when: float):
        given = before()
        try:
            sleep_until(datetime.fromtimestamp(when, UTC))
        finally:
            print("unwound")
        return after(given)
    """


def test_a_flow_that_waits_gives_its_process_back_and_goes_on_in_another(flows: Any) -> None:
    flow, when = flows(WAITS), wall_clock() + 3600
    process = flow.driver.start()
    outcome = flow.run(process, kwargs={"when": when})
    (suspended,) = outcome.reports(wire.StageSuspended)
    (waiting,) = (no for no, call in flow.record.items() if call.kind is CallKind.SLEEP)
    assert (suspended.awaits, suspended.step) == ((waiting,), 0)
    assert isinstance([h.report for h in outcome.happenings if isinstance(h, Reported)][-1], wire.StageSuspended)
    assert outcome.lines() == ["unwound"]
    assert not outcome.reports(wire.StepReturned)
    flow.driver.send(process, flow.driver.step(0, flow.driver.script("other.py", "def execute(): return 1")))
    left = flow.driver.leave(process)
    assert (left.exited.cause, left.reports(wire.StepStarted)) == ("left", [])
    on = flow.run(kwargs={"when": when}, now=when + 1)
    assert on.finished[0].output.value == [1, 2, 3]
    assert [report.name for report in on.reports(CallStarted)] == ["after"]


# ---- effects and the cache --------------------------------------------------------------------


def test_an_effect_begins_only_when_all_before_it_is_on_record_and_nothing_goes_on_before_it_is(
    flows: Any, tmp_path: Path
) -> None:
    flow = flows(
        f"""
        from pathlib import Path
        from pauta import flow, task
        here = Path({str(tmp_path)!r})
        @task
        def prepare(): return 1
        @task(effects=True)
        def pay(): (here / "paid").touch()
        @flow
        def main():
            prepare(); pay(); (here / "gone on").touch()
        """
    )
    flow.acknowledges = False
    process = flow.driver.start()
    flow.driver.send(process, flow.order())
    while "pay" not in flow.names():
        flow.follow(process, CallStarted)
    pay = flow.call("pay")
    time.sleep(0.1)
    assert not (tmp_path / "paid").exists()
    process.send(wire.Acknowledge(0, flow.driver._fence, 0, pay.no))
    ended = flow.follow(process, CallEnded)
    while pay.no not in [report.no for report in ended.reports(CallEnded)]:
        ended = flow.follow(process, CallEnded)
    time.sleep(0.1)
    assert (tmp_path / "paid").exists()
    assert not (tmp_path / "gone on").exists()
    flow.acknowledges = True
    process.send(wire.Acknowledge(0, flow.driver._fence, 0, pay.no))
    assert flow.follow(process, wire.StageDone).done
    assert (tmp_path / "gone on").exists()


def test_effects_in_threads_each_wait_for_their_own_word(flows: Any) -> None:
    flow = flows(
        """
        from pauta import flow, task
        @task(effects=True)
        def pay(n): return n
        @flow
        def main(): return [f.result() for f in pay.map(list(range(20)))]
        """
    )
    assert flow.run().finished[0].output.value == list(range(20))


def test_a_task_with_a_cache_is_asked_for_and_what_is_found_is_taken_files_included(flows: Any, driver: Driver) -> None:
    flow = flows(
        """
        from pathlib import Path
        from pauta import flow, task
        @task(cache=True)
        def slow(n):
            Path(f"{n}.txt").write_text(f"of {n}")
            return n * 2
        @flow
        def main(): return [slow(1), slow(2), Path("1.txt").read_text()]
        """
    )
    first = flow.run()
    assert first.finished[0].output.value == [2, 4, "of 1"]
    ended = first.reports(CallEnded)
    assert [[file.path for file in report.files] for report in ended] == [["1.txt"], ["2.txt"]]
    flow.cache = {r.cache_key: CachedCall("run 1", r.result, r.files) for r in ended if r.cache_key}
    flow.record.clear()
    again = flow.run()
    assert again.finished[0].output.value == [2, 4, "of 1"]
    assert [report.cached_from for report in again.reports(CallEnded)] == ["run 1", "run 1"]
    assert [file.path for file in again.finished[0].files] == ["1.txt", "2.txt"]


def test_a_script_that_is_no_flow_does_not_load_what_flows_need(driver: Driver) -> None:
    outcome = driver.try_script(
        "import sys\ndef execute(): return {'loaded': [m for m in sys.modules if m.startswith('pauta.flows')]}\n"
    )
    assert outcome.finished[0].output.value == {"loaded": []}


def test_1000_calls_go_out_in_few_system_calls_and_come_back_without_being_made(flows: Any) -> None:
    flow = flows(
        """
        from pauta import flow, task
        @task
        def one(n): return n
        @flow
        def main(): return sum(one(n) for n in range(1000))
        """
    )
    assert flow.run().finished[0].output.value == 499_500
    assert len(flow.record) == 1000
    began = time.perf_counter()
    again = flow.run()
    assert again.finished[0].output.value == 499_500
    assert not again.reports(CallStarted)
    assert time.perf_counter() - began < 3.0  # 0.1 s on a machine with nothing else to do
