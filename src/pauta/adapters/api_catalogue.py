"""Published pipelines, their scripts, and deployments over the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pauta.adapters.api_rows import Routes, Row, path_of
from pauta.services.view_deployments import WebhookKey
from pauta.services.view_pipelines import PublishedView, ScriptText, ScriptView, VersionView
from pauta.services.view_runs import Asked


class PipelinesApi(Routes):
    """Pipelines and scripts."""

    def publish(
        self,
        publication: Mapping[str, Any],
        *,
        activate: bool = True,
        note: str | None = None,
        based_on: int | None = None,
    ) -> PublishedView:
        """Publish a document with its scripts as a version.

        Args:
            publication: ``file``, ``document`` and ``scripts``.
            activate: Make it the version that runs from now on.
            note: What is said about it.
            based_on: The version it was made from: refused when another was published since.
        """
        body = {**publication, "activate": activate, "note": note, "based_on": based_on}
        return self._connection.ask("POST", "/pipelines", PublishedView, body=_said(body))

    def check(self, publication: Mapping[str, Any]) -> Row:
        """What is wrong with a document, and what it would do; nothing is published."""
        return self._row("POST", "/pipelines/check", body=dict(publication))

    def all(self) -> list[Row]:
        """All pipelines."""
        return self._rows("/pipelines")

    def get(self, name: str) -> Row:
        """One of them."""
        return self._row("GET", path_of("pipelines", name))

    def versions(self, name: str) -> list[Row]:
        """Its versions, newest first."""
        return self._rows(path_of("pipelines", name, "versions"))

    def version(self, name: str, version: int) -> VersionView:
        """One version: the document's text and what is in it."""
        return self._connection.ask("GET", path_of("pipelines", name, "versions", version), VersionView)

    def script(self, name: str, version: int, path: str) -> str:
        """The text of a script of a version."""
        where = path_of("pipelines", name, "versions", version, "scripts", *path.split("/"))
        return self._connection.ask("GET", where, ScriptText).text

    def activate(self, name: str, version: int, *, why: str | None = None) -> Row:
        """Make a version the one that runs."""
        body = _said({"version": version, "why": why})
        return self._row("POST", path_of("pipelines", name, "activate"), body=body)

    def activations(self, name: str) -> list[Row]:
        """Which version ran from when on, newest first."""
        return self._rows(path_of("pipelines", name, "activations"))

    def difference(self, name: str, a: int, b: int) -> Row:
        """How two versions differ."""
        return self._connection.ask("GET", path_of("pipelines", name, "diff"), dict, query={"a": a, "b": b})

    def scripts(self) -> list[Row]:
        """Scripts of all pipelines."""
        return self._rows("/scripts")

    def uses(self, path: str) -> ScriptView:
        """A script with all forms it ever had, and the pipelines that use them."""
        return self._connection.ask("GET", path_of("scripts", *path.split("/")), ScriptView)


class DeploymentsApi(Routes):
    """Deployments."""

    def all(self) -> list[Row]:
        """All deployments."""
        return self._rows("/deployments")

    def get(self, name: str) -> Row:
        """One of them."""
        return self._row("GET", path_of("deployments", name))

    def create(self, body: Mapping[str, Any]) -> Row:
        """Make one."""
        return self._row("POST", "/deployments", body=dict(body))

    def change(self, name: str, body: Mapping[str, Any]) -> Row:
        """Change these fields of it."""
        return self._row("PATCH", path_of("deployments", name), body=dict(body))

    def remove(self, name: str) -> None:
        """Remove it with its schedules and triggers."""
        self._do("DELETE", path_of("deployments", name))

    def switch(self, name: str, *, on: bool) -> Row:
        """Pause it, or let it go on."""
        return self._row("POST", path_of("deployments", name, "resume" if on else "pause"))

    def run(self, name: str, body: Mapping[str, Any]) -> Asked:
        """Run it now, with other values where some are given."""
        return self._connection.ask("POST", path_of("deployments", name, "run"), Asked, body=dict(body))

    def history(self, name: str) -> list[Row]:
        """All its forms, newest first."""
        return self._rows(path_of("deployments", name, "history"))

    def webhook_key(self, name: str) -> str:
        """The key with which its webhooks are signed."""
        return self._connection.ask("GET", path_of("deployments", name, "webhook-key"), WebhookKey).key


def _said(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value is not None}
