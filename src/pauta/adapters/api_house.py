"""Work pools, workers, limits; tokens, the audit log, the server itself: over the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pauta.adapters.api_rows import Routes, Row, path_of
from pauta.services.views import CollectView


class PlacesApi(Routes):
    """Where work is done, and how much of it at a time."""

    def pools(self) -> list[Row]:
        """All work pools."""
        return self._rows("/pools")

    def pool(self, name: str) -> Row:
        """One of them."""
        return self._row("GET", path_of("pools", name))

    def create_pool(self, body: Mapping[str, Any]) -> Row:
        """Make one."""
        return self._row("POST", "/pools", body=dict(body))

    def change_pool(self, name: str, body: Mapping[str, Any]) -> Row:
        """Change these fields of it."""
        return self._row("PATCH", path_of("pools", name), body=dict(body))

    def remove_pool(self, name: str) -> None:
        """Remove it."""
        self._do("DELETE", path_of("pools", name))

    def switch_pool(self, name: str, *, on: bool) -> Row:
        """Pause it, or let it go on."""
        return self._row("POST", path_of("pools", name, "resume" if on else "pause"))

    def limits(self) -> list[Row]:
        """All limits."""
        return self._rows("/limits")

    def set_limit(self, key: str, most: int, *, period_seconds: float | None = None) -> None:
        """At most so many stages at a time under this key, or so many in any period."""
        period = {} if period_seconds is None else {"period_seconds": period_seconds}
        self._do("PUT", path_of("limits", key), body={"most": most, **period})

    def remove_limit(self, key: str) -> None:
        """Lift a limit."""
        self._do("DELETE", path_of("limits", key))

    def workers(self) -> list[Row]:
        """All workers, most recently heard of first."""
        return self._rows("/workers")

    def drain(self, owner: str) -> None:
        """Have a worker take nothing new."""
        self._do("POST", path_of("workers", owner, "drain"))


class HouseApi(Routes):
    """Who may do what, what was done, and how the server is."""

    def me(self) -> Row:
        """Who the token makes us."""
        return self._row("GET", "/me")

    def status(self) -> Row:
        """How the server is."""
        return self._row("GET", "/status")

    def settings(self) -> Any:
        """Its settings, with where each comes from."""
        return self._connection.ask("GET", "/settings", object)

    def tokens(self) -> list[Row]:
        """All tokens, without their secrets."""
        return self._rows("/tokens")

    def create_token(self, body: Mapping[str, Any]) -> Row:
        """Make one; its text is in the answer, and never told again."""
        return self._row("POST", "/tokens", body=dict(body))

    def revoke_token(self, token: str) -> None:
        """Revoke one."""
        self._do("DELETE", path_of("tokens", token))

    def audit(self, *, after: int = 0, limit: int = 100) -> list[Row]:
        """Lines of the audit log with a number above `after`, oldest first."""
        return self._rows("/audit", query={"after": after, "limit": limit})

    def verify_audit(self) -> Row:
        """Whether the audit log is as it was written."""
        return self._row("GET", "/audit/verify")

    def collect(
        self,
        *,
        dry_run: bool,
        keep_runs: int | None = None,
        older_than_days: float | None = None,
        budgets: bool = False,
    ) -> CollectView:
        """Remove what nothing needs, or tell what would be removed; by the server's budgets when asked so."""
        body: dict[str, Any] = {"dry_run": dry_run}
        if budgets:
            body["budgets"] = True
        if keep_runs is not None:
            body["keep_runs"] = keep_runs
        if older_than_days is not None:
            body["older_than_days"] = older_than_days
        return self._connection.ask("POST", "/retention", CollectView, body=body)

    def backup(self) -> Row:
        """Have the server back its records up."""
        return self._row("POST", "/backup")
