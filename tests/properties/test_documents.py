"""Documents at random: the parser never fails in any other way than by naming problems, and at their places."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pauta.authoring.document import parse_document
from pauta.authoring.fields import PIPELINE
from pauta.authoring.findings import Findings, Stop
from pauta.authoring.json_reader import read_json
from pauta.authoring.nodes import Node, SourceText
from pauta.authoring.schema import json_schema
from pauta.authoring.yaml_reader import read_yaml
from pauta.domain.pipeline import Pipeline
from pauta.domain.problems import InvalidInput

MANY = settings(max_examples=1_000, deadline=1_000, suppress_health_check=list(HealthCheck))
SOME = settings(max_examples=300, deadline=1_000, suppress_health_check=list(HealthCheck))
FILES = st.sampled_from(["r.json", "r.yaml", "r.yml", "r", "-"])
KEYS = sorted({*PIPELINE.by_name, "name", "file_path", "script", "dataframes", "output", "kwargs", "after", "param"})
PIECES = [
    *'{}[],:"\n \\&*!-?<|>%@`#~',
    "'",
    "\t",
    "\r\n",
    "true",
    "null",
    "1e5",
    "-0",
    "<<",
    "- ",
    ": ",
    "&a",
    "*a",
    "é",
]

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.sampled_from(["1h", "0s", "2GiB", "stop", "a.py", "..", "a/b", " x", "a\n", "number", "env:X", "x" * 201]),
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=6), inner, max_size=5)
    ),
    max_leaves=12,
)

names = st.text("abcdefgé_0 ", min_size=1, max_size=6).filter(lambda text: text == text.strip())
retries = st.fixed_dictionaries(
    {"times": st.integers(0, 9)},
    optional={
        "delay": st.sampled_from([1, 0.5, "2s"]),
        "factor": st.integers(1, 5),
        "jitter": st.sampled_from([0, 0.5, 1]),
    },
)
steps = st.fixed_dictionaries(
    {"name": names, "file_path": st.sampled_from(["a.py", "/app/é.py"])},
    optional={
        "dataframes": st.lists(names, max_size=3, unique=True),
        "output_dataframe": names,
        "kwargs": st.dictionaries(
            names.map(lambda name: "k" + name), scalars.filter(lambda v: v != "param"), max_size=2
        ),
        "after": names | st.lists(names, max_size=2, unique=True),
        "retries": st.integers(0, 5) | retries,
        "timeout": st.sampled_from([1, 2.5, "90s", "1h30m"]),
        "cache": st.booleans(),
        "memory": st.sampled_from(["2GiB", "500MB", 4096]),
        "env": st.dictionaries(st.sampled_from(["A", "B_1"]), st.text("xyz", max_size=3), max_size=2),
        "on_failure": st.sampled_from(["stop", "skip", "continue"]),
        "min_rows": st.integers(0, 9),
    },
)
inputs = st.dictionaries(
    names,
    st.sampled_from(["a.csv", "b/c.parquet"])
    | st.fixed_dictionaries({}, optional={"source": st.just("a.csv"), "min_rows": st.integers(0, 5)}),
    max_size=3,
)
parameters = st.dictionaries(
    names, st.booleans() | st.integers(-9, 9) | st.text(max_size=5).filter(lambda t: "\0" not in t), max_size=3
)
documents = st.fixed_dictionaries(
    {"model_name": names, "training_steps": st.lists(steps, min_size=1, max_size=4, unique_by=lambda s: s["name"])},
    optional={"model_path": st.just("./models"), "inputs": inputs, "parameters": parameters},
)


@st.composite
def near_documents(draw: Any) -> Any:
    """Valid documents in which one value, somewhere, was replaced, dropped or added."""
    document = draw(documents)
    spots: list[Any] = [document]
    for spot in spots:
        spots += [
            inner for inner in (spot.values() if isinstance(spot, dict) else spot) if isinstance(inner, dict | list)
        ]
    spot = draw(st.sampled_from(spots))
    if isinstance(spot, list):
        spot.insert(draw(st.integers(0, len(spot))), draw(values))
    elif spot and draw(st.booleans()):
        key = draw(st.sampled_from(sorted(spot)))
        if draw(st.booleans()):
            del spot[key]
        else:
            spot[key] = draw(values)
    else:
        spot[draw(st.sampled_from(KEYS))] = draw(values)
    return document


def parses_or_names_problems(text: bytes, file: str) -> None:
    try:
        assert isinstance(parse_document(text, file=file), Pipeline)
    except InvalidInput as refused:
        lines = text.count(b"\n") + text.count(b"\r") + 1
        for problem in refused.problems:
            assert problem.code.startswith("RCP-0")
            assert "{" not in problem.message().replace("{…}", "").replace("{}", "") or b"{" in text
            assert problem.message("pt-BR")
            assert problem.place is not None
            assert problem.place.line is None or 1 <= problem.place.line <= lines


@MANY
@given(st.binary(max_size=200), FILES)
def test_F2_arbitrary_bytes_are_parsed_or_named(text, file):
    parses_or_names_problems(text, file)


@MANY
@given(st.lists(st.sampled_from(PIECES + KEYS) | st.text(max_size=3), max_size=40).map("".join), FILES)
@example("- &a [*a]", "r.yaml")
@example("a: &a\n  <<: *a", "r.yaml")
@example("? &a b\n: *a", "r.yaml")
@example("&a a: *a\n*a : 1", "r.yaml")
@example("!!set {a, b}", "r.yaml")
def test_F2_arbitrary_texts_are_parsed_or_named(text, file):
    parses_or_names_problems(text.encode("utf-8", "replace"), file)


@MANY
@given(st.dictionaries(st.sampled_from(KEYS), values, max_size=6) | near_documents(), st.sampled_from(["json", "yaml"]))
def test_F2_arbitrary_values_are_parsed_or_named(document, kind):
    text = json.dumps(document) if kind == "json" else yaml.safe_dump(document, allow_unicode=True)
    parses_or_names_problems(text.encode("utf-8", "surrogatepass"), f"r.{kind}")


@SOME
@given(documents | near_documents() | values)
def test_schema_and_parser_agree_on_every_single_value(document):
    findings = Findings(SourceText(json.dumps(document), "r.json"))
    root = read_json(findings)
    PIPELINE.check(root, None, findings)
    has_steps = isinstance(document, dict) and any(
        part in document and (not isinstance(document[part], list) or document[part])
        for part in ("prediction_steps", "training_steps", "predict_steps")
    )
    accepted = findings.total == 0 and has_steps
    assert VALIDATOR.is_valid(document) == accepted, [e.message for e in VALIDATOR.iter_errors(document)][:3]


VALIDATOR = Draft202012Validator(json_schema())


@SOME
@given(documents)
def test_a_valid_document_comes_back_as_it_was_written(document):
    read = parse_document(json.dumps(document, indent=1).encode(), file="r.json")
    assert as_document(read) == normal(document)
    in_yaml = yaml.safe_dump(document, allow_unicode=True, default_style='"', sort_keys=False)
    if not any(isinstance(value, float | int | bool | None) for value in leaves(document)):
        assert as_document(parse_document(in_yaml.encode(), file="r.yaml")) == normal(document)
    flow = json.dumps(document, ensure_ascii=False)  # nearly all JSON is YAML
    if flow.isprintable() and "\\" not in flow:
        assert as_document(parse_document(flow.encode(), file="r.yaml")) == normal(document)


@SOME
@given(documents, st.sampled_from([None, 1, 4]), st.booleans())
def test_positions_point_at_keys_and_values(document, indent, in_yaml):
    text = json.dumps(document, ensure_ascii=False, indent=indent)
    if in_yaml and not (text.replace("\n", "").isprintable() and "\\" not in text):
        return
    findings = Findings(SourceText(text, "r"))
    root = read_yaml(findings) if in_yaml else read_json(findings)
    lines = text.split("\n")
    for at, written in positions(root):
        line, column = findings.source.where(at)
        assert lines[line - 1][column - 1 :].startswith(written)


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_F2_deep_nesting_is_named_and_not_a_crash(opening):
    for reader in (read_json, read_yaml):
        findings = Findings(SourceText(opening * 100_000, "r"))
        with pytest.raises(Stop):
            reader(findings)
        assert findings.total == 1


def positions(node: Node) -> list[tuple[int, str]]:
    """Offsets of all keys and values with what must stand there."""
    if isinstance(node.data, dict) and node.keys is not None:
        out = [(node.at, "{")]
        for key, inner in node.data.items():
            out += [(node.keys[key], json.dumps(key, ensure_ascii=False)), *positions(inner)]
        return out
    if isinstance(node.data, list):
        return [(node.at, "["), *(place for inner in node.data for place in positions(inner))]
    return [(node.at, json.dumps(node.data, ensure_ascii=False))]


def leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for inner in value.values() for leaf in leaves(inner)]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in leaves(inner)]
    return [value]


def as_document(pipeline: Pipeline) -> dict[str, Any]:
    """A pipeline written out with every key that `normal` keeps."""
    return {
        "model_name": pipeline.name,
        "model_path": pipeline.model_path,
        "inputs": {n: (i.source, i.min_rows) for n, i in pipeline.inputs.items()},
        "parameters": {n: p.default for n, p in pipeline.parameters.items()},
        "steps": [
            {
                "name": s.name,
                "part": s.part.value,
                "file_path": s.file_path,
                "dataframes": list(s.dataframes),
                "output": s.output,
                "kwargs": dict(s.kwargs),
                "after": list(s.after),
                "times": s.policy.retries.times,
                "cache": s.policy.cache,
                "env": dict(s.policy.env),
                "on_failure": s.policy.on_failure.value,
                "timeout": s.policy.timeout.total_seconds() if s.policy.timeout else None,
                "memory": s.policy.memory_bytes,
            }
            for s in pipeline.steps
        ],
    }


def normal(document: dict[str, Any]) -> dict[str, Any]:
    """The same from the document itself."""
    seconds = {"90s": 90, "1h30m": 5400}
    sizes = {"2GiB": 2**31, "500MB": 500_000_000}
    described = {n: {"source": i} if isinstance(i, str) else i for n, i in document.get("inputs", {}).items()}
    return {
        "model_name": document["model_name"],
        "model_path": document.get("model_path"),
        "inputs": {n: (i.get("source"), i.get("min_rows", 0)) for n, i in described.items()},
        "parameters": document.get("parameters", {}),
        "steps": [
            {
                "name": s["name"],
                "part": "training_steps",
                "file_path": s["file_path"],
                "dataframes": s.get("dataframes", []),
                "output": s.get("output_dataframe"),
                "kwargs": s.get("kwargs", {}),
                "after": [s["after"]] if isinstance(s.get("after"), str) else s.get("after", []),
                "times": s["retries"]["times"] if isinstance(s.get("retries"), dict) else s.get("retries", 0),
                "cache": s.get("cache", True),
                "env": s.get("env", {}),
                "on_failure": s.get("on_failure", "stop"),
                "timeout": seconds.get(s.get("timeout"), s.get("timeout")),
                "memory": sizes.get(s.get("memory"), s.get("memory")),
            }
            for s in document["training_steps"]
        ],
    }
