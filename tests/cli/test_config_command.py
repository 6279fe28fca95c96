"""``pauta config``: values, sources, and nothing secret."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from answers import Answer

Call = Callable[..., Answer]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder with a few settings."""
    (tmp_path / "pauta.toml").write_text("[queue]\nlease_seconds = 40\n[server]\nport = 8000\nhosts = ['a', 'b']\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_config_lists_every_setting_with_its_value_and_source(call: Call, folder: Path) -> None:
    out = call("config", PAUTA_SERVER_PORT="9000", COLUMNS="160").out
    lines = {line.split()[0]: line.split()[1:] for line in out.splitlines()[2:]}
    assert lines["queue.lease_seconds"] == ["40", "pauta.toml:2"]
    assert lines["server.port"] == ["9000", "PAUTA_SERVER_PORT,", "over", "pauta.toml:4", "(8000)"]
    assert lines["server.hosts"] == ["a,", "b", "pauta.toml:5"]
    assert lines["queue.heartbeat_seconds"] == ["10", "default"]
    assert lines["retention.object_bytes"] == ["none", "default"]


def test_config_lists_only_what_was_changed_on_demand(call: Call, folder: Path) -> None:
    out = call("config", "list", "--changed").out
    assert [line.split()[0] for line in out.splitlines()[2:]] == ["server.port", "server.hosts", "queue.lease_seconds"]
    (folder / "pauta.toml").write_text("")
    assert call("config", "--changed", "--lang", "pt").out == "Todas as configurações estão no padrão.\n"


def test_config_as_json_tells_what_said_something_else(call: Call, folder: Path) -> None:
    found = {line["name"]: line for line in call("config", "--json", PAUTA_SERVER_PORT="9000").json}
    assert found["server.port"] == {
        "name": "server.port",
        "value": 9000,
        "source": "environment",
        "where": "PAUTA_SERVER_PORT",
        "over": [{"source": "file", "where": "pauta.toml:4", "value": 8000}],
    }


def test_config_get_prints_one_value(call: Call, folder: Path) -> None:
    assert call("config", "get", "queue.lease_seconds").out == "40\n"
    assert call("config", "get", "server.worker").out == "true\n"
    answer = call("config", "get", "queue.lease_secs")
    assert (answer.code, answer.out) == (2, "")
    assert 'did you mean "queue.lease_seconds"' in answer.err


def test_s15_config_shows_no_secret(call: Call, folder: Path) -> None:
    secrets = {"PAUTA_TOKEN": "hunter2hunter2", "PAUTA_DATABASE_URL": "postgresql://u:hunter2hunter2@h/db"}
    for words in (
        ("config",),
        ("config", "--json"),
        ("config", "get", "worker.token"),
        ("config", "get", "database.url"),
    ):
        answer = call(*words, **secrets)
        assert answer.code == 0
        assert "hunter2" not in answer.out + answer.err
        assert "***" in answer.out


def test_b74_config_tells_every_slip_with_its_line(call: Call, folder: Path) -> None:
    (folder / "pauta.toml").write_text("[queue]\nlease_secs = 30\n")
    answer = call("config", PAUTA_QUEUE_LEAS_SECONDS="1", COLUMNS="160")
    assert answer.code == 2
    assert 'unknown setting "lease_secs"; did you mean "lease_seconds"?' in answer.err
    assert "line 2, column 1" in answer.err
    assert "lease_secs = 30" in answer.err
    assert 'did you mean "PAUTA_QUEUE_LEASE_SECONDS"' in answer.err
