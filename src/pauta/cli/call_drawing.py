"""Calls of flows in the summary of a run: the rows of their tree, what went wrong in them, what they wait for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text

from pauta.cli.amounts import count, duration
from pauta.cli.call_rows import at_time, counts_of
from pauta.cli.call_tree import Branch, branches
from pauta.cli.plain_text import one_line
from pauta.cli.problem_drawing import draw_problem
from pauta.cli.session import Session
from pauta.cli.tables import cell, heading, state_cell
from pauta.domain.problems import shorten

if TYPE_CHECKING:
    from pauta.services.view_calls import CallView, WaitingView
    from pauta.services.views import StepView

MOST_LINES = 60
MOST_PROBLEMS = 3
_REST_OF_ROW = 48
"""Columns that state, time, rows and a short note take beside the name."""


def rows_of_calls(calls: Sequence[CallView], step: str, session: Session) -> tuple[list[list[Text]], int]:
    """Rows of the table of steps, below the row of their step; and how many calls are not shown."""
    lines = branches(calls, step)
    shown = lines[:MOST_LINES]
    hidden = sum(branch.count for branch in lines[MOST_LINES:])
    return [_row(branch, session) for branch in shown], hidden


def _row(branch: Branch, session: Session) -> list[Text]:
    words = session.words
    call = branch.call
    # A tree whose names broke over lines would be none.
    room = max(12, session.out.width - _REST_OF_ROW - len(branch.stem))
    rows = call.gave.rows if call is not None and call.gave is not None else None
    is_cached = call is not None and call.cached_from is not None
    return [
        Text(branch.stem, style="dim").append(shorten(one_line(branch.name), room), style="default"),
        state_cell(branch.state, session),
        cell("" if is_cached else duration(branch.seconds, words)),
        cell(""),
        cell(count(rows, words)),
        Text(_many_note(branch, session)) if call is None else _note(call, session),
    ]


def _many_note(branch: Branch, session: Session) -> str:
    words = session.words
    parts = [counts_of(branch.states, words)] if len(branch.states) > 1 else []
    if branch.cached:
        parts.append(words("calls.cached", count=words.number(branch.cached)))
    return ", ".join(parts)


def _note(call: CallView, session: Session) -> Text:
    words = session.words
    if call.cached_from is not None:
        return cell(words("run.cached"), "cyan")
    parts = []
    if call.problem is not None:
        parts.append(call.problem.code)
    if call.attempts > 1:
        parts.append(words("run.attempts", count=call.attempts))
    if call.child is not None:
        parts.append(words("calls.child", run=call.child))
    if call.state == "paused" and call.awaited is not None and call.awaited.until is not None:
        parts.append(words("calls.until", time=at_time(call.awaited.until)))
    if call.by is not None:
        parts.append(words("calls.by", name=call.by.partition(" (")[0]))
    asked = call.awaited.prompt if call.awaited is not None else ""
    if call.message and call.problem is None and call.message != asked:
        parts.append(shorten(call.message, 60))
    return cell(", ".join(parts))


def draw_call_problems(
    calls: Sequence[CallView], steps: Sequence[StepView], *, roots: Sequence[Path], session: Session
) -> None:
    """What went wrong in calls and is not what a step failed of already; each problem once."""
    told = {_sort_of(step.problem) for step in steps if step.problem is not None}
    drawn = 0
    for call in calls:
        if call.problem is None or call.state != "failed" or _sort_of(call.problem) in told:
            continue
        if drawn == MOST_PROBLEMS:
            break
        told.add(_sort_of(call.problem))
        drawn += 1
        heading(session.out, session.words("problem.call", call=one_line(call.label)))
        draw_problem(call.problem, console=session.out, words=session.words, roots=roots)


def _sort_of(problem: Any) -> tuple[str, str | None, str]:
    return problem.code, problem.traceback, "" if problem.traceback else problem.message()


def draw_waiting(waiting: Sequence[WaitingView], run: str, session: Session) -> None:
    """What of a run waits for people: what is asked, of whom, until when."""
    if not waiting:
        return
    words = session.words
    heading(session.out, words("waiting.title"))
    for each in waiting:
        elsewhere = words("waiting.elsewhere", run=each.run) if each.run != run else ""
        draw_question(each, session, elsewhere)


def draw_question(each: WaitingView, session: Session, about_run: str = "") -> None:
    """What one call asks; `about_run` tells of its run where that is not clear."""
    head = Text("  ‖ ", style="yellow")
    head.append(session.words(f"waiting.{each.kind}", call=one_line(each.label)), style="default")
    about = ", ".join(part for part in (about_run, *_about(each, session)) if part)
    if about:
        head.append(f" ({about})", style="dim")
    session.out.print(head, soft_wrap=True)
    question = each.awaited.prompt or each.message
    if question:
        session.out.print(Text(f"    {one_line(question)}"), soft_wrap=True)


def _about(each: WaitingView, session: Session) -> Iterator[str]:
    words = session.words
    names = ", ".join(map(one_line, (each.awaited.schema or {}).get("properties", ())))
    if names:
        yield words("waiting.fields", names=names)
    if each.awaited.roles:
        yield words("waiting.roles", roles=", ".join(each.awaited.roles))
    if each.awaited.until is not None:
        yield words("waiting.until", time=at_time(each.awaited.until))


def next_answers(waiting: Sequence[WaitingView]) -> Iterator[tuple[tuple[str, ...], str]]:
    """The commands that answer, with the keys of what they do."""
    for each in waiting[:3]:
        alone = len([w for w in waiting if w.run == each.run and w.kind == each.kind]) == 1
        which = () if alone else (str(each.call),)
        if each.kind == "approval":
            yield ("approve", each.run, *which), "next.approve"
            yield ("reject", each.run, *which), "next.reject"
        else:
            yield ("answer", each.run, *(("--call", *which) if which else ())), "next.answer"


def next_of_failed(calls: Sequence[CallView], run: str, step: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """The commands that tell more of a flow that failed, and that make its failed call again."""
    call = next((call for call in reversed(calls) if call.state == "failed"), None)
    if call is None:
        yield ("logs", run, "--step", step), "next.logs"
        return
    if call.child is not None:
        yield ("show", call.child), "next.child"
    elif call.kind != "run":  # one that could not be begun wrote nothing
        yield ("logs", run, "--step", call.label), "next.logs"
    is_alone = sum(other.label == call.label for other in calls) == 1
    yield ("rerun", run, "--from", call.label if is_alone else str(call.call)), "next.from_call"
