from __future__ import annotations

from pathlib import Path

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
