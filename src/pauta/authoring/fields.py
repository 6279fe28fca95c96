"""The one table of what a pipeline document may hold: the parser checks by it, the published schema is made of it."""

from __future__ import annotations

from pauta.authoring.nodes import MAX_STEPS
from pauta.authoring.shapes import Anything, Boolean, Choice, Duration, Memory, Name, Number, Text
from pauta.authoring.structures import Field, ListOf, MapOf, OneOf, Record

COUNT = Number(minimum=0, maximum=2**53, whole=True)
PARTS = ("prediction_steps", "training_steps", "predict_steps")
TYPES = ("text", "number", "integer", "boolean", "date", "list", "object", "any")

RETRIES = Record(
    "Retries",
    (
        Field("times", Number(minimum=0, maximum=1_000, whole=True), "How often to try again.", required=True),
        Field("delay", Duration(), "Wait before the first retry. Default: 1 second."),
        Field("factor", Number(minimum=1, maximum=100), "The wait grows by this factor each time. Default: 2."),
        Field("maximum", Duration(), "Longest wait. Default: 5 minutes."),
        Field("jitter", Number(minimum=0, maximum=1), "Share of the wait that is left to chance. Default: 0.1."),
    ),
)

STEP = Record(
    "Step",
    (
        Field("name", Name(), "Name of the step, unique in the document.", required=True),
        Field(
            "file_path",
            Name(is_path=True),
            "Path of its script, which has a function execute; or path:function for another function of it, a flow "
            "or a task. It is looked for in the scripts' folder by its longest existing ending, so absolute paths of "
            "another machine work too.",
            required=True,
            alias="script",
        ),
        Field(
            "dataframes",
            ListOf(Name(), distinct=True),
            "Frames that execute takes, as keyword arguments of these names.",
        ),
        Field(
            "output_dataframe",
            Name(),
            "Name for what execute returns. A name given before gets a new version, which later steps see.",
            alias="output",
        ),
        Field(
            "kwargs",
            MapOf(Anything()),
            'Further keyword arguments. {"param": "alpha"} stands for the value of the parameter alpha.',
        ),
        Field(
            "after",
            OneOf((Name(), ListOf(Name(), distinct=True)), "text_or_list"),
            "Steps that must have ended before this one, though no frame says so.",
        ),
        Field(
            "retries",
            OneOf((Number(minimum=0, maximum=1_000, whole=True), RETRIES), "retries"),
            "How often to try again after a failure, or how exactly. Default: 0.",
        ),
        Field("timeout", Duration(positive=True), "Longest time for one try. Default: none."),
        Field("cache", Boolean(), "Whether a stored result may stand in for running. Default: true."),
        Field("memory", Memory(), "Most memory its process may use. Default: no limit."),
        Field("env", MapOf(Text(), variables=True), "Environment variables for the script."),
        Field(
            "on_failure",
            Choice(("stop", "skip", "continue")),
            "What its failure means for the run: stop it; skip what needs this step; or continue as if it may fail. "
            "Default: stop.",
        ),
        Field("min_rows", COUNT, "Fewest rows its output may have. Default: 0."),
    ),
)

INPUT = Record(
    "Input",
    (
        Field("source", Name(is_path=True), "CSV, Parquet or Arrow file, relative to this document."),
        Field("schema", MapOf(Name()), "Columns that must be there, with their types in Arrow's words."),
        Field("min_rows", COUNT, "Fewest rows allowed. Default: 0."),
    ),
)

PARAMETER = Record(
    "Parameter",
    (
        Field(
            "type",
            Choice(TYPES),
            "Type of the value. Default: that of the default value; any with choices or without a default.",
        ),
        Field("default", Anything(), "Value when none is given."),
        Field("required", Boolean(), "Whether a value must be given. Default: true unless there is a default."),
        Field("minimum", Number(), "Least value of a number."),
        Field("maximum", Number(), "Greatest value of a number."),
        Field("choices", ListOf(Anything()), "The values allowed."),
        Field(
            "secret",
            Boolean(),
            "Given as `env:NAME`, so that records keep only the name. Default: false.",
        ),
    ),
)

_VALUE = (Text(), Number(), Boolean(), ListOf(Anything()))

PIPELINE = Record(
    "Pauta pipeline",
    (
        Field("$schema", Text(), "Address of this schema, for editors."),
        Field("model_name", Name(), "Name of the pipeline and of the model it trains.", required=True),
        Field("model_path", Name(is_path=True), "Folder in the working folder where scripts leave their model."),
        Field(
            "inputs",
            MapOf(OneOf((Name(is_path=True), INPUT), "text_or_object")),
            "Frames that a run takes in: name → path, or source with schema. Without this section, frames that no "
            "step makes are to be given with --input.",
        ),
        Field(
            "parameters",
            MapOf(OneOf((PARAMETER, *_VALUE), "default")),
            "Values that can be chosen for a run: name → default value, or its description.",
        ),
        Field("prediction_steps", ListOf(STEP), "Steps that prepare data, for training and prediction alike."),
        Field("training_steps", ListOf(STEP), "Steps that train the model."),
        Field("predict_steps", ListOf(STEP), "Steps that predict with the trained model."),
    ),
    rules={
        "$comment": f"At most {MAX_STEPS} steps in all, 1 MiB, 64 levels. Pauta also checks what no schema can: "
        "that step names differ, that frames exist, that parameters are declared, that scripts fit.",
        "anyOf": [{"required": [part], "properties": {part: {"minItems": 1}}} for part in PARTS],
    },
)
