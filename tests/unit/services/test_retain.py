"""What goes by the budgets, and what never does (P24)."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pauta.adapters.memory_objects import MemoryObjects
from pauta.domain.calls import Arguments, CallState, first_call_of
from pauta.domain.ids import Address, RunId
from pauta.domain.outputs import Kind, Output
from pauta.domain.runs import LogChunk, LogLine, ParentCall, Run
from pauta.domain.settings import RetentionSettings
from pauta.domain.states import RunState, StepState
from pauta.scheduler.cleaning import Cleaning
from pauta.services.control import Control
from pauta.services.retain import collect, retain
from pauta.services.retain_choosing import Picture, choose
from pauta.services.views import CollectView
from pauta.storage.memory import MemoryStore
from store_samples import NOON, call, entry, frame, run_id, submit, value

DAY = timedelta(days=1)


class World:
    """Records and objects with a clock."""

    def __init__(self) -> None:
        self.now = NOON
        self.store = MemoryStore()
        self.objects = MemoryObjects(lambda: self.now)

    def run(
        self, number: int, *, pipeline: str = "p", state: RunState = RunState.COMPLETED, **more: Any
    ) -> tuple[RunId, Address]:
        """A run made now, with an output of 10,000 bytes of its own, or that of another run (`takes`)."""
        taken, cached_from = more.pop("takes", (None, None))
        address = taken or self.objects.put(bytes([number]) * 10_000).address
        run, _, steps = submit(self.store, number, pipeline=pipeline, created_at=self.now, **more)
        output = Output(Kind.FRAME, address, 10_000, "arrow", "pandas", rows=1)
        with self.store.transaction() as tx:
            done = replace(steps[0], state=StepState.COMPLETED, output=output, cached_from=cached_from)
            tx.steps.put([done])
            if state is not run.state:
                assert tx.runs.save(run, replace(run, state=state, ended_at=self.now, open_stages=0))
        return run.id, address

    def retain(self, *, dry_run: bool = False, **budget: Any) -> CollectView:
        """Keep to these budgets."""
        given: dict[str, Any] = {"run_days": None, "keep_runs": 0, **budget}
        return retain(
            store=self.store, objects=self.objects, now=self.now, dry_run=dry_run, budget=RetentionSettings(**given)
        )

    def log(self, number: int) -> None:
        """A line of this run's log."""
        with self.store.transaction() as tx:
            tx.logs.append([LogChunk(run_id(number), 0, 1, 0, (LogLine(self.now, "INFO", "said"),))])

    def log_lines(self, number: int) -> int:
        """How many lines of this run are kept."""
        with self.store.transaction() as tx:
            return sum(len(chunk.lines) for chunk in tx.logs.read(run_id(number)))

    def left(self) -> list[str]:
        """Ids of the runs on record, oldest first."""
        with self.store.transaction() as tx:
            return [run.id for run in reversed(tx.runs.newest(limit=100))]


@pytest.fixture
def world() -> World:
    """A world without runs."""
    return World()


def test_runs_that_are_too_old_go_but_the_newest_of_each_pipeline_stay(world: World) -> None:
    for number in range(1, 5):
        world.run(number)
    lonely, _ = world.run(5, pipeline="other")
    world.now += 100 * DAY
    young, _ = world.run(6)
    view = world.retain(run_days=90, keep_runs=2)
    assert list(view.runs) == [run_id(1), run_id(2), run_id(3)]
    assert world.left() == [run_id(4), lonely, young]
    assert view.reasons == {"age": 3, "kept_newest": 3}
    assert (view.objects, view.bytes, view.kept_objects) == (3, 30_000, 3)


def test_p24_a_run_that_has_not_ended_stays_whatever_its_age(world: World) -> None:
    for number, state in enumerate((RunState.PENDING, RunState.HELD, RunState.RUNNING, RunState.FAILED), 1):
        world.run(number, state=state)
    world.now += 400 * DAY
    view = world.retain(run_days=90)
    assert list(view.runs) == [run_id(4)]
    assert view.reasons == {"age": 1, "kept_active": 3}


