"""The token for commands of the same machine lives as long as its server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pauta.assembly.control import opened_control
from pauta.assembly.local_access import NAME, LocalAccess
from pauta.domain.problems import StoreFault
from pauta.domain.settings import Secret, ServerSettings, Settings, StoreSettings
from pauta.services.control import Control

SETTINGS = Settings(server=ServerSettings(port=0))
NO_PROCESS = 4_194_305  # beyond the largest process id


def valid_tokens(control: Control) -> list[str]:
    with control.store.transaction() as tx:
        return [token.id for token in tx.tokens.all() if token.revoked_at is None and token.kind == "token"]


def test_the_token_of_a_server_that_was_killed_is_worth_nothing_after_the_next_start(tmp_path: Path) -> None:
    with opened_control(tmp_path, SETTINGS, say=print) as control:
        killed = LocalAccess(control, SETTINGS)
        killed.announce()
        [old] = valid_tokens(control)
        killed.socket.close()
        path = control.records / NAME
        left = json.loads(path.read_text())
        assert path.stat().st_mode & 0o777 == 0o600
        path.write_text(json.dumps({**left, "pid": NO_PROCESS}))
        with LocalAccess(control, SETTINGS) as access:
            access.announce()
            [new] = valid_tokens(control)
            assert new != old
        assert valid_tokens(control) == []
        assert not path.exists()


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"pid": 1}', '{"pid": "x", "token": "y"}', '{"pid": 4194305, "token": 7}']
)
def test_a_damaged_file_of_a_former_server_does_not_keep_the_next_from_starting(tmp_path: Path, text: str) -> None:
    with opened_control(tmp_path, SETTINGS, say=print) as control:
        (control.records / NAME).write_text(text)
        with LocalAccess(control, SETTINGS) as access:
            access.announce()
            assert len(valid_tokens(control)) == 1


def test_a_store_that_this_version_cannot_use_stops_the_start(tmp_path: Path) -> None:
    settings = Settings(store=StoreSettings(url=Secret("ftp://ana:s3cret@host/objects")))
    with pytest.raises(StoreFault, match="OBJ-008") as told, opened_control(tmp_path, settings, say=print):
        pass
    assert "s3cret" not in str(told.value)
