"""Rows as a server sends them. They are shown, not worked with: what a newer server adds is passed on as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from pauta.adapters.api_connection import Connection

Row = dict[str, Any]
"""One thing with its fields."""


class Routes:
    """The routes about one thing. Every method of those that follow raises what `Connection.ask` raises."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _row(self, method: str, path: str, *, body: Any = None, query: Mapping[str, Any] | None = None) -> Row:
        return self._connection.ask(method, path, dict, body=body, query=query)

    def _rows(self, path: str, *, query: Mapping[str, Any] | None = None, body: Any = None) -> list[Row]:
        """A list, which may stand alone or under its name in an object."""
        method = "GET" if body is None else "POST"
        answer = self._connection.ask(method, path, object, query=query, body=body)
        if isinstance(answer, dict):
            return next((value for value in answer.values() if isinstance(value, list)), [])
        return answer if isinstance(answer, list) else []

    def _do(self, method: str, path: str, *, body: Any = None) -> None:
        self._connection.ask(method, path, object, body=body)


def path_of(*parts: str | int) -> str:
    """A path of these names, whatever they are."""
    return "".join(f"/{quote(str(part), safe='')}" for part in parts)
