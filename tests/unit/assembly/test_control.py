"""What a server knows of itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from pauta.assembly.control import opened_control
from pauta.assembly.owners import owner_here
from pauta.domain.settings import ServerSettings, Settings, WorkerSettings


@pytest.mark.parametrize(("works", "pools"), [(True, {"default", "gpu"}), (False, set())])
def test_a_server_knows_which_pools_its_own_worker_serves(tmp_path: Path, works: bool, pools: set[str]) -> None:
    settings = Settings(server=ServerSettings(worker=works), worker=WorkerSettings(pools=("default", "gpu")))
    with opened_control(tmp_path, settings, say=lambda line: None) as control:
        assert (control.own_pools, control.own_worker) == (pools, owner_here())
