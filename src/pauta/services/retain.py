"""Collects what nobody needs any more: old runs first, then objects that no record refers to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec import structs

from pauta.domain.calls import objects_of_call
from pauta.domain.ids import Address, RunId
from pauta.domain.runs import Run
from pauta.domain.settings import RetentionSettings
from pauta.domain.states import FINAL_RUNS
from pauta.ports.objects import ObjectInfo, Objects
from pauta.ports.store import Store, Transaction
from pauta.services.desk import objects_of
from pauta.services.retain_choosing import Choice, Picture, choose
from pauta.services.views import CollectView

GRACE = timedelta(hours=24)
TRASH = timedelta(days=7)
ASKED = "asked"
_PAGE = 500
_BATCH = 50
_LARGE = 4096


class _Undo(Exception):
    """Raised at the end of a transaction that only looked at what would be."""


def collect(
    *,
    store: Store,
    objects: Objects,
    now: datetime,
    dry_run: bool,
    keep_runs: int | None = None,
    older_than: timedelta | None = None,
    grace: timedelta = GRACE,
) -> CollectView:
    """Drop the runs that a person names, move unreferenced objects to the trash, delete what lies there for long.

    A run goes when it is final and beyond the newest `keep_runs` (None: no bound) and older than `older_than`
    (None: no bound); with neither bound no run goes. An object goes when no record refers to it and it was
    not touched for the grace, so that one being written for a run that is not on record yet stays (P24).

    Args:
        store: The records.
        objects: The objects.
        now: The time.
        dry_run: Only tell what would be done.
        keep_runs: Newest runs to keep.
        older_than: Age below which runs are kept.
        grace: How long an object stays after somebody wrote or touched it.
    """
    doomed: list[RunId] = []
    if keep_runs is not None or older_than is not None:
        beyond = list(_all_runs(store))[keep_runs or 0 :]
        doomed = [
            r.id for r in beyond if r.state in FINAL_RUNS and (older_than is None or r.created_at < now - older_than)
        ]
    collector = _Collector(store, objects, now, grace)
    return collector.drop(doomed, dry_run=dry_run, reasons={ASKED: len(doomed)})


def retain(*, store: Store, objects: Objects, now: datetime, dry_run: bool, budget: RetentionSettings) -> CollectView:
    """Keep to the budgets: see `choose` for which runs go; and to what `collect` says of objects.

    Of the runs that stay, those that ended and are older than `log_days` lose their log lines.

    Args:
        store: The records.
        objects: The objects.
        now: The time.
        dry_run: Only tell what would be done.
        budget: The budgets.
    """
    large: dict[Address, int] = {}
    total = 0
    if budget.object_bytes is not None:
        for info in objects.contents():
            total += info.size
            if info.size >= _LARGE:
                large[info.address] = info.size
    crowded = budget.object_bytes is not None and total > budget.object_bytes
    picture = _picture(store, large if crowded else {})
    choice = choose(picture, budget=budget, now=now, sizes=large, total=total)
    silenced = _drop_logs(_silenced(picture.runs, choice, budget, now), store=store, dry_run=dry_run)
    collector = _Collector(store, objects, now, GRACE)
    view = collector.drop(list(choice.doomed), dry_run=dry_run, reasons=choice.reasons)
    return structs.replace(view, log_runs=len(silenced), log_bytes=sum(silenced.values()))


def _silenced(runs: Iterable[Run], choice: Choice, budget: RetentionSettings, now: datetime) -> list[RunId]:
    """The runs that stay without their log lines."""
    if budget.log_days is None:
        return []
    limit = now - timedelta(days=budget.log_days)
    return [r.id for r in runs if r.state in FINAL_RUNS and r.created_at < limit and r.id not in choice.doomed]


# ---- looking ----------------------------------------------------------------------------------


def _all_runs(store: Store) -> Iterator[Run]:
    """All runs, newest first, in transactions that are short."""
    before: RunId | None = None
    while True:
        with store.transaction() as tx:
            page = tx.runs.newest(limit=_PAGE, before=before)
        if not page:
            return
        yield from page
        before = page[-1].id


def _picture(store: Store, large: Mapping[Address, int]) -> Picture:
    runs = list(_all_runs(store))
    with store.transaction() as tx:
        picture = Picture(runs, tx.runs.sources())
    for start in range(0, len(runs) if large else 0, _BATCH):
        with store.transaction() as tx:
            for run in runs[start : start + _BATCH]:
                _note_users(picture, run, _given_by(tx, run.id), large)
    return picture


def _given_by(tx: Transaction, run_id: RunId) -> Iterator[Address]:
    """Addresses of what the steps of a run and the calls of its flows gave."""
    for step in tx.steps.of_run(run_id):
        yield from objects_of(step)
    for call in tx.calls.of_run(run_id):
        yield from (output.address for output in objects_of_call(call))
        yield from (file.address for file in call.files)


def _note_users(picture: Picture, run: Run, given: Iterable[Address], large: Mapping[Address, int]) -> None:
    for address in (*(output.address for output in run.inputs.values()), *given):
        if address in large:
            picture.users.setdefault(address, set()).add(run.id)


# ---- removing ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Collector:
    """Removes runs, then objects."""

    store: Store
    objects: Objects
    now: datetime
    grace: timedelta

    def drop(self, doomed: Sequence[RunId], *, dry_run: bool, reasons: Mapping[str, int]) -> CollectView:
        """Drop runs, then what nobody refers to any more. A dry run does the same, and undoes it."""
        if dry_run:
            dropped: list[RunId] = []
            wanted: set[Address] = set()
            with suppress(_Undo), self.store.transaction() as tx:
                dropped = [run_id for run_id in doomed if tx.objects.drop_run(run_id)]
                wanted = set(tx.objects.referenced())
                raise _Undo
        else:
            dropped = _drop_in_batches(doomed, self.store)
            with self.store.transaction() as tx:
                wanted = set(tx.objects.referenced())
        loose, kept = self._sorted_out(wanted)
        if not dry_run:
            loose = self._discard(loose)
            self.objects.empty_trash(older_than=self.now - TRASH)
        return CollectView(
            dry_run=dry_run,
            runs=tuple(dropped),
            objects=len(loose),
            bytes=sum(i.size for i in loose),
            kept_objects=len(kept),
            kept_bytes=sum(i.size for i in kept),
            reasons={reason: count for reason, count in reasons.items() if count},
        )

    def _sorted_out(self, wanted: set[Address]) -> tuple[list[ObjectInfo], list[ObjectInfo]]:
        """What nobody refers to and nobody touched for the grace, and the rest."""
        loose: list[ObjectInfo] = []
        kept: list[ObjectInfo] = []
        for info in self.objects.contents():
            young = info.modified_at > self.now - self.grace
            (kept if info.address in wanted or young else loose).append(info)
        return loose, kept

    def _discard(self, loose: Sequence[ObjectInfo]) -> list[ObjectInfo]:
        """Move to the trash what is still loose: a writer that met an object has touched it, or put it on record.

        Looking once more and moving are one transaction, so that nobody refers to an object between the two.
        """
        gone: list[ObjectInfo] = []
        for start in range(0, len(loose), _PAGE):
            with self.store.transaction() as tx:
                wanted = set(tx.objects.referenced())
                still = [info for info in loose[start : start + _PAGE] if info.address not in wanted]
                self.objects.discard([info.address for info in still], untouched_since=self.now - self.grace)
                still = [info for info in still if not self.objects.exists(info.address)]
                tx.cache.forget([info.address for info in still])
            gone += still
        return gone


def _drop_logs(runs: Sequence[RunId], *, store: Store, dry_run: bool) -> dict[RunId, int]:
    """Remove the log lines of these runs; the bytes of those that had any. A dry run undoes it."""
    dropped: dict[RunId, int] = {}
    for start in range(0, len(runs), _BATCH):
        with suppress(_Undo), store.transaction() as tx:
            sizes = {run_id: tx.logs.drop(run_id) for run_id in runs[start : start + _BATCH]}
            dropped |= {run_id: size for run_id, size in sizes.items() if size}
            if dry_run:
                raise _Undo
    return dropped


def _drop_in_batches(doomed: Sequence[RunId], store: Store) -> list[RunId]:
    """In short transactions, each of which checks that no run was made meanwhile that runs one of them again."""
    dropped: list[RunId] = []
    newest = max(doomed, default=None)
    for start in range(0, len(doomed), _BATCH):
        with store.transaction() as tx:
            again = _run_again(tx, since=newest)
            batch = [run_id for run_id in doomed[start : start + _BATCH] if run_id not in again]
            dropped += [run_id for run_id in batch if tx.objects.drop_run(run_id)]
    return dropped


def _run_again(tx: Transaction, *, since: RunId | None) -> set[RunId]:
    """The runs that active runs run again."""
    found: set[RunId] = set()
    before: RunId | None = None
    while page := tx.runs.newest(limit=_PAGE, before=before, states=["pending", "running", "scheduled", "held"]):
        found |= {run.of for run in page if run.of is not None and (since is None or run.of <= since)}
        before = page[-1].id
    return found
