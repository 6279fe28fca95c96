"""T19: results that cannot be kept or look odd."""

from __future__ import annotations

import pytest
from step_driver import Driver

HEAD = "import numpy as np\nimport pandas as pd\n"


def test_a_generator_is_refused(driver: Driver) -> None:
    assert driver.try_script("def execute():\n    return (n for n in range(3))\n").problem.startswith("SCR-022")


@pytest.mark.parametrize("value", ["None", "[1, 2]"])
def test_none_and_lists_are_refused(driver: Driver, value: str) -> None:
    problem = driver.try_script(f"def execute():\n    return {value}\n").problem
    assert problem.startswith("SCR-022")
    assert "step 0" in problem


def test_duplicate_columns_are_refused_by_number(driver: Driver) -> None:
    text = HEAD + "def execute():\n    return pd.DataFrame([[1, 2]], columns=['valor', 'valor'])\n"
    assert driver.try_script(text).problem.startswith("SCR-023")


def test_a_column_of_dicts_is_refused_with_its_row(driver: Driver) -> None:
    text = HEAD + "def execute():\n    return pd.DataFrame({'obj': pd.Series([{'a': 1}, 3], dtype=object)})\n"
    problem = driver.try_script(text).problem
    assert problem.startswith("SCR-022")
    assert "obj" in problem


@pytest.mark.parametrize(("made", "rows", "columns"), [("pd.DataFrame({'a': []})", 0, 1), ("pd.DataFrame()", 0, 0)])
def test_frames_without_rows_or_columns_are_kept(driver: Driver, made: str, rows: int, columns: int) -> None:
    output = driver.try_script(HEAD + f"def execute():\n    return {made}\n").finished[0].output
    assert output is not None
    assert (output.rows, len(output.columns)) == (rows, columns)


def test_too_few_rows_are_a_broken_contract(driver: Driver) -> None:
    problem = driver.try_script(HEAD + "def execute():\n    return pd.DataFrame({'a': []})\n", min_rows=1).problem
    assert problem == 'DAT-011 step "step 0" output "out": 0 rows, contract wants ≥ 1'


def test_writing_into_an_input_changes_it_for_nobody_else(driver: Driver) -> None:
    make = driver.script("make.py", HEAD + "def execute():\n    return pd.DataFrame({'a': [1, 2, 3]})\n")
    spoil = driver.script(
        "spoil.py",
        "def execute(out):\n    out.loc[:, 'a'] = 9\n    out['b'] = 1\n    return {'sum': int(out['a'].sum())}\n",
    )
    look = driver.script("look.py", "def execute(out):\n    return {'sum': int(out['a'].sum()), 'n': out.shape[1]}\n")
    outcome = driver.run(
        driver.start(),
        driver.step(0, make),
        driver.step(1, spoil, takes={"out": 0}),
        driver.step(2, look, takes={"out": 0}),
    )
    values = [outcome.finished[no].output for no in (1, 2)]
    assert [v.value for v in values if v is not None] == [{"sum": 27}, {"sum": 6, "n": 1}]


def test_a_result_that_its_maker_changes_later_is_stored_as_it_was_returned(driver: Driver) -> None:
    driver.script("held.py", "frames = []\n")
    make = driver.script(
        "make.py",
        HEAD + "import held\n"
        "def execute():\n"
        "    held.frames.append(pd.DataFrame({'a': np.full(6_000_000, 7)}))\n"
        "    return held.frames[0]\n",
    )
    spoil = driver.script(
        "spoil.py", "import held\ndef execute():\n    held.frames[0].iloc[:, 0] = -1\n    return {'done': 1}\n"
    )
    look = driver.script("look.py", "def execute(out):\n    return {'least': int(out['a'].min())}\n")
    outcome = driver.run(
        driver.start(), driver.step(0, make), driver.step(1, spoil), driver.step(2, look, takes={"out": 0})
    )
    again = driver.run(driver.start(), driver.step(0, look, takes={"out": outcome.finished[0].output}))
    seen = [outcome.finished[2].output, again.finished[0].output]
    assert [output.value for output in seen if output is not None] == [{"least": 7}, {"least": 7}]
