"""Several servers on one database: answers to one flow that come at the same time wake it, and only once."""

from __future__ import annotations

from contextlib import closing, suppress
from dataclasses import replace
from threading import Barrier, Thread

import pytest
from tests.unit.services.desk_world import World, planned, step, value

from pauta.domain import wire
from pauta.domain.calls import Arguments, Awaited, CallKind, first_call_of
from pauta.domain.ids import RunId
from pauta.domain.problems import Conflict
from pauta.domain.states import StageState
from pauta.ports.store import Transaction
from pauta.services import audit

FIRST = first_call_of(0)
ROUNDS = 15


def asking(world: World, answers: int) -> RunId:
    """A flow that waits for so many people."""
    plan = planned(step("flow", cache=False))
    run = world.submit(replace(plan, steps=(replace(plan.steps[0], entry="flow", is_flow=True),)))
    [assignment] = world.claim(run).assignments
    stage, fence = assignment.order.stage, assignment.order.fence
    nos = tuple(FIRST + n for n in range(answers))
    asked = [
        wire.CallAwaits(stage, fence, 0, no, None, CallKind.INPUT, "input", n, n, 1, 5.0, Awaited())
        for n, no in enumerate(nos)
    ]
    world.report(run, wire.StepStarted(stage, fence, 0, 4.0), *asked, wire.StageSuspended(stage, fence, 0, nos))
    return run


@pytest.mark.postgres
def test_answers_that_two_servers_take_at_the_same_time_wake_the_flow(postgres_address: str) -> None:
    from pauta.storage.postgres import open_postgres

    with closing(open_postgres(postgres_address)) as one, closing(open_postgres(postgres_address)) as other:
        worlds = [World(one), World(other)]
        for _ in range(ROUNDS):
            run = asking(worlds[0], 2)
            together = Barrier(2)

            def answer(place: int, run: RunId = run, together: Barrier = together) -> None:
                together.wait(10)
                worlds[place].desk.answer(run, FIRST + place, Arguments(value(place)), by=f"person {place}")

            threads = [Thread(target=answer, args=(place,)) for place in (0, 1)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(30)
            with one.transaction() as tx:
                [stage] = tx.stages.of_run(run)
                found = tx.runs.get(run)
                assert {call.by for call in tx.calls.of_run(run)} == {"person 0", "person 1"}
            assert (stage.state, stage.waiting_for) == (StageState.READY, 0)
            assert found is not None
            assert found.paused_stages == 0


@pytest.mark.postgres
def test_of_two_answers_to_one_question_one_counts_and_only_that_one_is_in_the_audit_log(postgres_address: str) -> None:
    from pauta.storage.postgres import open_postgres

    with closing(open_postgres(postgres_address)) as one, closing(open_postgres(postgres_address)) as other:
        worlds = [World(one), World(other)]
        for _ in range(ROUNDS):
            run = asking(worlds[0], 1)
            together = Barrier(2)

            def answer(place: int, run: RunId = run, together: Barrier = together) -> None:
                world, name = worlds[place], f"person {place}"

                def note(tx: Transaction) -> None:
                    audit.note(tx, actor=name, action="call.answer", target=run, now=world.time, secret=b"s" * 32)

                together.wait(10)
                with suppress(Conflict):
                    world.desk.answer(run, FIRST, Arguments(value(place)), by=name, note=note)

            threads = [Thread(target=answer, args=(place,)) for place in (0, 1)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(30)
            with one.transaction() as tx:
                [call] = tx.calls.of_run(run)
                rows = [row for row in tx.audit.read(limit=10_000) if row.target == run]
            assert [row.actor for row in rows] == [call.by]
