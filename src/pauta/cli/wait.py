"""``pauta wait``: until a run ends."""

from __future__ import annotations

from time import monotonic
from typing import Annotated

import typer

from pauta.cli.options import Run
from pauta.cli.served import alone, served
from pauta.cli.session import session_of
from pauta.domain.problems import InvalidInput, Problem, shorten

Timeout = Annotated[str | None, typer.Option("--timeout", metavar="TIME", help="opt.wait_timeout")]

_AT_ONCE = 30.0
STILL_GOING = 3


def wait(context: typer.Context, run: Run, timeout: Timeout = None) -> int:
    """Wait until a run ends; the exit code tells how."""
    session = session_of(context)
    patience = _seconds(timeout)
    with served(context) as remote:
        run_id = remote.find(run.strip())
        begun = monotonic()
        while True:
            left = patience - (monotonic() - begun)
            standing = remote.client.runs.wait(run_id, seconds=max(0.0, min(_AT_ONCE, left)))
            if standing.over or left <= _AT_ONCE:
                break
    if session.as_json:
        answer = {"run": run_id, "state": standing.state, "over": standing.over, "seconds": standing.seconds}
        session.answer(answer)
    else:
        key = "cancel.done" if standing.over else "wait.still"
        session.say(session.words(key, run=run_id, state=session.words(f"state.{standing.state}")))
    if not standing.over:
        return STILL_GOING
    return 0 if standing.state == "completed" else 1


def _seconds(text: str | None) -> float:
    from pauta.domain.quantities import duration_of

    if text is None:
        return float("inf")
    length = duration_of(text)
    if length is None:
        values = {"name": "--timeout", "found": f'"{shorten(text)}"', "expected": "90s, 10m, 1h30m"}
        raise InvalidInput(Problem("CLI-001", values, variant="value"))
    return length.total_seconds()


app = alone(wait)