def test_p24_what_a_run_that_stays_refers_to_stays_and_so_on(world: World) -> None:
    first, address = world.run(1)
    middle, _ = world.run(2, of=first)
    world.run(3)
    world.now += 100 * DAY
    world.run(4, takes=(address, middle))
    view = world.retain(run_days=90)
    assert list(view.runs) == [run_id(3)]
    assert view.reasons == {"age": 1, "kept_referenced": 2, "kept_young": 1}
    assert world.objects.exists(address)


def test_old_runs_that_only_refer_to_each_other_go_together(world: World) -> None:
    first, address = world.run(1)
    world.run(2, of=first, takes=(address, first))
    world.now += 100 * DAY
    assert list(world.retain(run_days=90).runs) == [run_id(1), run_id(2)]
    assert not world.objects.exists(address)


def test_over_the_budget_of_bytes_the_oldest_go_and_no_more_than_it_takes(world: World) -> None:
    for number in range(1, 7):
        world.run(number)
    world.now += 2 * DAY
    view = world.retain(object_bytes=35_000, keep_runs=1)
    assert list(view.runs) == [run_id(1), run_id(2), run_id(3)]
    assert view.reasons == {"kept_newest": 1, "kept_young": 2, "space": 3}
    assert (view.bytes, view.kept_bytes) == (30_000, 30_000)
    assert world.retain(object_bytes=35_000, keep_runs=1).runs == ()


def test_a_shared_object_is_freed_only_when_all_that_use_it_go(world: World) -> None:
    first, shared = world.run(1)
    for number in range(2, 5):
        world.run(number, takes=(shared, first))
    world.run(5)
    world.now += 2 * DAY
    view = world.retain(object_bytes=12_000)
    assert list(view.runs) == [run_id(n) for n in range(1, 5)]
    assert not world.objects.exists(shared)


def test_what_a_younger_run_needs_is_passed_over_and_others_make_room(world: World) -> None:
    first, shared = world.run(1)
    world.run(2)
    world.run(3)
    world.run(4, takes=(shared, first))
    world.now += 2 * DAY
    view = world.retain(object_bytes=10_000, keep_runs=1)
    assert list(view.runs) == [run_id(2), run_id(3)]
    assert world.objects.exists(shared)


def test_a_run_that_a_younger_one_took_results_of_does_not_count_as_room(world: World) -> None:
    first, _ = world.run(1)
    world.run(2)
    world.run(3)
    own = world.objects.put(b"x" * 10_000).address
    world.run(4, takes=(own, first))
    world.now += 2 * DAY
    assert list(world.retain(object_bytes=30_000).runs) == [run_id(2)]


def calls_with(world: World, number: int, *objects: Output) -> None:
    """A flow of this run called a task, which gave these objects."""
    done = call(run_id(number), state=CallState.COMPLETED, result=Arguments(value(), objects))
    with world.store.transaction() as tx:
        tx.calls.put([done])


def test_p24_what_a_call_of_a_flow_gave_stays_with_its_run_though_the_run_that_made_it_goes(world: World) -> None:
    world.run(1, pipeline="flow")
    child, made = world.run(2, pipeline="fetch", parent=ParentCall(run_id(1), first_call_of(0)))
    world.run(3, pipeline="fetch")
    calls_with(world, 1, Output(Kind.FRAME, made, 10_000, "arrow"))
    world.now += 100 * DAY
    assert list(world.retain(run_days=90, keep_runs=1).runs) == [child]
    assert world.objects.exists(made)
    with world.store.transaction() as tx:
        assert tx.objects.drop_run(run_id(1))
    world.retain()
    assert not world.objects.exists(made)


