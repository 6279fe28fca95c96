"""Published pipelines in memory."""

from __future__ import annotations

from pauta.domain.pipelines import Activation, PipelineHead, PipelineVersion
from pauta.storage.fields import whole_in_utc
from pauta.storage.memory_data import Journal


class MemoryPipelines:
    """`PipelineRows` in memory."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def add(self, version: PipelineVersion) -> bool:
        """See `PipelineRows`."""
        if self.get(version.name, version.version) or self.by_digest(version.name, version.digest):
            return False
        self._journal.put(self._journal.tables.versions, (version.name, version.version), whole_in_utc(version))
        return True

    def get(self, name: str, version: int) -> PipelineVersion | None:
        """See `PipelineRows`."""
        self._journal.check()
        return self._journal.tables.versions.get((name, version))

    def by_digest(self, name: str, digest: str) -> PipelineVersion | None:
        """See `PipelineRows`."""
        return next((version for version in self.versions(name) if version.digest == digest), None)

    def versions(self, name: str) -> list[PipelineVersion]:
        """See `PipelineRows`."""
        self._journal.check()
        found = [version for version in self._journal.tables.versions.values() if version.name == name]
        return sorted(found, key=lambda version: version.version, reverse=True)

    def head(self, name: str) -> PipelineHead | None:
        """See `PipelineRows`."""
        return next((head for head in self.heads() if head.name == name), None)

    def heads(self) -> list[PipelineHead]:
        """See `PipelineRows`."""
        self._journal.check()
        found = []
        for name in sorted({name for name, _ in self._journal.tables.versions}):
            lines = self.activations(name)
            found.append(PipelineHead(name, lines[0].version if lines else 0, self.versions(name)[0].version))
        return found

    def activate(self, activation: Activation) -> None:
        """See `PipelineRows`."""
        self._journal.check()
        lines = self._journal.tables.activations
        self._journal.put(lines, len(lines), whole_in_utc(activation))

    def activations(self, name: str) -> list[Activation]:
        """See `PipelineRows`."""
        self._journal.check()
        return [line for _, line in sorted(self._journal.tables.activations.items(), reverse=True) if line.name == name]
