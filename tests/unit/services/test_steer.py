"""Steering runs: cancel, go on, run again."""

from __future__ import annotations

from typing import Any

import pytest
from desk_world import World, died, planned, step

from pauta.domain.problems import Conflict, NotFound, Problem, StoreFault
from pauta.services import steer
from pauta.services.behalf import Behalf
from pauta.services.control import Control
from pauta.storage.memory import MemoryStore


class Bell:
    """Remembers what was rung."""

    def __init__(self) -> None:
        self.rung: list[str] = []

    def ring(self, subject: str) -> None:
        self.rung.append(subject)


class Kept:
    """Objects of which some are lost."""

    def __init__(self, lost: bool) -> None:
        self.lost = lost

    def path(self, address: str) -> str:
        if self.lost:
            raise StoreFault(Problem("OBJ-001", {"address": address}))
        return "there"


@pytest.fixture
def world() -> World:
    return World(MemoryStore())


def control_of(world: World, **changes: Any) -> Control:
    given: dict[str, Any] = {
        "folder": None,
        "records": None,
        "store": world.store,
        "objects": world.objects,
        "desk": world.desk,
        "bell": Bell(),
        "now": lambda: world.time,
        "random_bits": lambda _: next(world.bits),
        "secret": b"",
        "look_up": lambda _: None,
        "runtime": "py",
        "version": "0",
        **changes,
    }
    return Control(**given)


def hold(world: World) -> Any:
    """A run that is held because its only step died twice."""
    run = world.submit(planned(step("a")))
    for _ in range(2):
        (assignment,) = world.claim(run).assignments
        world.report(run, died(assignment, 0))
    assert world.run(run).state.value == "held"
    return run


def test_cancelling_tells_where_the_run_stands(world: World) -> None:
    run = world.submit(planned(step("a")))
    assert steer.cancel(control_of(world), run).state == "cancelled"


def test_b68_a_finished_run_cannot_be_cancelled_and_says_where_it_stands(world: World) -> None:
    run = world.submit(planned(step("a")))
    world.work(run)
    with pytest.raises(Conflict) as caught:
        steer.cancel(control_of(world), run)
    problem = caught.value.problems[0]
    assert (problem.code, problem.values["state"]) == ("RUN-005", "completed")


def test_a_running_run_can_be_cancelled_twice(world: World) -> None:
    run = world.submit(planned(step("a")))
    world.claim(run)
    control = control_of(world)
    assert steer.cancel(control, run) == steer.cancel(control, run)


def test_a_held_run_goes_on_when_somebody_says_so(world: World) -> None:
    run = hold(world)
    asked = steer.resume(control_of(world, objects=Kept(lost=False)), run)
    assert asked.state == "running"
    assert world.work(run).state.value == "completed"


def test_a_run_that_is_not_held_has_nothing_to_resume(world: World) -> None:
    run = world.submit(planned(step("a")))
    with pytest.raises(Conflict) as caught:
        steer.resume(control_of(world, objects=Kept(lost=False)), run)
    assert caught.value.problems[0].code == "RUN-006"


def test_running_again_makes_a_run_of_the_same_plan(world: World) -> None:
    run = world.submit(planned(step("a"), step("b", "a")))
    world.work(run)
    control = control_of(world)
    asked = steer.rerun(control, run, from_step="b", use_cache=True)
    again = world.run(asked.run)  # type: ignore[arg-type]
    assert (asked.state, again.of, again.options.from_step) == ("pending", run, "b")
    assert f"pool:{again.pool}" in control.bell.rung  # type: ignore[attr-defined]


def test_running_again_stays_in_the_queue_where_it_was(world: World) -> None:
    run = world.submit(planned(step("a")), pool="gpu", priority=3, deployment="nightly", limits=("key:db",))
    again = world.run(steer.rerun(control_of(world), run, from_step=None, use_cache=True).run)  # type: ignore[arg-type]
    assert (again.pool, again.priority, again.deployment, again.limits) == ("gpu", 3, "nightly", ("key:db",))


def test_running_again_under_one_key_makes_one_run(world: World) -> None:
    run = world.submit(planned(step("a"), step("b", "a")))
    control = control_of(world)
    first = steer.rerun(control, run, from_step="a", use_cache=True, key="k")
    second = steer.rerun(control, run, from_step="a", use_cache=True, key="k")
    assert (second.run, first.identical, second.identical) == (first.run, False, True)


def test_b67_one_key_for_two_requests_is_refused_by_their_difference(world: World) -> None:
    run = world.submit(planned(step("a"), step("b", "a")))
    control = control_of(world)
    steer.rerun(control, run, from_step="a", use_cache=True, key="k")
    with pytest.raises(Conflict) as caught:
        steer.rerun(control, run, from_step="b", use_cache=True, key="k")
    problem = caught.value.problems[0]
    assert (problem.code, problem.values["difference"]) == ("IDM-001", "from_step")


def test_who_ran_it_again_is_on_record(world: World) -> None:
    run = world.submit(planned(step("a")))
    rows: list[tuple[str, str]] = []
    behalf = Behalf("ana (t1)", note=lambda tx, action, target, **details: rows.append((action, target)))
    made = steer.rerun(control_of(world), run, from_step=None, use_cache=True, behalf=behalf).run
    assert world.run(made).asked_by == "ana (t1)"  # type: ignore[arg-type]
    assert rows == [("run.rerun", made)]


@pytest.mark.parametrize("verb", ["cancel", "resume", "rerun"])
def test_b65_an_unknown_run_cannot_be_steered(world: World, verb: str) -> None:
    control = control_of(world, objects=Kept(lost=False))
    verbs = {
        "cancel": lambda: steer.cancel(control, "nothing"),
        "resume": lambda: steer.resume(control, "nothing"),
        "rerun": lambda: steer.rerun(control, "nothing", from_step=None, use_cache=True),
    }
    with pytest.raises(NotFound) as caught:
        verbs[verb]()
    assert caught.value.problems[0].code == "RUN-001"
