"""Checks and plans a document before anything runs: every problem of it is found here, all at once."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pauta.authoring.check import check_frames, check_signatures, check_supplied, required_inputs
from pauta.authoring.document import parse_document, read_document
from pauta.authoring.parameters import apply, fill, read_texts
from pauta.authoring.scripts import ReadScript, read_scripts
from pauta.authoring.selection import select
from pauta.domain.ids import Address
from pauta.domain.pipeline import InputSpec, Pipeline, Step
from pauta.domain.plan import Plan
from pauta.domain.problems import InvalidInput, Problem
from pauta.domain.runs import RunOptions
from pauta.domain.scripts import Script
from pauta.engine.planner import plan as make_plan
from pauta.services.secrets import mark

_NONE: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Prepared:
    """A checked document and its plan.

    Attributes:
        pipeline: The document.
        plan: What a run does.
        required_inputs: Inputs that still have to be supplied.
        unsupplied: The same as problems, with their places.
        sources: Address → source bytes of all scripts and local modules.
        files: Where each input's data is, by name.
        parameters: Filled-in parameters, secrets left out.
        options: How it was asked for; `use_cache` is set when it is submitted.
    """

    pipeline: Pipeline
    plan: Plan
    required_inputs: tuple[str, ...]
    unsupplied: tuple[Problem, ...]
    sources: Mapping[Address, bytes]
    files: Mapping[str, Path]
    parameters: Mapping[str, Any]
    options: RunOptions

    def spec(self, name: str) -> InputSpec:
        """What the document says of an input; an undeclared one may be anything."""
        return self.pipeline.inputs.get(name) or InputSpec(name)


def prepare(
    document: Path,
    *,
    scripts: Path | None,
    inputs: Mapping[str, Path],
    parameters: Mapping[str, Any] = _NONE,
    texts: Mapping[str, str] = _NONE,
    only: str | None,
) -> Prepared:
    """Read, check and plan a document with its scripts.

    Args:
        document: The pipeline document, JSON or YAML.
        scripts: Where scripts live; the document's own folder when None.
        inputs: Data files by frame name; they come before the document's own sources.
        parameters: Values by parameter name.
        texts: Values as typed on a command line: read as the declared types say.
        only: ``training``, ``prediction`` or None.

    Raises:
        InvalidInput: With every problem of the document, its scripts and the parameters.
    """
    pipeline = parse_document(read_document(document, file=str(document)), file=str(document))
    root = scripts if scripts is not None else document.parent
    files = _files(pipeline, inputs, folder=document.parent)
    checked, read, problems = check(pipeline, root=root, supplied=set(files), only=only)
    values: Mapping[str, Any] = {}
    try:
        values = fill(pipeline, {**read_texts(pipeline, texts), **parameters})
    except InvalidInput as error:
        problems.extend(error.problems)
    if problems:
        raise InvalidInput(problems)
    return Prepared(
        pipeline=pipeline,
        plan=plan_of(checked, values),
        required_inputs=checked.required_inputs,
        unsupplied=checked.unsupplied,
        sources=_sources(read),
        files=files,
        parameters=without_secrets(pipeline, values),
        options=RunOptions(only=only, document=str(document), scripts=str(root)),
    )


@dataclass(frozen=True, slots=True)
class Checked:
    """A document whose steps were checked together with their scripts; what is planned once parameters are known.

    Attributes:
        pipeline: The document.
        steps: The steps that run.
        scripts: Scripts by step name.
        supplied: Names of the frames that are given or have a source.
        required_inputs: Inputs that still have to be supplied.
        unsupplied: The same as problems, with their places.
    """

    pipeline: Pipeline
    steps: tuple[Step, ...]
    scripts: Mapping[str, Script]
    supplied: Set[str]
    required_inputs: tuple[str, ...]
    unsupplied: tuple[Problem, ...]


def check(
    pipeline: Pipeline, *, root: Path | Mapping[str, bytes], supplied: Set[str], only: str | None
) -> tuple[Checked, dict[str, ReadScript], list[Problem]]:
    """Check a document's steps with their scripts, all but parameters.

    Args:
        pipeline: The document.
        root: The scripts' folder, or the scripts: path → bytes.
        supplied: Names of the frames that are given or have a source.
        only: ``training``, ``prediction`` or None.

    Returns:
        What was checked, to be planned when there are no problems; the scripts by step name with their bytes; and
        the problems.
    """
    steps = select(pipeline, only)
    read, problems = read_scripts(steps, root=root)
    scripts = {name: found.script for name, found in read.items()}
    problems.extend(check_frames(pipeline, supplied=supplied, parts=only))
    problems.extend(check_signatures(pipeline, scripts, parts=only))
    checked = Checked(
        pipeline,
        steps,
        scripts,
        supplied,
        required_inputs=tuple(name for name in required_inputs(pipeline, only) if name not in supplied),
        unsupplied=tuple(check_supplied(pipeline, supplied=supplied, parts=only)),
    )
    return checked, read, problems


def plan_of(checked: Checked, values: Mapping[str, Any]) -> Plan:
    """The plan for these parameters, as `fill` gives them; secrets stand in it by name only."""
    secrets = _secrets(checked.pipeline)
    for_steps = {k: mark(v) if k in secrets and isinstance(v, str) else v for k, v in values.items()}
    return make_plan(
        checked.pipeline,
        checked.steps,
        checked.scripts,
        supplied={*checked.supplied, *checked.required_inputs},
        kwargs={s.name: apply(s.kwargs, for_steps) for s in checked.steps},
    )


def without_secrets(pipeline: Pipeline, values: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that may stand in a run's records."""
    secrets = _secrets(pipeline)
    return {k: v for k, v in values.items() if k not in secrets}


def _secrets(pipeline: Pipeline) -> set[str]:
    return {name for name, spec in pipeline.parameters.items() if spec.secret}


def _sources(read: Mapping[str, ReadScript]) -> dict[Address, bytes]:
    """The bytes behind every address that the scripts name."""
    sources: dict[Address, bytes] = {}
    for found in {id(r): r for r in read.values()}.values():
        sources[found.script.source] = found.source
        sources.update((address, found.modules[path]) for path, address in found.script.modules.items())
    return sources


def _files(pipeline: Pipeline, given: Mapping[str, Path], *, folder: Path) -> dict[str, Path]:
    """Where the data of each input is: what was given comes before the document's own sources."""
    declared = {name: folder / spec.source for name, spec in pipeline.inputs.items() if spec.source is not None}
    return {**declared, **given}
