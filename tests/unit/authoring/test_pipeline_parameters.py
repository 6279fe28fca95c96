"""B60 and B61: values of parameters, all problems at once, before a run exists."""

from __future__ import annotations

from typing import Any

import pytest
from recipe_texts import pipeline, step

from pauta.authoring.parameters import apply, fill, read_texts
from pauta.domain.problems import InvalidInput

PIPELINE = pipeline(
    step("a"),
    parameters={
        "machine_name": {"type": "text"},
        "alpha": {"type": "number", "default": 0.1, "minimum": 0, "maximum": 1},
        "trees": {"type": "integer", "default": 100},
        "kind": {"choices": ["a", "b", 1], "default": "a"},
        "fast": False,
        "columns": {"type": "list", "required": False},
        "start_date": "2025-08-01",
        "end_date": "2025-08-31",
        "token": {"secret": True, "required": False},
    },
)


def refusal(given: dict[str, Any]) -> list[str]:
    with pytest.raises(InvalidInput) as refused:
        fill(PIPELINE, given)
    return [problem.line() for problem in refused.value.problems]


def test_B60_a_value_of_another_type_is_named():
    assert refusal({"machine_name": 7}) == ["PRM-001 machine_name: expected text, got 7"]


def test_B60_all_problems_come_at_once():
    given = {"alhpa": 1, "machine_name": None, "alpha": 1.5, "trees": True, "kind": True, "start_date": "2025-02-30"}
    assert refusal(given) == [
        'PRM-001 alhpa: unknown parameter; did you mean "alpha"?',
        "PRM-001 machine_name: expected text, got null",
        "PRM-001 alpha: 1.5 is more than 1",
        "PRM-001 trees: expected whole number, got true",
        'PRM-001 kind: expected one of "a", "b", 1, got true',
        'PRM-001 start_date: expected date as 2025-08-31, got "2025-02-30"',
    ]


def test_B60_a_missing_value_is_required():
    assert refusal({}) == ["PRM-001 machine_name: required"]


def test_B60_a_secret_in_plain_is_refused_and_not_repeated():
    (line,) = refusal({"machine_name": "x", "token": "hunter2"})
    assert line == "PRM-001 token: a secret must not be given in plain"
    assert fill(PIPELINE, {"machine_name": "x", "token": "env:TOKEN"})["token"] == "env:TOKEN"


def test_B60_a_pipeline_without_parameters_takes_none():
    with pytest.raises(InvalidInput, match="PRM-001 alpha: unknown parameter; the pipeline declares none"):
        fill(pipeline(step("a")), {"alpha": 1})


def test_B61_a_period_that_ends_before_it_begins_is_refused():
    assert refusal({"machine_name": "x", "start_date": "2025-09-01"}) == [
        "PRM-002 start_date 2025-09-01 is after end_date 2025-08-31"
    ]


def test_values_are_the_given_ones_or_the_defaults():
    assert fill(PIPELINE, {"machine_name": "x", "trees": 20.0}) == {
        "machine_name": "x",
        "alpha": 0.1,
        "trees": 20,
        "kind": "a",
        "fast": False,
        "columns": None,
        "start_date": "2025-08-01",
        "end_date": "2025-08-31",
        "token": None,
    }


def test_texts_of_a_command_line_become_the_declared_types():
    texts = {"machine_name": "7", "alpha": "0.5", "trees": "20", "kind": "1", "fast": "True", "columns": '["x"]'}
    assert read_texts(PIPELINE, texts) == {
        "machine_name": "7",
        "alpha": 0.5,
        "trees": 20,
        "kind": 1,
        "fast": True,
        "columns": ["x"],
    }
    assert read_texts(PIPELINE, {"kind": "b", "alpha": "lots", "unknown": "1"}) == {
        "kind": "b",
        "alpha": "lots",
        "unknown": "1",
    }


@pytest.mark.parametrize("text", ["inf", "nan", "1e999", "0x10", "1_0x"])
def test_B60_a_text_that_is_no_finite_number_is_refused(text):
    (line,) = refusal({"machine_name": "x"} | read_texts(PIPELINE, {"alpha": text}))
    assert line.startswith("PRM-001 alpha: expected number, got ")


def test_references_are_replaced_at_any_depth():
    kwargs = {
        "alpha": {"param": "alpha"},
        "grid": [{"param": "trees"}, {"param": "trees", "more": 1}],
        "plain": "param",
    }
    assert apply(kwargs, {"alpha": 0.1, "trees": 20}) == {
        "alpha": 0.1,
        "grid": [20, {"param": "trees", "more": 1}],
        "plain": "param",
    }
