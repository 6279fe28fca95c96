"""Ordinary steps: what they take and give, what stands in for them, effects."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from step_driver import Driver, Outcome

from pauta.domain import wire
from pauta.domain.outputs import Kind, Output

HEAD = "import numpy as np\nimport pandas as pd\n"
PLUS = "def execute(out):\n    return {'n': out['n'] + 1}\n"
FRAME = "import pandas as pd\ndef execute():\n    return pd.DataFrame({'a': [1, 2, 3], 'b': ['x', 'y', 'z']})\n"


def value(outcome: Outcome, no: int = 0) -> object:
    output = outcome.finished[no].output
    assert output is not None
    return output.value


def test_small_values_are_handed_on_and_never_load_arrow(tmp_path: Path) -> None:
    from pauta.adapters.process_launcher import ProcessLauncher

    launcher = ProcessLauncher()
    try:
        driver = Driver(launcher, tmp_path)
        first = driver.script("first.py", "def execute(n):\n    return {'n': n}\n")
        look = "import sys\ndef execute(out):\n    return {'n': out['n'], 'arrow': 'pyarrow' in sys.modules}\n"
        outcome = driver.run(
            driver.start(),
            driver.step(0, first, kwargs={"n": 1}),
            driver.step(1, driver.script("plus.py", PLUS), takes={"out": 0}),
            driver.step(2, driver.script("look.py", look), takes={"out": 1}),
        )
        assert value(outcome, 2) == {"n": 2, "arrow": False}
        made = outcome.finished[1].output
        assert made is not None
        assert outcome.finished[2].inputs == {"out": made.address}
    finally:
        launcher.close()


def test_reports_come_in_the_order_of_the_steps(driver: Driver) -> None:
    frame = driver.script("frame.py", FRAME)
    small = driver.script("small.py", "def execute():\n    return 1\n")
    steps = [driver.step(no, frame if no % 2 else small) for no in range(10)]
    outcome = driver.run(driver.start(), *steps)
    assert [r.step for r in outcome.reports(wire.StepFinished)] == list(range(10))
    for no in range(10):
        kinds = [type(r) for r in outcome.reports(wire.Message) if getattr(r, "step", None) == no]
        assert kinds == [wire.StepStarted, wire.StepReturned, wire.StepFinished]


def test_a_frame_is_stored_with_its_profile_and_opens_in_another_process(driver: Driver) -> None:
    outcome = driver.try_script(FRAME)
    finished = outcome.finished[0]
    output = finished.output
    assert output is not None
    assert (output.kind, output.rows, output.library) == (Kind.FRAME, 3, "pandas")
    assert finished.profile is not None
    assert finished.stored is not None
    look = "def execute(out):\n    return {'type': type(out).__module__, 'sum': int(out['a'].sum())}\n"
    again = driver.run(driver.start(), driver.step(0, driver.script("look.py", look), takes={"out": output}))
    assert value(again) == {"type": "pandas", "sum": 6}


@pytest.mark.parametrize("future", ["", "from __future__ import annotations\n"])
@pytest.mark.parametrize(
    ("imports", "annotation", "expected"),
    [
        ("import polars as pl", "pl.DataFrame", "polars.DataFrame"),
        ("import polars as pl", "pl.LazyFrame", "polars.LazyFrame"),
        ("import pyarrow as pa", "pa.Table", "pyarrow.Table"),
        ("from pandas import DataFrame", "DataFrame", "pandas.DataFrame"),
    ],
)
def test_annotations_choose_the_library(
    driver: Driver, future: str, imports: str, annotation: str, expected: str
) -> None:
    look = driver.script(
        "look.py",
        f"{future}{imports}\n"
        f"def execute(out: {annotation}):\n"
        "    kind = type(out)\n"
        "    return {'type': kind.__module__.split('.')[0] + '.' + kind.__name__}\n",
    )
    steps = [driver.step(0, driver.script("frame.py", FRAME)), driver.step(1, look, takes={"out": 0})]
    outcome = driver.run(driver.start(), *steps)
    assert value(outcome, 1) == {"type": expected}


def test_an_array_and_a_large_value_are_handed_on(driver: Driver) -> None:
    array = driver.script("array.py", "import numpy as np\ndef execute():\n    return np.arange(6).reshape(2, 3)\n")
    large = driver.script("large.py", "def execute(out):\n    return {'rows': out.tolist() * 9000}\n")
    look = driver.script("look.py", "def execute(out):\n    return len(out['rows'])\n")
    outcome = driver.run(
        driver.start(),
        driver.step(0, array),
        driver.step(1, large, takes={"out": 0}),
        driver.step(2, look, takes={"out": 1}),
    )
    assert value(outcome, 2) == 18_000


def test_a_missing_object_fails_the_step_that_takes_it(driver: Driver) -> None:
    missing = Output(Kind.FRAME, "0" * 64, 100, "arrow", "pandas", rows=1)  # type: ignore[arg-type]
    look = driver.script("look.py", "def execute(out):\n    return 1\n")
    outcome = driver.run(driver.start(), driver.step(0, look, takes={"out": missing}))
    assert outcome.failed.problem.code == "OBJ-001"


# ---- scripts --------------------------------------------------------------------------------------


def test_a_missing_package_is_named_with_its_line(driver: Driver) -> None:
    outcome = driver.try_script("import os\n\nimport xgboostt\ndef execute():\n    return 1\n")
    assert outcome.problem == 'SCR-020 script0.py line 3: No module named "xgboostt"'


def test_an_error_while_loading_is_told_apart_from_one_in_execute(driver: Driver) -> None:
    outcome = driver.try_script("x = 1 / 0\ndef execute():\n    return 1\n")
    assert outcome.problem == (
        "SCR-020 script0.py line 1: ZeroDivisionError while the script was being loaded: division by zero"
    )


def test_a_traceback_shows_the_scripts_own_frames_with_their_source(driver: Driver) -> None:
    driver.script("helper.py", "def check(df):\n    return df['missing']\n")
    outcome = driver.try_script(
        "import pandas as pd\nimport helper\ndef execute():\n    return helper.check(pd.DataFrame({'a': [1]}))\n"
    )
    problem = outcome.failed.problem
    assert problem.line() == "SCR-021 helper.py line 2: KeyError: 'missing'"
    assert problem.traceback is not None
    assert 'File "script1.py", line 4, in execute' in problem.traceback
    assert "return helper.check(" in problem.traceback
    assert 'File "helper.py", line 2, in check' in problem.traceback
    assert "return df['missing']" in problem.traceback
    assert "site-packages" not in problem.traceback
    assert "pauta" not in problem.traceback


def test_an_exception_that_cannot_be_shown_is_a_failure_all_the_same(driver: Driver) -> None:
    outcome = driver.try_script(
        """
        class Odd(Exception):
            def __str__(self):
                raise ValueError
        def execute():
            raise Odd("\\ud800")
        """
    )
    assert outcome.problem == "SCR-021 script0.py line 6: Odd: <its text cannot be made>"


def test_a_script_without_execute_is_refused_when_it_is_loaded(driver: Driver) -> None:
    assert driver.try_script("execute = 3\n").problem.startswith("SCR-020 script0.py: the script has no function")


def test_nothing_runs_in_a_process_after_a_failure(driver: Driver) -> None:
    note = driver.folder / "note"
    fail = driver.script("fail.py", "def execute():\n    raise ValueError('no')\n")
    write = driver.script("write.py", f"def execute():\n    open({str(note)!r}, 'w').close()\n    return 1\n")
    process = driver.start()
    driver.send(process, driver.step(0, fail), driver.step(1, write))
    driver.send(process, driver.step(2, write))
    outcome = driver.gather(process)
    assert outcome.failed.step == 0
    driver.leave(process)
    assert not note.exists()


def test_each_step_gets_a_fresh_module_and_helpers_stay(driver: Driver) -> None:
    driver.script("helper.py", "calls = []\n")
    count = driver.script(
        "count.py",
        """
        import helper
        seen = []
        def execute():
            seen.append(1)
            helper.calls.append(1)
            return {"own": len(seen), "helper": len(helper.calls), "name": __name__}
        """,
    )
    outcome = driver.run(driver.start(), driver.step(0, count), driver.step(1, count))
    assert value(outcome, 0) == {"own": 1, "helper": 1, "name": "step_step_0"}
    assert value(outcome, 1) == {"own": 1, "helper": 2, "name": "step_step_1"}


def test_a_step_named_like_a_package_hides_nothing(driver: Driver) -> None:
    script = driver.script("own.py", "import json\ndef execute():\n    return {'t': json.dumps(1)}\n")
    assert value(driver.run(driver.start(), driver.step(0, script, name="json"))) == {"t": "1"}


def test_a_script_is_told_its_run_step_attempt_and_key(driver: Driver) -> None:
    outcome = driver.try_script(
        """
        import os
        def execute():
            return {n: os.environ[f"PAUTA_{n}"] for n in ("RUN", "STEP", "ATTEMPT", "KEY")} | {"own": os.environ["OWN"]}
        """,
        env={"OWN": "yes"},
        attempt=2,
    )
    assert value(outcome) == {"RUN": "run", "STEP": "step 0", "ATTEMPT": "2", "KEY": "run/step 0", "own": "yes"}


def test_a_steps_own_variables_are_gone_for_the_next(driver: Driver) -> None:
    script = driver.script("env.py", "import os\ndef execute():\n    return {'own': os.environ.get('OWN')}\n")
    outcome = driver.run(driver.start(), driver.step(0, script, env={"OWN": "x"}), driver.step(1, script))
    assert [value(outcome, no) for no in (0, 1)] == [{"own": "x"}, {"own": None}]


# ---- standing in, effects ---------------------------------------------------------------------------


def test_a_candidate_with_the_same_inputs_stands_in(driver: Driver) -> None:
    same = driver.script("same.py", "def execute():\n    return {'n': 1}\n")
    plus = driver.script("plus.py", PLUS)
    first = driver.run(driver.start(), driver.step(0, same), driver.step(1, plus, takes={"out": 0}))
    made = first.finished[1]
    candidate = wire.Candidate("key", dict(made.inputs), "earlier", made.output)
    other = wire.Candidate("other", {"out": "0" * 64}, "never", made.output)
    outcome = driver.run(
        driver.start(),
        driver.step(0, same),
        driver.step(1, plus, takes={"out": 0}, candidates=(other, candidate)),
        driver.step(2, plus, takes={"out": 1}),
    )
    taken = outcome.finished[1]
    assert (taken.cached_from, taken.cache_key, taken.seconds) == ("earlier", "key", 0.0)
    assert [r.step for r in outcome.reports(wire.StepStarted)] == [0, 2]
    assert value(outcome, 2) == {"n": 3}


def test_a_frame_that_stands_in_is_opened_from_the_store(driver: Driver) -> None:
    frame = driver.script("frame.py", FRAME)
    look = driver.script("look.py", "def execute(out):\n    return int(out['a'].sum())\n")
    one = driver.script("one.py", "def execute():\n    return 1\n")
    made = driver.run(driver.start(), driver.step(0, frame)).finished[0].output
    outcome = driver.run(
        driver.start(),
        driver.step(0, one),
        driver.step(1, frame, candidates=(wire.Candidate("key", {}, "earlier", made),)),
        driver.step(2, look, takes={"out": 1}),
    )
    assert value(outcome, 2) == 6


def test_a_step_with_effects_waits_for_what_is_before_it_and_is_waited_for(driver: Driver) -> None:
    note = driver.folder / "note"
    write = driver.script("write.py", f"def execute(n):\n    open({str(note)!r}, 'a').write(n)\n    return n\n")
    process = driver.start()
    driver.send(
        process,
        driver.step(0, write, kwargs={"n": "a"}),
        driver.step(1, write, kwargs={"n": "b"}, effects=True),
        driver.step(2, write, kwargs={"n": "c"}),
    )
    for no, written in ((0, "a"), (1, "ab")):
        driver.gather(process, until=wire.StepFinished)
        for _ in range(3):
            assert list(driver.launcher.wait(0.02)) == []
        assert note.read_text() == written
        process.send(wire.Acknowledge(0, 1, no))
    assert driver.gather(process).done
    assert note.read_text() == "abc"


def test_a_process_that_waits_for_an_acknowledgement_can_be_told_to_leave(driver: Driver) -> None:
    one = driver.script("one.py", "def execute():\n    return 1\n")
    process = driver.start()
    driver.send(process, driver.step(0, one, effects=True), driver.step(1, one))
    driver.gather(process, until=wire.StepFinished)
    exited = driver.leave(process).exited
    assert (exited.code, exited.cause) == (0, "left")


def test_output_that_cannot_be_stored_fails_its_step(driver: Driver) -> None:
    driver.objects.write_text("in the way")
    outcome = driver.try_script(FRAME)
    assert outcome.failed.step == 0


def test_storing_goes_on_while_the_next_body_runs(driver: Driver) -> None:
    big = driver.script(
        "big.py",
        HEAD + "def execute():\n    return pd.DataFrame({'a': np.random.rand(6_000_000)})\n",
    )
    nap = driver.script("nap.py", "import time\ndef execute():\n    time.sleep(0.3)\n    return 1\n")
    outcome = driver.run(driver.start(), driver.step(0, big), driver.step(1, nap))
    order = [(type(r).__name__, r.step) for r in outcome.reports(wire.Message) if hasattr(r, "step")]
    assert order.index(("StepStarted", 1)) < order.index(("StepFinished", 0))
    assert outcome.done


def test_time_in_the_body_leaves_out_the_taking(driver: Driver) -> None:
    nap = driver.script("nap.py", "import time\ndef execute():\n    time.sleep(0.1)\n    return 1\n")
    began = time.perf_counter()
    finished = driver.run(driver.start(), driver.step(0, nap)).finished[0]
    assert 0.1 <= finished.seconds <= time.perf_counter() - began
    assert os.path.exists(driver.bundle)
