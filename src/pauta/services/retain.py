"""Collects what nobody needs any more: old runs first, then objects that no record refers to."""

from __future__ import annotations

from datetime import datetime, timedelta

from pauta.domain.ids import RunId
from pauta.domain.runs import Run
from pauta.domain.states import FINAL_RUNS
from pauta.ports.objects import ObjectInfo, Objects
from pauta.ports.store import Store, Transaction
from pauta.services.views import CollectView

GRACE = timedelta(hours=24)
TRASH = timedelta(days=7)
_PAGE = 500


def collect(
    *,
    store: Store,
    objects: Objects,
    now: datetime,
    dry_run: bool,
    keep_runs: int | None = None,
    older_than: timedelta | None = None,
) -> CollectView:
    """Drop old runs, move unreferenced objects to the trash, and delete what lies there for long.

    A run goes when it is final and beyond the newest `keep_runs` (None: no bound) and older than `older_than`
    (None: no bound); with neither bound no run goes. An object goes when no record refers to it and it was
    not touched for 24 hours, so that one being written for a run that is not on record yet stays (P24).

    Args:
        store: The records.
        objects: The objects.
        now: The time.
        dry_run: Only tell what would be done.
        keep_runs: Newest runs to keep.
        older_than: Age below which runs are kept.
    """
    with store.transaction() as tx:
        doomed = _doomed(tx, now=now, keep_runs=keep_runs, older_than=older_than)
        if not dry_run:
            doomed = [run_id for run_id in doomed if tx.objects.drop_run(run_id)]
        wanted = set(tx.objects.referenced())
    loose: list[ObjectInfo] = []
    kept: list[ObjectInfo] = []
    for info in objects.contents():
        young = info.modified_at > now - GRACE
        (kept if info.address in wanted or young else loose).append(info)
    if not dry_run:
        objects.discard([info.address for info in loose])
        objects.empty_trash(older_than=now - TRASH)
        with store.transaction() as tx:
            tx.cache.forget([info.address for info in loose])
    return CollectView(
        dry_run=dry_run,
        runs=tuple(doomed),
        objects=len(loose),
        bytes=sum(i.size for i in loose),
        kept_objects=len(kept),
        kept_bytes=sum(i.size for i in kept),
    )


def _doomed(tx: Transaction, *, now: datetime, keep_runs: int | None, older_than: timedelta | None) -> list[RunId]:
    if keep_runs is None and older_than is None:
        return []
    runs: list[Run] = []
    before: RunId | None = None
    while page := tx.runs.newest(limit=_PAGE, before=before):
        runs.extend(page)
        before = page[-1].id
    beyond = runs[keep_runs:] if keep_runs is not None else runs
    return [r.id for r in beyond if r.state in FINAL_RUNS and (older_than is None or r.created_at < now - older_than)]
