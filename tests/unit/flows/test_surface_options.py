"""`@flow` and `@task`: options are checked where they are written, all at once, with file and line."""

from __future__ import annotations

import functools
import inspect
import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

import pauta
from pauta import Codec, Flow, Task, exponential_backoff, flow, task
from pauta.assembly.deployment_terms import terms_of
from pauta.domain.problems import InvalidInput
from pauta.flows.given import DeployGiven, FlowGiven, TaskGiven
from pauta.flows.option_reading import _PREFECT, _READERS, read_options
from pauta.flows.options import ALIASES, FlowOptions, TaskOptions


def line_here() -> int:
    return inspect.currentframe().f_back.f_lineno  # type: ignore[union-attr]


def refused(make: Any) -> list[str]:
    with pytest.raises(InvalidInput) as error:
        make()
    for problem in error.value.problems:
        told = problem.message("pt") + problem.remedy("pt") + problem.message() + problem.remedy()
        assert not re.search(r"\{[a-z_]+\}", told), "a value is missing"
        assert problem.place is not None
        assert problem.place.file == __file__
    return [f"{p.code}.{p.variant}".rstrip(".") for p in error.value.problems]


def message(make: Any, language: str = "en") -> str:
    with pytest.raises(InvalidInput) as error:
        make()
    return "\n".join(f"{p.message(language)} {p.remedy(language)}" for p in error.value.problems)


def double(x: int) -> int:
    """Twice as much."""
    return 2 * x


# ---- what a decorated function is ------------------------------------------------------------------


@pytest.mark.parametrize(("decorator", "kind"), [(task, Task), (flow, Flow)])
def test_a_decorator_may_stand_alone_or_have_options_and_the_plain_function_stays_at_hand(decorator, kind):
    for made in (decorator(double), decorator()(double), decorator(name="twice")(double)):
        assert isinstance(made, kind)
        assert made.fn is double
        assert made.fn(4) == 8
        assert made.__name__ == "double"
        assert made.__doc__ == made.description == "Twice as much."
        assert inspect.signature(made) == inspect.signature(double)
        assert inspect.unwrap(made) is double
    assert decorator(double).name == "double"
    assert decorator(name="twice")(double).name == "twice"
    assert "double" in repr(decorator(double))


def test_async_functions_are_known_as_such():
    async def slow():
        return 1

    assert task(slow).is_async
    assert flow(slow).is_async
    assert not task(double).is_async


def test_other_options_are_given_to_a_copy_and_what_is_not_given_stays():
    first = task(retries=3, tags=["a"])(double)
    second = first.with_options(retries=5, name="more")
    assert (first.options.retries, first.name) == (3, "double")
    assert (second.options.retries, second.options.tags, second.name) == (5, ("a",), "more")
    assert second.fn is first.fn
    assert flow(double).with_options(description="x").description == "x"


def test_options_are_kept_in_one_form():
    made = task(
        retry_delay=[1, timedelta(minutes=1)],
        timeout=timedelta(seconds=90),
        cache=True,
        cache_for=timedelta(days=1),
        tags={"b", "a"},
        limit="feed",
        on_failure=print,
        on_completion=[print, len],
        memory="2GiB",
        pool="gpu",
    )(double)
    assert made.options == TaskOptions(
        retry_delay=(1.0, 60.0),
        timeout=90.0,
        cache=True,
        cache_for=86_400.0,
        tags=("a", "b"),
        limit=("feed",),
        on_failure=(print,),
        on_completion=(print, len),
        memory=2**31,
        pool="gpu",
    )


def test_the_names_of_prefect_that_mean_the_same_are_taken():
    made = task(retry_delay_seconds=[1, 10], timeout_seconds=5, description="d", version="2", log_prints=True)(double)
    assert made.options.retry_delay == (1.0, 10.0)
    assert made.options.timeout == 5.0
    assert (made.description, made.options.version, made.options.log_prints) == ("d", "2", True)


