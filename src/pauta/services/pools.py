"""Work pools and the limits on how much is held at a time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from pauta.domain.deploying import Limit, Pool, PoolKind, Switch, WorkerState
from pauta.domain.ids import RunId
from pauta.domain.problems import Conflict, InvalidInput, NotFound, Place, Problem, Scalar, shorten
from pauta.domain.runs import DEFAULT_POOL
from pauta.domain.states import FINAL_RUNS, RunState
from pauta.engine.rates import window_of
from pauta.ports.store import Transaction
from pauta.services.accept_terms import allowed_limit, recordable, text_problems
from pauta.services.behalf import Behalf
from pauta.services.control import Control
from pauta.services.deployments_checks import amount_problems, name_problems
from pauta.services.view_pools import LimitList, LimitView, PoolList, PoolView

_RACES = 50
_SHORTEST_PERIOD, _LONGEST_PERIOD = 0.01, 31 * 86_400.0
_PAGE = 500
_QUEUE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}", re.ASCII).fullmatch
_DEFAULT = Pool(DEFAULT_POOL, PoolKind.PROCESS, datetime.min.replace(tzinfo=UTC))
"""What the default pool is until somebody changes it; only then it has a row."""

_OPEN = tuple(state for state in RunState if state not in FINAL_RUNS)


def create(control: Control, wanted: Pool, *, behalf: Behalf) -> PoolView:
    """Make a pool.

    Raises:
        InvalidInput: DEP-005, DEP-009, DEP-010, POL-005.
        Conflict: POL-002 when its name is taken.
    """
    made = replace(wanted, created_at=control.now())
    _check(made)
    with control.store.transaction(durable=True) as tx:
        if made.name == DEFAULT_POOL or not tx.pools.put(None, made):
            raise Conflict(Problem("POL-002", {"pool": shorten(made.name)}))
        _set_limit(tx, made)
        behalf.note(tx, "pool.create", made.name, kind=made.kind.value, limit=made.limit, queue=made.queue)
    return view(control, made.name)


def change(control: Control, name: str, changes: Mapping[str, Any], *, behalf: Behalf) -> PoolView:
    """Change limit, queue, kind or description of a pool.

    Raises:
        NotFound: POL-001.
        InvalidInput: DEP-009, DEP-010, POL-005.
        Conflict: POL-004.
    """

    def changed(pool: Pool) -> Pool:
        after = replace(pool, **changes)
        _check(after)
        return after

    return _change(control, name, changed, action="pool.change", behalf=behalf, fields=sorted(changes))


def pause(control: Control, name: str, *, behalf: Behalf) -> PoolView:
    """Pause a pool: nothing of it is claimed; what runs goes on.

    Raises:
        NotFound: POL-001.
    """
    return _switch(control, name, Switch.PAUSED, action="pool.pause", behalf=behalf)


def resume(control: Control, name: str, *, behalf: Behalf) -> PoolView:
    """Let workers claim from it again.

    Raises:
        NotFound: POL-001.
    """
    return _switch(control, name, Switch.ACTIVE, action="pool.resume", behalf=behalf)


def remove(control: Control, name: str, *, behalf: Behalf) -> None:
    """Remove a pool that nothing needs.

    Raises:
        NotFound: POL-001.
        Conflict: POL-003 while runs of it have not ended, deployments use it, or it is the default pool.
    """
    with control.store.transaction(durable=True) as tx:
        _get(tx, name)
        if name == DEFAULT_POOL:
            raise Conflict(Problem("POL-003", {"pool": shorten(name)}, variant="default"))
        users = [d.name for d in tx.deployments.all() if d.pool == name]
        if users:
            values = {"pool": shorten(name), "names": shorten(", ".join(users))}
            raise Conflict(Problem("POL-003", values, variant="deployments"))
        waiting = _open_runs(tx, name)
        if waiting:
            raise Conflict(Problem("POL-003", {"pool": shorten(name), "count": waiting}))
        tx.pools.remove(name)
        tx.pools.set_limit(_limit_key(name), None)
        behalf.note(tx, "pool.remove", name)


def view(control: Control, name: str) -> PoolView:
    """A pool with what goes on in it.

    Raises:
        NotFound: POL-001.
    """
    with control.store.transaction() as tx:
        return _shown(tx, [_get(tx, name)], now=control.now())[0]


def list_all(control: Control) -> PoolList:
    """All pools, by name; the default pool is always among them."""
    with control.store.transaction() as tx:
        pools = {pool.name: pool for pool in tx.pools.all()}
        pools.setdefault(DEFAULT_POOL, _DEFAULT)
        return PoolList(tuple(_shown(tx, [pools[name] for name in sorted(pools)], now=control.now())))


def list_limits(control: Control) -> LimitList:
    """All limits with what is held under them, by key."""
    with control.store.transaction() as tx:
        limits = sorted(tx.pools.limits(), key=lambda limit: limit.key)
        return LimitList(tuple(_limits_shown(tx, limits, now=control.now())))


def set_limit(
    control: Control, key: str, most: int, *, behalf: Behalf, period_seconds: float | None = None
) -> LimitView:
    """Let at most `most` stages be held under a key that runs or deployments name, or be claimed in any period.

    Raises:
        InvalidInput: ASK-008 for the key, DEP-009 for the number, POL-011 for the period; POL-007 when it belongs
            to a pool or deployment.
    """
    problems = [*_key_problems(key), *amount_problems("most", most), *_period_problems(period_seconds)]
    if problems:
        raise InvalidInput(problems)
    with control.store.transaction(durable=True) as tx:
        tx.pools.set_limit(key, most, period_seconds=period_seconds)
        said = {} if period_seconds is None else {"period_seconds": period_seconds}
        behalf.note(tx, "limit.set", key, most=most, **said)
        [view] = _limits_shown(tx, [Limit(key, most, period_seconds)], now=control.now())
    _wake(control)
    return view


def lift_limit(control: Control, key: str, *, behalf: Behalf) -> None:
    """Lift a limit.

    Raises:
        NotFound: POL-008.
        InvalidInput: POL-007 when it belongs to a pool or deployment.
    """
    with control.store.transaction(durable=True) as tx:
        if all(limit.key != key for limit in tx.pools.limits()):
            raise NotFound(Problem("POL-008", {"key": shorten(key)}))
        if problems := _key_problems(key):
            raise InvalidInput(problems)
        tx.pools.set_limit(key, None)
        behalf.note(tx, "limit.lift", key)
    _wake(control)


def _key_problems(key: str) -> list[Problem]:
    if key.startswith(("pool:", "deployment:")):
        return [Problem("POL-007", {"key": shorten(key)}, place=Place(field="key"))]
    return [] if allowed_limit(key) else [Problem("ASK-008", {"key": shorten(key)}, place=Place(field="key"))]


def _period_problems(seconds: float | None) -> list[Problem]:
    if seconds is None or _SHORTEST_PERIOD <= seconds <= _LONGEST_PERIOD:
        return []
    values: dict[str, Scalar] = {"found": shorten(seconds), "least": _SHORTEST_PERIOD, "most": _LONGEST_PERIOD}
    return [Problem("POL-011", values, place=Place(field="period_seconds"))]


def _limits_shown(tx: Transaction, limits: Sequence[Limit], *, now: datetime) -> Iterator[LimitView]:
    held = Counter(key for lease in tx.stages.leased() for key in lease.limit_keys)
    for limit in limits:
        count = held[limit.key]
        if limit.period_seconds is not None:
            count = len(tx.pools.claims(limit.key, since=window_of(limit, now=now)))
        yield LimitView(limit.key, limit.most, count, limit.period_seconds)


def _wake(control: Control) -> None:
    """Stages that a limit held back may go now, in whatever pool they are."""
    with control.store.transaction() as tx:
        names = {DEFAULT_POOL, *(pool.name for pool in tx.pools.all())}
    for name in sorted(names):
        control.bell.ring(f"pool:{name}")


def _switch(control: Control, name: str, state: Switch, *, action: str, behalf: Behalf) -> PoolView:
    return _change(
        control,
        name,
        lambda pool: pool if pool.state is state else replace(pool, state=state),
        action=action,
        behalf=behalf,
    )


def _change(
    control: Control, name: str, decide: Callable[[Pool], Pool], *, action: str, behalf: Behalf, **details: Any
) -> PoolView:
    for _ in range(_RACES):
        with control.store.transaction(durable=True) as tx:
            before = _get(tx, name)
            stored = None if before is _DEFAULT else before
            after = decide(before)
            if stored is None:
                after = replace(after, created_at=control.now())
            if after is not before and not tx.pools.put(stored, after):
                continue
            if after is not before:
                _set_limit(tx, after)
                behalf.note(tx, action, name, **details)
        control.bell.ring(f"pool:{name}")
        return view(control, name)
    raise Conflict(Problem("POL-004", {"pool": shorten(name)}))


def _get(tx: Transaction, name: str) -> Pool:
    pool = tx.pools.get(name) if recordable(name) else None
    if pool is None and name == DEFAULT_POOL:
        return _DEFAULT
    if pool is None:
        raise NotFound(Problem("POL-001", {"pool": shorten(name)}))
    return pool


def _check(pool: Pool) -> None:
    problems = [
        *name_problems(pool.name),
        *amount_problems("limit", pool.limit),
        *text_problems("description", pool.description),
        *_queue_problems(pool),
    ]
    if problems:
        raise InvalidInput(problems)


def _queue_problems(pool: Pool) -> list[Problem]:
    place = Place(field="queue")
    if pool.kind is PoolKind.PROCESS:
        return [] if pool.queue is None else [Problem("POL-005", variant="process", place=place)]
    if not pool.queue:
        return [Problem("POL-005", place=place)]
    if not _QUEUE(pool.queue):
        return [Problem("POL-005", {"found": shorten(pool.queue)}, variant="name", place=place)]
    return []


def _set_limit(tx: Transaction, pool: Pool) -> None:
    tx.pools.set_limit(_limit_key(pool.name), pool.limit)


def _limit_key(name: str) -> str:
    return f"pool:{name}"


def _open_runs(tx: Transaction, pool: str) -> int:
    """Runs of a pool that have not ended. Run ids sort by time, so pages go back in time."""
    count, before = 0, None
    while page := tx.runs.newest(limit=_PAGE, before=before, states=_OPEN):
        count += sum(run.pool == pool for run in page)
        before = RunId(page[-1].id)
    return count


def _shown(tx: Transaction, pools: list[Pool], *, now: datetime) -> list[PoolView]:
    queued = tx.stages.depth(now=now)
    running = Counter(lease.pool for lease in tx.stages.leased())
    able = Counter(name for worker in tx.workers.all() if worker.state is WorkerState.ACTIVE for name in worker.pools)
    return [
        PoolView(
            name=pool.name,
            kind=pool.kind.value,
            limit=pool.limit,
            queue=pool.queue,
            description=pool.description,
            state=pool.state.value,
            created_at=None if pool is _DEFAULT else pool.created_at,
            queued=queued.get(pool.name, 0),
            running=running[pool.name],
            workers=able[pool.name],
        )
        for pool in pools
    ]
