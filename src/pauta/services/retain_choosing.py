"""Which runs may go, by the budgets: decided on a picture of all runs, without the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pauta.domain.ids import Address, RunId
from pauta.domain.runs import Run
from pauta.domain.settings import RetentionSettings
from pauta.domain.states import FINAL_RUNS

AGE, SPACE = "age", "space"
ACTIVE, NEWEST, REFERENCED, YOUNG = "kept_active", "kept_newest", "kept_referenced", "kept_young"


@dataclass(slots=True)
class Picture:
    """What is known of all runs, newest first.

    Attributes:
        runs: The runs.
        sources: Run → the runs that it refers to: the one it runs again, those whose results it took.
        users: Address of a large object → the runs that refer to it.
    """

    runs: list[Run] = field(default_factory=list)
    sources: Mapping[RunId, Set[RunId]] = field(default_factory=dict)
    users: dict[Address, set[RunId]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choice:
    """The runs that go, oldest first, each with its reason; and how many runs go or stay for which reason."""

    doomed: Mapping[RunId, str]
    reasons: Mapping[str, int]


def choose(
    picture: Picture, *, budget: RetentionSettings, now: datetime, sizes: Mapping[Address, int], total: int
) -> Choice:
    """Choose the runs that go.

    Never a run that has not ended, nor one of the newest `keep_runs` of its pipeline, nor one that a run which
    stays refers to. Of the others those that are older than `run_days`; and when the objects are more than
    `object_bytes`, the oldest, as many as it takes.

    Args:
        picture: All runs.
        budget: The budgets.
        now: The time.
        sizes: Bytes of the objects in `picture.users`.
        total: Bytes of all objects.
    """
    kept = _kept(picture.runs, budget.keep_runs)
    eligible = [run for run in reversed(picture.runs) if run.id not in kept]
    limit = now - timedelta(days=budget.run_days) if budget.run_days is not None else None
    doomed: dict[RunId, str] = {}
    if limit is not None:
        for run in eligible:
            if run.created_at < limit:
                doomed[run.id] = AGE
        _spare_sources(doomed, picture)
    if budget.object_bytes is not None and total > budget.object_bytes:
        _make_room(doomed, eligible, picture=picture, sizes=sizes, excess=total - budget.object_bytes)
    left = Counter(doomed.values())
    for run in picture.runs:
        if run.id not in doomed:
            old = limit is not None and run.created_at < limit
            left[kept.get(run.id) or (REFERENCED if old else YOUNG)] += 1
    order = {run.id: doomed[run.id] for run in reversed(picture.runs) if run.id in doomed}
    return Choice(order, dict(sorted(left.items())))


def _kept(runs: Sequence[Run], keep_runs: int) -> dict[RunId, str]:
    """Runs that stay whatever their age, and why."""
    kept: dict[RunId, str] = {}
    seen: Counter[str] = Counter()
    for run in runs:  # newest first
        seen[run.pipeline] += 1
        if run.state not in FINAL_RUNS:
            kept[run.id] = ACTIVE
        elif seen[run.pipeline] <= keep_runs:
            kept[run.id] = NEWEST
    return kept


def _spare_sources(doomed: dict[RunId, str], picture: Picture) -> set[RunId]:
    """Take out of the doomed what a run that stays refers to, and what that one refers to, and so on."""
    spared: set[RunId] = set()
    staying = [run.id for run in picture.runs if run.id not in doomed]
    while staying:
        for source in picture.sources.get(staying.pop(), ()):
            if doomed.pop(source, None) is not None:
                spared.add(source)
                staying.append(source)
    return spared


def _make_room(
    doomed: dict[RunId, str],
    eligible: Sequence[Run],
    *,
    picture: Picture,
    sizes: Mapping[Address, int],
    excess: int,
) -> None:
    """Add the oldest runs until the objects that nobody else refers to make up the excess."""
    stayers = _referring_from_outside(picture, {run.id for run in eligible} | doomed.keys())
    while True:
        candidates = [run.id for run in eligible if run.id not in doomed and run.id not in stayers]
        chosen = dict(doomed)
        _choose_oldest(chosen, candidates, users=picture.users, sizes=sizes, excess=excess)
        spared = _spare_sources(chosen, picture)
        if not spared:
            doomed.update(chosen)
            return
        # What a younger run that stays refers to cannot go either: choose again without it.
        stayers |= spared


def _choose_oldest(
    chosen: dict[RunId, str],
    candidates: Iterable[RunId],
    *,
    users: Mapping[Address, set[RunId]],
    sizes: Mapping[Address, int],
    excess: int,
) -> None:
    left = {address: len(of) for address, of in users.items()}
    of_run: dict[RunId, list[Address]] = {}
    for address, runs in users.items():
        for run_id in runs:
            of_run.setdefault(run_id, []).append(address)

    def freed_by(run_id: RunId) -> int:
        freed = 0
        for address in of_run.get(run_id, ()):
            left[address] -= 1
            freed += 0 if left[address] else sizes[address]
        return freed

    excess -= sum(freed_by(run_id) for run_id in list(chosen))
    for run_id in candidates:
        if excess <= 0:
            return
        chosen[run_id] = SPACE
        excess -= freed_by(run_id)


def _referring_from_outside(picture: Picture, inside: set[RunId]) -> set[RunId]:
    """Runs of `inside` that stay because a run outside refers to them, directly or not."""
    found: set[RunId] = set()
    waiting = [run.id for run in picture.runs if run.id not in inside]
    while waiting:
        for source in picture.sources.get(waiting.pop(), ()):
            if source in inside and source not in found:
                found.add(source)
                waiting.append(source)
    return found
