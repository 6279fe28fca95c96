"""What notifications say, in English and Brazilian Portuguese."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from pauta.domain.deploying import Notice
from pauta.domain.problems import Problem
from pauta.domain.runs import Run, StepRecord

_TITLES: dict[str, tuple[str, str]] = {
    "scheduled": ("{name}: run {run} is scheduled", "{name}: a execução {run} está agendada"),
    "pending": ("{name}: run {run} was accepted", "{name}: a execução {run} foi aceita"),
    "running": ("{name}: run {run} has begun", "{name}: a execução {run} começou"),
    "paused": ("{name}: run {run} is paused", "{name}: a execução {run} está pausada"),
    "held": ("{name}: run {run} is held, a person decides", "{name}: a execução {run} está retida, alguém decide"),
    "completed": ("{name}: run {run} completed", "{name}: a execução {run} foi concluída"),
    "failed": ("{name}: run {run} failed", "{name}: a execução {run} falhou"),
    "crashed": ("{name}: run {run} crashed", "{name}: a execução {run} foi interrompida"),
    "cancelled": ("{name}: run {run} was cancelled", "{name}: a execução {run} foi cancelada"),
}
_LINES: dict[str, tuple[str, str]] = {
    "pipeline": ("Pipeline {pipeline}", "Pipeline {pipeline}"),
    "by": ("asked for by {by}", "pedida por {by}"),
    "took": ("It took {seconds} s.", "Levou {seconds} s."),
    "step": ("Step {step}: {problem}", "Etapa {step}: {problem}"),
}


class Letter(Struct, frozen=True):
    """A message to be delivered.

    Attributes:
        id: The same for each try: a receiver that saw it already can leave it.
        title: One line.
        text: What happened, line by line.
        body: The same for programs.
        key: What webhooks are signed with.
        at: When it is sent.
    """

    id: str
    title: str
    text: str
    body: bytes
    key: str
    at: datetime


def letter_of(
    notice: Notice,
    run: Run,
    *,
    failed: Sequence[StepRecord],
    link: str | None,
    key: str,
    language: str,
    now: datetime,
) -> Letter:
    """The message that a notice stands for.

    Args:
        notice: The notice.
        run: Its run, which may have gone on since.
        failed: The steps that failed or are held.
        link: Where to see the run.
        key: What webhooks are signed with.
        language: ``en`` or ``pt``.
        now: The time.
    """
    index = 1 if language.lower().startswith("pt") else 0
    name = run.deployment or run.pipeline
    titles = _TITLES.get(notice.state)
    title = titles[index].format(name=name, run=run.id) if titles else f"{name}: {run.id} {notice.state}"
    lines = [_LINES["pipeline"][index].format(pipeline=run.pipeline)]
    if run.asked_by:
        lines[0] += ", " + _LINES["by"][index].format(by=run.asked_by)
    if run.problem is not None:
        lines.append(_told(run.problem, language))
    problems = [(step, step.problem) for step in failed if step.problem is not None]
    lines += [_LINES["step"][index].format(step=step.name, problem=_told(found, language)) for step, found in problems]
    seconds = (run.ended_at - run.started_at).total_seconds() if run.ended_at and run.started_at else None
    if seconds is not None:
        lines.append(_LINES["took"][index].format(seconds=f"{seconds:.1f}"))
    if link:
        lines.append(link)
    body: dict[str, Any] = {
        "id": notice.id,
        "event": f"run.{notice.state}",
        "state": notice.state,
        "at": notice.created_at.isoformat(),
        "run": run.id,
        "pipeline": run.pipeline,
        "deployment": run.deployment,
        "asked_by": run.asked_by,
        "seconds": seconds,
        "title": title,
        "text": "\n".join(lines),
        "link": link,
        "problem": run.problem.as_json(language) if run.problem else None,
        "steps": [{"name": step.name, "problem": found.as_json(language)} for step, found in problems],
    }
    return Letter(notice.id, title, "\n".join(lines), msgspec.json.encode(body), key, now)


def _told(problem: Problem, language: str) -> str:
    remedy = problem.remedy(language)
    return f"{problem.code} {problem.message(language)}" + (f" → {remedy}" if remedy else "")
