"""``pauta retention``: what the budgets would remove, and why the rest stays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from answers import Answer
from msgspec.structs import replace

from pauta.domain.runs import LogChunk, LogLine
from pauta.domain.states import RunState
from pauta.storage.sqlite import open_sqlite
from store_samples import NOON, run_id, submit

Call = Callable[..., Answer]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with three old runs, of which one has not ended."""
    (tmp_path / ".pauta").mkdir()
    store = open_sqlite(tmp_path / ".pauta")
    for number in (1, 2, 3):
        run, _, _ = submit(store, number, created_at=NOON.replace(year=2020))
        if number != 2:
            with store.transaction() as tx:
                tx.runs.save(run, replace(run, state=RunState.COMPLETED, ended_at=NOON, open_stages=0))
    store.close()
    (tmp_path / "pauta.toml").write_text("[retention]\nrun_days = 30\nkeep_runs = 1\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_retention_tells_and_only_with_a_yes_removes(call: Call, folder: Path) -> None:
    told = call("retention")
    assert told.code == 0
    assert "Would remove 1 run and" in told.out
    assert "1 run, too old" in told.out
    assert "1 run, kept: not ended" in told.out
    assert call("retention", "--json").json["reasons"] == {"age": 1, "kept_active": 1, "kept_newest": 1}
    assert "Removed 1 run and" in call("retention", "--yes").out
    assert "Nada a remover." in call("retention", "--lang", "pt").out


def test_retention_without_a_bound_removes_nothing(call: Call, folder: Path) -> None:
    answer = call("retention", "--yes", "--json", PAUTA_RETENTION_RUN_DAYS="none")
    assert answer.json["runs"] == []
    assert answer.json["reasons"] == {"kept_active": 1, "kept_newest": 1, "kept_young": 1}


def test_retention_tells_of_log_lines_that_go_before_their_run(call: Call, folder: Path) -> None:
    store = open_sqlite(folder / ".pauta")
    with store.transaction() as tx:
        tx.logs.append([LogChunk(run_id(3), 0, 1, 0, (LogLine(NOON, "INFO", "said"),))])
    store.close()
    assert "Would remove the log lines of 1 run" in call("retention").out
    assert "Removidas as linhas de log de 1 execução" in call("retention", "--yes", "--lang", "pt").out
    assert call("retention", "--json").json["log_runs"] == 0