def test_options_cannot_be_changed():
    with pytest.raises(AttributeError):
        task(double).options.retries = 3


def test_nothing_is_lost_between_what_can_be_written_and_what_is_kept():
    assert TaskGiven.__annotations__.keys() - ALIASES.keys() == set(TaskOptions._fields)
    assert FlowGiven.__annotations__.keys() - ALIASES.keys() == set(FlowOptions._fields)
    assert {*TaskOptions._fields, *FlowOptions._fields} == set(_READERS)


def test_a_task_is_apart_when_its_calls_are_runs_of_their_own():
    assert not task(double).options.is_apart
    assert task(pool="gpu")(double).options.is_apart
    assert task(executor="process")(double).options.is_apart
    assert task(limit=["feed"])(double).options.is_apart


# ---- what is refused -------------------------------------------------------------------------------


def test_all_faults_of_a_decorator_are_told_at_once_with_its_line():
    with pytest.raises(InvalidInput) as error:

        @task(retrys=3, retries=-1, timeout="5m")
        def never():
            """Not reached."""

    line = line_here() - 4
    told = [problem.line() for problem in error.value.problems]
    assert told == [
        f'FLW-001 {__file__} line {line}: @task has no option "retrys"; did you mean "retries"?',
        f"FLW-002 {__file__} line {line}: retries is -1: expected a whole number from 0 to 1000",
        f"FLW-002 {__file__} line {line}: timeout is '5m': expected more than 0 seconds, as a number or a timedelta",
    ]


@pytest.mark.parametrize(
    ("option", "value", "variant"),
    [
        ("name", "", "name"),
        ("name", 3, "name"),
        ("name", "a\nb", "name"),
        ("description", 3, "text"),
        ("retries", True, "retries"),
        ("retries", 1.5, "retries"),
        ("retries", 1001, "retries"),
        ("retry_delay", -1, "delay"),
        ("retry_delay", [1, "2"], "delay"),
        ("retry_delay", float("nan"), "delay"),
        ("retry_jitter", 1.1, "share"),
        ("retry_jitter", False, "share"),
        ("timeout", 0, "duration"),
        ("timeout", float("inf"), "duration"),
        ("timeout", timedelta(seconds=-1), "duration"),
        ("cache", "yes", "cache"),
        ("cache", dict, "cache"),
        ("tags", [1], "names"),
        ("tags", 7, "names"),
        ("tags", [""], "names"),
        ("log_prints", 1, "flag"),
        ("on_failure", "mail", "hooks"),
        ("on_completion", [print, 1], "hooks"),
        ("effects", None, "flag"),
        ("limit", [("feed", 3)], "names"),
        ("limit", {}, "names"),
        ("limit", "one at a time", "limit"),
        ("limit", ["api", "ação"], "limit"),
        ("limit", "pool:gpu", "limit"),
        ("limit", "a" * 101, "limit"),
        ("pool", "", "name"),
        ("executor", "threads", "executor"),
        ("executor", [], "executor"),
        ("memory", "2 gigs", "memory"),
        ("memory", 0, "memory"),
        ("result", "json", "result"),
        ("result", 3, "result"),
    ],
)
def test_a_value_that_an_option_cannot_have_is_refused(option, value, variant):
    given = {option: value, **({"executor": "process"} if option == "memory" else {})}
    assert refused(lambda: task(**given)) == [f"FLW-002.{variant}"]


@pytest.mark.parametrize(("option", "value"), [("max_workers", 0), ("max_workers", True), ("validate", "no")])
def test_so_is_one_that_an_option_of_a_flow_cannot_have(option, value):
    assert refused(lambda: flow(**{option: value}))[0].startswith("FLW-002")


def test_a_value_whose_text_cannot_be_made_is_refused_all_the_same():
    class Odd:
        def __repr__(self):
            raise RuntimeError

    assert refused(lambda: task(retries=Odd())) == ["FLW-002.retries"]


