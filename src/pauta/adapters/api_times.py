"""Schedules and triggers over the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pauta.adapters.api_rows import Routes, Row, path_of


class SchedulesApi(Routes):
    """Schedules."""

    def all(self, deployment: str | None = None) -> list[Row]:
        """All schedules, or those of a deployment."""
        return self._rows("/schedules", query={"deployment": deployment})

    def get(self, schedule: str) -> Row:
        """One of them."""
        return self._row("GET", path_of("schedules", schedule))

    def create(self, deployment: str, body: Mapping[str, Any]) -> Row:
        """Make one: ``name``, ``timing``, perhaps ``parameters``."""
        return self._row("POST", path_of("deployments", deployment, "schedules"), body=dict(body))

    def change(self, schedule: str, body: Mapping[str, Any]) -> Row:
        """Change these fields of it."""
        return self._row("PATCH", path_of("schedules", schedule), body=dict(body))

    def remove(self, schedule: str) -> None:
        """Remove it."""
        self._do("DELETE", path_of("schedules", schedule))

    def switch(self, schedule: str, *, on: bool) -> Row:
        """Pause it, or let it go on."""
        return self._row("POST", path_of("schedules", schedule, "resume" if on else "pause"))

    def next(self, schedule: str, *, count: int) -> list[Row]:
        """When it fires next."""
        return self._rows(path_of("schedules", schedule, "next"), query={"count": count})

    def firings(self, schedule: str) -> list[Row]:
        """What became of its times, newest first."""
        return self._rows(path_of("schedules", schedule, "firings"))

    def preview(self, timing: Mapping[str, Any], *, count: int) -> list[Row]:
        """When a timing would fire; nothing is kept."""
        return self._rows("/schedules/preview", body={"timing": dict(timing), "count": count})


class TriggersApi(Routes):
    """Triggers."""

    def all(self, deployment: str | None = None) -> list[Row]:
        """All triggers, or those of a deployment."""
        return self._rows("/triggers", query={"deployment": deployment})

    def create(self, deployment: str, body: Mapping[str, Any]) -> Row:
        """Make one."""
        return self._row("POST", path_of("deployments", deployment, "triggers"), body=dict(body))

    def remove(self, trigger: str) -> None:
        """Remove it."""
        self._do("DELETE", path_of("triggers", trigger))

    def switch(self, trigger: str, *, on: bool) -> Row:
        """Pause it, or let it go on."""
        return self._row("POST", path_of("triggers", trigger, "resume" if on else "pause"))
