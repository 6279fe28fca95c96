"""Cached results, and what the records know of stored objects, in SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pauta.domain.ids import Address, RunId
from pauta.domain.runs import CacheEntry
from pauta.domain.states import FINAL_RUNS
from pauta.storage import codec, references
from pauta.storage.records import cache_row, to_cache_entry
from pauta.storage.session import Session


class SqlCache:
    """`CacheRows` in SQL."""

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, key: str) -> CacheEntry | None:
        """See `CacheRows`."""
        row = self._session.row("cache.get", {"k_key": key})
        return to_cache_entry(row) if row else None

    def get_many(self, keys: Sequence[str]) -> Mapping[str, CacheEntry]:
        """See `CacheRows`."""
        if not keys:
            return {}
        rows = self._session.rows("cache.get_many", {"keys": self._session.many(keys)})
        return {row[0]: to_cache_entry(row) for row in rows}

    def by_recipe(self, recipe: str, *, limit: int = 8) -> list[CacheEntry]:
        """See `CacheRows`."""
        rows = self._session.rows("cache.by_recipe", {"k_recipe": recipe, "limit": limit})
        return [to_cache_entry(row) for row in rows]

    def by_recipes(self, recipes: Sequence[str], *, limit: int = 8) -> Mapping[str, Sequence[CacheEntry]]:
        """See `CacheRows`."""
        found: dict[str, list[CacheEntry]] = {}
        if recipes:
            params = {"recipes": self._session.many(recipes), "limit": limit}
            for row in self._session.rows("cache.by_recipes", params):
                found.setdefault(row[1], []).append(to_cache_entry(row))
        return found

    def put(self, entries: Sequence[CacheEntry]) -> None:
        """See `CacheRows`."""
        # The last of several entries with one key counts, as if they had come one after the other.
        latest = {entry.key: entry for entry in entries}
        ordered = [latest[key] for key in sorted(latest)]
        self._session.run_many("cache.put", [cache_row(entry) for entry in ordered])
        self._session.run_many("cache.unlink", [{"k_key": entry.key} for entry in ordered])
        links = [
            {"key": entry.key, "address": address}
            for entry in ordered
            for address in sorted(references.of_result(entry))
        ]
        self._session.run_many("cache.link", links)

    def forget(self, addresses: Sequence[Address]) -> int:
        """See `CacheRows`. What was remembered of these objects otherwise goes too."""
        params = {"addresses": self._session.many(addresses)}
        dropped = self._session.run("cache.forget", params)
        self._session.run("imported.forget", params)
        self._session.run("profile.forget", params)
        return dropped


class SqlObjects:
    """`ObjectRows` in SQL."""

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    def put_profile(self, address: Address, profile: Mapping[str, Any]) -> None:
        """See `ObjectRows`."""
        self._session.run("profile.put", {"address": address, "body": codec.profile_text(profile)})

    def profile(self, address: Address) -> Mapping[str, Any] | None:
        """See `ObjectRows`."""
        row = self._session.row("profile.get", {"k_address": address})
        return codec.to_mapping(row[0]) if row else None

    def imported(self, key: str) -> Mapping[str, Any] | None:
        """See `ObjectRows`."""
        row = self._session.row("imported.get", {"k_key": key})
        return codec.to_mapping(row[0]) if row else None

    def remember_import(self, key: str, output: Mapping[str, Any]) -> None:
        """See `ObjectRows`."""
        row = {"key": key, "output": codec.to_json(output), "address": references.of_import(output)}
        self._session.run("imported.put", row)

    def referenced(self) -> Iterable[Address]:
        """See `ObjectRows`."""
        found = [row[0] for row in self._session.rows("reference.all", {})]
        for document, scripts in self._session.rows("pipeline.objects", {}):
            found += [document, *codec.to_addresses(scripts).values()]
        for row in self._session.rows("deployment.all", {}):
            found += references.of_deployment(codec.to_mapping(row[0]))
        return found

    def drop_run(self, run_id: RunId) -> bool:
        """See `ObjectRows`. A cached result that another run took becomes that run's."""
        session = self._session
        of = {"k_run_id": run_id}
        row = session.row("run.state", of)
        if row is None or row[0] not in FINAL_RUNS:
            return False
        for name in (
            "run.drop_cache_hand_over",
            "run.drop_cache",
            "run.drop_imported",
            "run.drop_profiles",
            "notice.drop_of_run",
            "run.drop",
        ):
            session.run(name, of)
        session.run("plan.drop", {"k_hash": row[1]})
        return True
