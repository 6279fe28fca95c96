"""What the options of a task do to its calls: retries, effects, the cache, hooks."""

from __future__ import annotations

from typing import Any

from memory_site import Memory, value_of

from pauta import flow, task
from pauta.domain.wire import CallEnded, CallStarted
from pauta.flows.run import run_flow
from pauta.flows.states import State


@task
def double(x: int) -> int:
    return 2 * x


def test_retries_wait_and_are_told():
    tries: list[int] = []

    @task(retries=3, retry_delay=[1, 5])
    def shaky() -> str:
        tries.append(1)
        if len(tries) < 4:
            raise OSError(len(tries))
        return "there"

    @flow
    def patient() -> str:
        return shaky()

    memory = Memory()
    assert value_of(memory.run(patient)) == "there"
    assert memory.clock.slept == [1, 5, 5]
    ended = [r for r in memory.told if isinstance(r, CallEnded)]
    assert [r.retry_at is not None for r in ended] == [True, True, True, False]
    assert [r.attempt for r in memory.told if isinstance(r, CallStarted)] == [1, 2, 3, 4]


def test_a_task_that_has_used_up_its_tries_gets_new_ones_with_the_next_try_of_its_flow():
    @task(retries=1)
    def hopeless() -> None:
        raise OSError

    @flow
    def trying() -> None:
        hopeless()

    memory = Memory()
    memory.run(trying)
    memory.run(trying)
    assert memory.named("hopeless")[0].attempts == 4


def test_effects_begin_when_all_before_is_on_record_and_end_on_record():
    @task(effects=True)
    def post() -> None:
        said.append((list(memory.confirmed), len(memory.told)))

    @flow
    def posting() -> None:
        double(1)
        post()

    memory, said = Memory(), []
    memory.run(posting)
    no = memory.named("post")[0].no
    assert said == [([no], 3)]
    assert memory.confirmed == [no, no]
    assert [r.wait for r in memory.told if r.no == no] == [True, True]  # type: ignore[union-attr]


def test_a_result_comes_from_the_cache_when_arguments_and_script_are_the_same():
    @task(cache=True, cache_for=60)
    def slow(x: int) -> int:
        return x

    @flow
    def remembering(x: int) -> int:
        return slow(x)

    memory, other = Memory(), Memory()
    assert value_of(memory.run(remembering, x=1)) == 1
    other.cache = memory.cache
    assert value_of(other.run(remembering, x=1)) == 1
    assert other.within == []
    [call] = [r for r in other.told if isinstance(r, CallEnded)]
    assert call.cached_from == "earlier"
    changed = Memory()
    changed.cache = memory.cache
    run_flow(remembering, {"x": 1}, changed.site(version="v2"))
    assert len(changed.within) == 1


def test_the_users_key_decides_what_is_the_same():
    @task(cache=lambda arguments: str(arguments["x"] % 10))
    def rough(x: int) -> int:
        return x

    @flow
    def rounding(x: int) -> int:
        return rough(x)

    memory, other = Memory(), Memory()
    memory.run(rounding, x=3)
    other.cache = memory.cache
    assert value_of(other.run(rounding, x=13)) == 3


def test_in_memory_a_flow_is_tried_again_too():
    tries: list[int] = []

    @flow(retries=2)
    def shaky() -> int:
        tries.append(1)
        if len(tries) < 3:
            raise OSError
        return len(tries)

    assert shaky() == 3


def test_hooks_hear_of_the_end_of_a_call_and_of_the_flow():
    heard: list[tuple[str, str, int]] = []

    def hear(thing: Any, run: Any, state: State[Any]) -> None:
        heard.append((thing.name, state.name, run.attempt))

    @task(retries=1, on_failure=hear)
    def fails() -> None:
        raise OSError

    @flow(on_failure=hear)
    def failing() -> None:
        fails()

    Memory().run(failing)
    assert heard == [("fails", "Failed", 2), ("failing", "Failed", 1)]
    heard.clear()
    run_flow(failing, {}, Memory().site(), will_retry=True)
    assert heard == [("fails", "Failed", 2)]