def test_an_object_that_a_call_gave_counts_as_room_that_its_run_takes(world: World) -> None:
    _, made = world.run(1)
    world.run(2)
    calls_with(world, 2, Output(Kind.FRAME, made, 10_000, "arrow"))
    world.run(3)
    world.now += 2 * DAY
    assert list(world.retain(object_bytes=10_000).runs) == [run_id(1), run_id(2)]


def test_nothing_goes_without_a_budget(world: World) -> None:
    world.run(1)
    world.now += 1000 * DAY
    assert world.retain().runs == ()


def test_a_dry_run_tells_the_same_and_changes_nothing(world: World) -> None:
    for number in range(1, 5):
        world.run(number)
    world.now += 100 * DAY
    foreseen = world.retain(dry_run=True, run_days=90, keep_runs=1)
    assert world.left() == [run_id(n) for n in range(1, 5)]
    assert len(list(world.objects.contents())) == 4
    done = world.retain(run_days=90, keep_runs=1)
    assert replace(foreseen, dry_run=False) == done
    assert foreseen.objects == 3


def test_p24_an_object_touched_within_a_day_stays(world: World) -> None:
    world.run(1)
    world.now += 100 * DAY
    world.objects.put(bytes([1]) * 10_000)
    view = world.retain(run_days=90)
    assert (len(view.runs), view.objects) == (1, 0)


@pytest.mark.parametrize("how", ["touched", "recorded"])
def test_p24_an_object_that_is_needed_again_while_it_is_collected_stays(world: World, how: str) -> None:
    _, address = world.run(1)
    world.now += 100 * DAY

    def need_it() -> None:
        if how == "touched":
            world.objects.put(bytes([1]) * 10_000)
            return
        with world.store.transaction() as tx:
            tx.cache.put([entry(output=frame(int(address, 16)))])

    class Racing(MemoryObjects):
        def contents(self) -> Any:
            found = list(world.objects.contents())
            need_it()
            return iter(found)

        def discard(self, addresses: Any, **how: Any) -> int:
            return world.objects.discard(addresses, **how)

        def exists(self, address: Any) -> bool:
            return world.objects.exists(address)

    racing = Racing(lambda: world.now)
    budget = RetentionSettings(run_days=90, keep_runs=0)
    retain(store=world.store, objects=racing, now=world.now, dry_run=False, budget=budget)
    assert world.objects.exists(address)


def test_p24_a_run_that_is_run_again_meanwhile_stays(world: World) -> None:
    world.run(1)
    world.run(2)
    world.now += 100 * DAY
    store = world.store

    class Meanwhile:
        """The store, in which a run is run again after everything was looked at."""

        looks = 0

        def transaction(self, *, durable: bool = False) -> Any:
            self.looks += 1
            if self.looks == 4:
                submit(store, 9, of=run_id(1), created_at=world.now)
            return store.transaction(durable=durable)

    view = retain(
        store=Meanwhile(),  # type: ignore[arg-type]
        objects=world.objects,
        now=world.now,
        dry_run=False,
        budget=RetentionSettings(run_days=90, keep_runs=0),
    )
    assert list(view.runs) == [run_id(2)]
    assert run_id(1) in world.left()


def test_a_person_names_what_goes_with_collect(world: World) -> None:
    for number in range(1, 4):
        world.run(number)
    world.now += 2 * DAY
    view = collect(store=world.store, objects=world.objects, now=world.now, dry_run=False, keep_runs=1)
    assert world.left() == [run_id(3)]
    assert view.reasons == {"asked": 2}


