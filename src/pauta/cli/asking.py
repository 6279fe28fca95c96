"""What commands that ask for runs, now or later, share: parameters in their types, inputs where a server finds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pauta.cli.given import inputs_of, parameters_of, part_problems
from pauta.domain.problems import InvalidInput, Problem, shorten

if TYPE_CHECKING:
    from pauta.assembly.remote_project import RemoteProject

Parameters = Annotated[list[str] | None, typer.Option("--param", "-p", metavar="name=value", help="opt.param")]
Inputs = Annotated[list[str] | None, typer.Option("--input", metavar="name=file", help="opt.input")]
OfVersion = Annotated[int | None, typer.Option("--version", metavar="N", help="opt.version_of")]
Pool = Annotated[str | None, typer.Option("--pool", metavar="NAME", help="opt.pool")]
Priority = Annotated[str | None, typer.Option("--priority", metavar="N", help="opt.priority")]
LimitKeys = Annotated[list[str] | None, typer.Option("--limit-key", metavar="KEY", help="opt.limit_key")]


def understood(parameters: Sequence[str] | None, inputs: Sequence[str] | None, only: str | None = None) -> Given:
    """What was typed, as pairs; nothing is asked of a server yet.

    Raises:
        InvalidInput: CLI-001 to CLI-003, all that apply.
    """
    files, bad_files = inputs_of(inputs or ())
    texts, bad_texts = parameters_of(parameters or ())
    problems = [*part_problems(only), *bad_files, *bad_texts]
    if problems:
        raise InvalidInput(problems)
    return Given(texts, files)


class Given:
    """Parameters as texts and inputs as files, by name."""

    def __init__(self, texts: Mapping[str, str], files: Mapping[str, Path]) -> None:
        self.texts = texts
        self.files = files

    def parameters(self, remote: RemoteProject, pipeline: str | None, version: int | None) -> dict[str, Any]:
        """The parameters in the types that the pipeline declares; the server says what does not fit."""
        if not self.texts or pipeline is None:
            return dict(self.texts)
        return remote.typed(self.texts, pipeline=pipeline, version=version)

    def inputs(self, remote: RemoteProject) -> dict[str, dict[str, str]]:
        """Where the server finds the data: in its own folder, or uploaded."""
        return remote.bring(self.files)


def priority_of(text: str | None) -> int | None:
    """A priority, which may be below zero.

    Raises:
        InvalidInput: CLI-001.
    """
    if text is None:
        return None
    try:
        return int(text)
    except ValueError:
        values = {"name": "--priority", "found": f'"{shorten(text)}"', "expected": "-1, 0, 10 …"}
        raise InvalidInput(Problem("CLI-001", values, variant="value")) from None


def said(body: Mapping[str, Any]) -> dict[str, Any]:
    """Only what was said: a field that is None, or an empty list or object, is left to the server."""
    return {name: value for name, value in body.items() if value not in (None, [], {}, ())}
