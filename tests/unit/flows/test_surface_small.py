"""Waits before retries, hooks, codecs, and where the user's code is."""

from __future__ import annotations

import asyncio
import logging
import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pauta import Codec, exponential_backoff, flow, get_run_logger, task
from pauta.domain.problems import InvalidInput, StepFault
from pauta.flows.delays import delay_before, planned_delays
from pauta.flows.hooks import RunFacts, call_hooks, hooks_for
from pauta.flows.options import TaskOptions
from pauta.flows.states import Cancelled, Completed, Failed

# ---- waits before retries --------------------------------------------------------------------------


def waits(count: int = 4, **given: Any) -> list[float]:
    options = task(**given)(print_nothing).options
    return [delay_before(options, retry, chance=0.5) for retry in range(1, count + 1)]


def print_nothing() -> None:
    """Does nothing."""


def test_waits_are_a_number_a_list_whose_last_stays_or_a_rule():
    assert waits() == [0, 0, 0, 0]
    assert waits(retry_delay=2) == [2, 2, 2, 2]
    assert waits(retry_delay=timedelta(minutes=1)) == [60, 60, 60, 60]
    assert waits(retry_delay=[1, 10]) == [1, 10, 10, 10]
    assert waits(retry_delay=[]) == [0, 0, 0, 0]
    assert waits(retry_delay=lambda retry: retry * 3) == [3, 6, 9, 12]
    assert waits(retry_delay=lambda retry: timedelta(hours=retry)) == [3600, 7200, 10800, 14400]
    assert waits(retry_delay=exponential_backoff(2, maximum=10)) == [2, 4, 8, 10]
    assert waits(retry_delay=exponential_backoff(timedelta(seconds=1), timedelta(seconds=3))) == [1, 2, 3, 3]


def test_a_rule_written_for_prefect_gives_a_list():
    assert waits(retry_delay_seconds=lambda retries: [10 * 2**i for i in range(retries)]) == [10, 20, 40, 80]


def test_waits_that_double_never_overflow():
    rule = exponential_backoff(1, maximum=60)
    assert rule(100_000) == 60
    assert repr(rule) == "exponential_backoff(1, maximum=60)"


@pytest.mark.parametrize("bad", [0, -1, "1s", None, math.nan, math.inf])
def test_waits_that_double_need_a_beginning_and_an_end(bad):
    with pytest.raises(InvalidInput, match="FLW-002"):
        exponential_backoff(bad)
    with pytest.raises(InvalidInput, match="maximum is"):
        exponential_backoff(1, maximum=bad)


@pytest.mark.parametrize("odd", [None, -1, "soon", [], math.nan])
def test_a_rule_that_gives_no_wait_is_named(odd):
    options = task(retry_delay=lambda retry: odd)(print_nothing).options
    with pytest.raises(InvalidInput, match="FLW-013") as error:
        delay_before(options, 2, chance=0.5, name="fetch")
    assert "fetch" in str(error.value)


@given(st.floats(0, 1e6), st.floats(0, 1), st.floats(0, 1, exclude_max=True))
def test_chance_moves_a_wait_by_its_share_either_way(delay, jitter, chance):
    wait = delay_before(TaskOptions(retry_delay=(delay,), retry_jitter=jitter), 1, chance=chance)
    assert delay * (1 - jitter) - 1e-6 <= wait <= delay * (1 + jitter) + 1e-6
    assert wait >= 0


def test_waits_for_a_run_of_its_own_are_planned_beforehand():
    assert planned_delays(TaskOptions(retries=4, retry_delay=(1.0, 5.0))) == (1, 5)
    assert planned_delays(TaskOptions(retries=3, retry_delay=exponential_backoff(1))) == (1, 2, 4)
    assert planned_delays(TaskOptions()) == ()


# ---- hooks -----------------------------------------------------------------------------------------


def test_a_hook_takes_as_much_as_it_wants():
    told: list[Any] = []

    async def later(thing):
        await asyncio.sleep(0)
        told.append(("async", thing.name))

    class Callable:
        def __call__(self, thing, run):
            told.append((thing.name, run.attempt))

    hooks = (
        lambda: told.append(()),
        lambda thing: told.append((thing.name,)),
        lambda thing, run, state: told.append((thing.name, run.number, state.kind.value)),
        lambda *all_: told.append(len(all_)),
        lambda thing, run, state, more=1: told.append(more),
        Callable(),
        later,
    )
    made = task(name="fetch")(print_nothing)
    call_hooks(hooks, made, RunFacts(number=7, attempt=2), Failed("x"))
    assert told == [(), ("fetch",), ("fetch", 7, "failed"), 3, 1, ("fetch", 2), ("async", "fetch")]


def test_a_hook_that_raises_is_a_warning_and_the_others_are_called(caplog):
    told: list[Any] = []

    def mail(thing, run, state):
        raise OSError("no network")

    call_hooks((mail, told.append), task(print_nothing), RunFacts(), Completed())
    assert len(told) == 1
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert 'FLW-009 the hook "mail" of "print_nothing" raised OSError: no network' in record.message


def test_hooks_of_completion_are_for_what_completed_and_those_of_failure_for_the_rest():
    options = flow(on_failure=print, on_completion=len)(print_nothing).options
    assert hooks_for(options, Completed()) == (len,)
    assert hooks_for(options, Failed()) == hooks_for(options, Cancelled()) == (print,)


def test_an_async_hook_may_be_called_while_a_loop_runs():
    told = []

    async def hook(thing):
        told.append(thing.name)

    async def main():
        call_hooks((hook,), task(print_nothing), RunFacts(), Completed())

    asyncio.run(main())
    assert told == ["print_nothing"]


# ---- results ---------------------------------------------------------------------------------------


@dataclass
class Post:
    title: str


def test_a_result_is_kept_by_the_annotation_or_by_what_is_declared():
    def fetch() -> list[Post]: ...

    def anything() -> Any: ...

    def nothing() -> None: ...

    def ghost() -> "Ghost": ...  # noqa: F821, UP037

    assert task(fetch).form.hint == list[Post]
    assert task(result=dict[str, Post])(fetch).form.hint == dict[str, Post]
    for plain in (anything, nothing, ghost, print_nothing, lambda: 1):
        assert task(name="t")(plain).form.hint is None


def test_a_codec_writes_and_reads_results():
    codec = Codec(encode=lambda post: post.title, decode=Post)
    form = task(result=codec)(print_nothing).form
    assert form.encoded(Post("a")) == "a"
    assert form.decoded("a") == Post("a")
    assert form.hint is None
    plain = task(print_nothing).form
    assert plain.decoded(plain.encoded(3)) == 3


def test_a_codec_that_fails_says_so():
    form = task(result=Codec(encode=lambda post: post.title, decode=int), name="fetch")(print_nothing).form
    with pytest.raises(StepFault, match='FLW-008 task "fetch": its codec cannot write int: AttributeError'):
        form.encoded(3)
    with pytest.raises(StepFault, match="its codec cannot read a result that is on record: ValueError"):
        form.decoded("x")


def test_a_run_has_a_logger():
    assert isinstance(get_run_logger(), logging.Logger)
