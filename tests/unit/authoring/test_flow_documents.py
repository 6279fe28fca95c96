"""A flow becomes a pipeline document of one step, without being run."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from flow_texts import FILE, files, flow, made_of, refused

from pauta.authoring.document import parse_document
from pauta.authoring.flow_policy import unseen_options, with_options
from pauta.authoring.parameters import fill, read_texts
from pauta.authoring.scripts import read_scripts
from pauta.domain.pipeline import ParameterSpec, RetryPolicy, Step

HEAD = "from pauta import flow, task\n"


def spec(annotation: str, default: str = "", *, head: str = "") -> ParameterSpec:
    """The parameter that a flow's parameter becomes."""
    given = f" = {default}" if default else ""
    made = made_of(f"{HEAD}{head}\n@flow\ndef f(x{': ' + annotation if annotation else ''}{given}): ...")
    return made.pipeline.parameters["x"]


def step_of(source: str, **step: object) -> Step:
    """The step as it is run: with the options of its flow."""
    body = {"model_name": "m", "prediction_steps": [{"name": "f", "file_path": f"{FILE}:f", **step}]}
    (read,) = parse_document(json.dumps(body).encode(), file="p.json").steps
    return with_options(read, flow(source))


def test_the_document_is_the_flow_as_its_only_step():
    source = HEAD + "@flow\ndef full_flow(subreddit: str, limit: int = 5): ..."
    made = made_of(source, "full_flow")
    assert json.loads(made.text) == {
        "model_name": "full_flow",
        "parameters": {
            "subreddit": {"type": "text", "required": True},
            "limit": {"type": "integer", "default": 5, "required": False},
        },
        "prediction_steps": [
            {
                "name": "full_flow",
                "file_path": "flows.py:full_flow",
                "output_dataframe": "result",
                "kwargs": {"subreddit": {"param": "subreddit"}, "limit": {"param": "limit"}},
            }
        ],
    }
    (step,) = made.pipeline.steps
    assert (step.file_path, step.entry, made.pipeline.file) == ("flows.py", "full_flow", "flows.py:full_flow")


def test_the_text_says_what_the_pipeline_says():
    made = made_of(HEAD + "import pandas as pd\n@flow\ndef f(df: pd.DataFrame, n: int, m: float = 0.5): ...")
    again = parse_document(made.text, file="flow.json")
    assert again.parameters.keys() == made.pipeline.parameters.keys()
    assert [(s.name, s.dataframes, s.entry, dict(s.kwargs)) for s in again.steps] == [
        (s.name, s.dataframes, s.entry, dict(s.kwargs)) for s in made.pipeline.steps
    ]


@pytest.mark.parametrize(
    ("annotation", "kind"),
    [
        ("int", "integer"),
        ("float", "number"),
        ("str", "text"),
        ("bool", "boolean"),
        ("list[int]", "list"),
        ("tuple[int, ...]", "list"),
        ("dict[str, int]", "object"),
        ("'int'", "integer"),
        ("", "any"),
        ("Unknown", "any"),
        ("int | str", "any"),
        ("complex", "any"),
    ],
)
def test_an_annotation_gives_the_type(annotation, kind):
    assert spec(annotation).type == kind


@pytest.mark.parametrize(
    ("head", "annotation", "kind"),
    [
        ("from datetime import date", "date", "date"),
        ("import datetime as dt", "dt.date", "date"),
        ("import datetime", "datetime.datetime", "any"),
        ("from pathlib import Path", "Path", "text"),
        ("from typing import List", "List[str]", "list"),
        ("from collections.abc import Mapping", "Mapping[str, int]", "object"),
        ("from pydantic import BaseModel\nclass Post(BaseModel):\n    title: str", "Post", "object"),
        ("from pydantic import BaseModel\nclass A(BaseModel): ...\nclass Post(A): ...", "Post", "object"),
        ("from dataclasses import dataclass\n@dataclass(frozen=True)\nclass Post:\n    title: str", "Post", "object"),
        ("from typing import TypedDict\nclass Post(TypedDict):\n    title: str", "Post", "object"),
        ("Rows = list[dict]", "Rows", "list"),
        ("from typing import NewType\nKNR = NewType('KNR', str)", "KNR", "text"),
        ("class Plain: ...", "Plain", "any"),
    ],
)
def test_an_annotation_of_a_module_or_of_the_file_gives_the_type(head, annotation, kind):
    assert spec(annotation, head=head).type == kind


