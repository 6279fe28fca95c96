from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from pauta.engine.choosing import choose


class Head(NamedTuple):
    name: str
    lane: str
    priority: int = 0
    limit_keys: tuple[str, ...] = ()


def names(chosen: list[Head]) -> list[str]:
    return [head.name for head in chosen]


def test_a_deployment_with_a_long_queue_does_not_keep_the_others_waiting():
    heads = [Head(f"a{n}", "a") for n in range(10)] + [Head("b0", "b")]
    assert names(choose(heads, [], limits={}, room=3)) == ["a0", "b0", "a1"]


def test_a_lane_that_runs_more_already_comes_later():
    running = [Head("x", "a"), Head("y", "a")]
    assert names(choose([Head("a0", "a"), Head("b0", "b"), Head("b1", "b")], running, limits={}, room=2)) == [
        "b0",
        "b1",
    ]


def test_a_higher_priority_comes_before_fairness():
    heads = [Head("a0", "a", priority=5), Head("a1", "a", priority=5), Head("b0", "b")]
    assert names(choose(heads, [], limits={}, room=3)) == ["a0", "a1", "b0"]


def test_a_stage_over_its_limit_is_passed_over_and_the_one_behind_it_goes():
    heads = [Head("a0", "a", limit_keys=("db",)), Head("a1", "a")]
    running = [Head("x", "b", limit_keys=("db",))]
    assert names(choose(heads, running, limits={"db": 1}, room=5)) == ["a1"]


def test_what_may_begin_no_more_often_is_passed_over_and_the_rest_goes():
    heads = [Head(f"a{n}", "a", limit_keys=("api",)) for n in range(4)] + [Head("b0", "b", limit_keys=("db",))]
    assert names(choose(heads, [], limits={}, rates={"api": 2}, room=9)) == ["a0", "b0", "a1"]
    assert names(choose(heads, [], limits={"db": 0}, rates={"api": 0}, room=9)) == []


keys = st.lists(st.sampled_from(["k1", "k2", "k3"]), max_size=2, unique=True).map(tuple)
some_heads = st.lists(
    st.builds(Head, st.uuids().map(str), st.sampled_from("abcd"), st.integers(-2, 2), keys), max_size=25
)


@given(
    heads=some_heads,
    leased=some_heads,
    limits=st.dictionaries(st.sampled_from(["k1", "k2"]), st.integers(0, 4)),
    room=st.integers(0, 9),
)
def test_no_limit_is_ever_exceeded_and_no_room_is_wasted(heads, leased, limits, room):
    chosen = choose(heads, leased, limits=limits, room=room)
    before = Counter(key for lease in leased for key in lease.limit_keys)
    after = before + Counter(key for head in chosen for key in head.limit_keys)
    assert len(chosen) <= room
    assert len(set(names(chosen))) == len(chosen)
    for key, most in limits.items():
        assert after[key] <= max(most, before[key])
    if len(chosen) < room:
        left = [head for head in heads if head not in chosen]
        assert all(any(key in limits and after[key] >= limits[key] for key in head.limit_keys) for head in left)
