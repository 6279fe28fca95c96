"""A flow as a pipeline document of one step: so it is published, scheduled, run and run again like any other."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, replace
from typing import Any

from pauta.authoring.document import parse_document
from pauta.authoring.flows import FlowParameter, FlowSource
from pauta.authoring.parameters import value_fault
from pauta.domain.pipeline import InputSpec, ParameterSpec, Pipeline
from pauta.domain.problems import InvalidInput, Place, Problem

RESULT = "result"
FLOW_FILE = "flow.json"
"""What the document of a flow is called: nobody wrote it, so it has no name of its own."""


@dataclass(frozen=True, slots=True)
class FlowDocument:
    """A document made of a flow.

    Attributes:
        text: The document, JSON.
        pipeline: The same, with the places of the flow's file.
    """

    text: bytes
    pipeline: Pipeline


def flow_document(source: FlowSource, *, script: str, supplied: Set[str] = frozenset()) -> FlowDocument:
    """The document with a flow, or a task, as its only step.

    Frames become inputs of the pipeline, all other parameters its parameters. A frame that the flow can do without
    is an input only when it is supplied.

    Args:
        source: The flow or task.
        script: Path of the file by which it is called, below the scripts' folder.
        supplied: Names of the frames that are given.

    Raises:
        InvalidInput: The flow's name cannot be a pipeline's (RCP-009), at its place in the file.
    """
    frames = [one for one in source.parameters if one.asked.frame and (one.required or one.name in supplied)]
    others = [one for one in source.parameters if not one.asked.frame]
    step: dict[str, Any] = {"name": source.name, "file_path": f"{script}:{source.function}"}
    if frames:
        step["dataframes"] = [one.name for one in frames]
    step["output_dataframe"] = RESULT
    if others:
        step["kwargs"] = {one.name: {"param": one.name} for one in others}
    body: dict[str, Any] = {"model_name": source.name}
    if frames:
        body["inputs"] = {one.name: {} for one in frames}
    if others:
        body["parameters"] = {one.name: _declared(one) for one in others}
    body["prediction_steps"] = [step]
    text = (json.dumps(body, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()
    place = Place(file=source.file, line=source.line)
    try:
        pipeline = parse_document(text, file=FLOW_FILE)
    except InvalidInput as error:
        raise InvalidInput([replace(problem, place=place) for problem in error.problems]) from error
    return FlowDocument(text, _placed(pipeline, source, place))


def _declared(parameter: FlowParameter) -> dict[str, Any]:
    """A parameter in the document's words."""
    asked = parameter.asked
    if asked.secret:
        return {"type": "text", "secret": True, "required": parameter.required and not asked.optional}
    out: dict[str, Any] = dict(_typed(parameter))
    if parameter.has_default:
        out["default"] = parameter.default
    out["required"] = parameter.required and not asked.optional
    return out


def _typed(parameter: FlowParameter) -> Iterator[tuple[str, Any]]:
    """Type, choices and limits, unless its own default would be refused by them, or None be as good as a value."""
    asked = parameter.asked
    if not parameter.annotation and parameter.has_default:
        return  # its default shows the type
    kind = ParameterSpec(
        parameter.name, asked.type, choices=asked.choices, minimum=asked.minimum, maximum=asked.maximum
    )
    has_value = parameter.has_default and parameter.default is not None
    if has_value and (asked.optional or value_fault(kind, parameter.default) is not None):
        yield "type", "any"
        return
    yield "type", asked.type
    given: Mapping[str, Any] = {"minimum": asked.minimum, "maximum": asked.maximum, "choices": list(asked.choices)}
    yield from ((key, value) for key, value in given.items() if value not in (None, []))


def _placed(pipeline: Pipeline, source: FlowSource, place: Place) -> Pipeline:
    """The pipeline with places in the flow's file, where people look for what is wrong."""
    lines = {one.name: one.line for one in source.parameters}
    places = {name: replace(place, line=line, field=name) for name, line in lines.items()}

    def at(one: ParameterSpec | InputSpec) -> Any:
        return replace(one, place=places.get(one.name, place))

    (step,) = pipeline.steps
    of_step = {f"kwargs.{name}": places.get(name, place) for name in step.kwargs}
    of_step |= {f"dataframes[{index}]": places.get(name, place) for index, name in enumerate(step.dataframes)}
    return replace(
        pipeline,
        steps=(replace(step, place=place, places=of_step),),
        parameters={name: at(spec) for name, spec in pipeline.parameters.items()},
        inputs={name: at(spec) for name, spec in pipeline.inputs.items()},
        file=f"{source.file}:{source.function}",
    )


def choose(found: list[FlowSource], *, shown: str, functions: list[str]) -> FlowSource:
    """The flow that a file's name alone means: its only one.

    Args:
        found: The flows and tasks of the file.
        shown: The file as it was given, for the message.
        functions: The file's plain functions.

    Raises:
        InvalidInput: FLW-051 when there is none, or there are several.
    """
    flows = [source for source in found if source.kind == "flow"]
    if len(flows) == 1:
        return flows[0]
    if flows:
        names, variant = [source.function for source in flows], ""
    elif found:
        names, variant = [source.function for source in found], "tasks"
    else:
        names, variant = functions, "functions" if functions else "none"
    example = f"{shown}:{names[0]}" if names else ""
    values = {"found": ", ".join(names[:50]), "example": example}
    raise InvalidInput(Problem("FLW-051", values, variant=variant, place=Place(file=shown)))
