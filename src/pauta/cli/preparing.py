"""From what was given on the command line to a checked, planned document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pauta.cli.given import document_of, folder_of, inputs_of, parameters_of, part_problems
from pauta.cli.project import Project
from pauta.cli.session import Session
from pauta.domain.problems import InvalidInput, Problem


@dataclass(frozen=True, slots=True)
class Given:
    """The arguments that `check`, `plan` and `run` share, as typed."""

    document: str | None = None
    scripts: str | None = None
    inputs: Sequence[str] = field(default_factory=tuple)
    parameters: Sequence[str] = field(default_factory=tuple)
    only: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """The same, understood."""

    document: Path
    scripts: Path | None
    inputs: dict[str, Path]
    parameters: dict[str, str]
    only: str | None


def understand(given: Given, session: Session) -> Wanted:
    """Read what was given, before the project is opened.

    Raises:
        InvalidInput: CLI-001 to CLI-005, all that apply.
    """
    inputs, bad_inputs = inputs_of(given.inputs)
    parameters, bad_parameters = parameters_of(given.parameters)
    problems: list[Problem] = [*part_problems(given.only), *bad_inputs, *bad_parameters]
    document, scripts = None, None
    try:
        document = document_of(given.document, session)
    except InvalidInput as error:
        problems = [*error.problems, *problems]
    try:
        scripts = folder_of(given.scripts)
    except InvalidInput as error:
        problems += error.problems
    if problems or document is None:
        raise InvalidInput(problems)
    return Wanted(document, scripts, inputs, parameters, given.only)


def prepare(project: Project, wanted: Wanted) -> Any:
    """Check and plan. Inputs may still lack data.

    Raises:
        InvalidInput: Every problem of the document, its scripts, parameters and data.
    """
    return project.prepare(
        wanted.document,
        scripts=wanted.scripts,
        inputs=wanted.inputs,
        parameters=wanted.parameters,
        only=wanted.only,
    )


def prepare_to_run(project: Project, wanted: Wanted) -> Any:
    """Check and plan what is to be run now.

    Raises:
        InvalidInput: As `prepare`, and RCP-006 for each input without data.
    """
    prepared = prepare(project, wanted)
    if prepared.unsupplied:
        raise InvalidInput(prepared.unsupplied)
    return prepared
