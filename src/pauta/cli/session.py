"""What every command knows: the language, where to speak, and whether a program or a person listens."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pauta.cli.plain_text import as_json, clean
from pauta.cli.words import Words
from pauta.domain.problems import InvalidInput, Problem, shorten

if TYPE_CHECKING:
    import typer
    from rich.console import Console


class Session:
    """One call of the command line.

    People read standard output; when it is piped or taken as JSON, progress and asides go to standard error,
    so that what a program reads stays clean.
    """

    def __init__(self, *, language: str, as_json: bool, project: str | None = None) -> None:
        self.words = Words(language)
        self.as_json = as_json
        self.project = project

    @property
    def language(self) -> str:
        """``en`` or ``pt``."""
        return self.words.language

    @cached_property
    def out(self) -> Console:
        """Where results are drawn."""
        return _console(sys.stdout)

    @cached_property
    def err(self) -> Console:
        """Where problems are drawn."""
        return _console(sys.stderr)

    @property
    def live(self) -> Console:
        """Where progress is drawn: beside the result on a terminal, out of its way otherwise."""
        return self.out if sys.stdout.isatty() and not self.as_json else self.err

    def say(self, text: str = "", style: str = "") -> None:
        """A sentence for a person, on standard output; long lines are left to the terminal to wrap."""
        from rich.text import Text

        self.out.print(Text(clean(text), style=style), soft_wrap=True)

    def aside(self, text: str) -> None:
        """A sentence about what goes on, never mixed into a result."""
        from rich.text import Text

        self.live.print(Text(clean(text), style="dim"), soft_wrap=True)

    def warn(self, problems: Sequence[Problem]) -> None:
        """Show what is doubtful, on standard error: it is no result, and stops nothing."""
        if not problems or self.as_json:
            return
        from pauta.cli.problem_drawing import draw_warnings

        folder = Path(self.project) if self.project else Path()
        draw_warnings(problems, console=self.err, words=self.words, roots=(folder, folder / "scripts"))

    def answer(self, value: Any) -> None:
        """The one JSON value of a ``--json`` call."""
        sys.stdout.write(as_json(value) + "\n")
        sys.stdout.flush()

    def project_folder(self) -> Path:
        """The folder asked for, else the nearest one upwards with a ``pauta.toml``, else the present one.

        Raises:
            InvalidInput: CLI-005 when the folder asked for is not there.
        """
        if self.project is not None:
            folder = Path(self.project)
            if not folder.is_dir():
                raise InvalidInput(Problem("CLI-005", {"file": shorten(folder)}, variant="folder"))
            return folder.resolve()
        here = Path.cwd()
        return next((f for f in (here, *here.parents) if (f / "pauta.toml").is_file()), here)

    def command(self, *arguments: str) -> str:
        """A command line to type next, in the same project and with the same quoting rules as a shell."""
        import shlex

        project = ("--project", self.project) if self.project is not None else ()
        return shlex.join(("pauta", *arguments, *project))


def session_of(context: typer.Context) -> Session:
    """The session that a command was called in."""
    if isinstance(context.obj, Session):
        return context.obj
    from pauta.domain.languages import from_environment

    return Session(language=from_environment(os.environ), as_json=False)


def _console(stream: Any) -> Console:
    from pauta.cli.console import console_on

    return console_on(stream)