def test_options_of_the_other_kind_are_named_as_such():
    assert refused(lambda: flow(cache=True, pool="gpu")) == ["FLW-001.of_tasks", "FLW-001.of_tasks"]
    assert refused(lambda: task(max_workers=3)) == ["FLW-001.of_flows"]


@pytest.mark.parametrize("option", sorted(_PREFECT))
@pytest.mark.parametrize("decorator", [task, flow])
def test_an_option_of_prefect_is_answered_with_what_to_write_instead(decorator, option):
    (code,) = refused(lambda: decorator(**{option: 1}))
    assert code in ("FLW-001.prefect", "FLW-001.prefect_none")
    instead = _PREFECT[option].partition("=")[0]
    options = TaskOptions if decorator is task else FlowOptions
    assert (code == "FLW-001.prefect") == (instead in options._fields)


def test_what_to_write_instead_is_code_that_is_accepted():
    assert "Write cache_for=timedelta(...) instead." in message(lambda: task(cache_expiration=3))
    assert "Escreva max_workers=... em seu lugar." in message(lambda: flow(task_runner=3), "pt")


def test_options_that_contradict_each_other_are_refused():
    assert refused(lambda: task(cache=True, effects=True)) == ["FLW-003.cached_effects"]
    assert refused(lambda: task(cache_for=3)) == ["FLW-003.not_cached"]
    assert refused(lambda: task(memory="1GB")) == ["FLW-003.not_apart"]
    assert refused(lambda: task(timeout=3, timeout_seconds=4)) == ["FLW-003.twice"]


def test_a_contradiction_with_options_given_before_is_found_in_with_options_too():
    cached = task(cache=True)(double)
    assert refused(lambda: cached.with_options(effects=True)) == ["FLW-003.cached_effects"]
    assert refused(lambda: cached.with_options(retrees=1)) == ["FLW-001.near"]


def test_what_is_no_plain_function_is_refused():
    def numbers():
        yield 1

    async def more():
        yield 1

    class Thing:
        pass

    def taken(return_state):
        """Has a parameter that calls use."""

    assert refused(lambda: task(numbers)) == ["FLW-004.generator"]
    assert refused(lambda: flow(more)) == ["FLW-004.generator"]
    assert refused(lambda: task(Thing)) == ["FLW-004.class"]
    assert refused(lambda: task(lambda: 1)) == ["FLW-004.lambda"]
    assert refused(lambda: task(task(double))) == ["FLW-004.again"]
    assert refused(lambda: flow(task(double))) == ["FLW-004.again"]
    assert refused(lambda: task(staticmethod(double))) == ["FLW-004.wrapped"]
    assert refused(lambda: task(functools.partial(double, 1))) == ["FLW-004.not_function"]
    assert refused(lambda: task(len)) == ["FLW-004.not_function"]
    assert refused(lambda: task("fetch")) == ["FLW-004.text"]
    assert refused(lambda: task(taken)) == ["FLW-004.taken"]
    assert task(name="one")(lambda: 1).name == "one"


# ---- methods ---------------------------------------------------------------------------------------


def test_a_task_of_a_class_is_given_its_object():
    class Feed:
        def __init__(self, name):
            self.name = name

        @task
        def fetch(self, limit):
            return self.name, limit

    bound = Feed("redditdev").fetch
    assert isinstance(bound, Task)
    assert bound.bound((5,), {}) == {"limit": 5}
    assert bound.fn(5) == ("redditdev", 5)
    assert isinstance(Feed.fetch, Task)
    assert Feed.fetch.shape.names == ("self", "limit")


# ---- calls go to the engine ------------------------------------------------------------------------


