"""The same idempotency key gives the same run: for a week, and for the same request only (B67)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from publishing_world import World, ask, codes_of, declaring, deployment, problems_of, world

from pauta.domain.problems import Conflict, InvalidInput
from pauta.services import deployments
from pauta.services.accept import Accepted


@pytest.fixture
def at(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        yield made


def test_b67_the_same_key_and_request_give_the_same_run(at: World) -> None:
    at.publish(declaring(alpha={"type": "number", "default": 0}))
    first = ask(at, key="k", parameters={"alpha": 1})
    again = ask(at, key="k", parameters={"alpha": 1})
    assert (again.run_id, first.identical, again.identical) == (first.run_id, False, True)
    assert len(at.runs()) == 1
    assert at.actions.count("run.submit") == 1


@pytest.mark.parametrize(
    ("second", "difference"),
    [
        ({"parameters": {"alpha": 2}}, "parameters.alpha"),
        ({"parameters": {}}, "parameters.alpha"),
        ({"parameters": {"alpha": 1.0}, "version": 1}, "version"),
        ({"parameters": {"alpha": 1}, "use_cache": False}, "use_cache"),
        ({"parameters": {"alpha": 1}, "limits": ("x",)}, "limits"),
        ({"parameters": {"alpha": 1}, "inputs": {"f": {"path": "x"}}}, "inputs.f"),
        ({"parameters": {"alpha": None}}, "parameters.alpha"),
    ],
)
def test_b67_the_same_key_with_another_request_names_the_first_difference(
    at: World, second: dict[str, Any], difference: str
) -> None:
    at.publish(declaring(alpha={"default": 0}))
    ask(at, key="k", parameters={"alpha": 1 if "version" not in second else 1.0})
    problem = problems_of(lambda: ask(at, key="k", **second), Conflict)[0]
    assert problem.code == "IDM-001"
    assert problem.values["difference"] == difference


def test_b67_a_key_is_kept_for_a_week(at: World) -> None:
    at.publish()
    first = ask(at, key="k")
    at.passes(days=6, hours=23)
    assert ask(at, key="k") == Accepted(first.run_id, identical=True)
    at.passes(hours=2)
    second = ask(at, key="k")
    assert second.run_id != first.run_id
    assert ask(at, key="k") == Accepted(second.run_id, identical=True)
    at.passes(days=8)
    assert not ask(at, key="k").identical
    assert len(at.runs()) == 3


def test_a_key_that_was_used_answers_though_what_it_asked_for_is_gone(at: World) -> None:
    at.publish()
    deployments.create(at.control, deployment(), behalf=at.me)
    first = ask(at, None, deployment="d", key="k")
    deployments.remove(at.control, "d", behalf=at.me)
    assert ask(at, None, deployment="d", key="k").run_id == first.run_id


@pytest.mark.parametrize("key", ["", " ", "a\nb", "é", "x" * 201, "a\0", " a"])
def test_a_key_is_printable_and_short(at: World, key: str) -> None:
    at.publish()
    assert codes_of(lambda: ask(at, key=key), InvalidInput) == ["IDM-002"]


def test_b67_fifty_at_once_with_one_key_make_one_run(at: World) -> None:
    at.publish()
    start = threading.Barrier(50)
    answers: list[Accepted] = []

    def one() -> None:
        start.wait()
        answers.append(ask(at, key="k"))

    threads = [threading.Thread(target=one) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 50
    assert len({answer.run_id for answer in answers}) == 1
    assert sum(not answer.identical for answer in answers) == 1
    assert len(at.runs()) == 1
