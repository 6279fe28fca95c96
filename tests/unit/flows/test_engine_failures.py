"""Failures that a body caught meet it again when its flow goes on, and nothing is done again for them."""

from __future__ import annotations

import os
import sys
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from memory_site import Memory, value_of

from pauta import flow, task
from pauta.domain.calls import Call, CallKind, CallState, first_call_of
from pauta.domain.ids import RunId
from pauta.flows.complaining import plain_complaint
from pauta.flows.failures import failure_of_call, on_record
from pauta.flows.states import Failed, Origin, State, TaskFailed
from pauta.flows.waits import pause_for_input
from pauta.testing import Fault, Harness, crash_everywhere


class Refused(ConnectionError):
    """With a constructor of its own, which nobody is to call a second time."""

    made = 0

    def __init__(self, host: str, *, status: int) -> None:
        super().__init__(f"{host} says {status}")
        type(self).made += 1
        self.host = host
        self.status = status


class Odd(Exception):
    """Its text is made of what no record holds."""

    def __init__(self, parts: list[Any]) -> None:
        super().__init__("odd")
        self.parts = parts

    def __str__(self) -> str:
        return " and ".join(map(str, self.parts))


class Holder:
    class Inner(LookupError):
        pass


def file_is_missing() -> None:
    open(os.path.join("nowhere", "at", "all")).close()


def nothing_decoded() -> None:
    b"\xff".decode("utf-8")


def raising(error: BaseException) -> Any:
    def body() -> None:
        raise error

    return body


RAISERS = {
    "ValueError": raising(ValueError("no line")),
    "without a text": raising(ValueError()),
    "KeyError": raising(KeyError("title")),
    "several arguments": raising(RuntimeError("a", 1, None)),
    "OSError": raising(TimeoutError(110, "too late")),
    "FileNotFoundError": file_is_missing,
    "UnicodeDecodeError": nothing_decoded,
    "a class of the flow's file": raising(Refused("feed", status=503)),
    "a text made of parts": raising(Odd([1, "two"])),
    "an inner class": raising(Holder.Inner("x")),
    "Exception itself": raising(Exception("plain")),
}


def recorded(error: BaseException, home: str = __name__) -> Call:
    state: State[Any] = Failed("said", error)
    problem = on_record(plain_complaint(error), state, home)
    number = first_call_of(0)
    kinds = CallKind.TASK, "t", 0, 0, CallState.FAILED
    return Call(RunId("r"), number, 0, None, *kinds, problem=problem)


def raised_by(body: Any) -> BaseException:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - which one is what is looked at
        body()
    return caught.value


@pytest.mark.parametrize("body", RAISERS.values(), ids=RAISERS)
def test_what_a_task_raised_is_raised_again_with_its_class_and_its_text(body: Any):
    error = raised_by(body)
    state, instead = failure_of_call(recorded(error), Origin("task", "t"), globals())
    assert instead == ""
    assert isinstance(state.data, type(error))
    assert type(state.data).__qualname__ == type(error).__qualname__
    assert str(state.data) == str(error)


def test_plain_attributes_come_back_and_no_constructor_of_the_users_is_called():
    made = Refused.made
    error = Refused("feed", status=503)
    state, _ = failure_of_call(recorded(error), Origin("task", "t"), globals())
    assert type(state.data) is Refused
    assert (state.data.host, state.data.status, state.data.args) == ("feed", 503, ("feed says 503",))
    assert Refused.made == made + 1


def test_a_missing_file_keeps_its_number_and_its_name():
    state, _ = failure_of_call(recorded(raised_by(file_is_missing)), Origin("task", "t"), globals())
    assert type(state.data) is FileNotFoundError
    assert (state.data.errno, state.data.filename) == (2, "nowhere/at/all")


def test_a_class_that_cannot_be_found_gives_way_to_the_nearest_that_can_and_says_so():
    class Local(Refused):
        pass

    state, instead = failure_of_call(recorded(Local("feed", status=500)), Origin("task", "t"), globals())
    assert type(state.data) is Refused
    assert "Local" in instead


