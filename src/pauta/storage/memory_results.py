"""Logs, history, cached results and what is known of stored objects, in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from pauta.domain.ids import Address, RunId
from pauta.domain.runs import CacheEntry, Event, LogChunk
from pauta.domain.states import FINAL_RUNS, StepState
from pauta.storage import codec, references
from pauta.storage.faults import fault
from pauta.storage.memory_data import Journal, in_utc


class MemoryCache:
    """`CacheRows` in memory."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def get(self, key: str) -> CacheEntry | None:
        """See `CacheRows`."""
        self._journal.check()
        return self._journal.tables.cache.get(key)

    def get_many(self, keys: Sequence[str]) -> Mapping[str, CacheEntry]:
        """See `CacheRows`."""
        self._journal.check()
        entries = self._journal.tables.cache
        return {key: entries[key] for key in keys if key in entries}

    def by_recipe(self, recipe: str, *, limit: int = 8) -> list[CacheEntry]:
        """See `CacheRows`."""
        self._journal.check()
        found = sorted(
            (e for e in self._journal.tables.cache.values() if e.recipe == recipe), key=lambda entry: entry.key
        )
        return sorted(found, key=lambda entry: entry.made_at, reverse=True)[:limit]

    def by_recipes(self, recipes: Sequence[str], *, limit: int = 8) -> Mapping[str, Sequence[CacheEntry]]:
        """See `CacheRows`."""
        found = {recipe: self.by_recipe(recipe, limit=limit) for recipe in recipes}
        return {recipe: entries for recipe, entries in found.items() if entries}

    def put(self, entries: Sequence[CacheEntry]) -> None:
        """See `CacheRows`."""
        self._journal.check()
        for entry in entries:
            self._journal.put(self._journal.tables.cache, entry.key, in_utc(entry))

    def forget(self, addresses: Sequence[Address]) -> int:
        """See `CacheRows`. What was remembered of these objects otherwise goes too."""
        self._journal.check()
        tables, gone = self._journal.tables, set(addresses)
        concerned = [key for key, entry in tables.cache.items() if references.of_result(entry) & gone]
        for key in concerned:
            self._journal.drop(tables.cache, key)
        for key in [key for key, output in tables.imported.items() if references.of_import(output) in gone]:
            self._journal.drop(tables.imported, key)
        for address in gone:
            self._journal.drop(tables.profiles, address)
        return len(concerned)


class MemoryLogs:
    """`LogRows` in memory."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def append(self, chunks: Sequence[LogChunk]) -> None:
        """See `LogRows`."""
        self._journal.check()
        for chunk in chunks:
            if not chunk.lines:
                continue
            rows = self._journal.tables.logs.get(chunk.run_id)
            if rows is None or chunk.first in rows:
                raise self._journal.fail(fault("DB-011", detail=f"log {chunk.run_id}/{chunk.first}"))
            self._journal.put(rows, chunk.first, replace(chunk, lines=tuple(map(in_utc, chunk.lines))))

    def read(
        self, run_id: RunId, *, step_no: int | None = None, after: int = -1, limit_lines: int = 10_000
    ) -> list[LogChunk]:
        """See `LogRows`."""
        self._journal.check()
        found: list[LogChunk] = []
        lines = 0
        for _, chunk in sorted(self._journal.tables.logs.get(run_id, {}).items()):
            if lines >= limit_lines:
                break
            if chunk.first + len(chunk.lines) - 1 > after and step_no in (None, chunk.step_no):
                found.append(chunk)
                lines += len(chunk.lines)
        return found

    def last(self, run_id: RunId) -> int:
        """See `LogRows`."""
        self._journal.check()
        rows = self._journal.tables.logs.get(run_id)
        if not rows:
            return -1
        newest = rows[max(rows)]
        return newest.first + len(newest.lines) - 1

    def drop(self, run_id: RunId) -> int:
        """See `LogRows`."""
        self._journal.check()
        chunks = self._journal.tables.logs.get(run_id)
        if not chunks:
            return 0
        self._journal.put(self._journal.tables.logs, run_id, {})
        return sum(len(codec.from_lines(chunk.lines).encode()) for chunk in chunks.values())


class MemoryEvents:
    """`EventRows` in memory."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def append(self, events: Sequence[Event]) -> None:
        """See `EventRows`."""
        self._journal.check()
        for event in events:
            rows = self._journal.tables.events.get(event.run_id)
            if rows is None:
                raise self._journal.fail(fault("DB-011", detail=f"event {event.run_id}"))
            self._journal.put(rows, len(rows), in_utc(event))

    def of_run(self, run_id: RunId) -> list[Event]:
        """See `EventRows`."""
        self._journal.check()
        return list(self._journal.tables.events.get(run_id, {}).values())


