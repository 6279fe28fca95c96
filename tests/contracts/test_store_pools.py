"""Pools, limits, workers, notices and facts by name, on every store."""

from __future__ import annotations

from datetime import timedelta, timezone
from threading import Thread
from typing import Any

import pytest
from msgspec.structs import replace

from pauta.domain.deploying import Limit, Notice, Pool, PoolKind, Switch, WorkerRecord, WorkerState
from pauta.domain.problems import StoreFault
from pauta.domain.runs import Stage
from pauta.domain.states import RunState
from pauta.ports.store import Store
from store_samples import NOON, ODD_TEXT, SECOND, run_id, submit

MINUTE = 60 * SECOND
HOUR = timedelta(hours=1)


def pool(name: str = "gpu", **changes: Any) -> Pool:
    return Pool(name, PoolKind.PROCESS, NOON, **changes)


def worker(owner: str = "w1", **changes: Any) -> WorkerRecord:
    given: dict[str, Any] = {
        "owner": owner, "name": "n", "pools": ("default",), "tags": (), "capacity": 4, "host": "h", "process": 2**31,
        "version": "1", "started_at": NOON, "seen_at": NOON, **changes,
    }  # fmt: skip
    return WorkerRecord(**given)


def notice(number: int = 1, **changes: Any) -> Notice:
    made = Notice(f"n{number}", run_id(1), "failed", "webhook", "env:HOOK", NOON, NOON)
    return replace(made, **changes)


def test_every_field_of_a_pool_comes_back(store: Store) -> None:
    made = Pool(ODD_TEXT, PoolKind.CELERY, NOON, 7, "training_queue", ODD_TEXT, Switch.PAUSED)
    with store.transaction() as tx:
        assert tx.pools.put(None, made)
        assert tx.pools.put(None, pool())
    with store.transaction() as tx:
        assert tx.pools.get(ODD_TEXT) == made
        assert tx.pools.all() == sorted([made, pool()], key=lambda p: p.name)
        assert tx.pools.get("other") is None


@pytest.mark.parametrize(
    "stale", [{"limit": 1}, {"queue": "q"}, {"description": "x"}, {"state": Switch.PAUSED}, {"name": "other"}]
)
def test_a_pool_is_changed_only_if_it_still_is_as_it_was_read(store: Store, stale: dict[str, Any]) -> None:
    after = pool(limit=9)
    with store.transaction() as tx:
        assert tx.pools.put(None, pool())
        assert not tx.pools.put(None, after)
        assert not tx.pools.put(replace(pool(), **stale), after)
        assert tx.pools.put(pool(), after)
        assert tx.pools.all() == [after]
        assert tx.pools.put(after, pool())
        assert tx.pools.remove("gpu")
        assert not tx.pools.remove("gpu")


def test_limits_are_set_and_lifted(store: Store) -> None:
    with store.transaction() as tx:
        tx.pools.set_limit("pool:gpu", 3)
        tx.pools.set_limit(ODD_TEXT, 1)
        tx.pools.set_limit("pool:gpu", 2)
        tx.pools.set_limit("never", None)
    with store.transaction() as tx:
        assert tx.pools.limits() == sorted([Limit("pool:gpu", 2), Limit(ODD_TEXT, 1)], key=lambda limit: limit.key)
        assert tx.pools.lock_limits(["pool:gpu", "none"]) == {"pool:gpu": Limit("pool:gpu", 2)}
        assert tx.pools.lock_limits([]) == {}
        tx.pools.set_limit("pool:gpu", None)
        assert tx.pools.lock_limits(["pool:gpu", ODD_TEXT]) == {ODD_TEXT: Limit(ODD_TEXT, 1)}


def test_a_limit_may_have_a_period(store: Store) -> None:
    with store.transaction() as tx:
        tx.pools.set_limit("api", 5, period_seconds=0.25)
        tx.pools.set_limit("gpu", 1)
        assert tx.pools.limits() == [Limit("api", 5, 0.25), Limit("gpu", 1)]
        assert tx.pools.lock_limits(["api"]) == {"api": Limit("api", 5, 0.25)}
        tx.pools.set_limit("api", 6)
        assert tx.pools.lock_limits(["api"]) == {"api": Limit("api", 6)}


