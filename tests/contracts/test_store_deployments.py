"""Deployments, schedules and triggers, on every store."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from msgspec.structs import replace

from pauta.domain.deploying import Deployment, Notification, Switch, Trigger, TriggerKind
from pauta.domain.schedules import (
    Firing,
    Fold,
    Gap,
    Missed,
    Occurrence,
    Schedule,
    ScheduleState,
    Timing,
    TimingKind,
)
from pauta.ports.store import Store
from store_samples import NOON, ODD_TEXT, SECOND, address, problem, run_id


def deployment(name: str = "d", **changes: Any) -> Deployment:
    return Deployment(name, "p", NOON, NOON, "ana", **changes)


def full_deployment() -> Deployment:
    return Deployment(
        ODD_TEXT, "p é", NOON, NOON + SECOND, "ana", 7, 3, {"a": [1, 2.5, None, {"b": "é"}]},
        {"df": "data/x.csv", "old": address(77)}, "training", False, "gpu", -4, 2, ("licence",),
        (Notification(("failed", "held"), "webhook", "env:HOOK"),), ODD_TEXT, ("nightly", "é"),
        {"kind": "git", "address": "https://example.org/x.git", "revision": "0a1b"}, Switch.PAUSED,
    )  # fmt: skip


def schedule(number: int = 1, **changes: Any) -> Schedule:
    return Schedule(f"s{number}", "d", "n", Timing(TimingKind.CRON, "0 5 * * *"), NOON, **changes)


def full_schedule() -> Schedule:
    timing = Timing(
        TimingKind.RRULE, ODD_TEXT, 3.5, "America/Sao_Paulo", NOON, Gap.SKIP, Fold.BOTH, Missed.ALL, 3, 60.5, 7.25,
        NOON, NOON + SECOND,
    )  # fmt: skip
    coming = Occurrence(NOON, "2026-03-29T09:00:00", 1, "fold")
    return Schedule(
        ODD_TEXT, "d", ODD_TEXT, timing, NOON, ScheduleState.STOPPED, 4, {"x": 1}, coming, NOON + SECOND, problem()
    )


def firing(local: str = "2026-03-29T09:00:00", **changes: Any) -> Firing:
    return Firing("s1", local, **{"fold": 0, "due_at": NOON, "fired_at": NOON, "outcome": "fired", **changes})


def trigger(number: int = 1, **changes: Any) -> Trigger:
    return Trigger(f"t{number}", **{
        "deployment": "d", "name": "n", "kind": TriggerKind.FILE, "created_at": NOON, **changes
    })  # fmt: skip


def put(store: Store, *made: Deployment | Schedule | Trigger) -> None:
    with store.transaction() as tx:
        for one in made:
            if isinstance(one, Deployment):
                assert tx.deployments.put(None, one)
            elif isinstance(one, Schedule):
                assert tx.schedules.put(None, one)
            else:
                assert tx.triggers.put(None, one)


# ---- deployments ---------------------------------------------------------------------------------


def test_every_field_of_a_deployment_comes_back(store: Store) -> None:
    made = full_deployment()
    put(store, made)
    with store.transaction() as tx:
        assert tx.deployments.get(made.name) == made
        assert tx.deployments.all() == [made]
        assert tx.deployments.history(made.name) == [made]
        assert tx.deployments.get("other") is None


def test_a_deployment_is_changed_only_from_the_version_that_was_read(store: Store) -> None:
    first = deployment()
    second, third = replace(first, version=2, priority=5), replace(first, version=3)
    put(store, first, deployment("a"))
    with store.transaction() as tx:
        assert not tx.deployments.put(None, first)
        assert tx.deployments.put(first, second)
        assert not tx.deployments.put(first, third)
        assert not tx.deployments.put(deployment("missing"), deployment("missing", version=2))
    with store.transaction() as tx:
        assert tx.deployments.get("d") == second
        assert tx.deployments.history("d") == [second, first]
        assert [d.name for d in tx.deployments.all()] == ["a", "d"]


def test_a_deployment_goes_with_its_schedules_and_triggers_but_its_forms_and_firings_stay(store: Store) -> None:
    first = deployment()
    other = replace(schedule(2), deployment="other")
    put(store, first, schedule(), other, trigger(), trigger(2, deployment="other"))
    with store.transaction() as tx:
        assert tx.schedules.fire(firing())
        assert tx.triggers.once("t1", "x", at=NOON, run_id=None)
        assert tx.triggers.once("t2", "x", at=NOON, run_id=None)
    with store.transaction() as tx:
        assert not tx.deployments.remove(replace(first, version=2))
        assert tx.deployments.remove(first)
        assert not tx.deployments.remove(first)
    with store.transaction() as tx:
        assert tx.deployments.get("d") is None
        assert tx.deployments.history("d") == [first]
        assert [s.id for s in tx.schedules.all()] == ["s2"]
        assert [t.id for t in tx.triggers.all()] == ["t2"]
        assert tx.schedules.firings("s1") == [firing()]
        assert tx.triggers.once("t1", "x", at=NOON, run_id=None)
        assert not tx.triggers.once("t2", "x", at=NOON, run_id=None)
        again = replace(first, priority=1)
        assert tx.deployments.put(None, again)
        assert tx.deployments.history("d") == [again, first]


def test_p24_a_frame_that_a_deployment_takes_by_address_counts_as_referenced(store: Store) -> None:
    put(store, deployment(inputs={"a": address(3), "b": "data/b.csv"}))
    with store.transaction() as tx:
        assert list(tx.objects.referenced()) == [address(3)]


# ---- schedules -----------------------------------------------------------------------------------


def test_every_field_of_a_schedule_comes_back(store: Store) -> None:
    made = full_schedule()
    put(store, made)
    with store.transaction() as tx:
        assert tx.schedules.get(made.id) == made
        assert tx.schedules.all("d") == [made]
        assert tx.schedules.get("other") is None


def test_times_come_back_in_utc_wherever_they_stand(store: Store) -> None:
    zone = timezone(timedelta(hours=-3))
    there = NOON.astimezone(zone)
    made = schedule(next=Occurrence(there, "x"), fire_at=there)
    made = replace(made, timing=replace(made.timing, anchor=there), created_at=there)
    put(store, made)
    with store.transaction() as tx:
        found = tx.schedules.get("s1")
    assert found == made
    assert found is not None
    assert found.next is not None
    times: list[datetime | None] = [found.created_at, found.fire_at, found.timing.anchor, found.next.at]
    assert [at and at.utcoffset() for at in times] == [timedelta(0)] * 4


@pytest.mark.parametrize(
    "stale",
    [
        {"version": 2},
        {"state": ScheduleState.PAUSED},
        {"next": None},
        {"next": Occurrence(NOON, "2026-03-29T09:00:00", 1)},
        {"next": Occurrence(NOON + SECOND, "2026-03-29T09:00:00")},
        {"next": Occurrence(NOON, "2026-03-29T08:00:00")},
        {"id": "s9"},
    ],
)
def test_p20_a_schedule_is_moved_only_from_where_it_was_read(store: Store, stale: dict[str, Any]) -> None:
    made = schedule(next=Occurrence(NOON, "2026-03-29T09:00:00"), fire_at=NOON)
    after = replace(made, next=None, fire_at=None)
    put(store, made)
    with store.transaction() as tx:
        assert not tx.schedules.put(None, made)
        assert not tx.schedules.put(replace(made, **stale), after)
        assert tx.schedules.get("s1") == made
        assert tx.schedules.put(made, after)
        assert tx.schedules.get("s1") == after
        assert tx.schedules.put(after, made)


def test_schedules_come_by_deployment_and_name(store: Store) -> None:
    a, b, c = (replace(schedule(n), deployment=d, name=m) for n, d, m in [(1, "z", "a"), (2, "d", "b"), (3, "d", "a")])
    put(store, a, b, c)
    with store.transaction() as tx:
        assert tx.schedules.all() == [c, b, a]
        assert tx.schedules.all("d") == [c, b]
        assert not tx.schedules.remove(replace(c, version=5))
        assert tx.schedules.remove(c)
        assert not tx.schedules.remove(c)
        assert tx.schedules.all("d") == [b]


def test_due_are_active_schedules_whose_time_has_come_earliest_first(store: Store) -> None:
    with store.transaction() as tx:
        assert tx.schedules.next_fire() is None
    put(
        store,
        schedule(1, fire_at=NOON),
        schedule(2, fire_at=NOON - SECOND),
        schedule(3, fire_at=NOON + SECOND),
        schedule(4, fire_at=NOON - 2 * SECOND, state=ScheduleState.PAUSED),
        schedule(5),
    )
    with store.transaction() as tx:
        assert [s.id for s in tx.schedules.due(now=NOON, limit=9)] == ["s2", "s1"]
        assert [s.id for s in tx.schedules.due(now=NOON, limit=1)] == ["s2"]
        assert tx.schedules.next_fire() == NOON - SECOND


def test_p16_an_occurrence_fires_once_for_ever(store: Store, rival: Store) -> None:
    full = firing(fold=1, outcome="skipped", run_id=run_id(1), reason="missed", zone_data="2026a", schedule_version=3)
    with store.transaction() as tx:
        assert tx.schedules.fire(firing())
        assert not tx.schedules.fire(firing(outcome="skipped"))
        assert tx.schedules.fire(full)
        assert tx.schedules.fire(replace(firing(), schedule_id="s2"))
    with rival.transaction() as tx:
        assert not tx.schedules.fire(firing())
        assert tx.schedules.firings("s1") == [full, firing()]


def test_firings_come_newest_first(store: Store) -> None:
    made = [firing(f"2026-03-29T09:00:{n:02d}", due_at=NOON + n * SECOND) for n in range(5)]
    with store.transaction() as tx:
        for one in made:
            assert tx.schedules.fire(one)
        assert tx.schedules.firings("s1", limit=3) == made[:1:-1]
        assert tx.schedules.firings("s9") == []


# ---- triggers ------------------------------------------------------------------------------------


def test_every_field_of_a_trigger_comes_back(store: Store) -> None:
    made = Trigger(
        ODD_TEXT, "d", ODD_TEXT, TriggerKind.COMPLETION, NOON, {"states": ["failed"]}, {"x": None}, Switch.PAUSED, 4
    )
    put(store, made)
    with store.transaction() as tx:
        assert tx.triggers.get(made.id) == made
        assert tx.triggers.all() == [made]
        assert tx.triggers.all("other") == []
        assert tx.triggers.get("other") is None


def test_a_trigger_is_changed_and_removed_only_from_the_version_that_was_read(store: Store) -> None:
    first = trigger()
    second = replace(first, version=2, state=Switch.PAUSED)
    put(store, first)
    with store.transaction() as tx:
        assert not tx.triggers.put(None, first)
        assert tx.triggers.put(first, second)
        assert not tx.triggers.put(first, second)
        assert not tx.triggers.remove(first)
        assert tx.triggers.remove(second)
        assert not tx.triggers.remove(second)
        assert tx.triggers.all() == []


def test_an_event_sets_a_trigger_off_once(store: Store, rival: Store) -> None:
    with store.transaction() as tx:
        assert tx.triggers.once("t1", ODD_TEXT, at=NOON, run_id=run_id(1))
        assert not tx.triggers.once("t1", ODD_TEXT, at=NOON + SECOND, run_id=None)
        assert tx.triggers.once("t2", ODD_TEXT, at=NOON, run_id=None)
    with rival.transaction() as tx:
        assert not tx.triggers.once("t2", ODD_TEXT, at=NOON, run_id=None)
