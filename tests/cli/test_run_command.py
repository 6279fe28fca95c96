"""`pauta run` and `pauta rerun`: what they hand on, what they print, how they end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from answers import Answer
from fake_project import (
    NAMES,
    OTHER,
    RUN,
    FakePrepared,
    FakeProject,
    cached_view,
    failed_view,
    run_view,
)
from msgspec.structs import replace

from pauta.domain.problems import Problem

Call = Callable[..., Answer]


def test_run_hands_on_what_was_given(project: FakeProject, call: Call, tmp_path: Path) -> None:
    (tmp_path / "falhas.csv").write_text("a\n1\n")
    (tmp_path / "scripts").mkdir()
    answer = call(
        "run", "pipeline.json", "--scripts", "scripts", "--input", "df_falhas=falhas.csv", "--param", "alpha=a=b",
        "--only", "training", "--no-cache", "--slots", "3", "--quiet",
    )  # fmt: skip
    assert answer.code == 0
    assert project.calls("prepare") == [
        {
            "document": Path("pipeline.json"),
            "scripts": Path("scripts"),
            "inputs": {"df_falhas": Path("falhas.csv")},
            "parameters": {"alpha": "a=b"},
            "only": "training",
        }
    ]
    assert project.calls("submit") == [{"use_cache": False}]
    assert project.calls("execute") == [{"run": RUN, "slots": 3, "watched": False}]


def test_run_without_a_document_takes_the_projects_own(project: FakeProject, call: Call) -> None:
    assert call("run").code == 0
    assert project.calls("prepare")[0]["document"] == Path("pipeline.json")


def test_run_without_any_document_says_so(project: FakeProject, call: Call, tmp_path: Path) -> None:
    (tmp_path / "pipeline.json").unlink()
    answer = call("run")
    assert answer.code == 2
    assert "CLI-004" in answer.err
    assert project.calls("open") == []


def test_a_misspelt_document_is_told_its_neighbour(project: FakeProject, call: Call) -> None:
    answer = call("run", "pipelin.json")
    assert answer.code == 2
    assert 'did you mean "pipeline.json"?' in answer.err


def test_everything_wrong_with_the_words_given_is_told_at_once(project: FakeProject, call: Call) -> None:
    answer = call(
        "run", "none.json", "--scripts", "nowhere", "--only", "all", "--input", "x", "--input", "y=missing.csv",
        "--param", "p", "--param", "q=1", "--param", "q=2", "--json",
    )  # fmt: skip
    assert answer.code == 2
    codes = [problem["code"] for problem in answer.json["problems"]]
    assert codes == ["CLI-005", "CLI-001", "CLI-002", "CLI-002", "CLI-003", "CLI-003", "CLI-005"]


def test_run_refuses_while_an_input_has_no_data(project: FakeProject, call: Call) -> None:
    project.prepared = FakePrepared(required_inputs=("df_falhas", "df_resultados"))
    answer = call("run", "--json")
    assert answer.code == 2
    assert [problem["code"] for problem in answer.json["problems"]] == ["RCP-006", "RCP-006"]
    assert project.calls("submit") == []


@pytest.mark.parametrize(
    ("state", "code"), [("completed", 0), ("failed", 1), ("held", 1), ("cancelled", 1), ("crashed", 1)]
)
def test_the_exit_code_tells_how_the_run_ended(project: FakeProject, call: Call, state: str, code: int) -> None:
    project.known = {RUN: run_view(state=state)}
    assert call("run").code == code
    assert call("run", "--json").code == code
    assert call("rerun", RUN).code == code
    assert call("show", RUN).code == 0


def test_run_as_json_has_the_promised_keys(project: FakeProject, call: Call) -> None:
    found = call("run", "--json").json
    assert {"run", "state", "steps", "frames", "models", "error"} <= set(found)
    assert {"name", "state", "seconds", "cached", "attempts", "error"} <= set(found["steps"][0])
    assert {"rows", "columns", "address"} <= set(found["frames"]["df_merged"])
    assert {"name", "metrics", "files"} <= set(found["models"][0])


def test_progress_goes_to_standard_error_when_output_is_piped(project: FakeProject, call: Call) -> None:
    answer = call("run")
    for name in NAMES:
        assert f"completed: {name}" in answer.err
    assert "] ✓" not in answer.out
    assert call("run", "--quiet").err == ""


def test_the_summary_has_steps_metrics_records_and_what_to_type_next(project: FakeProject, call: Call) -> None:
    out = call("run").out
    assert "junta_falhas_resultados" in out
    assert "758,916" in out
    assert "0.8581" in out
    assert "/project/.pauta" in out
    assert f"pauta frame {RUN} df_merged" in out
    assert "Completed: 6 steps in 9.04 s." in out


def test_a_run_from_the_cache_says_so_in_one_sentence_with_its_time(project: FakeProject, call: Call) -> None:
    project.known = {RUN: cached_view()}
    assert "Nothing had changed: everything (6 steps) came from the cache, in 0.31 s." in call("run").out
    assert "Nada mudou: tudo (6 etapas) veio do cache, em 0,31 s." in call("--lang", "pt", "run").out


def test_a_run_partly_from_the_cache_counts_it(project: FakeProject, call: Call) -> None:
    steps = run_view().steps
    project.known = {RUN: run_view(steps=(replace(steps[0], cached=True, cached_from=OTHER), *steps[1:]))}
    assert "6 steps in 9.04 s, 1 of them from the cache" in call("run").out


def test_a_failed_run_shows_problem_traceback_and_what_was_skipped(project: FakeProject, call: Call) -> None:
    project.known = {RUN: failed_view()}
    answer = call("run")
    assert answer.code == 1
    assert "SCR-021" in answer.out
    assert 'return a.merge(b, on="KNR")' in answer.out
    assert "Skipped because of it: treina_modelo" in answer.out
    assert f"pauta replay {RUN} junta_falhas_resultados --pdb" in answer.out
    assert "pauta run pipeline.json" in answer.out
    assert "\x1b" not in answer.out


def test_many_steps_are_shown_by_what_matters(project: FakeProject, call: Call) -> None:
    step = run_view().steps[0]
    steps = [replace(step, name=f"step_{no}", cached=True, cached_from=OTHER) for no in range(5000)]
    steps[4321] = replace(step, name="step_4321", state="failed", problem=Problem("SCR-030"))
    project.known = {RUN: run_view(state="failed", steps=tuple(steps))}
    out = call("run", "--quiet").out
    assert "step_4321" in out
    assert "4,960 steps more" in out
    assert len(out.splitlines()) < 100


def test_resume_goes_on_with_a_run(project: FakeProject, call: Call) -> None:
    assert call("run", "--resume", "latest").code == 0
    assert project.calls("resume") == [{"run": RUN}]
    assert project.calls("prepare") == []


def test_resume_takes_no_document(project: FakeProject, call: Call) -> None:
    answer = call("run", "pipeline.json", "--resume", "latest", "--param", "a=1", "--json")
    assert answer.code == 2
    assert len(answer.json["problems"]) == 2


def test_rerun_hands_on_the_step(project: FakeProject, call: Call) -> None:
    call("rerun", "1hy7k2m9p", "--from", "treina_modelo", "--no-cache")
    assert project.calls("rerun") == [{"run": RUN, "from_step": "treina_modelo", "use_cache": False}]
