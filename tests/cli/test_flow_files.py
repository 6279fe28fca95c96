"""Flows are named at the keyboard as ``flows.py:full_flow``. Nothing of them is run by these commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from answers import Answer
from fake_project import FakeProject

from pauta.domain.problems import Place, Problem

Call = Callable[..., Answer]
FLOWS = """\
import sys

import pandas as pd

from pauta import flow, task

sys.exit("nobody may run this")


@task
def fetch(limit: int) -> list[int]:
    return list(range(limit))


@flow(retries=2)
def full_flow(limit: int, scale: float = 1.0):
    return [n * scale for n in fetch(limit)]


@flow
def frames(df: pd.DataFrame):
    return df
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "flows.py").write_text(FLOWS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def words_of(answer: Answer) -> str:
    return " ".join(answer.err.split())


def test_a_flow_is_checked_without_being_run(folder: Path, call: Call) -> None:
    answer = call("check", "flows.py:full_flow", "-p", "limit=5")
    assert (answer.code, answer.err) == (0, "")
    assert "flows.py:full_flow is fine: 1 step in 1 stage." in answer.out
    found = call("check", "flows.py:full_flow", "-p", "limit=5", "--json").json
    assert (found["pipeline"], found["document"], found["warnings"]) == ("full_flow", "flows.py:full_flow", [])


def test_parameters_of_a_flow_are_checked_before_it_runs(folder: Path, call: Call) -> None:
    answer = call("run", "flows.py:full_flow", "--param", "limit=many", "-p", "scal=2")
    assert answer.code == 2
    assert 'expected whole number, got "many"' in words_of(answer)
    assert 'did you mean "scale"?' in words_of(answer)
    assert "required" in words_of(call("run", "flows.py:full_flow"))


def test_a_flow_is_planned(folder: Path, call: Call) -> None:
    answer = call("plan", "flows.py:full_flow", "-p", "limit=5")
    assert answer.code == 0
    assert "To run: 1." in answer.out


def test_frames_of_a_flow_are_inputs(folder: Path, call: Call) -> None:
    (folder / "d.csv").write_text("a\n1\n")
    assert "Add --input df=FILE" in words_of(call("plan", "flows.py:frames"))
    assert call("plan", "flows.py:frames", "--input", "df=d.csv").code == 0


def test_of_several_flows_one_has_to_be_named(folder: Path, call: Call) -> None:
    answer = call("check", "flows.py")
    assert answer.code == 2
    assert "FLW-051" in answer.err
    assert "there are several flows: full_flow, frames" in words_of(answer)
    assert "flows.py:full_flow" in words_of(answer)
    portuguese = call("check", "flows.py", "--lang", "pt")
    assert "há vários fluxos: full_flow, frames" in words_of(portuguese)


def test_a_flow_that_is_not_there_is_answered_with_the_nearest(folder: Path, call: Call) -> None:
    assert 'did you mean "full_flow"?' in words_of(call("check", "flows.py:fulflow"))
    assert 'no file flow.py; did you mean "flows.py"?' in words_of(call("check", "flow.py:full_flow"))


def test_mistakes_are_shown_with_their_lines_as_the_file_was_named(folder: Path, call: Call) -> None:
    (folder / "jobs").mkdir()
    (folder / "jobs" / "post.py").write_text("from pauta import flow\n\n\n@flow\ndef post():\n    return Done()\n")
    answer = call("run", "jobs/post.py")
    assert answer.code == 2
    assert "✗ FLW-054 jobs/post.py, line 6, column 12" in words_of(answer)
    assert "6 │ return Done()" in words_of(answer)
    assert call("run", "jobs/post.py", "--json").json["problems"][0]["line"] == 6


def test_a_flow_finds_modules_of_its_project(folder: Path, call: Call) -> None:
    (folder / "pauta.toml").write_text("")
    (folder / "shared.py").write_text("def double(x):\n    return 2 * x\n")
    (folder / "jobs").mkdir()
    source = "from pauta import flow\nfrom shared import double\n\n\n@flow\ndef f(x: int):\n    return double(x, 1)\n"
    (folder / "jobs" / "f.py").write_text(source)
    answer = call("check", "jobs/f.py", "-p", "x=1")
    assert "takes 1 by position, and is given 2 (shared.py:1)" in words_of(answer)
    (folder / "jobs" / "f.py").write_text(source.replace(", 1)", ")"))
    assert call("check", "jobs/f.py", "-p", "x=1").code == 0


def test_what_is_doubtful_is_shown_and_stops_nothing(folder: Path, call: Call) -> None:
    (folder / "odd.py").write_text("import nowhere_to_be_found\nfrom pauta import flow\n\n\n@flow\ndef odd(): ...\n")
    answer = call("check", "odd.py")
    assert answer.code == 0
    assert "! FLW-056 odd.py, line 1, column 8" in words_of(answer)
    found = call("check", "odd.py", "--json").json
    assert [problem["code"] for problem in found["warnings"]] == ["FLW-056"]


def test_scripts_of_a_document_are_checked_too(folder: Path, call: Call) -> None:
    (folder / "a.py").write_text("def execute():\n    return nothing\n")
    (folder / "p.json").write_text('{"model_name": "p", "prediction_steps": [{"name": "a", "file_path": "a.py"}]}')
    answer = call("check", "p.json")
    assert answer.code == 2
    assert "FLW-054 a.py, line 2, column 12" in words_of(answer)


@pytest.mark.parametrize("command", ["check", "plan", "run"])
def test_warnings_of_a_prepared_run_are_shown(project: FakeProject, call: Call, command: str) -> None:
    place = Place(file="flows.py", line=3)
    project.prepared.warnings = (Problem("FLW-052", {"option": "retries", "name": "f"}, "flow", place=place),)
    answer = call(command)
    assert answer.code == 0
    assert '! FLW-052 flows.py, line 3 option "retries" of flow "f"' in words_of(answer)
