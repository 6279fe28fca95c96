"""Answers of people to flows that wait."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from desk_world import World

from flow_records import FIRST, SCHEMA, FlowRecords, record
from pauta.domain.access import Role
from pauta.domain.calls import Call, CallKind, CallState
from pauta.domain.ids import RunId
from pauta.domain.problems import Conflict, InvalidInput, NotFound
from pauta.domain.runs import ParentCall
from pauta.domain.states import RunState, StageState
from pauta.runtime.parcels import StoredParcels
from pauta.services.access import Forbidden
from pauta.services.answers import Answers, Person, answer_of, may_answer
from pauta.services.behalf import Behalf
from pauta.storage.memory import MemoryStore
from store_samples import NOON, run_id


@pytest.fixture
def world() -> World:
    made = World(MemoryStore())
    made.time = NOON + timedelta(minutes=5)
    return made


@pytest.fixture
def answers(world: World) -> Answers:
    return Answers(world.store, world.desk, lambda: world.time)


def person(name: str = "ana (x1)", role: Role = Role.ADMIN, notes: list[Any] | None = None) -> Person:
    def note(tx: Any, action: str, target: str, **details: Any) -> None:
        if notes is not None:
            notes.append((action, target, details))

    return Person(Behalf(name, note=note), role)


def asks_for_value(world: World, number: int = 1, **awaited: Any) -> RunId:
    calls = FlowRecords(run_id(number))
    calls.call("fetch")
    calls.waits(CallKind.INPUT, name="settings", prompt="How?", **{"schema": SCHEMA, **awaited})
    return record(world.store, number, calls, state=RunState.PAUSED)


def asks_for_approval(world: World, number: int = 1, **awaited: Any) -> RunId:
    calls = FlowRecords(run_id(number))
    calls.waits(CallKind.APPROVAL, prompt="Post 12 items?", **awaited)
    return record(world.store, number, calls, state=RunState.PAUSED)


def the_call(world: World, run: RunId, no: int) -> Call:
    with world.store.transaction() as tx:
        return tx.calls.get(run, [no])[0]


def test_a_value_that_fits_is_put_on_record_and_its_flow_may_be_claimed_again(world: World, answers: Answers) -> None:
    run = asks_for_value(world)
    done = answers.give(run, "settings", {"limit": 3}, person=person())
    call = the_call(world, run, FIRST + 1)
    assert (call.state, call.by, call.ended_at) == (CallState.COMPLETED, "ana (x1)", world.time)
    assert call.result is not None
    assert (call.result.value.value, call.result.value.format, call.result.objects) == ({"limit": 3}, "json", ())
    assert (done.label, done.by, done.approved, done.top) == ("settings", "ana (x1)", None, run)
    with world.store.transaction() as tx:
        assert tx.stages.of_run(run)[0].state in (StageState.READY, StageState.PAUSED)
        assert [stage.no for stage in tx.stages.claimable(now=world.time, limit=5)] == [0]


def test_what_does_not_fit_is_told_field_by_field_and_nothing_is_recorded(world: World, answers: Answers) -> None:
    run = asks_for_value(world)
    with pytest.raises(InvalidInput) as caught:
        answers.give(run, "settings", {"limit": 0, "mode": "odd", "more": 1}, person=person())
    found = {(p.code, p.variant, p.place.field if p.place else None) for p in caught.value.problems}
    assert found == {("FLW-087", "", "limit"), ("FLW-087", "", "mode"), ("FLW-087", "unknown", "more")}
    assert the_call(world, run, FIRST + 1).state is CallState.PAUSED


def test_an_answer_and_its_line_in_the_audit_log_are_on_record_together_or_not_at_all(
    world: World, answers: Answers
) -> None:
    def note(tx: Any, action: str, target: str, **details: Any) -> None:
        assert tx.calls.get(run, [FIRST + 1])[0].state is CallState.COMPLETED, "not in the answer's transaction"
        raise OSError("the log is full")

    run = asks_for_value(world)
    with pytest.raises(OSError, match="full"):
        answers.give(run, "settings", {"limit": 3}, person=Person(Behalf("ana", note=note)))
    assert the_call(world, run, FIRST + 1).state is CallState.PAUSED
    notes: list[Any] = []
    answers.give(run, "settings", {"limit": 3}, person=person(notes=notes))
    with pytest.raises(Conflict):
        answers.give(run, "settings", {"limit": 4}, person=person(notes=notes))
    assert [(action, target) for action, target, _ in notes] == [("call.answer", f"{run}/{FIRST + 1}")]


def test_a_second_answer_is_told_who_was_quicker_and_when(world: World, answers: Answers) -> None:
    run = asks_for_approval(world)
    answers.decide(run, "approval", approved=True, comment="", person=person("bia (x2)"))
    with pytest.raises(Conflict) as caught:
        answers.decide(run, "approval", approved=False, comment="", person=person())
    told = caught.value.problems[0]
    assert told.code == "FLW-085"
    assert "bia (x2)" in told.message("en")
    assert str(world.time.year) in told.message("pt")


def test_who_is_overtaken_between_looking_and_writing_is_told_the_same(world: World, answers: Answers) -> None:
    run = asks_for_approval(world)
    quicker = answer_of({"approved": True})
    answer = world.desk.answer

    def overtaken(*args: Any, **more: Any) -> None:
        answer(run, FIRST, quicker, by="bia (x2)", message="")
        answer(*args, **more)

    world.desk.answer = overtaken  # type: ignore[method-assign]
    with pytest.raises(Conflict) as caught:
        answers.decide(run, "approval", approved=False, comment="", person=person())
    assert (caught.value.problems[0].code, caught.value.problems[0].values["by"]) == ("FLW-085", "bia (x2)")


def test_a_decision_tells_the_flow_who_when_and_why(world: World, answers: Answers) -> None:
    run = asks_for_approval(world)
    answers.decide(run, str(FIRST), approved=False, comment="two are the same", person=person())
    call = the_call(world, run, FIRST)
    assert call.result is not None
    assert call.result.value.value == {
        "approved": False,
        "by": "ana (x1)",
        "comment": "two are the same",
        "at": world.time.isoformat(),
    }
    assert call.message == "two are the same"


@pytest.mark.parametrize(
    ("role", "roles", "may"),
    [
        (Role.OPERATOR, (), True),
        (Role.OPERATOR, ("operator",), True),
        (Role.OPERATOR, ("approver",), False),
        (Role.EDITOR, ("approver",), False),
        (Role.EDITOR, ("operator",), True),
        (Role.APPROVER, ("approver",), True),
        (Role.APPROVER, ("editor",), False),
        (Role.APPROVER, ("editor", "operator"), True),
        (Role.ADMIN, ("approver",), True),
        (Role.ADMIN, ("a role of theirs",), True),
        (Role.OPERATOR, ("a role of theirs",), False),
    ],
)
def test_a_role_answers_for_itself_and_for_those_it_includes(role: Role, roles: tuple[str, ...], may: bool) -> None:
    assert may_answer(role, roles) is may


def test_who_has_none_of_the_roles_may_not_answer(world: World, answers: Answers) -> None:
    run = asks_for_approval(world, roles=("approver",))
    with pytest.raises(Forbidden) as caught:
        answers.decide(run, "approval", approved=True, comment="", person=person(role=Role.EDITOR))
    assert caught.value.problems[0].code == "FLW-089"
    assert "approver" in caught.value.problems[0].message()


def test_a_token_for_other_pipelines_may_neither_see_nor_answer(world: World) -> None:
    run = asks_for_approval(world)

    def refuse(pipeline: str) -> None:
        raise Forbidden([])

    blind = Answers(world.store, world.desk, lambda: world.time, allowed=lambda pipeline: pipeline != "full_flow")
    assert blind.waiting() == ()
    with pytest.raises(Forbidden):
        blind.decide(run, "approval", approved=True, comment="", person=Person(Behalf("x", allow=refuse)))


def test_every_answer_leaves_an_audit_row_without_the_value(world: World, answers: Answers) -> None:
    notes: list[Any] = []
    answers.give(asks_for_value(world, 1), "settings", {"limit": 3}, person=person(notes=notes))
    approval = asks_for_approval(world, 2)
    answers.decide(approval, "approval", approved=True, comment="fine", person=person(notes=notes))
    rejected = asks_for_approval(world, 3)
    answers.decide(rejected, "approval", approved=False, comment="", person=person(notes=notes))
    assert [action for action, _, _ in notes] == ["call.answer", "call.approve", "call.reject"]
    assert notes[0][1:] == (f"{run_id(1)}/{FIRST + 1}", {"call": "settings", "comment": ""})
    assert "limit" not in str(notes[0])


def test_the_wrong_kind_of_answer_says_which_is_right(world: World, answers: Answers) -> None:
    value, approval = asks_for_value(world, 1), asks_for_approval(world, 2)
    for act, words in (
        (lambda: answers.decide(value, "settings", approved=True, comment="", person=person()), "pauta answer"),
        (lambda: answers.give(approval, "approval", 7, person=person()), "pauta approve"),
    ):
        with pytest.raises(Conflict) as caught:
            act()
        assert caught.value.problems[0].code == "FLW-088"
        assert words in caught.value.problems[0].remedy()


def test_what_never_waited_for_anybody_cannot_be_answered(world: World, answers: Answers) -> None:
    run = asks_for_value(world)
    with pytest.raises(Conflict) as caught:
        answers.give(run, "fetch", 1, person=person())
    assert (caught.value.problems[0].code, caught.value.problems[0].values["state"]) == ("FLW-085", "completed")
    with pytest.raises(NotFound) as missing:
        answers.give(run, "nothing", 1, person=person())
    assert missing.value.problems[0].code == "FLW-086"
    assert "settings" in missing.value.problems[0].message()
    with pytest.raises(NotFound):
        answers.give(run_id(9), "settings", 1, person=person())


def test_of_two_calls_with_one_name_the_number_says_which(world: World, answers: Answers) -> None:
    calls = FlowRecords(run_id(1))
    for _ in range(2):
        calls.waits(CallKind.APPROVAL)
    run = record(world.store, 1, calls, state=RunState.PAUSED)
    with pytest.raises(Conflict) as caught:
        answers.decide(run, "approval", approved=True, comment="", person=person())
    assert (caught.value.problems[0].code, caught.value.problems[0].variant) == ("FLW-086", "several")
    assert str(FIRST + 1) in caught.value.problems[0].message()
    answers.decide(run, "approval#2", approved=True, comment="", person=person())
    assert the_call(world, run, FIRST + 1).state is CallState.COMPLETED
    assert the_call(world, run, FIRST).state is CallState.PAUSED


def test_what_waits_is_listed_oldest_run_first_with_what_is_asked(world: World, answers: Answers) -> None:
    asks_for_approval(world, 2, roles=("approver",), until=(NOON + timedelta(hours=1)).timestamp())
    asks_for_value(world, 1)
    asleep = FlowRecords(run_id(3))
    asleep.waits(CallKind.SLEEP, until=1.0)
    record(world.store, 3, asleep, state=RunState.PAUSED)
    first, second = answers.waiting()
    assert (first.run, first.label, first.kind, first.awaited.schema) == (run_id(1), "settings", "input", SCHEMA)
    assert (second.awaited.roles, second.awaited.until) == (("approver",), NOON + timedelta(hours=1))
    assert answers.waiting(limit=1) == (first,)
    assert answers.waiting(run_id=run_id(2)) == (second,)


def test_what_a_run_of_a_flow_waits_for_is_found_by_the_run_that_a_person_asked_for(
    world: World, answers: Answers
) -> None:
    above = FlowRecords(run_id(1))
    above.call("post_flow", CallKind.RUN, state=CallState.PAUSED, child=run_id(2))
    top = record(world.store, 1, above, state=RunState.PAUSED)
    below = FlowRecords(run_id(2))
    below.waits(CallKind.APPROVAL)
    record(world.store, 2, below, state=RunState.PAUSED, parent=ParentCall(top, FIRST))
    (found,) = answers.waiting(run_id=top)
    assert (found.run, found.top) == (run_id(2), top)
    assert answers.decide(run_id(2), "approval", approved=True, comment="", person=person()).top == top


def test_what_a_cancelled_run_waited_for_is_neither_listed_nor_answered(world: World, answers: Answers) -> None:
    calls = FlowRecords(run_id(1))
    calls.waits(CallKind.APPROVAL)
    run = record(world.store, 1, calls, state=RunState.CANCELLED)
    assert answers.waiting() == ()
    with pytest.raises(Conflict) as caught:
        answers.decide(run, "approval", approved=True, comment="", person=person())
    assert (caught.value.problems[0].variant, caught.value.problems[0].values["state"]) == ("run", "cancelled")


@pytest.mark.parametrize("odd", [2**70, "\ud800", "x" * 20_000], ids=["number", "text", "size"])
def test_what_cannot_be_kept_is_refused(world: World, answers: Answers, odd: Any) -> None:
    run = asks_for_value(world, schema=None)
    with pytest.raises(InvalidInput):
        answers.give(run, "settings", odd, person=person())
    assert the_call(world, run, FIRST + 1).state is CallState.PAUSED


@pytest.mark.parametrize("value", [{"$object": 0}, {"$path": "/etc/passwd"}, {"a": [{"$of": ["x", {}]}]}, "text", None])
def test_nothing_in_an_answer_is_taken_for_anything_but_json(value: Any) -> None:
    def none_is_opened() -> Any:
        raise AssertionError("an answer refers to no object")

    assert StoredParcels(none_is_opened).unpack(answer_of(value)) == value