@pytest.mark.parametrize(
    ("head", "annotation", "choices"),
    [
        ("from typing import Literal", 'Literal["new", "top"]', ("new", "top")),
        ("from typing import Literal\nKinds = Literal[1, 2]", "Kinds", (1, 2)),
        ('from enum import Enum\nclass C(Enum):\n    RED = "red"\n    BLUE = "blue"', "C", ("red", "blue")),
        ("from enum import StrEnum, auto\nclass C(StrEnum):\n    RED = auto()", "C", ("red",)),
    ],
)
def test_literals_and_enumerations_give_choices(head, annotation, choices):
    assert spec(annotation, head=head).choices == choices


def test_a_text_that_looks_like_a_number_stays_a_text_among_choices():
    pipeline = made_of(HEAD + 'from typing import Literal\n@flow\ndef f(x: Literal["1", "2"]): ...').pipeline
    assert fill(pipeline, read_texts(pipeline, {"x": "1"})) == {"x": "1"}


def test_the_default_of_an_enumeration_is_its_value():
    head = 'from enum import Enum\nclass C(Enum):\n    RED = "red"'
    assert spec("C", "C.RED", head=head).default == "red"


def test_annotated_limits_are_limits():
    head = "from typing import Annotated\nfrom pydantic import Field"
    found = spec("Annotated[int, Field(ge=1, le=100)]", head=head)
    assert (found.type, found.minimum, found.maximum) == ("integer", 1, 100)


@pytest.mark.parametrize("annotation", ["int | None", "None | int", "Optional[int]", "Union[int, None]"])
def test_what_may_be_none_need_not_be_given(annotation):
    found = spec(annotation, head="from typing import Optional, Union")
    assert (found.type, found.required) == ("integer", False)


def test_none_can_be_given_in_place_of_another_default():
    pipeline = made_of(HEAD + "@flow\ndef f(x: int | None = 5): ...").pipeline
    assert fill(pipeline, read_texts(pipeline, {"x": "null"})) == {"x": None}
    assert fill(pipeline, {}) == {"x": 5}


@pytest.mark.parametrize("default", ["date.today()", "{1, 2}", "(1, 2)", "LIMIT()", "b'x'", "float('nan')"])
def test_a_default_that_no_document_can_say_is_left_to_the_function(default):
    found = spec("", default, head="from datetime import date")
    assert (found.required, found.default) == (False, None)


def test_a_default_that_its_own_annotation_would_refuse_is_kept():
    found = spec("int", "'five'")
    assert (found.type, found.default) == ("any", "five")


def test_a_described_field_without_a_default_must_be_given():
    head = "from pydantic import Field"
    assert spec("int", "Field(ge=1)", head=head).required
    assert spec("int", "Field(..., ge=1)", head=head).required
    assert not spec("int", "Field(default=3)", head=head).required
    assert not spec("list", "Field(default_factory=list)", head=head).required


@pytest.mark.parametrize(
    ("head", "annotation"),
    [
        ("import pandas as pd", "pd.DataFrame"),
        ("import pandas as pd", "'pd.DataFrame'"),
        ("from pandas import DataFrame", "DataFrame"),
        ("import polars as pl", "pl.DataFrame"),
        ("import polars as pl", "pl.LazyFrame"),
        ("import pyarrow as pa", "pa.Table"),
        ("import pandas as pd\nFrame = pd.DataFrame", "Frame"),
    ],
)
def test_frames_are_inputs_that_the_step_takes_by_name(head, annotation):
    made = made_of(f"{HEAD}{head}\n@flow\ndef f(df: {annotation}, limit: int = 1): ...")
    assert list(made.pipeline.inputs) == ["df"]
    assert made.pipeline.steps[0].dataframes == ("df",)
    assert list(made.pipeline.parameters) == ["limit"]


def test_a_frame_that_the_flow_can_do_without_is_an_input_only_when_it_is_given():
    source = HEAD + "import pandas as pd\n@flow\ndef f(df: pd.DataFrame | None = None): ..."
    assert made_of(source).pipeline.inputs == {}
    assert list(made_of(source, supplied=frozenset({"df"})).pipeline.inputs) == ["df"]


def test_a_secret_is_given_by_name():
    found = spec("SecretStr", head="from pydantic import SecretStr")
    assert (found.secret, found.type, found.required) == (True, "text", True)


def test_places_lie_in_the_flow_s_file():
    made = made_of(HEAD + "import pandas as pd\n@flow\ndef f(\n    df: pd.DataFrame,\n    limit: int,\n): ...")
    assert str(made.pipeline.steps[0].place) == "flows.py line 4"
    assert str(made.pipeline.parameters["limit"].place) == "flows.py line 6: limit"
    assert str(made.pipeline.steps[0].places["dataframes[0]"]) == "flows.py line 5: df"


