"""A run after the fact: its steps, what its models scored, what went wrong, and what to type next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from pauta.cli.amounts import count, duration, figure, size
from pauta.cli.call_drawing import draw_call_problems, draw_waiting, next_answers, next_of_failed, rows_of_calls
from pauta.cli.call_rows import at_time
from pauta.cli.plain_text import one_line
from pauta.cli.problem_drawing import draw_problem
from pauta.cli.session import Session
from pauta.cli.tables import STATE_STYLES, STATE_SYMBOLS, cell, heading, state_cell, table

if TYPE_CHECKING:
    from pauta.services.view_calls import CallView
    from pauta.services.views import ModelView, RunView, StepView

MOST_STEPS = 40
MOST_PROBLEMS = 10
MOST_METRIC_COLUMNS = 5
_PLAIN_ENDS = frozenset({"completed", "pending", "skipped"})


def draw_run(view: RunView, session: Session, *, calls: Sequence[CallView] = (), idle: bool = False) -> None:
    """Everything a person wants to know of a run, in the order they ask it.

    Args:
        view: The run.
        session: Of the command.
        calls: Those of its flows.
        idle: It is under way, and nobody works on it.
    """
    words = session.words
    session.say(words("run.title", run=view.run, pipeline=view.pipeline), "bold")
    if view.of:
        session.say(words("run.again_of", run=view.of), "dim")
    if view.parent:
        session.say(words("run.child_of", run=view.parent.run), "dim")
    if view.parameters:
        pairs = ", ".join(f"{name}={one_line(value)}" for name, value in view.parameters.items())
        session.say(f"{words('head.parameters')}: {pairs}", "dim")
    session.say()
    _draw_steps(view.steps, calls, session)
    if view.models:
        heading(session.out, words("head.metrics"))
        _draw_models(view.models, session)
    _draw_problems(view, calls, session)
    draw_waiting(view.waiting, view.run, session)
    session.say()
    state = "idle" if idle else view.state
    said = words("run.answered" if any(call.by for call in calls) else "run.idle") if idle else outcome(view, session)
    session.say(f"{STATE_SYMBOLS.get(state, '·')} {said}", STATE_STYLES.get(state, ""))
    if view.message and view.problem is None:
        session.say(words("run.said", message=one_line(view.message)))
    session.say(words("run.records", folder=view.records), "dim")
    _draw_next(view, calls, session)


def outcome(view: RunView, session: Session) -> str:
    """The run in one sentence."""
    words = session.words
    time = duration(view.seconds, words) or "?"
    if view.state == "completed":
        return _completed(view, session, time=time)
    if view.state == "paused":
        return _paused(view, session, time=time)
    if view.state in ("failed", "held", "cancelled"):
        return words(f"run.{view.state}", time=time)
    other = "run.crashed" if view.state == "crashed" else "run.not_begun" if view.seconds is None else "run.unfinished"
    return words(other, time=time)


def _completed(view: RunView, session: Session, *, time: str) -> str:
    words = session.words
    total = len(view.steps)
    steps = words.counted("steps", total)
    if view.calls:
        steps = f"{steps}, {words.counted('calls', view.calls)}"
    cached = sum(step.cached for step in view.steps)
    completed = sum(step.state == "completed" for step in view.steps)
    if total and cached == total:
        return words("run.all_cached", steps=steps, time=time)
    if completed < total:
        return words("run.completed_some_not", completed=completed, steps=steps, time=time)
    if cached:
        return words("run.completed_some_cached", steps=steps, cached=cached, time=time)
    return words("run.completed", steps=steps, time=time)


def _paused(view: RunView, session: Session, *, time: str) -> str:
    words = session.words
    if view.waiting:
        return words("run.paused_for_person", time=time)
    ends = [call.awaited.until for call in view.waits if call.awaited is not None and call.awaited.until is not None]
    if ends:
        return words("run.paused_until", time=time, until=at_time(min(ends)))
    child = next((call.child for call in view.waits if call.child is not None), None)
    return words("run.paused_for_run", time=time, run=child) if child else words("run.paused", time=time)


def _draw_steps(steps: Sequence[StepView], calls: Sequence[CallView], session: Session) -> None:
    words = session.words
    shown = _worth_showing(steps)
    rows: list[list[Text]] = []
    hidden = 0
    for step in shown:
        rows.append(
            [
                cell(step.name),
                state_cell(step.state, session),
                cell("" if step.cached else duration(step.seconds, words)),
                cell(count(step.rows_in, words)),
                cell(count(step.rows_out, words)),
                _note(step, session),
            ]
        )
        below, not_shown = rows_of_calls(calls, step.name, session)
        rows += below
        hidden += not_shown
    _draw_rows(rows, session, may_leave_out=bool(calls))
    if len(shown) < len(steps):
        session.say(words("run.rest_of_steps", steps=words.counted("steps", len(steps) - len(shown))), "dim")
    if hidden:
        session.say(words("calls.rest", calls=words.counted("calls", hidden)), "dim")


def _draw_rows(rows: Sequence[Sequence[Text]], session: Session, *, may_leave_out: bool) -> None:
    """The table of steps; where flows are in it, without the columns in which nothing stands."""
    heads = ("head.step", "head.state", "head.time", "head.rows_in", "head.rows_out", "head.note")
    used = [i for i in range(len(heads)) if i < 3 or not may_leave_out or any(row[i].plain for row in rows)]
    right = [place for place, i in enumerate(used) if i in (2, 3, 4)]
    # Names of trees are cut to fit already, and what flows say may be long.
    keep = [place for place, i in enumerate(used) if i in ((0, 1) if may_leave_out else (1, 5))]
    grid = table(*(session.words(heads[i]) for i in used), right=right, keep=keep)
    for row in rows:
        grid.add_row(*(row[i] for i in used))
    session.out.print(grid)


def _worth_showing(steps: Sequence[StepView]) -> Sequence[StepView]:
    """All of few; of many, first those that ended badly, then those that ran, in the run's order."""
    if len(steps) <= MOST_STEPS:
        return steps
    ranked = sorted(range(len(steps)), key=lambda i: (steps[i].state in _PLAIN_ENDS, steps[i].cached, i))
    return [steps[i] for i in sorted(ranked[:MOST_STEPS])]


