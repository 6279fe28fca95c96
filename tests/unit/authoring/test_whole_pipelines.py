"""B6, B7, B13: a pipeline as a whole, before anything runs; and which of its steps a run takes."""

from __future__ import annotations

import time

import pytest
from recipe_texts import SEED, pipeline, step

from pauta.authoring.check import check_frames, check_signatures, check_supplied, required_inputs
from pauta.authoring.document import parse_document
from pauta.authoring.selection import select
from pauta.domain.ids import Address
from pauta.domain.pipeline import Pipeline
from pauta.domain.scripts import Parameter, Script, Signature


def seed_with(before: str, after: str) -> Pipeline:
    return parse_document(SEED.decode().replace(before, after).encode(), file="recipe.json")


def lines(problems: list) -> list[str]:
    return [problem.line() for problem in problems]


def script(*required: str, optional: tuple[str, ...] = (), is_open: bool = False) -> Script:
    parameters = [Parameter(name, True) for name in required] + [Parameter(name, False) for name in optional]
    nothing = Address("0" * 64)
    return Script("treina_modelo.py", "treina_modelo.py", nothing, nothing, Signature(tuple(parameters), is_open, 31))


MISSPELT = (
    "RCP-006 recipe.json line 32, column 57: prediction_steps[4].dataframes[1]: "
    'step "junta_falhas_resultados": frame "{frame}" is not an input and no earlier step makes it; '
    'did you mean "{meant}"?'
)


def test_B6_a_frame_that_nobody_makes_or_supplies_is_refused_with_the_one_that_was_meant():
    read = seed_with('"df_falhas_processed_2"],', '"df_falha"],')
    found = check_frames(read, supplied={"df_falhas", "df_resultados"})
    assert lines(found) == [MISSPELT.format(frame="df_falha", meant="df_falhas")]


def test_B6_a_slip_is_seen_even_when_inputs_are_neither_declared_nor_supplied():
    read = seed_with('"df_falhas_processed_2"],', '"df_falhas_procesed_2"],')
    assert lines(check_frames(read, supplied=set())) == [
        MISSPELT.format(frame="df_falhas_procesed_2", meant="df_falhas_processed_2")
    ]
    read = seed_with('"df_falhas_processed_2"],', '"df_falha"],')
    assert lines(check_frames(read, supplied=set())) == [MISSPELT.format(frame="df_falha", meant="df_falhas")]


@pytest.mark.parametrize(
    ("taken", "made"),
    [("x_train", "y_train"), ("df_1", "df_2"), ("df_falhas_1", "df_falhas_2"), ("df", "dfs"), ("frame_1", "frame_12")],
)
def test_frames_that_differ_on_purpose_are_inputs_to_be_supplied(taken, made):
    read = pipeline(step("a", ["raw"], made), step("b", [taken, made]))
    assert check_frames(read, supplied=set()) == []
    assert required_inputs(read) == ["raw", taken]


def test_B6_with_an_inputs_section_every_unknown_frame_is_refused():
    read = pipeline(step("a", ["raw", "other"], "x"), inputs={"raw": "raw.csv"})
    (problem,) = check_frames(read, supplied=set())
    assert problem.message() == 'step "a": frame "other" is not an input and no earlier step makes it'
    assert '"inputs"' in problem.remedy()


def test_B6_the_product_of_a_later_step_is_not_there_yet():
    read = pipeline(step("train", ["merged"], "model"), step("merge", ["raw"], "merged"))
    for supplied in (set(), {"raw"}):
        (problem,) = check_frames(read, supplied=supplied)
        assert problem.message() == (
            'step "train": frame "merged" is not an input and no earlier step makes it; '
            'step "merge" makes it, but later'
        )


def test_a_frame_that_is_taken_in_and_made_anew_is_an_input():
    read = pipeline(step("a", ["raw"], "clean"), step("b", ["clean"], "raw"), step("c", ["raw"], "raw"))
    assert check_frames(read, supplied=set()) == []
    assert required_inputs(read) == ["raw"]


def test_B6_an_input_without_a_source_must_be_given():
    read = pipeline(step("a", ["x", "y", "z"]), inputs={"x": "x.csv", "y": {}, "z": {}})
    assert check_frames(read, supplied=set()) == []
    (problem,) = check_supplied(read, supplied={"y"})
    assert problem.message() == 'step "a": input "z" was not given'
    assert problem.remedy() == 'Add --input z=FILE, or give it a source under "inputs".'


