"""Takes results from the cache instead of running: which step of a stage is already known, and why not the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from pauta.domain.ids import RunId
from pauta.domain.outputs import FileRef, ModelRecord, Output
from pauta.domain.plan import PlannedStep
from pauta.domain.runs import CacheEntry, StepRecord
from pauta.domain.states import FINAL_STEPS, StepState
from pauta.domain.wire import Candidate
from pauta.engine.cachekey import key_of
from pauta.engine.reasons import Kind, Reason
from pauta.ports.objects import Objects
from pauta.ports.store import Transaction
from pauta.services.sheet import Sheet

CANDIDATES = 8


@dataclass(frozen=True, slots=True)
class Shelf:
    """What the cache holds for the steps of some stages, read at once.

    Attributes:
        recipes: Step number → recipe; a step whose results may not be re-used has none.
        entries: Recipe → entries, newest first.
        earlier: Step number → the record of the run that this one runs again, for steps to be taken from it
            whatever their cache policy.
    """

    recipes: Mapping[int, str]
    entries: Mapping[str, Sequence[CacheEntry]]
    earlier: Mapping[int, StepRecord]


@dataclass(frozen=True, slots=True)
class Found:
    """A result that stands in for running a step: the run that made it, and what it made."""

    run_id: RunId
    key: str | None
    output: Output | None
    files: tuple[FileRef, ...]
    models: tuple[ModelRecord, ...]
    metrics: Mapping[str, float]
    objects: tuple[Output, ...] = ()


class Taker:
    """Finds and takes cached results for the stages of one run."""

    def __init__(self, objects: Objects, *, runtime: str) -> None:
        self._objects = objects
        self._runtime = runtime

    def shelf(
        self,
        tx: Transaction,
        sheet: Sheet,
        stage_nos: Sequence[int],
        *,
        earlier: Mapping[int, StepRecord],
        forced: frozenset[int],
    ) -> Shelf:
        """Read what the cache holds for these stages. `forced` steps are run whatever it holds."""
        use_cache = sheet.run.options.use_cache
        recipes = {}
        for stage_no in stage_nos:
            for no in sheet.steps_of(stage_no):
                recipe = sheet.recipe(no, runtime=self._runtime)
                if recipe is not None:
                    recipes[no] = recipe
        wanted = [r for no, r in recipes.items() if use_cache and no not in forced]
        entries = tx.cache.by_recipes(wanted, limit=CANDIDATES) if wanted else {}
        if forced:
            entries = {r: e for r, e in entries.items() if r in set(wanted)}
        return Shelf(recipes, entries, earlier)

    def take(
        self,
        tx: Transaction,
        sheet: Sheet,
        stage_no: int,
        *,
        shelf: Shelf,
        forced: frozenset[int],
        now: datetime,
    ) -> tuple[int, ...]:
        """Complete the steps at the head of a stage that need not run; the numbers of those that must."""
        remaining = [no for no in sheet.steps_of(stage_no) if sheet.step(no).state not in FINAL_STEPS]
        for index, no in enumerate(remaining):
            record = sheet.step(no)
            found = self._find(tx, sheet, sheet.planned(no), shelf=shelf, forced=forced)
            if found is None:
                return tuple(remaining[index:])
            sheet.put_step(
                replace(
                    record,
                    state=StepState.COMPLETED,
                    ended_at=now,
                    seconds=0.0,
                    cached_from=found.run_id,
                    cache_key=found.key,
                    reason=Reason(Kind.TAKEN, (found.run_id,)).encode(),
                    output=found.output,
                    files=found.files,
                    models=found.models,
                    metrics=found.metrics,
                    problem=None,
                    objects=found.objects,
                )
            )
        return ()

    def _find(
        self, tx: Transaction, sheet: Sheet, step: PlannedStep, *, shelf: Shelf, forced: frozenset[int]
    ) -> Found | None:
        if step.no in forced:
            return None
        old = shelf.earlier.get(step.no)
        if old is not None and self._all_there((old.output, *old.objects), old.files):
            taken_from = old.cached_from or old.run_id
            return Found(taken_from, old.cache_key, old.output, old.files, old.models, old.metrics, old.objects)
        entry = self._entry(tx, sheet, step, shelf=shelf)
        if entry is None or not self._all_there((entry.output, *entry.objects), entry.files):
            return None
        return Found(entry.run_id, entry.key, entry.output, entry.files, entry.models, entry.metrics, entry.objects)

    def _entry(self, tx: Transaction, sheet: Sheet, step: PlannedStep, *, shelf: Shelf) -> CacheEntry | None:
        recipe = shelf.recipes.get(step.no)
        inputs = sheet.addresses(step) if recipe is not None and sheet.run.options.use_cache else None
        if recipe is None or inputs is None:
            return None
        key = key_of(recipe, inputs)
        known = shelf.entries.get(recipe, ())
        entry = next((e for e in known if e.key == key), None)
        # The shelf holds the newest few of a recipe; an older one may still have this key.
        return tx.cache.get(key) if entry is None and len(known) >= CANDIDATES else entry

    def _all_there(self, outputs: Sequence[Output | None], files: Sequence[FileRef]) -> bool:
        """Whether the objects of a result are still in the store."""
        stored = [output.address for output in outputs if output is not None and not output.inline and output.size]
        return all(self._objects.exists(address) for address in (*stored, *(file.address for file in files)))

    def candidates(self, shelf: Shelf, step: PlannedStep, *, forced: frozenset[int]) -> tuple[Candidate, ...]:
        """Results that might stand in for a step whose inputs are not known before an earlier step ran."""
        if step.no in forced or not shelf.entries:
            return ()
        recipe = shelf.recipes.get(step.no)
        return tuple(
            Candidate(
                key=entry.key,
                inputs=dict(entry.inputs),
                run_id=entry.run_id,
                output=entry.output,
                files=entry.files,
                models=entry.models,
                metrics=dict(entry.metrics),
                objects=entry.objects,
            )
            for entry in shelf.entries.get(recipe or "", ())
            if self._all_there((entry.output, *entry.objects), entry.files)
        )