def test_a_name_that_no_pipeline_can_have_is_refused_at_the_flow():
    assert refused(HEAD + '@flow(name="a/b")\ndef f(): ...')[0] == 'RCP-009 flows.py line 3: "a/b" contains "/"'


def test_a_task_and_a_plain_function_can_be_run_too():
    assert made_of(HEAD + "@task(name='T')\ndef f(x): ...").pipeline.name == "T"
    assert made_of("def f(x: int): ...").pipeline.parameters["x"].type == "integer"
    assert made_of("f = lambda x: x").pipeline.parameters["x"].type == "any"


def test_options_of_the_flow_are_how_its_step_is_run():
    found = step_of(HEAD + "@flow(retries=2, retry_delay=[1, 10], timeout=60, memory='1GiB')\ndef f(): ...").policy
    delays = (timedelta(seconds=1), timedelta(seconds=10))
    assert found.retries == RetryPolicy(times=2, delay=timedelta(0), delays=delays, jitter=0.0)
    assert (found.timeout, found.memory_bytes, found.cache) == (timedelta(seconds=60), 2**30, False)


def test_prefect_s_spellings_of_options_are_understood():
    found = step_of(HEAD + "@flow(retries=2, retry_delay_seconds=3, timeout_seconds=60)\ndef f(): ...").policy
    assert (found.retries.delays, found.timeout) == ((timedelta(seconds=3),), timedelta(seconds=60))


def test_the_document_comes_before_the_flow():
    source = HEAD + "@flow(retries=2, timeout=60)\ndef f(): ..."
    found = step_of(source, retries=5, timeout="10s").policy
    assert (found.retries.times, found.timeout) == (5, timedelta(seconds=10))
    assert step_of(source, timeout="10s").policy.retries.times == 2


def test_a_task_that_is_a_step_is_cached_only_if_it_says_so():
    assert not step_of(HEAD + "@task\ndef f(): ...").policy.cache
    assert step_of(HEAD + "@task(cache=True)\ndef f(): ...").policy.cache
    assert step_of(HEAD + "@task\ndef f(): ...", cache=True).policy.cache


def test_options_that_are_only_known_when_the_file_is_run_are_told_unless_the_document_has_them():
    source = HEAD + "import os\n@flow(retries=int(os.environ['N']), on_failure=[print])\ndef f(): ..."
    body = {"name": "f", "file_path": f"{FILE}:f"}

    def told(step: dict) -> list[str]:
        text = json.dumps({"model_name": "m", "prediction_steps": [step]}).encode()
        (read,) = parse_document(text, file="p.json").steps
        return [problem.line() for problem in unseen_options(read, flow(source))]

    assert told(body) == [
        'FLW-052 flows.py line 3: option "retries" of flow "f" is only known when the file is run: '
        "for the flow as a whole it is not seen"
    ]
    assert told({**body, "retries": 1}) == []


@pytest.mark.parametrize(
    ("written", "file", "entry"),
    [
        ("flows.py:full_flow", "flows.py", "full_flow"),
        ("orchestrator/flows.py:full_flow", "orchestrator/flows.py", "full_flow"),
        ("C:\\work\\flows.py:full_flow", "C:\\work\\flows.py", "full_flow"),
        ("C:\\work\\flows.py", "C:\\work\\flows.py", ""),
        ("gridfs://scripts/flows.py", "gridfs://scripts/flows.py", ""),
        ("gridfs://scripts/flows.py:f", "gridfs://scripts/flows.py", "f"),
        ("C:flows.py", "C:flows.py", ""),
        ("flows.py:", "flows.py:", ""),
    ],
)
def test_only_what_follows_the_colon_after_a_python_file_is_a_function(written, file, entry):
    text = json.dumps({"model_name": "m", "prediction_steps": [{"name": "a", "file_path": written}]}).encode()
    (step,) = parse_document(text, file="p.json").steps
    assert (step.file_path, step.entry) == (file, entry)


def test_several_steps_may_call_functions_of_one_file():
    steps = [{"name": n, "file_path": f"{FILE}:{n}" if n != "execute" else FILE} for n in ("execute", "a", "b")]
    text = json.dumps({"model_name": "m", "prediction_steps": steps}).encode()
    source = HEAD + "def execute(x): ...\n@task\ndef a(y): ...\n@flow\nasync def b(z=1): ..."
    read, problems = read_scripts(parse_document(text, file="p.json").steps, root=files(source))
    assert problems == []
    assert [(read[n].script.signature.parameters[0].name, read[n].script.signature.kind) for n in read] == [
        ("x", ""),
        ("y", "task"),
        ("z", "flow"),
    ]
    assert len({read[n].script.version for n in read}) == 1
