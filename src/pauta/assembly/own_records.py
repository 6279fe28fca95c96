"""A project's own records, for commands that a server answers otherwise: opened for as long as one of them lasts."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from pauta.adapters.api_connection import Connection

if TYPE_CHECKING:
    from pauta.assembly.remote_project import RemoteProject
    from pauta.server.indoors import Indoors

T = TypeVar("T")


class IndoorConnection(Connection):
    """A connection that leads to no server: its routes are called here."""

    def __init__(self, indoors: Indoors, *, folder: Path) -> None:
        self.url = str(folder)
        self._indoors = indoors

    def close(self) -> None:
        """Nothing: the records are closed by whoever opened them."""

    def ask(
        self,
        method: str,
        path: str,
        kind: type[T],
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        patience: float = 0.0,
    ) -> T:
        """See `Connection`."""
        del headers, patience
        return msgspec.json.decode(self._indoors.ask(method, path, query=query or {}, body=body), type=kind)


@contextmanager
def own_records(folder: Path, *, language: str, say: Callable[[str], None]) -> Iterator[RemoteProject]:
    """The project of this folder as its server would have it, while no server runs.

    Args:
        folder: The project's folder; its records are made if there are none.
        language: Of what is shown: ``en`` or ``pt``.
        say: Where warnings go.

    Raises:
        StoreFault: DB-003 when another process works on it; other DB-….
        InvalidInput: CFG-… when settings do not fit.
    """
    from pauta.adapters.api_client import ApiClient
    from pauta.assembly.control import opened_control
    from pauta.assembly.remote_project import RemoteProject
    from pauta.assembly.settings import load_settings
    from pauta.server.indoors import Indoors
    from pauta.server.routes.all import all_routes

    settings = load_settings(folder, environ=os.environ).settings
    with opened_control(folder, settings, say=say) as control:
        indoors = Indoors(control, settings, routes=all_routes(), language=language)
        client = ApiClient.over(IndoorConnection(indoors, folder=folder))
        project = RemoteProject(folder, client, here=True, language=language)
        project.is_own = True
        yield project