def test_old_runs_lose_their_log_lines_before_they_go_themselves(world: World) -> None:
    for number, state in enumerate((RunState.COMPLETED, RunState.RUNNING, RunState.FAILED), 1):
        world.run(number, state=state)
        world.log(number)
    world.now += 40 * DAY
    world.run(4)
    world.log(4)
    foreseen = world.retain(dry_run=True, run_days=90, log_days=30)
    assert [world.log_lines(n) for n in range(1, 5)] == [1, 1, 1, 1]
    view = world.retain(run_days=90, log_days=30)
    assert [world.log_lines(n) for n in range(1, 5)] == [0, 1, 0, 1]
    assert (view.runs, view.log_runs) == ((), 2)
    assert view.log_bytes > 0
    assert replace(foreseen, dry_run=False) == view
    again = world.retain(run_days=90, log_days=30)
    assert (again.log_runs, again.log_bytes) == (0, 0)


def test_log_lines_of_a_run_that_goes_are_not_counted_twice_and_none_go_without_a_bound(world: World) -> None:
    for number in (1, 2):
        world.run(number)
        world.log(number)
    world.now += 100 * DAY
    assert world.retain(log_days=None).log_runs == 0
    assert world.log_lines(1) == 1
    view = world.retain(run_days=90, keep_runs=1, log_days=30)
    assert (view.runs, view.log_runs) == ((run_id(1),), 1)


def test_the_server_cleans_up_every_so_many_hours_and_one_of_several_does(world: World) -> None:
    nothing: Any = None
    control = Control(
        Path(), Path(), world.store, world.objects, nothing, nothing, lambda: world.now, nothing, b"", nothing, "", ""
    )
    budget = RetentionSettings(run_days=1, keep_runs=0, every_hours=6)
    one, other = Cleaning(control, budget), Cleaning(control, budget)
    world.run(1)
    world.now += 3 * DAY
    first = one.clean_when_due()
    assert first is not None
    assert list(first.runs) == [run_id(1)]
    assert other.clean_when_due() is None
    world.now += timedelta(hours=6)
    assert other.clean_when_due() is not None


numbers = st.integers(0, 11)


@given(
    ended=st.lists(st.booleans(), min_size=12, max_size=12),
    pipelines=st.lists(st.sampled_from("ab"), min_size=12, max_size=12),
    edges=st.lists(st.tuples(numbers, numbers), max_size=15),
    using=st.lists(st.tuples(st.integers(0, 5), numbers), max_size=20),
    keep=st.integers(0, 4),
    days=st.one_of(st.none(), st.integers(0, 12)),
    most=st.one_of(st.none(), st.integers(0, 60)),
)
def test_p24_no_choice_takes_what_is_active_new_or_referred_to(
    ended: list[bool],
    pipelines: list[str],
    edges: list[tuple[int, int]],
    using: list[tuple[int, int]],
    keep: int,
    days: int | None,
    most: int | None,
) -> None:
    runs = [
        Run(run_id(n), pipelines[n], RunState.FAILED if ended[n] else RunState.RUNNING, _day(n), 0) for n in range(12)
    ]
    sources: dict[RunId, set[RunId]] = {}
    for younger, older in edges:
        if older < younger:
            sources.setdefault(run_id(younger), set()).add(run_id(older))
    users: dict[Address, set[RunId]] = {}
    for address, number in using:
        users.setdefault(Address(str(address)), set()).add(run_id(number))
    picture = Picture(runs[::-1], sources, users)
    budget = RetentionSettings(run_days=days, keep_runs=keep, object_bytes=most)
    sizes = {address: 10 for address in users}
    choice = choose(picture, budget=budget, now=_day(12), sizes=sizes, total=10 * len(users))
    staying = [run for run in runs if run.id not in choice.doomed]
    assert all(run.state is RunState.FAILED for run in runs if run.id in choice.doomed)
    for pipeline in "ab":
        newest = [run for run in runs if run.pipeline == pipeline][-keep:] if keep else []
        assert all(run in staying for run in newest)
    for run in staying:
        assert not sources.get(run.id, set()) & choice.doomed.keys()
    if days is None and (most is None or 10 * len(users) <= most):
        assert not choice.doomed
    assert sum(choice.reasons.values()) == len(runs)


def _day(number: int) -> datetime:
    return NOON + number * DAY
