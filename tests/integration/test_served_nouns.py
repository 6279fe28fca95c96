"""Pipelines, deployments, schedules, pools, tokens: what only a server has, from its making to its removal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from served_project import ServedProject, served


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedProject]:
    with served(tmp_path_factory.mktemp("nouns") / "project") as running:
        answer = running.pauta("pipeline", "publish", "--note", "the first")
        assert answer.code == 0, answer.err
        assert "Version 1 of sums is the active one." in answer.out
        yield running


def good(project: ServedProject, *words: str) -> str:
    """What a command says that must work."""
    answer = project.pauta(*words)
    assert answer.code == 0, answer.out + answer.err
    return answer.out


def code_of(project: ServedProject, *words: str) -> str:
    """The code of the problem that a command must end with."""
    answer = project.pauta(*words, "--json")
    assert answer.code != 0
    return str(answer.json["error"]["code"])


def test_versions_are_published_compared_and_rolled_back(project: ServedProject) -> None:
    assert "Nothing has changed: it is version 1" in good(project, "pipeline", "publish")
    script = project.folder / "double.py"
    text = script.read_text()
    script.write_text(text.replace("* 2", "* 3"))
    said = good(project, "pipeline", "publish", "--no-activate")
    script.write_text(text)
    assert "not active: `pauta pipeline activate sums 2`" in said
    difference = good(project, "pipeline", "diff", "sums", "1", "2")
    assert "+    return numbers.assign(n=numbers['n'] * 3)" in difference
    assert "double.py" in difference
    assert "do not differ" in good(project, "pipeline", "diff", "sums", "1", "1")
    good(project, "pipeline", "activate", "sums", "2", "--why", "three is better")
    assert "three is better" in good(project, "pipeline", "activations", "sums")
    assert "* 3" in good(project, "pipeline", "scripts", "sums", "--script", "double.py")
    assert "* 2" in good(project, "pipeline", "scripts", "sums", "--version", "1", "--script", "double.py")
    assert "total.py" in good(project, "pipeline", "scripts", "sums")
    good(project, "pipeline", "activate", "sums", "1")
    versions = project.pauta("pipeline", "versions", "sums", "--json").json
    assert [(row["version"], row["active"]) for row in versions] == [(2, False), (1, True)]
    assert '"model_name": "sums"' in good(project, "pipeline", "show", "sums", "--version", "1")
    assert code_of(project, "pipeline", "activate", "sums", "99").startswith("PIP-")


def test_a_script_is_seen_through_all_its_forms(project: ServedProject) -> None:
    assert "double.py" in good(project, "script", "list")
    forms = project.pauta("script", "show", "double.py", "--json").json["forms"]
    assert "sums" in good(project, "script", "show", "double.py", "--form", forms[0]["address"][:10])
    if len(forms) > 1:
        assert "@@" in good(project, "script", "diff", "double.py")
    assert "do not differ" in good(project, "script", "diff", "total.py")
    assert code_of(project, "script", "diff", "double.py", "zzz") == "API-113"


def test_a_deployment_lives_from_creation_to_removal(project: ServedProject) -> None:
    good(project, "deployment", "create", "nightly", "--pipeline", "sums", "-p", "factor=3", "--priority", "-1")
    assert "factor=3" in good(project, "deployment", "show", "nightly")
    assert "nightly" in good(project, "deployment", "list")
    assert "parameters, pool" in good(
        project, "deployment", "change", "nightly", "-p", "factor=4", "--pool", "default", "--description", ""
    )
    run = good(project, "deployment", "run", "nightly", "-p", "factor=5").strip()
    assert project.pauta("wait", run).code == 0
    assert project.pauta("show", run, "--json").json["parameters"] == {"factor": 5}
    run = good(project, "submit", "--deployment", "nightly").strip()
    assert project.pauta("wait", run).code == 0
    assert project.pauta("show", run, "--json").json["parameters"] == {"factor": 4}
    good(project, "deployment", "pause", "nightly")
    assert "paused" in good(project, "deployment", "list")
    good(project, "deployment", "resume", "nightly")
    assert len(project.pauta("deployment", "history", "nightly", "--json").json) >= 3
    key = good(project, "deployment", "webhook-key", "nightly").strip()
    assert project.pauta("deployment", "webhook-key", "nightly", "--json").json["key"] == key
    good(project, "deployment", "remove", "nightly")
    assert code_of(project, "deployment", "show", "nightly") == "DEP-001"
    assert code_of(project, "deployment", "create", "x", "--pipeline", "sums", "-p", "factor=a") == "PRM-001"
    assert code_of(project, "deployment", "change", "nightly") in ("CLI-001", "DEP-001")


def test_a_schedule_is_previewed_made_paused_and_removed(project: ServedProject) -> None:
    good(project, "deployment", "create", "timed", "--pipeline", "sums")
    words = ("schedule", "create", "timed", "early", "--cron", "30 1 * * *", "--zone", "Europe/Lisbon")
    said = good(project, *words)
    assert "01:30:00 Europe/Lisbon." in said, "by the clock of its own zone"
    schedule = project.pauta("schedule", "list", "--json").json[0]["id"]
    assert "Europe/Lisbon" in good(project, "schedule", "show", schedule)
    shown = project.pauta("schedule", "preview", schedule, "-n", "3", "--json").json
    offline = project.pauta("schedule", "preview", *words[4:], "-n", "3", "--json").json
    assert shown == offline, "with a server and without one the same"
    assert good(project, "schedule", "show", "timed/early") == good(project, "schedule", "show", schedule)
    assert code_of(project, "schedule", "show", "timed/late") == "SCH-006"
    good(project, "schedule", "pause", "timed/early")
    assert "paused" in good(project, "schedule", "list", "--deployment", "timed")
    good(project, "schedule", "resume", schedule)
    assert "not fired yet" in good(project, "schedule", "firings", schedule)
    good(project, "schedule", "remove", schedule)
    assert code_of(project, "schedule", "show", schedule) == "SCH-006"
    assert code_of(project, *words[:4], "--cron", "99 * * * *") == "SCH-001"
    assert code_of(project, *words[:4]) == "CLI-001"
    assert code_of(project, *words[:4], "--cron", "* * * * *", "--every", "5m") == "CLI-001"


def test_a_trigger_is_made_paused_and_removed(project: ServedProject) -> None:
    good(project, "deployment", "create", "after", "--pipeline", "sums")
    (project.folder / "incoming").mkdir()
    arrival = ("trigger", "create", "after", "arrivals", "--folder", "incoming", "--pattern", "*.csv")
    good(project, *arrival, "--frame", "numbers")
    assert "Its secret, for signatures" in good(project, "trigger", "create", "after", "hook", "--webhook")
    found = {row["name"]: row["id"] for row in project.pauta("trigger", "list", "--json").json}
    assert set(found) == {"arrivals", "hook"}
    for command, trigger in (("pause", found["hook"]), ("resume", "after/hook"), ("remove", "after/hook")):
        good(project, "trigger", command, trigger)
    assert "incoming" in good(project, "trigger", "list", "--deployment", "after")
    assert code_of(project, "trigger", "create", "after", "none") == "CLI-001"
    assert code_of(project, "trigger", "create", "after", "two", "--webhook", "--after", "x") == "CLI-001"


def test_pauta_toml_is_applied_and_applied_again_changes_nothing(project: ServedProject) -> None:
    file = project.folder / "pauta.toml"
    file.write_text(
        '[deployment.weekly]\ndocument = "pipeline.json"\nparameters = { factor = 2 }\n\n'
        '[deployment.weekly.schedule.mondays]\ncron = "0 8 * * 1"\nzone = "Europe/Lisbon"\nuntil = 2099-01-31\n'
    )
    try:
        assert "would do" in good(project, "deploy", "--dry-run")
        assert code_of(project, "deployment", "show", "weekly") == "DEP-001"
        done = [row["what"] for row in project.pauta("deploy", "--json").json]
        assert done == ["created", "schedule_created"]
        assert [row["what"] for row in project.pauta("deploy", "--json").json] == ["same"]
        file.write_text(file.read_text().replace("factor = 2", "factor = 3").replace("0 8", "0 9"))
        changed = [(row["what"], row["fields"]) for row in project.pauta("deploy", "weekly", "--json").json]
        assert changed == [("changed", ["parameters"]), ("schedule_changed", ["timing"])]
        assert [row["what"] for row in project.pauta("deploy", "--json").json] == ["same"]
        assert code_of(project, "deploy", "other") == "DPL-004"
        file.write_text('[deployment.weekly]\npipelin = "sums"\n')
        assert code_of(project, "deploy") == "DPL-005"
    finally:
        file.write_text("")
    assert code_of(project, "deploy") == "DPL-001"


def test_pools_limits_and_workers(project: ServedProject) -> None:
    good(project, "work-pool", "create", "--type", "celery", "gpu", "--queue", "training_queue", "--limit", "3")
    assert "training_queue" in good(project, "work-pool", "list")
    good(project, "work-pool", "set-limit", "gpu", "5")
    good(project, "work-pool", "pause", "gpu")
    shown = project.pauta("work-pool", "show", "gpu", "--json").json
    assert (shown["limit"], shown["state"]) == (5, "paused")
    good(project, "work-pool", "resume", "gpu")
    good(project, "work-pool", "set-limit", "gpu", "none")
    good(project, "work-pool", "remove", "gpu")
    assert code_of(project, "work-pool", "show", "gpu") == "POL-001"
    assert code_of(project, "work-pool", "create", "--type", "magic", "x") == "CLI-001"
    assert "at most 2" in good(project, "limit", "set", "oracle", "2")
    assert "at most 5 within any 1 s" in good(project, "limit", "set", "api", "5", "--per", "1s")
    assert "1 s" in good(project, "limit", "list")
    good(project, "limit", "remove", "api")
    assert project.pauta("limit", "list", "--json").json[0]["key"] == "oracle"
    good(project, "limit", "remove", "oracle")
    assert good(project, "worker", "list")
    assert code_of(project, "worker", "drain", "nobody") == "API-112"


def test_tokens_are_made_used_and_revoked(project: ServedProject, tmp_path: Path) -> None:
    made = project.pauta("token", "create", "ana", "--role", "viewer", "--expires", "30d", "--json").json
    there = {"PAUTA_API_URL": project.written["url"], "PAUTA_TOKEN": made["text"]}
    assert project.pauta("pipeline", "list", cwd=tmp_path, **there).code == 0
    refused = project.pauta("token", "list", "--json", cwd=tmp_path, **there)
    assert refused.json["error"]["code"] == "AUT-004"
    assert "ana (viewer)" in project.pauta("status", cwd=tmp_path, **there).out
    assert "ana" in good(project, "token", "list")
    good(project, "token", "revoke", made["id"])
    assert "ana" not in good(project, "token", "list")
    assert "ana" in good(project, "token", "list", "--all")
    assert project.pauta("pipeline", "list", cwd=tmp_path, **there).code == 2
    shown = good(project, "token", "create", "w", "--role", "worker", "--pool", "default")
    assert "  pauta_" in shown
    assert good(project, "token", "link").startswith(project.written["url"] + "/login?code=pauta_")
    assert code_of(project, "token", "create", "x", "--role", "king") == "CLI-001"
    assert code_of(project, "token", "create", "x", "--role", "worker") == "AUT-009"
    assert code_of(project, "token", "create", "x", "--role", "viewer", "--expires", "soon") == "CLI-001"


def test_a_token_goes_to_a_new_file_that_only_its_owner_reads(project: ServedProject, tmp_path: Path) -> None:
    file = tmp_path / "ana.token"
    said = good(project, "token", "create", "ana", "--role", "viewer", "--to", str(file))
    assert said == f"Token ana of role viewer is in {file}; only you can read it.\n"
    assert file.stat().st_mode & 0o777 == 0o600
    there = {"PAUTA_API_URL": project.written["url"], "PAUTA_TOKEN": file.read_text().strip()}
    assert project.pauta("pipeline", "list", cwd=tmp_path, **there).code == 0
    assert code_of(project, "token", "create", "ana", "--role", "viewer", "--to", str(file)) == "CLI-009"
    file.chmod(0o644)
    assert code_of(project, "worker", "start", "--token-file", str(file)) == "CFG-004", "everybody can read it"
    lost = tmp_path / "lost.token"
    assert code_of(project, "token", "create", "x", "--role", "worker", "--to", str(lost)) == "AUT-009"
    assert not lost.exists()


def test_the_audit_log_is_shown_and_found_whole(project: ServedProject) -> None:
    good(project, "limit", "set", "audited", "1")
    newest = project.pauta("audit", "-n", "1", "--json").json[0]
    assert newest["target"] == "audited"
    assert "audited" in good(project, "audit", "--after", str(newest["seq"] - 1))
    assert "is whole" in good(project, "audit", "--verify")


def test_cleaning_up_goes_through_the_server(project: ServedProject) -> None:
    answer = project.pauta("gc", "--keep-runs", "1", "--dry-run", "--json")
    assert answer.code == 0, answer.err
    assert answer.json["dry_run"] is True


def test_the_server_tells_how_it_is_in_both_languages(project: ServedProject) -> None:
    assert "Signed in as" in good(project, "status")
    assert "Identificado como" in good(project, "status", "--lang", "pt")
    assert project.pauta("status", "--json").json["url"] == project.written["url"]