def _note(step: StepView, session: Session) -> Text:
    parts = []
    if step.cached:
        return cell(session.words("run.cached"), "cyan")
    if step.problem is not None:
        parts.append(step.problem.code)
    if step.attempts > 1:
        parts.append(session.words("run.attempts", count=step.attempts))
    return cell(", ".join(parts))


def _draw_models(models: Sequence[ModelView], session: Session) -> None:
    words = session.words
    names = list(dict.fromkeys(metric for model in models for metric in model.metrics))
    if len(names) <= MOST_METRIC_COLUMNS:
        grid = table(words("head.model"), *names, right=range(1, len(names) + 1))
        for model in models:
            values = [figure(model.metrics.get(name), words) for name in names]
            grid.add_row(cell(_model_name(model)), *(cell(v) for v in values))
    else:
        grid = table(words("head.model"), words("head.metric"), words("head.value"), right=(2,))
        for model in models:
            for name, value in model.metrics.items():
                grid.add_row(cell(_model_name(model)), cell(name), cell(figure(value, words)))
    session.out.print(grid)
    files = [f"{one_line(file.path)} ({size(file.size, words)})" for model in models for file in model.files]
    if files:
        session.say(f"{words('head.files')}: {', '.join(dict.fromkeys(files))}", "dim")


def _model_name(model: ModelView) -> str:
    return f"{model.name} ({model.type})" if model.type else model.name


def _draw_problems(view: RunView, calls: Sequence[CallView], session: Session) -> None:
    words = session.words
    troubled = [step for step in view.steps if step.problem is not None]
    # A script's failure is told by its step; the run's own problem then only repeats it.
    alone = view.problem if view.problem is not None and not troubled else None
    folder = Path(session.project) if session.project else Path()
    roots = [folder, folder / "scripts"]
    if view.document:
        roots += [Path(view.document).parent, Path(view.document).parent / "scripts"]
    if alone is not None:
        session.say()
        draw_problem(alone, console=session.out, words=words, roots=roots)
    for step in troubled[:MOST_PROBLEMS]:
        if step.problem is not None:
            title = "problem.step_held" if step.state == "held" else "problem.step"
            heading(session.out, words(title, step=one_line(step.name)))
            draw_problem(step.problem, console=session.out, words=words, roots=roots)
    if len(troubled) > MOST_PROBLEMS:
        session.say(words("run.same_problem", steps=words.counted("steps", len(troubled) - MOST_PROBLEMS)))
    draw_call_problems(calls, view.steps, roots=roots, session=session)
    skipped = [one_line(step.name) for step in view.steps if step.state == "skipped"]
    if skipped:
        session.say()
        session.say(words("run.skipped", steps=_few(skipped, session)), "dim")


def _few(names: Sequence[str], session: Session, most: int = 8) -> str:
    listed = ", ".join(names[:most])
    if len(names) <= most:
        return listed
    return session.words("run.and_more", steps=listed, count=len(names) - most)


def _draw_next(view: RunView, calls: Sequence[CallView], session: Session) -> None:
    words = session.words
    lines = [(session.command(*arguments), words(key)) for arguments, key in _next(view, calls)]
    if not lines:
        return
    column = max(len(line) for line, _ in lines) + 2
    session.say()
    session.say(words("next.title"), "bold")
    for line, about in lines:
        text = Text(f"  {line.ljust(column)}").append(about, style="dim")
        session.out.print(text, soft_wrap=True)


def _next(view: RunView, calls: Sequence[CallView]) -> Iterable[tuple[tuple[str, ...], str]]:
    failed = next((s.name for s in view.steps if s.state in ("failed", "held")), None)
    if view.state in ("failed", "crashed") and failed is not None:
        again = ("run", *((view.document,) if view.document else ()))
        if calls:
            yield from next_of_failed(calls, view.run, failed)
            yield again, "next.mended_flow"
            return
        yield ("logs", view.run, "--step", failed), "next.logs"
        yield ("replay", view.run, failed, "--pdb"), "next.replay"
        # A rerun would take the scripts as they were; a new run takes the mended one and the rest from the cache.
        yield again, "next.mended"
        return
    if view.waiting:
        yield from next_answers(view.waiting)
        if view.published is None:
            yield ("run", "--resume", view.run), "next.go_on"
        return
    children = [call.child for call in view.waits if call.child is not None]
    if children:
        yield ("show", children[0]), "next.child"
    if view.state in ("scheduled", "pending", "running", "paused") and view.published is not None:  # workers are at it
        yield ("wait", view.run), "next.wait"
        yield ("logs", view.run, "--follow"), "next.logs"
        return
    if view.state == "held" or view.state not in ("completed", "failed", "crashed", "cancelled"):
        yield ("logs", view.run), "next.logs"
        yield ("run", "--resume", view.run), "next.resume"
        return
    yield ("show", view.run), "next.show"
    tables = [
        frame.name
        for frame in view.frames
        if frame.kind == "frame" and frame.made_by is not None and "#" not in frame.name
    ]
    if tables:
        yield ("frame", view.run, tables[-1]), "next.frame"
    yield ("logs", view.run), "next.logs"
