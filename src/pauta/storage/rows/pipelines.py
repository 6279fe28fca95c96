"""Published pipelines in SQL."""

from __future__ import annotations

from pauta.domain.pipelines import Activation, PipelineHead, PipelineVersion
from pauta.storage.records_control import ACTIVATION, PIPELINE_VERSION
from pauta.storage.session import Params, Session


class SqlPipelines:
    """`PipelineRows` in SQL."""

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    def _one(self, name: str, params: Params) -> PipelineVersion | None:
        row = self._session.row(name, params)
        return PIPELINE_VERSION.record(row) if row else None

    def add(self, version: PipelineVersion) -> bool:
        """See `PipelineRows`."""
        return self._session.run("pipeline.add", PIPELINE_VERSION.row(version)) == 1

    def get(self, name: str, version: int) -> PipelineVersion | None:
        """See `PipelineRows`."""
        return self._one("pipeline.get", {"k_name": name, "k_version": version})

    def by_digest(self, name: str, digest: str) -> PipelineVersion | None:
        """See `PipelineRows`."""
        return self._one("pipeline.by_digest", {"k_name": name, "k_digest": digest})

    def versions(self, name: str) -> list[PipelineVersion]:
        """See `PipelineRows`."""
        return [PIPELINE_VERSION.record(row) for row in self._session.rows("pipeline.versions", {"k_name": name})]

    def head(self, name: str) -> PipelineHead | None:
        """See `PipelineRows`."""
        row = self._session.row("pipeline.head", {"k_name": name})
        return PipelineHead(*row) if row else None

    def heads(self) -> list[PipelineHead]:
        """See `PipelineRows`."""
        return [PipelineHead(*row) for row in self._session.rows("pipeline.heads", {})]

    def activate(self, activation: Activation) -> None:
        """See `PipelineRows`."""
        self._session.run("activation.add", ACTIVATION.row(activation))

    def activations(self, name: str) -> list[Activation]:
        """See `PipelineRows`."""
        return [ACTIVATION.record(row) for row in self._session.rows("activation.of_name", {"k_name": name})]
