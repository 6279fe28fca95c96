"""What the commands that answer flows share: which call is meant, and what is said when it has its answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pauta.cli.project import Project
from pauta.cli.session import Session
from pauta.domain.problems import Conflict, NotFound, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pauta.services.view_calls import Answered, WaitingView

_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Wanted:
    """The call that a person means; `schema` and `prompt` of what it asks for, as far as they are known."""

    run: str
    call: str
    prompt: str = ""
    schema: Mapping[str, Any] | None = None


def the_one(project: Project, run: str, call: str | None, *, kind: str) -> Wanted:
    """The call to be answered, in the run or in one that it began.

    Of those that wait: the one of this name or number, or without it the only one that asks for an answer of this
    `kind`. What does not wait is handed on as it was named: the answer then tells why not.

    Raises:
        NotFound: FLW-086 when nothing of the run waits for such an answer.
        Conflict: FLW-086 when several do.
    """
    waiting = project.waiting(run)
    if call is None:
        fits = [each for each in waiting if each.kind == kind] or list(waiting)
    else:
        name = call.strip()
        exact = [each for each in waiting if name in (str(each.call), each.label)]
        fits = exact if len(exact) == 1 else [e for e in waiting if name in (str(e.call), e.label, _name(e.label))]
        if not fits:
            return Wanted(run, name)
    if not fits:
        raise NotFound(Problem("FLW-086", {"run": run}, variant="none"))
    if len(fits) > 1:
        raise Conflict(Problem("FLW-086", {"run": run, "known": _listed(fits)}, variant="several"))
    found = fits[0]
    return Wanted(found.run, str(found.call), found.awaited.prompt or found.message or "", found.awaited.schema)


def say_answered(done: Answered, session: Session) -> None:
    """Say what was done, and how the run goes on when nobody works on it."""
    if session.as_json:
        session.answer(
            {"run": done.run, "call": done.call, "by": done.by, "approved": done.approved, "goes_on": done.goes_on}
        )
        return
    words = session.words
    key = "done" if done.approved is None else "approved" if done.approved else "rejected"
    session.say(words(f"answer.{key}", call=done.label, run=done.run))
    if done.goes_on:
        session.say(words("answer.goes_on"), "dim")
        return
    session.say()
    session.say(words("next.title"), "bold")
    session.say(f"  {session.command('run', '--resume', done.top)}  {words('next.go_on')}")


def _name(label: str) -> str:
    return label.partition("#")[0]


def _listed(found: Sequence[WaitingView]) -> str:
    listed = ", ".join(f"{each.label} ({each.call})" for each in found[:_MOST_NAMED])
    return listed + (f" … (+{len(found) - _MOST_NAMED})" if len(found) > _MOST_NAMED else "")
