"""Calls of flows over the API: looked at, answered, approved, rejected."""

from __future__ import annotations

from typing import Any

from pauta.adapters.api_connection import Connection
from pauta.adapters.api_rows import path_of
from pauta.services.view_calls import Answered, CallPage, CallView, WaitingList, WaitingView

_AT_ONCE = 10_000
_MOST_WAITING = 500


class CallsApi:
    """The routes of calls. Every method raises what `Connection.ask` raises."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(self, run: str, *, after: int = -1, limit: int = 200) -> CallPage:
        """Calls of a run numbered above `after`; at most 10,000 at a time."""
        return self._connection.ask(
            "GET", path_of("runs", run, "calls"), CallPage, query={"after": after, "limit": min(limit, _AT_ONCE)}
        )

    def all(self, run: str) -> list[CallView]:
        """All calls of a run, by number."""
        found: list[CallView] = []
        after: int | None = -1
        while after is not None:
            page = self.page(run, after=after, limit=_AT_ONCE)
            found += page.calls
            after = page.next
        return found

    def get(self, run: str, call: str) -> CallView:
        """One call, by its number or name."""
        return self._connection.ask("GET", path_of("runs", run, "calls", call), CallView)

    def waiting(self, run: str | None = None) -> tuple[WaitingView, ...]:
        """What waits for people: of all runs, or of one and those that it began."""
        query = {"run": run, "limit": _MOST_WAITING}
        return self._connection.ask("GET", "/waiting", WaitingList, query=query).waiting

    def answer(self, run: str, call: str, value: Any) -> Answered:
        """Give a flow the value that it asks for."""
        path = path_of("runs", run, "calls", call, "answer")
        return self._connection.ask("POST", path, Answered, body={"value": value})

    def decide(self, run: str, call: str, *, approved: bool, comment: str) -> Answered:
        """Approve what a flow wants to do, or reject it."""
        path = path_of("runs", run, "calls", call, "approve" if approved else "reject")
        return self._connection.ask("POST", path, Answered, body={"comment": comment})
