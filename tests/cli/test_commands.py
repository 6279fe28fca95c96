"""Each command: what it asks of the project, what it prints, how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from answers import Answer
from fake_project import (
    NOON,
    OTHER,
    RUN,
    FakePrepared,
    FakeProject,
    frame_view,
    run_view,
)

from pauta.cli.app import app
from pauta.domain.problems import InvalidInput, Place, Problem, StoreFault
from pauta.domain.runs import LogLine
from pauta.services.views import OutlookLine

Call = Callable[..., Answer]

EVERY_COMMAND: dict[str, tuple[str, ...]] = {
    "init": ("init", "new"),
    "check": ("check",),
    "plan": ("plan",),
    "run": ("run",),
    "runs": ("runs",),
    "show": ("show", "latest"),
    "logs": ("logs", "latest"),
    "frames": ("frames", "latest"),
    "frame": ("frame", "latest", "df_merged"),
    "diff": ("diff", "latest", "latest"),
    "rerun": ("rerun", "latest"),
    "cancel": ("cancel", "latest"),
    "replay": ("replay", "latest", "treina_modelo"),
    "gc": ("gc",),
    "schema": ("schema",),
}
SPEAKING = {name: words for name, words in EVERY_COMMAND.items() if name != "schema"}


def test_the_table_of_every_command_is_whole() -> None:
    assert {command.name for command in app.registered_commands} == set(EVERY_COMMAND)


@pytest.mark.parametrize("words", EVERY_COMMAND.values(), ids=list(EVERY_COMMAND))
def test_json_is_one_value_and_nothing_else_on_standard_output(
    project: FakeProject, call: Call, words: tuple[str, ...]
) -> None:
    project.lines_of_plan = [OutlookLine("a", "prediction_steps", 0, "run", "first run", (), None)]
    answer = call(*words, "--json")
    assert answer.code == 0
    json.loads(answer.out)


@pytest.mark.parametrize("words", SPEAKING.values(), ids=list(SPEAKING))
@pytest.mark.parametrize("language", ["en", "pt"])
def test_every_command_speaks_to_people_in_both_languages(
    project: FakeProject, call: Call, words: tuple[str, ...], language: str
) -> None:
    project.lines_of_plan = [OutlookLine("a", "prediction_steps", 0, "run", "first run", (), None)]
    answer = call("--lang", language, *words)
    assert answer.code == 0
    assert (answer.out + answer.err).strip()
    lines = answer.out.replace(str(project.folder), "").splitlines()
    assert max((len(line) for line in lines if "→" not in line), default=0) <= 100
    assert all(asked["language"] == language for asked in project.calls("open"))


@pytest.mark.parametrize("words", SPEAKING.values(), ids=list(SPEAKING))
def test_a_problem_is_one_json_value_too(project: FakeProject, call: Call, words: tuple[str, ...]) -> None:
    if words[0] == "init":
        Path("new/pauta.toml").parent.mkdir()
        Path("new/pauta.toml").touch()
    project.fault = InvalidInput([Problem("RCP-006", {}, place=Place("p.json", 3, 4)), Problem("RCP-002")])
    answer = call(*words, "--json")
    assert answer.code == 2
    assert answer.json["error"] == answer.json["problems"][0]
    assert {"code", "message", "remedy", "file", "line", "column", "field", "traceback"} == set(answer.json["error"])


# ---- looking --------------------------------------------------------------------------------------


def test_runs_are_a_list_newest_first(project: FakeProject, call: Call) -> None:
    project.known = {RUN: run_view(), OTHER: run_view(run=OTHER, state="failed")}
    assert [(line["run"], line["state"]) for line in call("runs", "--json").json] == [
        (OTHER, "failed"),
        (RUN, "completed"),
    ]
    assert call("runs", "--limit", "1", "--state", "failed").code == 0
    asked = {"limit": 1, "before": None, "states": ("failed",), "pipeline": None, "children": False}
    assert project.calls("runs")[-1] == asked


def test_an_unknown_state_is_refused_with_the_known_ones(project: FakeProject, call: Call) -> None:
    answer = call("runs", "--state", "done")
    assert answer.code == 2
    assert "completed" in answer.err


def test_a_run_is_found_by_its_beginning_only_if_it_is_the_only_one(project: FakeProject, call: Call) -> None:
    project.known = {RUN: run_view(), OTHER: run_view(run=OTHER)}
    assert call("show", "1hy7k2m9q").code == 0
    assert "RUN-002" in call("show", "1hy7").err
    assert "RUN-001" in call("show", "zzz").err
    assert call("show", "zzz").code == 2


def test_logs_are_read_to_their_end_and_cleaned_of_control_codes(project: FakeProject, call: Call) -> None:
    texts = ["one", "\x1b[31mred\x1b[0m", "\x1b]0;title\x07three", "four\rfive", "\u202eevil"]
    project.lines = [(no, "a", LogLine(NOON, "INFO", text)) for no, text in enumerate(texts)]
    out = call("logs", "latest").out
    assert [line.split(" a ")[1] for line in out.splitlines()] == ["one", "red", "three", "fourfive", "evil"]
    assert [line["text"] for line in call("logs", "latest", "--json").json] == texts


def test_followed_logs_end_with_the_run(project: FakeProject, call: Call) -> None:
    project.lines = [(0, "a", LogLine(NOON, "INFO", "one")), (1, "b", LogLine(NOON, "ERROR", "two"))]
    out = call("logs", "latest", "--follow", "--step", "b").out
    assert "ERROR two" in out
    assert "one" not in out


def test_a_frame_shows_schema_profile_and_first_rows(project: FakeProject, call: Call) -> None:
    out = call("frame", "latest", "df_merged", "--rows", "1").out
    assert "87,407 rows, 3 columns, 3.3 MiB" in out
    assert "44.12" in out
    assert "█▄" in out
    assert "⋮" in out
    assert "2024-2099999" in out
    assert "2024-2056234" in out
    assert "2024-2056235\n" not in out
    assert "\x1b" not in call("frame", "latest", "df_merged").out


def test_a_frame_without_a_profile_still_shows_its_schema(project: FakeProject, call: Call) -> None:
    project.profiled = None
    out = call("frame", "latest", "df_merged").out
    assert "TORQUE" in out
    assert "There is no preview of it." in out


def test_a_frame_is_written_only_over_nothing(project: FakeProject, call: Call, tmp_path: Path) -> None:
    assert call("frame", "latest", "df_merged", "--to", "x.csv", "--raw").code == 0
    assert project.calls("export")[0]["raw"] is True
    answer = call("frame", "latest", "df_merged", "--to", "x.csv")
    assert (answer.code, "CLI-009" in answer.err) == (2, True)
    assert call("frame", "latest", "df_merged", "--to", "x.csv", "--force", "--json").json["rows"] == 87_407
    assert "CLI-008" in call("frame", "latest", "df_merged", "--to", "x.xlsx").err


def test_what_is_no_frame_cannot_be_written_as_one(project: FakeProject, call: Call) -> None:
    project.known = {RUN: run_view(frames=(frame_view("model", kind="model"),))}
    answer = call("frame", "latest", "model", "--to", "x.csv")
    assert (answer.code, "RUN-009" in answer.err) == (2, True)


def test_an_unknown_frame_is_told_the_known_ones(project: FakeProject, call: Call) -> None:
    answer = call("frame", "latest", "df_x")
    assert answer.code == 2
    assert "df_merged" in answer.err


def test_diff_shows_scripts_parameters_metrics_and_frames(project: FakeProject, call: Call) -> None:
    project.known = {RUN: run_view(), OTHER: run_view(run=OTHER)}
    out = call("diff", RUN, OTHER).out
    for piece in (
        "+epochs = 9",
        "a1b2a1b2",
        "0.2",
        "new column TURNO",
        "STATUS: int64 → double",
        "mean 44.10 → 45.25; new: a, b; PSI 0.3100",
    ):
        assert piece in out
    assert "do not differ" in call("diff", RUN, RUN).out


def test_plan_says_what_and_why(project: FakeProject, call: Call) -> None:
    project.lines_of_plan = [
        OutlookLine("a", "prediction_steps", 0, "run", "script changed: a1b2 → c3d4", (), None),
        OutlookLine("b", "prediction_steps", 0, "depends", "waits for x", ("a",), None),
    ]
    out = call("plan").out
    assert "script changed: a1b2 → c3d4" in out
    assert "To run: 1. From the cache: 0. Depending on what runs before: 1." in out


def test_check_names_the_inputs_that_are_still_to_come(project: FakeProject, call: Call) -> None:
    project.prepared = FakePrepared(required_inputs=("df_falhas",))
    answer = call("check")
    assert answer.code == 0
    assert "--input df_falhas=FILE" in answer.out
    assert call("check", "--json").json["required_inputs"] == ["df_falhas"]


# ---- doing ----------------------------------------------------------------------------------------


def test_gc_without_a_yes_only_tells(project: FakeProject, call: Call) -> None:
    assert "Would remove 2 runs" in call("gc").out
    assert [asked["dry_run"] for asked in project.calls("collect")] == [True]
    assert "Removed 2 runs" in call("gc", "--yes", "--keep-runs", "5", "--older-than", "2.5").out
    assert project.calls("collect")[-1] == {"dry_run": False, "keep_runs": 5, "older_than_days": 2.5}
    assert call("gc", "--yes", "--dry-run").code == 2


def test_cancel_tells_the_state(project: FakeProject, call: Call) -> None:
    assert f"Run {RUN} is cancelled." in call("cancel", "latest").out


def test_what_a_replayed_script_prints_stays_out_of_the_json(project: FakeProject, call: Call) -> None:
    answer = call("replay", "latest", "treina_modelo", "--json")
    assert answer.json == {"state": "completed", "seconds": 0.5}
    assert "the script speaks" in answer.err
    project.replayed = {"state": "failed", "seconds": 0.5, "error": "SCR-021 ValueError: 1"}
    failed = call("replay", "latest", "treina_modelo")
    assert failed.code == 1
    assert "failed after 0.50 s: SCR-021 ValueError: 1" in failed.out


def test_a_store_that_cannot_be_used_is_exit_code_1(project: FakeProject, call: Call) -> None:
    project.fault = StoreFault(Problem("DB-003", {"holder": "pid 12"}))
    assert call("runs").code == 1


def test_the_folder_with_the_settings_file_is_the_project(
    project: FakeProject, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    (tmp_path / "pauta.toml").touch()
    monkeypatch.chdir(below)
    call("runs")
    call("runs", "--project", ".")
    assert [asked["folder"] for asked in project.calls("open")] == [tmp_path, below]
    assert "CLI-005" in call("runs", "--project", "nowhere").err


def test_whoever_waits_for_another_process_is_told_for_whom_once(project: FakeProject, call: Call, capsys: Any) -> None:
    call("runs")
    waiting = project.calls("open")[0]["wait_for_lock"]
    assert waiting("pauta run (1234)")
    assert waiting("pauta run (1234)")
    assert capsys.readouterr().err.count("pauta run (1234)") == 1
