"""The only room that names concrete classes: reads the settings once and hands back ready services."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pauta.assembly.project import Project
    from pauta.assembly.remote_project import RemoteProject
    from pauta.assembly.visitor import Visitor
    from pauta.ports.objects import Objects

RECORDS = ".pauta"
"""Folder of a project's records, beside its ``pauta.toml``."""

SERVER_FILE = "server.json"
"""What a server writes into the records: its address, its process, a token for commands beside it."""

SERVER_URL, SERVER_TOKEN = "PAUTA_API_URL", "PAUTA_TOKEN"
"""Where commands find a server that is elsewhere."""

_TURN_SECONDS = 0.1


def objects_in(root: Path) -> Objects:
    """The object store in this folder."""
    from pauta.adapters.folder_objects import FolderObjects

    return FolderObjects(root)


def open_project(
    folder: Path, *, wait_for_lock: Callable[[str], bool] | None = None, language: str = "en"
) -> Project | Visitor | RemoteProject:
    """The project of this folder; its records are made if there are none.

    Where a server runs, everything goes through it: a `RemoteProject` asks it.

    While another process works on it, that process is asked what this one wants to know: a `Visitor` answers
    the same questions, and waits for its turn for everything else.

    Args:
        folder: The project's folder.
        wait_for_lock: Asked again and again, with who holds it, while another process owns the project; False
            gives up. None gives up at once.
        language: Of reasons and the like in what is shown: ``en`` or ``pt``.

    Raises:
        StoreFault: DB-… when the records cannot be opened.
    """
    from pauta.assembly.project import own_project
    from pauta.assembly.visitor import Visitor
    from pauta.domain.problems import StoreFault

    records = folder / RECORDS
    if SERVER_URL in os.environ or (records / SERVER_FILE).exists():
        from pauta.assembly.reaching import remote_project

        if (remote := remote_project(folder, language=language)) is not None:
            return remote
    records.mkdir(parents=True, exist_ok=True)
    try:
        return own_project(folder, wait=None, language=language)
    except StoreFault as fault:
        if fault.problems[0].code != "DB-003" or wait_for_lock is None:
            raise
        holder = "{command} ({pid})".format_map(fault.problems[0].values)

        def wait() -> bool:
            time.sleep(_TURN_SECONDS)
            return wait_for_lock(holder)

        return Visitor(folder, lambda: own_project(folder, wait=wait, language=language))
