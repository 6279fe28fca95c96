"""Checks what is to be published: the document, its scripts, and how they fit. Nothing of it is run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pauta.authoring.code_check import check_code
from pauta.authoring.document import parse_document
from pauta.authoring.scripts import address_of
from pauta.authoring.selection import PREDICTION
from pauta.domain.ids import Address
from pauta.domain.pipeline import Part, Pipeline, Step
from pauta.domain.problems import InvalidInput, Place, Problem, Scalar, shorten
from pauta.services.prepare import check
from pauta.services.published import sources_of
from pauta.services.view_pipelines import CheckView, InputView, PlannedStepView, parameter_view

MOST_SCRIPTS = 2_000
_LONGEST_PATH = 500
_LONGEST_NAME = 200
_ENDINGS = (".json", ".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Sent:
    """A document and scripts, as they came. Paths of scripts are relative to the document."""

    file: str
    document: bytes
    scripts: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Inspected:
    """What was found in it.

    Attributes:
        pipeline: The document.
        scripts: Path → bytes of those scripts and modules that its steps use.
        required_inputs: Frames that each run has to be given.
    """

    pipeline: Pipeline
    scripts: Mapping[str, bytes]
    required_inputs: tuple[str, ...]

    @property
    def addresses(self) -> dict[str, Address]:
        """Path → address of the scripts."""
        return {path: address_of(source) for path, source in self.scripts.items()}


def inspect(sent: Sent) -> Inspected:
    """Check a document and its scripts as ``pauta check`` does.

    Raises:
        InvalidInput: With every problem, each at its place in the document or in a script.
    """
    inspected, problems = _inspect(sent)
    if problems or inspected is None:
        raise InvalidInput(problems)
    return inspected


def check_view(sent: Sent, *, language: str) -> CheckView:
    """What was found, problems among it."""
    inspected, problems = _inspect(sent)
    shown = tuple(problem.as_json(language) for problem in problems)
    if inspected is None:
        return CheckView(shown)
    return CheckView(
        shown,
        name=inspected.pipeline.name,
        steps=step_views(inspected.pipeline),
        inputs=input_views(inspected.pipeline),
        required_inputs=inspected.required_inputs,
        parameters=tuple(parameter_view(spec) for spec in inspected.pipeline.parameters.values()),
    )


def step_views(pipeline: Pipeline) -> tuple[PlannedStepView, ...]:
    """The document's steps as they are shown."""
    return tuple(PlannedStepView(s.name, s.part.value, _shown_path(s), s.dataframes, s.output) for s in pipeline.steps)


def _shown_path(step: Step) -> str:
    return f"{step.file_path}:{step.entry}" if step.entry else step.file_path


def input_views(pipeline: Pipeline) -> tuple[InputView, ...]:
    """The declared inputs as they are shown."""
    return tuple(InputView(i.name, i.source, i.schema, i.min_rows) for i in pipeline.inputs.values())


def _inspect(sent: Sent) -> tuple[Inspected | None, list[Problem]]:
    problems = [*_file_problems(sent.file), *_path_problems(sent.scripts)]
    if problems:
        return None, problems
    try:
        pipeline = parse_document(sent.document, file=sent.file)
    except InvalidInput as error:
        return None, list(error.problems)
    used: dict[str, bytes] = {}
    required: tuple[str, ...] = ()
    for only in _parts(pipeline.steps):
        checked, read, found = check(pipeline, root=sent.scripts, supplied=sources_of(pipeline), only=only)
        problems += [problem for problem in found if problem not in problems]
        required = required or checked.required_inputs
        doubted = check_code(read.values(), here=False)
        problems += [problem for problem in doubted.errors if problem not in problems]
        for script in read.values():
            used |= {script.script.path: script.source, **script.modules}
    if not problems and len(used) < len(sent.scripts):
        # Files that no step uses are not kept: check again without them, as the version will be run.
        return _inspect(replace(sent, scripts=used))
    return Inspected(pipeline, dict(sorted(used.items())), required), problems


def _parts(steps: tuple[Step, ...]) -> tuple[str | None, ...]:
    """The parts that together take every step of a document."""
    found = {step.part for step in steps}
    rest = (PREDICTION,) if Part.PREDICT in found else ()
    return rest if found == {Part.PREDICT} else (None, *rest)


def _file_problems(file: str) -> list[Problem]:
    fits = file.lower().endswith(_ENDINGS) and file.isprintable() and not {"/", "\\"} & set(file)
    if fits and len(file.encode("utf-8", "replace")) <= _LONGEST_NAME:
        return []
    return [Problem("PIP-008", {"file": shorten(file)}, place=Place(field="file"))]


def _path_problems(scripts: Mapping[str, bytes]) -> list[Problem]:
    """PIP-006 for each path that is not a plain one below the document's folder, PIP-007 for too many."""
    if len(scripts) > MOST_SCRIPTS:
        values: dict[str, Scalar] = {"found": len(scripts), "limit": MOST_SCRIPTS}
        return [Problem("PIP-007", values, place=Place(field="scripts"))]
    problems = []
    folders = {path[:end] for path in scripts for end, letter in enumerate(path) if letter == "/"}
    for path in scripts:
        variant = None if _is_plain(path) else ""
        if variant is None and path in folders:
            variant = "folder"
        if variant is not None:
            place = Place(field=f"scripts.{shorten(path)}")
            problems.append(Problem("PIP-006", {"path": shorten(path)}, variant=variant, place=place))
    return problems


def _is_plain(path: str) -> bool:
    """Names joined by ``/``, each of which stays where it is on every file system."""
    if not path.isprintable() or "\\" in path or len(path.encode()) > _LONGEST_PATH:
        return False
    return all(name not in ("", ".", "..") and len(name.encode()) <= _LONGEST_NAME for name in path.split("/"))