def test_B6_after_must_name_a_step():
    (problem,) = check_frames(pipeline(step("junta"), step("b", after=["junta", "jumta"])), supplied=set())
    assert problem.line() == (
        "RCP-006 recipe.json line 15, column 9: prediction_steps[1].after[1]: "
        'step "b": there is no step "jumta" to come after; did you mean "junta"?'
    )


def test_B7_a_cycle_is_shown_in_the_order_of_execution():
    read = pipeline(step("a", after="c"), step("b", after="a"), step("c", after="b"))
    assert lines(check_frames(read, supplied=set())) == [
        "RCP-007 recipe.json line 8, column 16: prediction_steps[0].after: cycle: a → b → c → a"
    ]


def test_B7_a_cycle_through_a_frame_is_found():
    read = pipeline(step("a", ["raw"], "x", after="b"), step("b", ["x"], "y"), step("c", ["y"]))
    assert [p.message() for p in check_frames(read, supplied={"raw"})] == ["cycle: a → b → a"]


def test_B7_separate_cycles_are_all_found_and_what_waits_for_them_is_not_one():
    read = pipeline(step("a", after="a"), step("b", after="c"), step("c", after="b"), step("d", after=["a", "b"]))
    assert [p.message() for p in check_frames(read, supplied=set())] == ["cycle: a → a", "cycle: b → c → b"]


def test_B13_a_parameter_without_a_value_is_named():
    (problem,) = check_signatures(
        parse_document(SEED, file="recipe.json"), {"treina_modelo": script("df_merged", "alvo")}
    )
    assert problem.line() == (
        "SCR-012 recipe.json line 37, column 9: training_steps[0]: "
        'execute(df_merged, alvo): recipe gives no value for "alvo" (treina_modelo.py line 31)'
    )


def test_B13_a_value_without_a_parameter_is_named_at_its_place():
    read = pipeline(step("a", ["df_merge"], kwargs={"alpha": 1, "beta": 2}))
    found = check_signatures(read, {"a": script("df_merged", optional=("alpha",))})
    assert [(p.place.field, p.message()) for p in found if p.place] == [
        (
            "prediction_steps[0]",
            'execute(df_merged, alpha): recipe gives no value for "df_merged" (treina_modelo.py line 31)',
        ),
        (
            "prediction_steps[0].dataframes[0]",
            'execute(df_merged, alpha): recipe gives "df_merge", which it does not take; '
            'did you mean "df_merged"? (treina_modelo.py line 31)',
        ),
        (
            "prediction_steps[0].kwargs.beta",
            'execute(df_merged, alpha): recipe gives "beta", which it does not take (treina_modelo.py line 31)',
        ),
    ]


def test_B13_a_script_that_takes_anything_fits_and_so_do_defaults():
    read = pipeline(step("a", ["df"], kwargs={"alpha": 1}))
    assert check_signatures(read, {"a": script("df", is_open=True)}) == []
    assert check_signatures(read, {"a": script("df", optional=("alpha", "beta"))}) == []
    assert check_signatures(read, {}) == []


PARTS = pipeline(
    step("p1", ["raw"], "x"),
    step("p2", ["x"], "y"),
    step("p3", ["x"], "z"),
    step("p4", [], after="p1"),
    training_steps=[step("t1", ["y"], "model", after="p4"), step("t2", ["model"])],
    predict_steps=[step("q1", ["z"], "said")],
)


@pytest.mark.parametrize(
    ("only", "names"),
    [
        (None, ["p1", "p2", "p3", "p4", "t1", "t2"]),
        ("training", ["p1", "p2", "p4", "t1", "t2"]),
        ("prediction", ["p1", "p3", "q1"]),
    ],
)
def test_a_run_of_one_part_takes_what_that_part_needs(only, names):
    assert [s.name for s in select(PARTS, only)] == names


def test_a_prediction_without_predict_steps_is_the_whole_preparation():
    read = pipeline(step("a"), step("b"), training_steps=[step("t")])
    assert [s.name for s in select(read, "prediction")] == ["a", "b"]


def test_another_word_for_the_part_is_an_error():
    with pytest.raises(ValueError, match="'training', 'prediction' or None, not 'train'"):
        select(PARTS, "train")


def test_thousands_of_unknown_frames_are_checked_in_less_than_a_second():
    steps = [step(f"s{i}", [f"some_frame_{i}"], f"other_frame_{i}") for i in range(2500)]
    for sections in ({}, {"inputs": {}}):
        read = pipeline(*steps, **sections)
        began = time.process_time()
        check_frames(read, supplied=set())
        assert time.process_time() - began < 3  # quadratic work would take minutes
