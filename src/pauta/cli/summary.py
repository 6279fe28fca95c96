"""A run after the fact: its steps, what its models scored, what went wrong, and what to type next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from pauta.cli.amounts import count, duration, figure, size
from pauta.cli.plain_text import one_line
from pauta.cli.problem_drawing import draw_problem
from pauta.cli.session import Session
from pauta.cli.tables import STATE_STYLES, STATE_SYMBOLS, cell, heading, state_cell, table

if TYPE_CHECKING:
    from pauta.services.views import ModelView, RunView, StepView

MOST_STEPS = 40
MOST_PROBLEMS = 10
MOST_METRIC_COLUMNS = 5
_PLAIN_ENDS = frozenset({"completed", "pending", "skipped"})


def draw_run(view: RunView, session: Session) -> None:
    """Everything a person wants to know of a run, in the order they ask it."""
    words = session.words
    session.say(words("run.title", run=view.run, pipeline=view.pipeline), "bold")
    if view.of:
        session.say(words("run.again_of", run=view.of), "dim")
    if view.parameters:
        pairs = ", ".join(f"{name}={one_line(value)}" for name, value in view.parameters.items())
        session.say(f"{words('head.parameters')}: {pairs}", "dim")
    session.say()
    _draw_steps(view.steps, session)
    if view.models:
        heading(session.out, words("head.metrics"))
        _draw_models(view.models, session)
    _draw_problems(view, session)
    session.say()
    session.say(f"{STATE_SYMBOLS.get(view.state, '·')} {outcome(view, session)}", STATE_STYLES.get(view.state, ""))
    session.say(words("run.records", folder=view.records), "dim")
    _draw_next(view, session)


def outcome(view: RunView, session: Session) -> str:
    """The run in one sentence."""
    words = session.words
    time = duration(view.seconds, words) or "?"
    total = len(view.steps)
    steps = words.counted("steps", total)
    cached = sum(step.cached for step in view.steps)
    completed = sum(step.state == "completed" for step in view.steps)
    if view.state == "completed":
        if total and cached == total:
            return words("run.all_cached", steps=steps, time=time)
        if completed < total:
            return words("run.completed_some_not", completed=completed, steps=steps, time=time)
        if cached:
            return words("run.completed_some_cached", steps=steps, cached=cached, time=time)
        return words("run.completed", steps=steps, time=time)
    if words.has(f"run.{view.state}") and view.state in ("failed", "held", "cancelled"):
        return words(f"run.{view.state}", time=time)
    other = "run.crashed" if view.state == "crashed" else "run.not_begun" if view.seconds is None else "run.unfinished"
    return words(other, time=time)


def _draw_steps(steps: Sequence[StepView], session: Session) -> None:
    words = session.words
    shown = _worth_showing(steps)
    heads = ("head.step", "head.state", "head.time", "head.rows_in", "head.rows_out", "head.note")
    grid = table(*(words(h) for h in heads), right=(2, 3, 4), keep=(1, 5))
    for step in shown:
        grid.add_row(
            cell(step.name),
            state_cell(step.state, session),
            cell("" if step.cached else duration(step.seconds, words)),
            cell(count(step.rows_in, words)),
            cell(count(step.rows_out, words)),
            _note(step, session),
        )
    session.out.print(grid)
    if len(shown) < len(steps):
        session.say(words("run.rest_of_steps", steps=words.counted("steps", len(steps) - len(shown))), "dim")


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


def _draw_problems(view: RunView, session: Session) -> None:
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
    skipped = [one_line(step.name) for step in view.steps if step.state == "skipped"]
    if skipped:
        session.say()
        session.say(words("run.skipped", steps=_few(skipped, session)), "dim")


def _few(names: Sequence[str], session: Session, most: int = 8) -> str:
    listed = ", ".join(names[:most])
    if len(names) <= most:
        return listed
    return session.words("run.and_more", steps=listed, count=len(names) - most)


def _draw_next(view: RunView, session: Session) -> None:
    words = session.words
    lines = [(session.command(*arguments), words(key)) for arguments, key in _next(view)]
    if not lines:
        return
    column = max(len(line) for line, _ in lines) + 2
    session.say()
    session.say(words("next.title"), "bold")
    for line, about in lines:
        text = Text(f"  {line.ljust(column)}").append(about, style="dim")
        session.out.print(text, soft_wrap=True)


def _next(view: RunView) -> Iterable[tuple[tuple[str, ...], str]]:
    failed = next((s.name for s in view.steps if s.state in ("failed", "held")), None)
    if view.state in ("failed", "crashed") and failed is not None:
        yield ("logs", view.run, "--step", failed), "next.logs"
        yield ("replay", view.run, failed, "--pdb"), "next.replay"
        # A rerun would take the scripts as they were; a new run takes the mended one and the rest from the cache.
        yield ("run", *((view.document,) if view.document else ())), "next.mended"
        return
    if view.state in ("scheduled", "pending", "running") and view.published is not None:  # workers are at it
        yield ("wait", view.run), "next.wait"
        yield ("logs", view.run, "--follow"), "next.logs"
        return
    if view.state == "held" or view.state not in ("completed", "failed", "crashed", "cancelled"):
        yield ("logs", view.run), "next.logs"
        yield ("run", "--resume", view.run), "next.resume"
        return
    yield ("show", view.run), "next.show"
    tables = [frame.name for frame in view.frames if frame.kind == "frame" and frame.made_by is not None]
    if tables:
        yield ("frame", view.run, tables[-1]), "next.frame"
    yield ("logs", view.run), "next.logs"
