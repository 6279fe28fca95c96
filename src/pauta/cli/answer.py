"""``pauta answer``: the value that a flow asks for."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from pauta.cli.answer_values import value_of
from pauta.cli.answering import say_answered, the_one
from pauta.cli.options import Run
from pauta.cli.project import find_run, opened
from pauta.cli.served import alone
from pauta.cli.session import session_of
from pauta.domain.problems import InvalidInput, Place, Problem, shorten

Words = Annotated[list[str] | None, typer.Argument(metavar="ANSWER", help="arg.answer", show_default=False)]
Which = Annotated[str | None, typer.Option("--call", metavar="CALL", help="opt.call")]
ValueFile = Annotated[str | None, typer.Option("--value-file", metavar="FILE", help="opt.value_file")]

_LARGEST = 1 << 20


def answer(
    context: typer.Context, run: Run, given: Words = None, call: Which = None, value_file: ValueFile = None
) -> int:
    """Give a flow the value that it asks for."""
    session = session_of(context)
    which, text = _understood(given or (), call, value_file)
    if text is None and value_file is not None:
        text = _read(value_file)
    asks = text is None and not session.as_json and sys.stdin.isatty() and sys.stdout.isatty()
    if text is None and not asks:
        values = {"command": "pauta answer", "name": "VALUE, --value-file"}
        raise InvalidInput(Problem("CLI-001", values, variant="missing"))
    with opened(session) as project:
        wanted = the_one(project, find_run(project, run), which, kind="input")
    # While a person thinks, the project is free for others.
    if text is None:
        from pauta.cli.answer_form import Form

        value = Form(session, wanted.schema, prompt=wanted.prompt).ask()
    else:
        value = value_of(text, wanted.schema, is_file=value_file is not None)
    with opened(session) as project:
        say_answered(project.answer(wanted.run, wanted.call, value), session)
    return 0


def _understood(given: Sequence[str], call: str | None, value_file: str | None) -> tuple[str | None, str | None]:
    """Which call, and the value's text: None of them where it was not said."""
    words = list(given)
    most = 2 - (call is not None) - (value_file is not None)
    if len(words) > most:
        values = {"command": "pauta answer", "found": shorten(" ".join(words[most:]))}
        raise InvalidInput(Problem("CLI-001", values, variant="extra"))
    text = words.pop() if words and value_file is None else None
    return (words[0] if words else call), text


def _read(name: str) -> str:
    if name == "-":
        return sys.stdin.read(_LARGEST)
    path = Path(name).expanduser()
    if not path.is_file():
        raise InvalidInput(Problem("CLI-005", {"file": shorten(path)}))
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(Problem("FLW-087", {"reason": shorten(error)}, "json", Place(file=name))) from None


app = alone(answer)
