"""What documents mean: the seed's own, every key, JSON and YAML alike."""

from __future__ import annotations

from datetime import timedelta

import pytest
from recipe_texts import SEED, document, pipeline, step

from pauta.authoring.check import check_frames, required_inputs
from pauta.authoring.document import parse_document
from pauta.domain.pipeline import OnFailure, Part, RetryPolicy
from pauta.domain.problems import Place


def test_the_seed_document_is_read_unchanged():
    seed = parse_document(SEED, file="recipe.json")
    assert (seed.name, seed.model_path) == ("principal", "./pipeline/models/principal")
    assert [s.name for s in seed.steps][-2:] == ["junta_falhas_resultados", "treina_modelo"]
    assert seed.steps[4].dataframes == ("df_resultados_processed_2", "df_falhas_processed_2")
    assert seed.steps[5].part is Part.TRAINING
    assert seed.steps[5].output == "trained_model"
    assert not seed.declares_inputs
    assert check_frames(seed, supplied=set()) == []
    assert required_inputs(seed) == ["df_falhas", "df_resultados"]


def test_every_key_of_a_step_is_understood():
    first = step(
        "a",
        ["df"],
        kwargs={"alpha": {"param": "alpha"}},
        after="b",
        retries={"times": 3, "delay": "2s", "factor": 3, "maximum": "1m", "jitter": 0},
        timeout="1h30m",
        cache=False,
        memory="2GiB",
        env={"OMP_NUM_THREADS": "1"},
        on_failure="skip",
        min_rows=1,
    )
    first = {k: v for k, v in first.items() if k != "file_path"} | {"script": "x/a.py", "output": "clean"}
    read = pipeline(
        first, step("b", retries=2, after=["c"], memory=1000, timeout=1.5), step("c"), parameters={"alpha": 1}
    )
    a, b, c = read.steps
    assert (a.file_path, a.output, a.after, b.after) == ("x/a.py", "clean", ("b",), ("c",))
    assert a.kwargs == {"alpha": {"param": "alpha"}}
    assert a.policy.retries == RetryPolicy(3, timedelta(seconds=2), 3, timedelta(minutes=1), 0)
    assert (a.policy.timeout, a.policy.cache, a.policy.memory_bytes) == (timedelta(minutes=90), False, 2 * 1024**3)
    assert (dict(a.policy.env), a.policy.on_failure) == ({"OMP_NUM_THREADS": "1"}, OnFailure.SKIP)
    assert read.min_rows == {"clean": 1}
    assert (b.policy.retries.times, b.policy.memory_bytes, b.policy.timeout) == (2, 1000, timedelta(seconds=1.5))
    assert c.policy.cache


def test_inputs_are_a_path_or_a_description():
    schema = {"KNR": "string", "valor": "float64"}
    read = pipeline(
        step("a"), inputs={"x": "x.csv", "y": {"source": "y.parquet", "schema": schema, "min_rows": 2}, "z": {}}
    )
    assert read.declares_inputs
    assert read.inputs["x"].source == "x.csv"
    assert (read.inputs["y"].schema, read.inputs["y"].min_rows) == (schema, 2)
    assert read.inputs["z"].source is None


def test_parameters_are_a_default_or_a_description():
    read = pipeline(
        step("a"),
        parameters={"alpha": 0.1, "day": "2025-08-31", "name": "x", "on": True, "m": {"type": "integer", "minimum": 1}},
    )
    kinds = {name: (spec.type, spec.required) for name, spec in read.parameters.items()}
    assert kinds == {
        "alpha": ("number", False),
        "day": ("date", False),
        "name": ("text", False),
        "on": ("boolean", False),
        "m": ("integer", True),
    }


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("5m", 300), ("1h30m", 5400), ("1.5h", 5400), ("2d", 172800), ("250ms", 0.25), (7, 7)],
)
def test_durations_are_seconds_or_text(text, seconds):
    assert pipeline(step("a", timeout=text)).steps[0].policy.timeout == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("text", "size"), [("2GiB", 2**31), ("500MB", 500_000_000), ("1.5 KiB", 1536), ("10B", 10), (4096, 4096)]
)
def test_memory_is_bytes_or_text(text, size):
    assert pipeline(step("a", memory=text)).steps[0].policy.memory_bytes == size


def test_yaml_means_what_json_means_and_anchors_spare_repetition():
    text = """
    $schema: pipeline.schema.json
    model_name: principal
    parameters: {alpha: 1e-5, flag: true, word: no, id: 007}
    prediction_steps:
      - &base
        name: a
        file_path: steps/a.py
        dataframes: [df]
        retries: &often {times: 3, delay: 1s}
      - <<: *base
        name: b
        output: x
    """
    read = parse_document(text.encode(), file="recipe.yaml")
    a, b = read.steps
    assert (a.name, b.name, b.file_path, b.output) == ("a", "b", "steps/a.py", "x")
    assert a.policy.retries == b.policy.retries
    assert [spec.default for spec in read.parameters.values()] == [1e-5, True, "no", "007"]


def test_without_an_ending_the_first_character_tells_json_from_yaml():
    assert parse_document(SEED, file="-").name == "principal"
    yaml = b"model_name: m\ntraining_steps: [{name: a, file_path: a.py}]"
    assert parse_document(yaml, file="-").name == "m"


def test_a_byte_order_mark_is_no_problem():
    assert parse_document(b"\xef\xbb\xbf" + SEED, file="recipe.json").steps[0].place == Place(
        "recipe.json", 5, 9, "prediction_steps[0]"
    )


def test_places_point_at_the_values_also_after_accents_and_carriage_returns():
    text = '{"model_name": "ção",\r\n"prediction_steps": [{"name": "é", "file_path": "a.py",\r\n '
    text += '"dataframes": ["x", "y"]}]}'
    (only,) = parse_document(text.encode(), file="r.json").steps
    assert only.places["file_path"] == Place("r.json", 2, 49, "prediction_steps[0].file_path")
    assert only.places["dataframes[1]"] == Place("r.json", 3, 22, "prediction_steps[0].dataframes[1]")


def test_places_are_found_under_the_main_name_of_an_alias():
    (only,) = pipeline({"name": "a", "script": "a.py", "kwargs": {"k": 1}}).steps
    assert only.places["file_path"].field == "prediction_steps[0].script"
    assert only.places["kwargs.k"].line == 8
    assert set(only.places) == {"name", "file_path", "kwargs", "kwargs.k"}
    assert len(only.places) == 4


def test_a_name_may_have_200_characters():
    assert pipeline(step("a" * 200)).steps[0].name == "a" * 200


def test_document_helper_writes_one_key_a_line():
    assert document(step("a")).count(b"\n") == 9