def test_claims_are_counted_under_a_limit_and_forgotten_with_time_or_with_it(store: Store) -> None:
    stages = submit(store, 1, (), ())[1]
    long_ago = NOON - 1000 * SECOND
    with store.transaction() as tx:
        tx.pools.set_limit("api", 5, period_seconds=60.0)
        tx.pools.set_limit("other", 5, period_seconds=60.0)
        tx.pools.count_claims("api", stages, at=NOON, since=long_ago)
        tx.pools.count_claims("api", stages[:1], at=NOON, since=long_ago)  # the same claim
        tx.pools.count_claims("api", stages[:1], at=(NOON + SECOND).astimezone(timezone(HOUR)), since=long_ago)
        tx.pools.count_claims("other", [], at=NOON, since=long_ago)
        assert tx.pools.claims("api", since=long_ago) == [NOON, NOON, NOON + SECOND]
        assert str(tx.pools.claims("api", since=NOON)) == str([NOON + SECOND])
        assert tx.pools.claims("other", since=long_ago) == tx.pools.claims("none", since=long_ago) == []
        tx.pools.count_claims("api", stages[:1], at=NOON + 2 * SECOND, since=NOON)
        assert tx.pools.claims("api", since=long_ago) == [NOON + SECOND, NOON + 2 * SECOND]
        tx.pools.set_limit("api", None)
        tx.pools.set_limit("api", 5, period_seconds=60.0)
        assert tx.pools.claims("api", since=long_ago) == []
    with pytest.raises(StoreFault, match="DB-011"), store.transaction() as tx:
        tx.pools.count_claims("none", stages, at=NOON, since=long_ago)


def test_p10_claimers_at_the_same_time_never_exceed_a_rate_together(store: Store, rival: Store) -> None:
    stages = submit(store, 1, *[()] * 12)[1]
    with store.transaction() as tx:
        tx.pools.set_limit("api", 5, period_seconds=60.0)

    def claim(ours: Store, mine: list[Stage]) -> None:
        for stage in mine:
            with ours.transaction() as tx:
                limit = tx.pools.lock_limits(["api"])["api"]
                if len(tx.pools.claims("api", since=NOON - MINUTE)) < limit.most:
                    tx.pools.count_claims("api", [stage], at=NOON, since=NOON - MINUTE)

    threads = [Thread(target=claim, args=each) for each in ((store, stages[:6]), (rival, stages[6:]))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with store.transaction() as tx:
        assert len(tx.pools.claims("api", since=NOON - MINUTE)) == 5


def test_a_worker_is_known_as_it_was_heard_of_last(store: Store) -> None:
    first = worker(pools=("gpu", "é"), tags=(ODD_TEXT,))
    later = replace(first, seen_at=NOON + SECOND, state=WorkerState.DRAINING, capacity=0)
    with store.transaction() as tx:
        tx.workers.put(first)
        assert tx.workers.get("w1") == first
        tx.workers.put(later)
        tx.workers.put(worker("w3"))
        tx.workers.put(worker("w2"))
    with store.transaction() as tx:
        assert tx.workers.all() == [later, worker("w2"), worker("w3")]
        assert tx.workers.get("other") is None


def test_only_workers_that_left_or_were_lost_are_forgotten(store: Store) -> None:
    with store.transaction() as tx:
        for number, state in enumerate(WorkerState):
            tx.workers.put(worker(f"{state}", state=state, seen_at=NOON))
            tx.workers.put(worker(f"new {state}", state=state, seen_at=NOON + number * SECOND + SECOND))
        assert tx.workers.forget(seen_before=NOON) == 0
        assert tx.workers.forget(seen_before=NOON + SECOND) == 2
        assert {w.owner for w in tx.workers.all()} == {
            "active", "draining", "new active", "new draining", "new left", "new lost"
        }  # fmt: skip


def test_notices_are_due_until_they_are_sent(store: Store) -> None:
    with store.transaction() as tx:
        tx.notices.add([notice(1, next_at=NOON + SECOND), notice(2), notice(3, next_at=NOON - SECOND)])
        tx.notices.add([notice(2, state="held")])
        tx.notices.add([])
    with store.transaction() as tx:
        assert tx.notices.due(now=NOON, limit=9) == [notice(3, next_at=NOON - SECOND), notice(2)]
        assert tx.notices.due(now=NOON, limit=1) == [notice(3, next_at=NOON - SECOND)]
        tx.notices.put(notice(3, sent_at=NOON))
        failed = notice(2, tries=1, next_at=NOON + 2 * SECOND, error=ODD_TEXT)
        tx.notices.put(failed)
        tx.notices.put(notice(9))
    with store.transaction() as tx:
        assert tx.notices.due(now=NOON, limit=9) == []
        assert tx.notices.due(now=NOON + 9 * SECOND, limit=9) == [notice(1, next_at=NOON + SECOND), failed]


def test_notices_go_with_their_run(store: Store) -> None:
    run = submit(store, 1)[0]
    with store.transaction() as tx:
        assert tx.runs.save(run, replace(run, state=RunState.FAILED))
        tx.notices.add([notice(1), replace(notice(2), run_id=run_id(2))])
        assert tx.objects.drop_run(run.id)
        assert [n.id for n in tx.notices.due(now=NOON, limit=9)] == ["n2"]


def test_facts_are_kept_by_name(store: Store) -> None:
    with store.transaction() as tx:
        assert tx.meta.get("a") is None
        assert tx.meta.add("a", ODD_TEXT)
        assert not tx.meta.add("a", "other")
        assert tx.meta.get("a") == ODD_TEXT
        tx.meta.put("a", "new")
        tx.meta.put("b", "")
    with store.transaction() as tx:
        assert (tx.meta.get("a"), tx.meta.get("b")) == ("new", "")
