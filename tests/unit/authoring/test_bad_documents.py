"""B1 to B5, B8 and B9: what is wrong with a document is said with its exact place, and all of it at once."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import pytest
from recipe_texts import SEED, complaints, document, step

from pauta.authoring.document import parse_document, read_document
from pauta.domain.problems import InvalidInput


def test_B1_a_missing_comma_is_named_with_its_place():
    text = SEED.decode().replace('processa_falhas_2.py",', 'processa_falhas_2.py"')
    assert complaints(text) == ["RCP-001 recipe.json line 14, column 13: expected ',' before \"dataframes\""]


def test_B1_reading_goes_on_after_a_missing_comma_and_finds_the_rest():
    text = '{"model_name": "m"\n "prediction_steps": [{"name": "a", "file_path": "a.py", "colour": 1,}]}'
    assert complaints(text) == [
        "RCP-001 recipe.json line 2, column 2: expected ',' before \"prediction_steps\"",
        'RCP-002 recipe.json line 2, column 58: prediction_steps[0].colour: unknown key',
        "RCP-001 recipe.json line 2, column 69: prediction_steps[0]: ',' without anything after it before '}'",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "line 1, column 1: expected a value before the end"),
        ('{"model_name": ', "line 1, column 16: expected a value before the end"),
        ('{"model_name": "a', "line 1, column 16: text opened here never closes"),
        ("{'model_name': 1}", "line 1, column 2: JSON texts stand in double quotes, not in single ones"),
        ("{model_name: 1}", "line 1, column 2: expected a key in double quotes before 'model_name'"),
        ('{"model_name" "a"}', "line 1, column 15: expected ':' before \"a\""),
        ('{"cache": True}', "line 1, column 11: cache: 'True' is not a JSON word; did you mean true?"),
        ('{\n// a\n"a": 1}', "line 2, column 1: JSON has no comments"),
        ('{"a": [1}', "line 1, column 9: expected ']' before '}'"),
        ('{"a": 1} {', "line 1, column 10: '{' after the end of the document"),
        ('{"a": "x\ny"}', "line 1, column 9: a: control character U+000A inside a text"),
        ('{"a": "\\q"}', "line 1, column 8: \\q is not a valid escape"),
        ('{"a": "\\ud800"}', "line 1, column 7: a: \\ud800 is half a character"),
        ('{"a": 1e999}', "line 1, column 7: a: number 1e999 cannot be kept exactly"),
        ('{"a": 18446744073709551616}', "line 1, column 7: a: number 18446744073709551616 cannot be kept exactly"),
        ('{"a": NaN}', "line 1, column 7: expected a value before 'NaN'"),
        ('{"a": 01}', "line 1, column 7: expected a value before '01'"),
    ],
)
def test_B1_each_slip_of_json_has_its_words(text, expected):
    assert f"RCP-001 recipe.json {expected}" in complaints(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: [1, 2\nb: 3", "line 2, column 2: did not find expected ',' or ']'"),
        ("a: b: c", "line 1, column 5: mapping values are not allowed in this context"),
        ("a: 'x", "line 1, column 4: text opened here never closes"),
        ("a:\n\tb: 1", "line 2, column 1: a tab cannot indent YAML"),
        ("a: \x07", "line 1, column 4: control character U+0007 inside a text"),
        ("a: *b", 'line 1, column 4: alias "*b" refers to nothing defined before it'),
        ("a: &b [*b]", 'line 1, column 8: alias "*b" lies inside itself'),
        ("? [a]\n: 1", "line 1, column 3: a key must be text"),
        ("a: !!python/name:os x", "line 1, column 4: a: tag tag:yaml.org,2002:python/name:os is not allowed"),
        ("<<: 3", 'line 1, column 5: "<<" takes an object or a list of objects'),
        ("a: 1\n---\nb: 1", "line 2, column 1: a second document begins here"),
        ("a: .nan", "line 1, column 4: a: number .nan cannot be kept exactly"),
    ],
)  # fmt: skip
def test_B1_each_slip_of_yaml_has_its_words(text, expected):
    assert f"RCP-001 recipe.yaml {expected}" in complaints(text, "recipe.yaml")


def test_B1_bytes_that_are_not_utf8_are_named():
    assert complaints(b'{"model_name":\n "a\xe7"}') == ["RCP-001 recipe.json line 2, column 4: byte 0xe7: not UTF-8"]


def test_B2_an_unknown_key_is_refused_with_the_key_that_was_meant():
    text = SEED.decode().replace('"output_dataframe": "trained_model"', '"output_dataframes": "trained_model"')
    assert complaints(text) == [
        "RCP-002 recipe.json line 41, column 13: training_steps[0].output_dataframes: unknown key; "
        'did you mean "output_dataframe"?'
    ]


def test_B3_what_is_missing_is_required():
    text = document(step("a"), step("b"), {"name": "c"})
    assert complaints(text) == ["RCP-003 recipe.json line 14, column 5: prediction_steps[2].file_path: required"]


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("name", 7, "expected text, got 7"),
        ("dataframes", "df", 'expected list, got "df"'),
        ("kwargs", [1], "expected object, got […]"),
        ("after", 3, "expected text or list, got 3"),
        ("cache", "no", 'expected true or false, got "no"'),
        ("retries", True, "expected whole number or object, got true"),
        ("retries", 1.5, "expected whole number, got 1.5"),
        ("retries", -1, "-1 is less than 0"),
        ("timeout", "1 hour", 'expected seconds or text such as "30s", "5m", "1h30m", got "1 hour"'),
        ("timeout", 0, 'expected seconds or text such as "30s", "5m", "1h30m", got 0'),
        ("timeout", "1h\n", 'expected seconds or text such as "30s", "5m", "1h30m", got "1h\\n"'),
        ("memory", "2 gigs", 'expected bytes or text such as "2GiB", "500MB", got "2 gigs"'),
        ("memory", 0.5, 'expected bytes or text such as "2GiB", "500MB", got 0.5'),
        ("on_failure", "ignore", 'expected one of stop, skip, continue, got "ignore"'),
        ("min_rows", None, "expected whole number, got null"),
    ],
)
def test_B3_a_value_of_another_kind_is_refused(key, value, expected):
    text = document(step("a") | {key: value})
    (line,) = complaints(text)
    assert line.startswith("RCP-003 recipe.json line ")
    assert line.endswith(f": prediction_steps[0].{key}: {expected}")


def test_B3_a_key_and_its_alias_together_are_refused():
    assert complaints(document(step("a", gives="x", output="x"))) == [
        "RCP-003 recipe.json line 9, column 7: prediction_steps[0].output: "
        '"output_dataframe" and "output" are two names of one key; give one of them'
    ]


def test_B3_a_document_without_steps_is_refused():
    assert complaints(document()) == ["RCP-003 recipe.json line 1, column 1: the document has no steps"]


def test_B3_a_frame_listed_twice_is_refused():
    (line,) = complaints(document(step("a", ["x", "y", "x"])))
    assert line.endswith('prediction_steps[0].dataframes[2]: "x" is listed twice')


def test_B3_a_keyword_given_twice_is_refused():
    (line,) = complaints(document(step("a", ["df"], kwargs={"df": 1})))
    assert line.endswith('kwargs.df: step "a": "df" is given both by dataframes and by kwargs')


def test_B4_a_key_given_twice_is_refused_with_both_lines():
    text = '{\n"model_name": "a",\n"prediction_steps": [{\n"name": "x",\n"file_path": "x.py",\n"name": "y"}]}'
    assert complaints(text) == [
        'RCP-004 recipe.json line 6, column 1: prediction_steps[0].name: key "name" given twice (first on line 4)'
    ]


def test_B4_a_key_given_twice_in_yaml_is_refused_with_both_lines():
    text = "model_name: a\nprediction_steps:\n- name: x\n  file_path: x.py\n  name: y\n"
    assert complaints(text, "recipe.yml") == [
        'RCP-004 recipe.yml line 5, column 3: prediction_steps[0].name: key "name" given twice (first on line 3)'
    ]


def test_B5_two_steps_of_one_name_are_refused():
    text = document(step("a"), step("junta"), step("b"), step("c"), step("junta"))
    (line,) = complaints(text)
    assert line.startswith("RCP-005 recipe.json line ")
    assert line.endswith('step "junta" defined at prediction_steps[1] and [4]')


def test_B5_two_steps_of_one_name_in_different_parts_are_refused():
    (line,) = complaints(document(step("junta"), training_steps=[step("junta")]))
    assert line.endswith('step "junta" defined at prediction_steps[0] and training_steps[0]')


def test_B5_a_frame_made_twice_is_a_new_version_and_no_problem():
    parse_document(document(step("a", ["df"], "df"), step("b", ["df"], "df")), file="recipe.json")


def test_B8_a_document_over_a_mebibyte_is_refused():
    assert complaints(b" " * (10 * 1024 * 1024)) == [
        "RCP-008 recipe.json: 10485760 bytes; the limit is 1 MiB (1048576 bytes)"
    ]


def test_B8_no_more_of_a_file_is_read_than_the_limit(tmp_path: Path):
    path = tmp_path / "recipe.json"
    path.write_bytes(b" " * (10 * 1024 * 1024))
    tracemalloc.start()
    with pytest.raises(InvalidInput) as refused:
        read_document(path, file="recipe.json")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert refused.value.problems[0].message() == "10485760 bytes; the limit is 1 MiB (1048576 bytes)"
    assert peak < 4 * 1024 * 1024


def test_a_document_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(InvalidInput, match=r"RCP-011 recipe\.json: cannot be read: No such file or directory"):
        read_document(tmp_path / "recipe.json", file="recipe.json")


@pytest.mark.parametrize(("file", "text"), [("r.json", "[" * 1000), ("r.yaml", "[" * 1000), ("r.yaml", "- " * 1000)])
def test_B8_depth_1000_is_refused_at_level_65(file, text):
    (line,) = complaints(text, file)
    assert line.startswith(f"RCP-008 {file} line 1, column {129 if text[1] == ' ' else 65}: ")
    assert line.endswith("nested deeper than 64 levels; the limit is depth 64")


def test_B8_5001_steps_are_refused_and_5000_are_not():
    steps = [{"name": f"s{i}", "file_path": "s.py"} for i in range(5001)]
    text = json.dumps({"model_name": "m", "prediction_steps": steps[:2500], "training_steps": steps[2500:]})
    assert complaints(text) == ["RCP-008 recipe.json line 1, column 1: 5001 steps; the limit is 5000 steps"]
    allowed = json.dumps({"model_name": "m", "prediction_steps": steps[:2500], "training_steps": steps[2500:5000]})
    assert len(parse_document(allowed.encode(), file="recipe.json").steps) == 5000


def test_B8_an_anchor_bomb_is_refused_with_little_memory():
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"{b}: &{b} [{', '.join([f'*{a}'] * 10)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)]
    tracemalloc.start()
    (line,) = complaints("\n".join(lines), "recipe.yaml")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert line.startswith("RCP-008 recipe.yaml line 6, ")
    assert "the limit is 250000 values" in line
    assert peak < 8 * 1024 * 1024


def test_B8_nested_anchors_count_towards_the_depth():
    lines = ["a0: &a0 [x]"] + [f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, 70)]
    (line,) = complaints("\n".join(lines), "recipe.yaml")
    assert line.startswith("RCP-008 recipe.yaml line 64, ")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "empty"),
        ("   ", "nothing but blanks"),
        (" df", '" df" begins or ends with a blank'),
        ("a..b", '"a..b" contains ".." or is "."'),
        (".", '"." contains ".." or is "."'),
        ("a/b", '"a/b" contains "/"'),
        ("a\0b", '"a\\x00b" contains the control character U+0000'),
        ("a\n", '"a\\x0a" contains the control character U+000A'),
        ("a\u202eb", '"a\\x202eb" contains the invisible direction control U+202E'),
        ("a" * 201, "201 characters; at most 200 are allowed"),
    ],
)
@pytest.mark.parametrize("where", ["step", "frame", "output", "model", "input", "parameter"])
def test_B9_a_name_that_misleads_is_refused_with_the_reason(name, reason, where):
    texts = {
        "step": document(step("a") | {"name": name}),
        "frame": document(step("a", [name])),
        "output": document(step("a", gives=name)),
        "model": document(step("a"), model_name=name),
        "input": document(step("a"), inputs={name: "a.csv"}),
        "parameter": document(step("a"), parameters={name: 1}),
    }
    (line,) = complaints(texts[where])
    assert line.startswith("RCP-009 recipe.json line ")
    assert line.endswith(f": {reason}")


def test_names_of_other_languages_are_fine():
    parse_document(document(step("vibração (eixo 2)", ["дані"], "結果")), file="recipe.json")


def test_B6_a_reference_to_an_undeclared_parameter_is_refused_with_its_place():
    text = document(step("a", kwargs={"x": [{"param": "alhpa"}]}), parameters={"alpha": 0.1})
    assert complaints(text) == [
        "RCP-006 recipe.json line 11, column 22: prediction_steps[0].kwargs.x[0].param: "
        'step "a": parameter "alhpa" is not declared under "parameters"; did you mean "alpha"?'
    ]


@pytest.mark.parametrize(
    ("parameter", "expected"),
    [
        ({"type": "number", "default": "x"}, 'expected number, got "x"'),
        ({"default": 7, "maximum": 5}, "7 is more than 5"),
        ({"default": "c", "choices": ["a", "b"]}, 'expected one of "a", "b", got "c"'),
        ({"minimum": 2, "maximum": 1}, "minimum 2 is more than maximum 1"),
        ({"secret": True, "default": "hunter2"}, "a secret must not stand in the document in plain"),
    ],
)
def test_B60_a_declaration_that_refuses_its_own_default_is_refused(parameter, expected):
    (line,) = complaints(document(step("a"), parameters={"alpha": parameter}))
    assert line.startswith("RCP-003 recipe.json line ")
    assert line.endswith(expected)
    assert "hunter2" not in line


def test_all_problems_of_a_document_come_at_once_in_its_order():
    text = document({"nam": "a", "file_path": 3}, step("b", timeout="soon"), colour="red")
    assert [line.split()[0] for line in complaints(text)] == ["RCP-003", "RCP-002", "RCP-003", "RCP-003", "RCP-002"]


def test_the_first_hundred_problems_are_shown_with_the_total():
    lines = complaints(document(*({"name": f"s{i}"} for i in range(137))))
    assert len(lines) == 101
    assert lines[-1] == "RCP-010 recipe.json: 137 problems in all; the first 100 are shown"


def test_a_problem_is_said_in_portuguese_too():
    with pytest.raises(InvalidInput) as refused:
        parse_document(document(step("a") | {"output_dataframes": "x"}), file="recipe.json")
    assert refused.value.problems[0].message("pt-BR") == 'chave desconhecida; seria "output_dataframe"?'