class MemoryObjects:
    """`ObjectRows` in memory."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def put_profile(self, address: Address, profile: Mapping[str, Any]) -> None:
        """See `ObjectRows`."""
        self._journal.check()
        codec.profile_text(profile)  # refuses what the other stores refuse
        if address not in self._journal.tables.profiles:
            self._journal.put(self._journal.tables.profiles, address, profile)

    def profile(self, address: Address) -> Mapping[str, Any] | None:
        """See `ObjectRows`."""
        self._journal.check()
        return self._journal.tables.profiles.get(address)

    def imported(self, key: str) -> Mapping[str, Any] | None:
        """See `ObjectRows`."""
        self._journal.check()
        return self._journal.tables.imported.get(key)

    def remember_import(self, key: str, output: Mapping[str, Any]) -> None:
        """See `ObjectRows`."""
        self._journal.check()
        self._journal.put(self._journal.tables.imported, key, output)

    def referenced(self) -> Iterable[Address]:
        """See `ObjectRows`."""
        self._journal.check()
        tables = self._journal.tables
        found = {address for addresses in tables.references.values() for address in addresses}
        for entry in tables.cache.values():
            found |= references.of_result(entry)
        for output in tables.imported.values():
            address = references.of_import(output)
            if address is not None:
                found.add(address)
        for version in tables.versions.values():
            found |= {version.document, *version.scripts.values()}
        for deployment in tables.deployments.values():
            found |= set(references.of_deployment({"inputs": deployment.inputs}))
        return found

    def drop_run(self, run_id: RunId) -> bool:
        """See `ObjectRows`. A cached result that another run took becomes that run's."""
        self._journal.check()
        tables = self._journal.tables
        run = tables.runs.get(run_id)
        if run is None or run.state not in FINAL_RUNS:
            return False
        for entry in [entry for entry in tables.cache.values() if entry.run_id == run_id]:
            self._hand_over(entry)
        self._drop_own(run_id)
        if run.idempotency_key is not None:
            self._journal.drop(tables.keys, run.idempotency_key)
        for notice in [notice.id for notice in tables.notices.values() if notice.run_id == run_id]:
            self._journal.drop(tables.notices, notice)
        rows_of_run: tuple[dict[RunId, Any], ...] = (
            tables.plans, tables.stages, tables.steps, tables.needs, tables.calls, tables.call_marks, tables.attempts,
            tables.logs, tables.events, tables.references, tables.runs,
        )  # fmt: skip
        for table in rows_of_run:
            self._journal.drop(table, run_id)
        return True

    def _hand_over(self, entry: CacheEntry) -> None:
        tables = self._journal.tables
        for run_id in sorted(tables.steps, reverse=True):
            if run_id == entry.run_id:
                continue
            for no, step in sorted(tables.steps[run_id].items()):
                if step.cached and step.cache_key == entry.key and step.state is StepState.COMPLETED:
                    self._journal.put(tables.cache, entry.key, replace(entry, run_id=run_id, step_no=no))
                    return
        self._journal.drop(tables.cache, entry.key)

    def _drop_own(self, run_id: RunId) -> None:
        """Forget what is known of objects that only this run refers to."""
        tables = self._journal.tables
        others = {a for run, found in tables.references.items() if run != run_id for a in found}
        own = tables.references[run_id].keys() - others
        for key in [key for key, output in tables.imported.items() if references.of_import(output) in own]:
            self._journal.drop(tables.imported, key)
        kept: set[Address | None] = {references.of_import(output) for output in tables.imported.values()}
        for entry in tables.cache.values():
            kept |= references.of_result(entry)
        for address in own - kept:
            self._journal.drop(tables.profiles, address)