def test_calls_are_handed_to_the_engine_with_what_was_given(monkeypatch):
    told = []
    fake = SimpleNamespace(
        call_task=lambda *a, **k: told.append(("call_task", *a[1:], k)),
        submit_task=lambda *a, **k: told.append(("submit_task", *a[1:], k)),
        map_task=lambda *a, **k: told.append(("map_task", *a[1:], k)),
        call_flow=lambda *a, **k: told.append(("call_flow", *a[1:], k)),
    )
    monkeypatch.setattr("pauta.flows.function._engine", fake)
    task(double)(1, return_state=True)
    task(double).submit(1, wait_for=[3])
    task(double).map(x=[1], return_state=True)
    flow(double)(x=1)
    assert told == [
        ("call_task", (1,), {}, {"return_state": True}),
        ("submit_task", (1,), {}, {"wait_for": [3], "return_state": False}),
        ("map_task", (), {"x": [1]}, {"wait_for": (), "return_state": True}),
        ("call_flow", (), {"x": 1}, {"return_state": False}),
    ]


def test_a_call_that_is_made_later_is_refused_where_it_is_written():
    async def later(x): ...

    assert refused(lambda: task(double).submit(1, y=2)) == ["FLW-005.unknown"]
    assert refused(lambda: task(double).map([1], y=2)) == ["FLW-005.unknown"]
    assert refused(lambda: task(later)()) == ["FLW-005.missing"]
    assert refused(lambda: flow(later)()) == ["FLW-005.missing"]


def test_deploying_is_handed_on(monkeypatch):
    told = []
    fake = SimpleNamespace(
        from_source=lambda source, entrypoint, ref: (source, entrypoint, ref),
        deploy=lambda flow, name, **given: told.append((flow.name, name, given)) or name,
        to_deployment=lambda flow, name, **given: (flow.name, name, given),
        serve=lambda *flows, **given: told.append((*(flow.name for flow in flows), given)),
    )
    monkeypatch.setattr("pauta.flows.flow.import_module", lambda name: fake)
    assert flow.from_source(source=".", entrypoint="a.py:f") == (".", "a.py:f", None)
    assert flow(double).from_source(".", entrypoint="a.py:f", ref="v1") == (".", "a.py:f", "v1")
    assert flow(double).deploy(name="d", work_pool_name="p", cron="0 */2 * * *", build=False) == "d"
    assert flow(double).to_deployment("d", cron="* * * * *") == ("double", "d", {"cron": "* * * * *"})
    flow(double).serve("s", interval=60)
    pauta.serve(flow(double), flow(double))
    assert told == [
        ("double", "d", {"work_pool_name": "p", "cron": "0 */2 * * *", "build": False}),
        ("double", {"name": "s", "interval": 60}),
        ("double", "double", {}),
    ]


def test_what_deploy_takes_is_what_is_written_for_editors():
    written = DeployGiven.__annotations__.keys()
    terms_of(dict.fromkeys(written))
    with pytest.raises(InvalidInput) as refused:
        terms_of({"zzzz": 1})
    taken = set(str(refused.value.problems[0].values["known"]).split(", "))
    assert taken - {"work_pool", "pool"} <= written  # two more spellings of work_pool_name


# ---- small things ----------------------------------------------------------------------------------


def test_what_flows_are_written_with_can_be_imported_from_pauta():
    from pauta import Completed, Failed, allow_failure, unmapped
    from pauta.states import Completed as AlsoCompleted

    assert Completed is AlsoCompleted
    assert Failed("x").is_failed()
    assert unmapped([1]).value == [1]
    assert allow_failure(1).value == 1
    assert pauta.flow is flow
    assert "flow" in dir(pauta)


def test_a_codec_and_types_can_be_declared_for_results():
    codec = Codec(encode=str, decode=int)
    for result in (codec, int, list[int], int | None):
        assert task(result=result)(double).options.result == result


def test_a_rule_for_waits_is_kept_as_it_is():
    rule = exponential_backoff(2, maximum=10)
    assert read_options(TaskOptions(), {"retry_delay": rule}).retry_delay is rule
