"""Commands in a folder whose server runs go through it; nouns that only a server has do what they say."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from served_project import ServedProject, eventually, served


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedProject]:
    with served(tmp_path_factory.mktemp("served") / "project") as running:
        yield running


@pytest.fixture(scope="module")
def run(project: ServedProject) -> str:
    """A run that completed."""
    answer = project.pauta("run", "--json", "--param", "factor=2")
    assert answer.code == 0, answer.err
    assert answer.json["state"] == "completed"
    return str(answer.json["run"])


def test_a_run_goes_through_the_server_and_looks_as_ever(project: ServedProject, run: str) -> None:
    answer = project.pauta("run", "--no-cache", "--param", "factor=3", "--verbose")
    assert answer.code == 0, answer.err
    assert "Completed: 2 steps in" in answer.out
    assert "[2/2] ✓ completed: total" in answer.err
    assert "double | doubling" in answer.err
    assert project.pauta("show", "latest", "--json").json["parameters"] == {"factor": 3}


def test_what_did_not_change_comes_from_the_cache(project: ServedProject, run: str) -> None:
    lines = project.pauta("plan", "--param", "factor=2", "--json").json["steps"]
    assert [line["action"] for line in lines] == ["cached", "cached"]
    assert all(step["cached"] for step in project.pauta("run", "--param", "factor=2", "--json").json["steps"])


def test_a_run_of_the_folder_leaves_the_version_that_others_run(project: ServedProject, run: str) -> None:
    assert [row["active"] for row in project.pauta("pipeline", "list", "--json").json if row["name"] == "sums"] != []
    before = project.pauta("pipeline", "show", "sums", "--json").json["active"]
    text = (project.folder / "total.py").read_text()
    (project.folder / "total.py").write_text(text + "\n# changed\n")
    assert project.pauta("run", "-q").code == 0
    (project.folder / "total.py").write_text(text)
    assert project.pauta("pipeline", "show", "sums", "--json").json["active"] == before


def test_looking_into_a_run_answers_as_without_a_server(project: ServedProject, run: str, tmp_path: Path) -> None:
    assert "doubling" in project.pauta("logs", run).out
    assert "doubled" in project.pauta("frames", run).out
    assert "6 " in project.pauta("frame", run, "doubled").out
    target = tmp_path / "doubled.csv"
    answer = project.pauta("frame", run, "doubled", "--to", str(target))
    assert answer.code == 0, answer.err
    assert target.read_text().splitlines() == ['"n"', "2", "4", "6"]
    assert target.stat().st_mode & 0o777 == 0o666 & ~_umask()
    assert [p.name for p in tmp_path.iterdir()] == ["doubled.csv"]
    assert project.pauta("frame", run, "sum", "--json").json["profile"] is None
    other = project.pauta("run", "--param", "factor=5", "--json").json["run"]
    assert project.pauta("diff", run, other, "--json").json["parameters"] == {"factor": [2, 5]}


def _umask() -> int:
    import os

    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_a_failure_is_told_with_the_scripts_own_traceback(project: ServedProject) -> None:
    answer = project.pauta("run", "broken.json")
    assert answer.code == 1
    assert "SCR-0" in answer.out
    assert "KeyError" in answer.out
    assert "boom.py" in answer.out
    assert "failed: boom" in answer.err


def test_a_bad_document_is_told_before_anything_is_sent(project: ServedProject) -> None:
    (project.folder / "bad.json").write_text('{"model_name": "bad", "prediction_steps": [{"name": "a"}]}')
    answer = project.pauta("run", "bad.json", "--json")
    assert answer.code == 2
    assert answer.json["error"]["file"] == "bad.json"
    assert "bad" not in {row["name"] for row in project.pauta("pipeline", "list", "--json").json}


def test_data_from_outside_of_the_folder_is_uploaded(project: ServedProject, tmp_path: Path) -> None:
    data = tmp_path / "other.csv"
    data.write_text("n\n10\n")
    view = project.pauta("run", "--input", f"numbers={data}", "--json").json
    assert view["state"] == "completed"
    assert view["frames"]["numbers"]["rows"] == 1


def test_ctrl_c_cancels_the_run_on_the_server(project: ServedProject) -> None:
    begun = project.begin("run", "slow.json", "--json")
    run = eventually(lambda: _running(project, "slow"))
    begun.send_signal(signal.SIGINT)
    _, err = begun.communicate(timeout=60)
    # 130 when it comes before the run is followed.
    assert begun.returncode in (1, 130), err
    assert project.pauta("wait", run, "--json").json["state"] == "cancelled"


def _running(project: ServedProject, pipeline: str) -> str | None:
    found = project.pauta("runs", "--state", "running", "--pipeline", pipeline, "--json").json
    return found[0]["run"] if found else None


def test_a_submitted_run_is_followed_cancelled_and_waited_for(project: ServedProject) -> None:
    assert project.pauta("pipeline", "publish", "slow.json").code == 0
    asked = project.pauta("submit", "slow")
    assert asked.code == 0, asked.err
    run = asked.out.strip()
    eventually(lambda: _running(project, "slow"))
    still = project.pauta("wait", run, "--timeout", "200ms")
    assert still.code == 3
    assert "running" in still.out
    following = project.begin("logs", run, "--follow")
    assert following.stdout is not None
    assert "line 0" in following.stdout.readline()
    assert project.pauta("cancel", run).code == 0
    assert project.pauta("wait", run, "--json").json["state"] == "cancelled"
    assert "line 1" in following.communicate(timeout=60)[0]
    assert project.pauta("cancel", run).code == 2


def test_the_same_key_gives_the_same_run(project: ServedProject) -> None:
    project.pauta("pipeline", "publish", "--json")
    first = project.pauta("submit", "sums", "-p", "factor=4", "--key", "once")
    again = project.pauta("submit", "sums", "-p", "factor=4", "--key", "once", "--json")
    assert again.json["run"] == first.out.strip()
    assert again.json["identical"]
    other = project.pauta("submit", "sums", "-p", "factor=5", "--key", "once", "--json")
    assert other.code == 2
    assert other.json["error"]["code"] == "IDM-001"


def test_a_parameter_is_read_as_its_pipeline_declares_it_and_refused_otherwise(project: ServedProject) -> None:
    project.pauta("pipeline", "publish")
    refused = project.pauta("submit", "sums", "-p", "factor=much", "--lang", "pt")
    assert refused.code == 2
    assert "PRM-001" in refused.err
    assert "factor" in refused.err


def test_a_run_is_run_again_from_a_step(project: ServedProject, run: str) -> None:
    view = project.pauta("rerun", run, "--from", "total", "--json").json
    assert view["of"] == run
    assert [step["cached"] for step in view["steps"]] == [True, False]


def test_a_step_is_replayed_here_with_its_real_inputs(project: ServedProject, run: str, tmp_path: Path) -> None:
    replaying = project.begin("replay", run, "total", "--json")
    out, err = replaying.communicate(timeout=60)
    assert replaying.returncode == 0, err
    assert (json.loads(out)["state"], json.loads(out)["same"]) == ("completed", True)
    assert project.pauta("replay", run, "nothing", "--json").json["error"]["code"] == "RUN-003"
    there = {"PAUTA_API_URL": project.written["url"], "PAUTA_TOKEN": project.written["token"]}
    elsewhere = project.pauta("replay", run, "total", "--json", cwd=tmp_path, **there)
    assert elsewhere.json["error"]["code"] == "API-110"


def test_resuming_a_run_that_has_ended_is_refused(project: ServedProject, run: str) -> None:
    answer = project.pauta("run", "--resume", run, "--json")
    assert answer.code == 2
    assert answer.json["error"]["code"] == "RUN-006"


def test_commands_elsewhere_reach_the_server_by_address_and_token(
    project: ServedProject, run: str, tmp_path: Path
) -> None:
    there = {"PAUTA_API_URL": project.written["url"], "PAUTA_TOKEN": project.written["token"]}
    assert project.pauta("show", run, "--json", cwd=tmp_path, **there).json["run"] == run
    assert not (tmp_path / ".pauta").exists()
    nobody = project.pauta("runs", "--json", cwd=tmp_path, PAUTA_API_URL=there["PAUTA_API_URL"])
    assert nobody.code == 2
    assert nobody.json["error"]["code"] == "AUT-001"
    (tmp_path / "total.py").write_text("def execute():\n    return 7\n")
    (tmp_path / "one.yaml").write_text("model_name: one\nprediction_steps:\n  - {name: a, file_path: total.py}\n")
    assert project.pauta("run", "one.yaml", "-q", cwd=tmp_path, **there).code == 0


def test_a_server_that_was_killed_is_passed_over_and_its_records_are_there(tmp_path: Path) -> None:
    with served(tmp_path / "project") as project:
        first = project.pauta("run", "--json").json["run"]
        project.stop(signal.SIGKILL)
        assert (project.folder / ".pauta" / "server.json").exists()
        assert project.pauta("worker", "list", "--json").json["error"]["code"] == "API-104"
        again = project.pauta("run", "--json")
        assert again.code == 0, again.err
        assert again.json["steps"][0]["cached_from"] == first
