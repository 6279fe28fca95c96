"""Finds the server that a command goes through: the one named by the environment, else the folder's own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from pauta.assembly import RECORDS, SERVER_FILE, SERVER_TOKEN, SERVER_URL
from pauta.domain.problems import InvalidInput, Problem, shorten

if TYPE_CHECKING:
    from datetime import datetime

    from pauta.assembly.remote_project import RemoteProject


@dataclass(frozen=True, slots=True)
class Reached:
    """A server and how to speak to it. `here`: it is the folder's own, on this machine."""

    url: str
    token: str
    here: bool


class _Written(msgspec.Struct):
    url: str
    pid: int
    token: str = ""


def server_of(folder: Path, environment: Mapping[str, str] | None = None) -> Reached | None:
    """The server for commands in this folder, or None.

    One that the environment names is believed. What a server wrote into the folder counts only while its process
    lives and its address takes connections: a server that was killed leaves that file behind.

    Args:
        folder: The project's folder.
        environment: Where ``PAUTA_API_URL`` and ``PAUTA_TOKEN`` stand; this process's own when None.
    """
    known = os.environ if environment is None else environment
    url = known.get(SERVER_URL, "").strip()
    written = _read(folder / RECORDS / SERVER_FILE)
    if url:
        token = known.get(SERVER_TOKEN, "").strip()
        is_own = written is not None and written.url.rstrip("/") == url.rstrip("/") and _lives(written.pid)
        return Reached(url, token or (written.token if is_own and written is not None else ""), here=is_own)
    if written is None or not _lives(written.pid):
        return None
    from pauta.adapters.api_client import answers

    return Reached(written.url, written.token, here=True) if answers(written.url) else None


def reach(folder: Path, *, language: str, command: str) -> RemoteProject:
    """The project of this folder through its server.

    Args:
        folder: The project's folder.
        language: Of what the server tells.
        command: What needs it, for the message.

    Raises:
        InvalidInput: API-104 when there is no server, API-107 when its address is none.
    """
    found = remote_project(folder, language=language)
    if found is None:
        raise InvalidInput(Problem("API-104", {"command": command, "folder": shorten(folder)}))
    return found


@contextmanager
def reach_or_open(folder: Path, *, language: str, say: Callable[[str], None]) -> Iterator[RemoteProject]:
    """The project of this folder through its server, or, when none runs or is named, through its own records.

    Args:
        folder: The project's folder; its records are made if there are none.
        language: Of what is told.
        say: Where warnings go when the records are opened here.

    Raises:
        StoreFault: DB-… when the records cannot be opened.
    """
    found = remote_project(folder, language=language)
    if found is not None:
        with found:
            yield found
        return
    from pauta.assembly.own_records import own_records

    with own_records(folder, language=language, say=say) as own:
        yield own


def remote_project(folder: Path, *, language: str) -> RemoteProject | None:
    """The project of this folder through its server, when there is one."""
    found = server_of(folder)
    if found is None:
        return None
    from pauta.adapters.api_client import ApiClient
    from pauta.assembly.remote_project import RemoteProject

    client = ApiClient(found.url, found.token, language)
    return RemoteProject(folder, client, here=found.here, language=language)


def now() -> datetime:
    """The time, for commands that count from it: "in 30 days", "the next ten"."""
    from pauta.adapters import clock

    return clock.now()


def _read(file: Path) -> _Written | None:
    try:
        return msgspec.json.decode(file.read_bytes(), type=_Written)
    except (OSError, msgspec.DecodeError, msgspec.ValidationError):
        return None


def _lives(process: int) -> bool:
    if process <= 0:
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
