"""What needs a server says so; what does not works without one; what is typed wrongly is told at once."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from answers import Answer

from pauta.assembly.deploying import differing
from pauta.assembly.reaching import server_of
from pauta.cli.deploy_tables import read_tables
from pauta.cli.deployment import notifications_of
from pauta.cli.timing import timing_of
from pauta.domain.problems import InvalidInput

Call = Callable[..., Answer]
NEED_ONE = (
    "status",
    "wait latest",
    "submit p",
    "pipeline list",
    "script list",
    "deployment list",
    "schedule list",
    "trigger list",
    "work-pool list",
    "limit list",
    "worker list",
    "token list",
    "audit",
)


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("PAUTA_API_URL", "PAUTA_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("words", NEED_ONE)
def test_a_command_that_needs_a_server_says_so_and_how_to_start_one(call: Call, words: str) -> None:
    english, portuguese = call(*words.split()), call(*words.split(), "--lang", "pt")
    assert english.code == portuguese.code == 2
    assert f"`pauta {' '.join(words.split()[:2]) if ' list' in words else words.split()[0]}` needs" in english.err
    assert "`pauta server`" in english.err
    assert "precisa de um servidor" in portuguese.err
    assert call(*words.split(), "--json").json["error"]["code"] == "API-104"


def test_a_noun_alone_shows_its_help(call: Call) -> None:
    answer = call("schedule")
    assert answer.code == 0
    assert "Usage: pauta schedule COMMAND" in answer.out
    assert "preview" in answer.out


def test_a_misspelt_word_after_a_noun_names_the_nearest(call: Call) -> None:
    assert 'did you mean "schedule create"' in call("schedule", "crate").err.replace("\n  ", " ")


def test_a_preview_needs_no_server_and_marks_clock_changes(call: Call) -> None:
    words = (
        "schedule",
        "preview",
        "--cron",
        "30 1 * * *",
        "--zone",
        "Europe/Lisbon",
        "--from",
        "2027-03-27",
        "-n",
        "3",
    )
    marks = [row["mark"] for row in call(*words, "--json").json]
    assert marks == ["", "gap", ""]
    assert "não existe" in call(*words, "--lang", "pt").out
    skipped = call(*words, "--gap", "skip", "--json").json
    assert [row["mark"] for row in skipped] == ["", "left_out", ""]
    assert call("schedule", "preview", "--cron", "99 * * * *", "--json").json["error"]["code"] == "SCH-001"
    assert (
        call("schedule", "preview", "--cron", "* * * * *", "--zone", "Lisbon", "--json").json["error"]["code"]
        == "SCH-003"
    )


# ---- finding the server


def written(folder: Path, **values: object) -> None:
    (folder / ".pauta").mkdir(exist_ok=True)
    (folder / ".pauta" / "server.json").write_text(json.dumps(values))


def test_a_server_whose_process_is_gone_is_passed_over(tmp_path: Path) -> None:
    written(tmp_path, url="http://127.0.0.1:9", pid=2**22 + 1, token="t")
    assert server_of(tmp_path, {}) is None


def test_a_server_that_nobody_answers_for_is_passed_over(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        written(tmp_path, url=f"http://127.0.0.1:{taken.getsockname()[1]}", pid=os.getpid(), token="t")
        assert server_of(tmp_path, {}) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"url": 1, "pid": 1}', '{"url": "http://x", "pid": -1, "token": ""}'])
def test_a_server_file_that_is_damaged_is_passed_over(tmp_path: Path, text: str) -> None:
    (tmp_path / ".pauta").mkdir()
    (tmp_path / ".pauta" / "server.json").write_text(text)
    assert server_of(tmp_path, {}) is None


def test_the_environment_comes_first_and_needs_no_folder(tmp_path: Path) -> None:
    found = server_of(tmp_path, {"PAUTA_API_URL": "https://pauta.example", "PAUTA_TOKEN": " pauta_x "})
    assert found is not None
    assert (found.url, found.token, found.here) == ("https://pauta.example", "pauta_x", False)


def test_the_environment_may_name_the_folders_own_server(tmp_path: Path) -> None:
    written(tmp_path, url="http://127.0.0.1:7311", pid=os.getpid(), token="of the folder")
    found = server_of(tmp_path, {"PAUTA_API_URL": "http://127.0.0.1:7311/"})
    assert found is not None
    assert (found.token, found.here) == ("of the folder", True)


# ---- what is typed


def test_a_timing_holds_only_what_was_said() -> None:
    assert timing_of({"cron": "0 6 * * *", "zone": None}, command="x") == {"kind": "cron", "text": "0 6 * * *"}
    timing = timing_of({"every": "1h30m", "jitter": "5m", "missed": "all", "missed_limit": 3}, command="x")
    assert timing == {
        "kind": "interval",
        "seconds": 5400.0,
        "jitter_seconds": 300.0,
        "missed": "all",
        "missed_limit": 3,
    }


def test_a_date_without_an_offset_is_meant_in_the_zone() -> None:
    timing = timing_of({"cron": "0 6 * * *", "zone": "America/Sao_Paulo", "until": "2027-01-31"}, command="x")
    assert timing["ends_at"] == "2027-01-31T00:00:00-03:00"
    assert timing_of({"cron": "x", "zone": "No/Where", "from": "2027-01-31"}, command="x")["starts_at"]


def test_all_that_is_wrong_with_a_timing_is_told_at_once() -> None:
    given = {"cron": "x", "every": "never", "gap": "jump", "fold": "third", "jitter": "some", "until": "later"}
    with pytest.raises(InvalidInput) as caught:
        timing_of(given, command="x")
    assert len(caught.value.problems) == 5


def test_notifications_are_states_and_whom() -> None:
    assert notifications_of(["failed,held=webhook:https://x/y?a=b", "failed=apprise:env:MAIL"]) == [
        {"on": ["failed", "held"], "kind": "webhook", "address": "https://x/y?a=b"},
        {"on": ["failed"], "kind": "apprise", "address": "env:MAIL"},
    ]
    with pytest.raises(InvalidInput) as caught:
        notifications_of(["failed", "failed=mail:x", "=webhook:x"])
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("", ["DPL-001"]),
        ("deployment = 3", ["DPL-002"]),
        ("[deployment]\na = 1", ["DPL-002"]),
        ("[deployment.a]\npool = 'x'", ["DPL-003"]),
        ("[deployment.a]\npipeline = 'x'\ndocument = 'y'", ["DPL-003"]),
        ("[deployment.a]\npipelin = 'x'\npool = 'y'", ["DPL-005", "DPL-003"]),
        ("[deployment.a]\npipeline = 'x'\nschedule = 3", ["DPL-002"]),
        ("[deployment.a]\npipeline = 'x'\n[deployment.a.schedule.s]\ncorn = '* * * * *'", ["DPL-005"]),
        ("[deployment.a]\npipeline = 'x'\n[deployment.a.schedule.s]\nzone = 'UTC'", ["CLI-001"]),
        ("[deployment.a", ["CFG-003"]),
    ],
)
def test_tables_that_cannot_be_used_are_named(tmp_path: Path, text: str, codes: list[str]) -> None:
    file = tmp_path / "pauta.toml"
    file.write_text(text)
    with pytest.raises(InvalidInput) as caught:
        read_tables(file, only=())
    assert [problem.code for problem in caught.value.problems] == codes


def test_only_what_differs_is_changed() -> None:
    before = {"pool": "a", "priority": 0, "timing": {"kind": "cron", "text": "x", "ends_at": "2027-01-31T03:00:00Z"}}
    assert differing(before, {"pool": "a", "timing": {"kind": "cron", "ends_at": "2027-01-31T00:00:00-03:00"}}) == {}
    assert differing(before, {"priority": 1, "pool": "a"}) == {"priority": 1}
    assert differing(before, {"parameters": {"a": 1}}) == {"parameters": {"a": 1}}
