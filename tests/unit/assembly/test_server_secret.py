from __future__ import annotations

from pathlib import Path
from threading import Barrier, Thread

import pytest

from pauta.assembly.server_secret import server_secret
from pauta.domain.problems import Conflict
from pauta.storage.memory import MemoryStore


def test_a_project_keeps_its_secret_where_only_its_owner_reads_it(tmp_path: Path) -> None:
    store = MemoryStore()
    first = server_secret(tmp_path, given=None, store=store, is_shared=False)
    assert len(first) == 32
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600
    assert server_secret(tmp_path, given=None, store=store, is_shared=False) == first


def test_servers_that_share_a_database_must_have_the_same_secret(tmp_path: Path) -> None:
    store = MemoryStore()
    one = server_secret(tmp_path / "a", given="a secret of the plant", store=store, is_shared=True)
    assert server_secret(tmp_path / "b", given="a secret of the plant", store=store, is_shared=True) == one
    with pytest.raises(Conflict, match="SRV-002"):
        server_secret(tmp_path / "c", given="another", store=store, is_shared=True)


def test_a_restored_project_without_its_secret_starts_with_a_new_one(tmp_path: Path) -> None:
    store = MemoryStore()
    old = server_secret(tmp_path, given=None, store=store, is_shared=False)
    (tmp_path / "secret").unlink()
    assert server_secret(tmp_path, given=None, store=store, is_shared=False) != old


def test_servers_that_start_at_once_for_the_first_time_have_one_secret(tmp_path: Path) -> None:
    start, secrets = Barrier(8), set[bytes]()

    def begin(records: Path, store: MemoryStore) -> None:
        start.wait()
        secrets.add(server_secret(records, given=None, store=store, is_shared=True))

    for turn in range(20):
        records = tmp_path / str(turn)
        records.mkdir()
        secrets.clear()
        store = MemoryStore()
        threads = [Thread(target=begin, args=(records, store)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [len(secret) for secret in secrets] == [32]
        assert [file.name for file in records.iterdir()] == ["secret"]