def test_a_class_of_a_module_that_is_not_loaded_becomes_a_failed_task(monkeypatch: pytest.MonkeyPatch):
    import json

    call = recorded(json.JSONDecodeError("no", "{", 1))
    monkeypatch.delitem(sys.modules, "json.decoder")
    state, instead = failure_of_call(call, Origin("task", "t"), {})
    assert state.data is None
    assert instead
    with pytest.raises(TaskFailed):
        state.result()


def test_what_is_named_on_record_and_is_no_exception_is_not_made():
    from msgspec.structs import replace

    call = recorded(ValueError("x"))
    assert call.problem is not None
    for named in ("builtins:open", "builtins:KeyboardInterrupt", "os:environ", "subprocess:Popen", ":Holder", "x"):
        values = {**call.problem.values, "failure_class": named}
        other = replace(call, problem=type(call.problem)(call.problem.code, values))
        assert failure_of_call(other, Origin("task", "t"), globals())[0].data is None


# ---- in flows ----------------------------------------------------------------------------------------

tries: list[str] = []


@task
def shaky(name: str) -> str:
    tries.append(name)
    if "bad" in name:
        raise Refused(name, status=503)
    return name


@task
def after(name: str) -> str:
    return name


def caught(name: str) -> str:
    try:
        return shaky(name)
    except ConnectionError as error:
        return f"{type(error).__name__}: {error}"


@flow
def catching() -> list[str]:
    return [caught("bad"), after("then"), *(str(f.result(raise_on_failure=False)) for f in shaky.map(["a", "bad b"]))]


@pytest.fixture(autouse=True)
def no_tries() -> None:
    tries.clear()


def test_a_call_whose_failure_was_caught_is_not_made_again_when_the_flow_goes_on():
    whole = Memory()
    expected = value_of(whole.run(catching))
    assert expected[0] == "Refused: bad says 503"
    for after_ in range(len(whole.told) + 1):
        memory = Memory()
        memory.run_and_crash(catching, after_)
        ended = {call.name for call in memory.calls.values() if call.state is CallState.FAILED and call.position == 0}
        tries.clear()
        assert value_of(memory.run(catching)) == expected
        assert ("bad" in tries) is (not ended)


def test_a_flow_that_failed_makes_its_failed_calls_again():
    hopeless = [True]

    @flow
    def in_the_end() -> list[str]:
        found = [caught("bad"), after("then")]
        if hopeless:
            raise ValueError("no")
        return found

    memory = Memory()
    memory.run(in_the_end)
    hopeless.clear()
    assert value_of(memory.run(in_the_end))[1] == "then"
    assert tries == ["bad", "bad"]
    assert memory.begun("after") == 1


def test_a_subflow_that_is_tried_again_makes_its_failed_calls_again_and_no_others():
    hopeless = [True]

    @flow(validate=False)
    def deeper() -> str:
        return caught("bad") + after("deep")

    @flow(retries=1, validate=False)
    def inner() -> list[str]:
        found = [caught("bad"), after("then"), deeper()]
        if hopeless:
            hopeless.clear()
            raise ValueError("no")
        return found

    @flow
    def outer() -> list[str]:
        return inner()

    memory = Memory()
    assert len(value_of(memory.run(outer))) == 3
    assert tries == ["bad", "bad", "bad"]  # the first in both tries; that within the subflow that completed, once
    assert memory.begun("after") == 2
    assert memory.begun("deeper") == 1


def test_a_task_whose_upstream_failed_fails_the_same_way_again():
    @flow
    def chained() -> str:
        state = after(shaky.submit("bad"), return_state=True)
        return state.message

    memory = Memory()
    said = value_of(memory.run(chained))
    told = len(memory.told)
    assert value_of(memory.run(chained)) == said
    assert len(memory.told) == told


