"""The program: its commands, and the one place where errors become answers and exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from pauta import __version__
from pauta.cli import (
    cancel,
    check,
    diff,
    frame,
    frames,
    gc,
    init,
    logs,
    plan,
    replay,
    rerun,
    run,
    runs,
    schema,
    show,
)
from pauta.cli.help import OTHER_NAMES, HelpfulGroup, PautaCommand
from pauta.cli.later import LATER
from pauta.cli.session import Session, session_of
from pauta.cli.unknown import unknown_command
from pauta.cli.usage import Everywhere, UsageError, problem_of, take_everywhere
from pauta.domain.languages import from_environment
from pauta.domain.problems import PautaError, Problem, StepFault, StoreFault, shorten

OK, FAILED, INVALID, INTERRUPTED = 0, 1, 2, 130


class Program(HelpfulGroup):
    """The command line as a whole. Every error leaves as a problem; a Python traceback only for PAUTA_DEBUG=1."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run one command line and leave with its exit code."""
        code = self._run(list(sys.argv[1:] if args is None else args))
        if standalone_mode:
            sys.exit(code)
        return code

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that a word names."""
        if args and OTHER_NAMES.get(args[0]) in LATER:
            args = [OTHER_NAMES[args[0]], *args[1:]]
        if args and not self.knows(args[0]) and not args[0].startswith("-"):
            raise unknown_command(args[0], [*self.commands, *LATER])
        return super().resolve_command(ctx, args)

    def _run(self, arguments: list[str]) -> int:
        found = Everywhere()
        try:
            rest = take_everywhere(arguments, found)
        except PautaError as error:
            return _report(error.problems, _session(found), INVALID)
        session = _session(found)
        try:
            result = super().main(rest, "pauta", standalone_mode=False, obj=session)
        except BrokenPipeError:
            # Nobody reads any more; what is still buffered must not complain at exit either.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            return FAILED
        except Exception as error:
            if os.environ.get("PAUTA_DEBUG") == "1" and not isinstance(error, (PautaError, UsageError)):
                raise
            problems, code = _problems_of(error, session)
            return _report(problems, session, code)
        if result == INTERRUPTED:
            return _report([Problem("CLI-901")], session, INTERRUPTED)
        return result if isinstance(result, int) else OK


def _session(found: Everywhere) -> Session:
    language = found.language or from_environment(os.environ)
    return Session(language=language, as_json=found.as_json, project=found.project)


def _problems_of(error: Exception, session: Session) -> tuple[Sequence[Problem], int]:
    """What an error is to the person at the keyboard, and the exit code that says so to a program."""
    if isinstance(error, PautaError):
        return error.problems, FAILED if isinstance(error, (StoreFault, StepFault)) else INVALID
    if isinstance(error, UsageError):
        return [problem_of(error, session.words)], INVALID
    detail = f"{type(error).__name__}: {shorten(error, 300)}"
    return [Problem("CLI-010" if isinstance(error, OSError) else "CLI-900", {"detail": detail})], FAILED


def _report(problems: Sequence[Problem], session: Session, code: int) -> int:
    if session.as_json:
        entries = [p.as_json(session.language) for p in problems]
        session.answer({"error": entries[0] if entries else None, "problems": entries})
        return code
    from pauta.cli.problem_drawing import draw_problems

    folder = Path(session.project) if session.project else Path()
    draw_problems(problems, console=session.err, words=session.words, roots=(folder, folder / "scripts"))
    return code


app = typer.Typer(name="pauta", cls=Program, add_completion=False, rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def program(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="help.opt.version")] = False,
) -> int:
    """Without a command: the version, or the help."""
    session = session_of(context)
    if version:
        if session.as_json:
            session.answer({"version": __version__})
        else:
            typer.echo(f"pauta {__version__}")
        raise typer.Exit(OK)
    if context.invoked_subcommand is None:
        if session.as_json:
            session.answer({"commands": [*getattr(context.command, "commands", ()), *LATER]})
        else:
            typer.echo(context.get_help())
    return OK


for _module in (init, check, plan, run, runs, show, logs, frames, frame, diff, rerun, replay, cancel, gc, schema):
    _name = _module.__name__.rsplit(".", 1)[-1]
    app.command(_name, cls=PautaCommand)(getattr(_module, _name))


def main() -> None:
    """The entry point of the ``pauta`` command."""
    typer.main.get_command(app).main()
