"""Durable commits of several threads share a flush; a flush that fails is the end of writing (P26)."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from pauta.domain.problems import StoreFault
from pauta.storage.sqlite import open_sqlite

THREADS = 12


def test_commits_that_wait_together_are_flushed_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushes = []
    real = os.fdatasync

    def slow(descriptor: int) -> None:
        flushes.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        time.sleep(0.05)
        real(descriptor)

    store = open_sqlite(tmp_path)
    with store.transaction() as tx:
        tx.meta.put("n", "0")
    monkeypatch.setattr(os, "fdatasync", slow)

    def write(no: int) -> None:
        with store.transaction(durable=True) as tx:
            tx.meta.put(f"n{no}", str(no))

    threads = [threading.Thread(target=write, args=(no,)) for no in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(path.endswith("-wal") for path in flushes)
    assert 1 <= len(flushes) < THREADS / 2
    with store.transaction() as tx:
        assert [tx.meta.get(f"n{no}") for no in range(THREADS)] == [str(no) for no in range(THREADS)]
    store.close()


def test_a_durable_transaction_returns_only_after_a_flush_that_began_after_its_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    real = os.fdatasync
    monkeypatch.setattr(os, "fdatasync", lambda descriptor: (order.append("flush"), real(descriptor)))
    store = open_sqlite(tmp_path)
    for _ in range(3):
        with store.transaction(durable=True) as tx:
            tx.meta.put("n", "1")
            order.append("write")
        order.append("returned")
    assert order == ["write", "flush", "returned"] * 3
    store.close()


def test_after_a_failed_flush_nothing_more_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    store = open_sqlite(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", broken)
        with pytest.raises(StoreFault, match="DB-007"), store.transaction(durable=True) as tx:
            tx.meta.put("n", "1")
    with pytest.raises(StoreFault, match="DB-007"), store.transaction() as tx:
        tx.meta.put("n", "2")
    store.close()
