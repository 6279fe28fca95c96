"""What is announced when: once when it becomes ready, again while nobody claims it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from pauta.adapters import clock
from pauta.domain.deploying import Pool, PoolKind, Switch
from pauta.domain.problems import Problem, StoreFault
from pauta.services.announce import Announcing
from work_site import Site

ONE = {"one": "def execute():\n    return 1\n"}
STEP = {"name": "one", "output": "one"}


class Notes:
    """An announcer that keeps what it was told."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, str]] = []
        self.is_away = False

    def announce(self, queue: str, *, pool: str, hints: Sequence[str]) -> None:
        if self.is_away:
            raise StoreFault(Problem("CEL-001"))
        self.sent.extend((queue, pool, hint) for hint in hints)

    def close(self) -> None:
        return None


class World:
    def __init__(self, folder: Path) -> None:
        self.site = Site(folder)
        self.now = 0.0
        self.notes = Notes()
        self.announcing = Announcing(self.site.control, self.notes, sweep_seconds=30.0, monotonic=lambda: self.now)
        self.pool = Pool("training", PoolKind.CELERY, clock.now(), queue="training_queue")
        with self.site.control.store.transaction() as tx:
            tx.pools.put(None, self.pool)

    def submit(self, pool: str = "training") -> str:
        return self.site.submit(ONE, STEP, pool=pool)


@pytest.fixture
def world(tmp_path: Path):  # type: ignore[no-untyped-def]
    made = World(tmp_path / "server")
    yield made
    made.site.close()


def test_a_ready_stage_is_announced_once_and_again_after_a_sweep(world: World) -> None:
    run = world.submit()
    assert [world.announcing.look(), world.announcing.look()] == [1, 0]
    world.now = 29.9
    assert world.announcing.look() == 0
    world.now = 30.0
    assert world.announcing.look() == 1
    assert world.notes.sent == [("training_queue", "training", f"{run}/0")] * 2


def test_a_claimed_stage_is_announced_no_more_and_its_next_attempt_at_once(world: World) -> None:
    run = world.submit()
    world.announcing.look()
    desk = world.site.control.desk
    desk.claim_any(owner="w", pools=["training"], limit=1)
    world.now = 60.0
    assert world.announcing.look() == 0
    stage = world.site.stages(run)[0]  # type: ignore[arg-type]
    desk.expire(stage.run_id, 0, fence=1, stamp=stage.lease_until)
    assert world.announcing.look() == 1


def test_pools_of_other_kinds_and_paused_ones_are_not_announced(world: World) -> None:
    world.submit("default")
    world.submit()
    with world.site.control.store.transaction() as tx:
        tx.pools.put(world.pool, replace(world.pool, state=Switch.PAUSED))
    assert world.announcing.look() == 0


def test_what_could_not_be_sent_is_due_at_the_next_look(world: World) -> None:
    world.submit()
    world.notes.is_away = True
    with pytest.raises(StoreFault):
        world.announcing.look()
    world.notes.is_away = False
    assert world.announcing.look() == 1


def test_a_pool_without_a_queue_of_its_own_uses_its_name(world: World) -> None:
    with world.site.control.store.transaction() as tx:
        tx.pools.put(world.pool, replace(world.pool, queue=None))
    world.submit()
    world.announcing.look()
    assert world.notes.sent[0][0] == "training"