def test_a_returned_failure_comes_again_with_its_name_and_what_it_carries():
    @task
    def counted() -> Any:
        return Failed("too few", [1, 2], name="TooFew")

    @flow
    def looking() -> list[Any]:
        state = counted(return_state=True)
        return [state.kind.value, state.name, state.message, state.data]

    memory = Memory()
    assert value_of(memory.run(looking)) == ["failed", "TooFew", "too few", [1, 2]]
    assert value_of(memory.run(looking)) == ["failed", "TooFew", "too few", [1, 2]]
    assert memory.begun("counted") == 1


def test_a_failed_task_raised_through_a_subflow_comes_again_as_one():
    @task
    def silent() -> Any:
        return Failed("nothing new")

    @flow(validate=False)
    def inner() -> None:
        silent()

    @flow
    def outer() -> list[str]:
        try:
            inner()
        except TaskFailed as error:
            return [type(error).__name__, str(error), error.state.message]
        return []

    memory = Memory()
    first = value_of(memory.run(outer))
    assert first[2] == "nothing new"
    assert value_of(memory.run(outer)) == first
    assert memory.begun("silent") == 1


def test_a_wait_that_was_over_is_over_again_for_who_catches_it():
    @flow
    def patient() -> str:
        try:
            pause_for_input(timeout=60)
        except TimeoutError as error:
            after("late")
            return str(error)
        return ""

    memory = Memory()
    first = value_of(memory.finish(patient))
    assert value_of(memory.run(patient)) == first
    assert memory.begun("after") == 1


def test_a_flow_that_fails_of_what_is_on_record_says_the_same_as_before():
    @flow
    def failing() -> str:
        return shaky("bad")

    memory = Memory()
    memory.run(failing)
    problem = next(call.problem for call in memory.calls.values())
    memory._has_failed = False  # its process was gone before the flow's own failure was on record
    came = memory.run(failing)
    assert isinstance(came, State)
    assert came.problem is not None
    assert came.problem.place == problem.place  # type: ignore[union-attr]
    assert "bad says 503" in came.problem.message()
    assert tries == ["bad"]


# ---- everywhere --------------------------------------------------------------------------------------

MOST = 60 if os.environ.get("PAUTA_TEST_SCALE") in ("ci", "night") else 10
some = settings(max_examples=MOST, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
ACTS = st.sampled_from(["call", "caught", "state", "submit", "chain"])
SHAPES = st.lists(ACTS | st.lists(ACTS, min_size=1, max_size=3), min_size=1, max_size=4)


@task
def one(name: str, *others: Any) -> str:
    return name


@task
def other(name: str) -> str:
    return name


def act(name: str, kind: str) -> str:
    if kind == "call":
        return other(name)
    if kind == "caught":
        try:
            return one(name)
        except ConnectionError as error:
            return other(f"{name}: {type(error).__name__} {error}")
    if kind == "state":
        state = one(name, return_state=True)
        return f"{state.kind} {state.message}"
    future = one.submit(name) if kind == "submit" else one.submit(name, one.submit(f"{name}.first"))
    found = future.result(raise_on_failure=False)
    return f"{type(found).__name__} {found}"


@flow(validate=False)
def part(name: str, shape: list[Any]) -> list[Any]:
    found = [
        act(f"{name}/{i}", kind) if isinstance(kind, str) else tried(f"{name}/{i}", kind)
        for i, kind in enumerate(shape)
    ]
    if "state" in shape:
        raise Refused(" ".join(map(str, found)), status=1)
    return found


def tried(name: str, shape: list[Any]) -> Any:
    try:
        return part(name, shape)
    except Refused as error:
        return [error.status, str(error)]


@flow(validate=False)
def whole(shape: list[Any]) -> list[Any]:
    return [act(f"/{i}", kind) if isinstance(kind, str) else tried(f"/{i}", kind) for i, kind in enumerate(shape)]


@some
@given(shape=SHAPES, which=st.lists(st.integers(0, 3), max_size=3))
def test_flows_that_catch_failures_come_to_the_same_wherever_they_crash(shape: list[Any], which: list[int]):
    faults = [Fault("one", Refused("feed", status=n), index=n, attempts=()) for n in which]
    runs = crash_everywhere(whole, shape, harness=lambda: Harness(faults=faults))
    assert all(run.state.is_completed() for run in runs)
