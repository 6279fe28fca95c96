"""Checks and plans a document before anything runs: every problem of it is found here, all at once."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pauta.authoring.check import check_frames, check_signatures, check_supplied, required_inputs
from pauta.authoring.code_check import check_code
from pauta.authoring.flow_policy import unseen_options, with_options
from pauta.authoring.opening import in_their_folder, names_a_flow, open_document
from pauta.authoring.parameters import apply, fill, read_texts, referred
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
        warnings: What is doubtful in the scripts, but stops nothing.
    """

    pipeline: Pipeline
    plan: Plan
    required_inputs: tuple[str, ...]
    unsupplied: tuple[Problem, ...]
    sources: Mapping[Address, bytes]
    files: Mapping[str, Path]
    parameters: Mapping[str, Any]
    options: RunOptions
    warnings: tuple[Problem, ...] = ()

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
        document: The pipeline document, JSON or YAML; or a flow, as ``flows.py:full_flow``.
        scripts: Where scripts live; see `open_document` for where they are looked for when None.
        inputs: Data files by frame name; they come before the document's own sources.
        parameters: Values by parameter name.
        texts: Values as typed on a command line: read as the declared types say.
        only: ``training``, ``prediction`` or None.

    Raises:
        InvalidInput: With every problem of the document, its scripts and the parameters.
    """
    try:
        return _prepared(document, scripts, inputs, parameters=parameters, texts=texts, only=only)
    except InvalidInput as error:
        if not names_a_flow(document):
            raise
        raise InvalidInput(in_their_folder(error.problems, document, scripts=scripts)) from error


def _prepared(
    document: Path,
    scripts: Path | None,
    inputs: Mapping[str, Path],
    *,
    parameters: Mapping[str, Any],
    texts: Mapping[str, str],
    only: str | None,
) -> Prepared:
    opened = open_document(document, scripts=scripts, supplied=inputs.keys())
    pipeline = opened.pipeline
    files = _files(pipeline, inputs, folder=opened.folder)
    checked, read, problems = check(pipeline, root=opened.scripts, supplied=set(files), only=only)
    found = check_code(read.values(), here=True)
    problems.extend(found.errors)
    values: Mapping[str, Any] = {}
    try:
        values = fill(pipeline, {**read_texts(pipeline, texts), **parameters})
    except InvalidInput as error:
        problems.extend(error.problems)
    if problems:
        raise InvalidInput(problems)
    warnings = [*checked.warnings, *found.warnings]
    if names_a_flow(document):
        warnings = in_their_folder(warnings, document, scripts=scripts)
    return Prepared(
        pipeline=pipeline,
        plan=plan_of(checked, values),
        required_inputs=checked.required_inputs,
        unsupplied=checked.unsupplied,
        sources=_sources(read),
        files=files,
        parameters=without_secrets(pipeline, values),
        options=RunOptions(only=only, document=str(document), scripts=str(opened.scripts)),
        warnings=tuple(warnings),
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
        warnings: What is doubtful, but stops nothing.
    """

    pipeline: Pipeline
    steps: tuple[Step, ...]
    scripts: Mapping[str, Script]
    supplied: Set[str]
    required_inputs: tuple[str, ...]
    unsupplied: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()


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
    flows = {name: found.flow for name, found in read.items() if found.flow is not None}
    checked = Checked(
        pipeline,
        tuple(with_options(step, flows[step.name]) if step.name in flows else step for step in steps),
        scripts,
        supplied,
        required_inputs=tuple(name for name in required_inputs(pipeline, only) if name not in supplied),
        unsupplied=tuple(check_supplied(pipeline, supplied=supplied, parts=only)),
        warnings=tuple(p for step in steps if step.name in flows for p in unseen_options(step, flows[step.name])),
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
        kwargs={s.name: apply(_given(s, checked, for_steps), for_steps) for s in checked.steps},
    )


def _given(step: Step, checked: Checked, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """A step's keyword arguments without those for which its function has a default and nobody has a value.

    That default may be anything that Python can say, and a document cannot. (``execute`` has always been given None.)
    """
    if not step.entry:
        return step.kwargs
    declared = checked.pipeline.parameters
    optional = {
        parameter.name for parameter in checked.scripts[step.name].signature.parameters if not parameter.required
    }
    unset = {name for name, spec in declared.items() if values.get(name) is None and spec.default is None}
    return {k: v for k, v in step.kwargs.items() if not (k in optional and referred(v) in unset)}


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
