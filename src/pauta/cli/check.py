"""``pauta check``: everything that can be found wrong before anything runs."""

from __future__ import annotations

from pathlib import Path

import typer

from pauta.cli.options import Document, Inputs, Only, Parameters, Scripts
from pauta.cli.preparing import Given, prepare, understand
from pauta.cli.project import opened
from pauta.cli.session import session_of
from pauta.cli.words import Words


def check(
    context: typer.Context,
    document: Document = None,
    scripts: Scripts = None,
    inputs: Inputs = None,
    parameters: Parameters = None,
    only: Only = None,
) -> int:
    """Check a document and its scripts; run nothing."""
    session = session_of(context)
    wanted = understand(Given(document, scripts, inputs or (), parameters or (), only), session)
    with opened(session) as project:
        prepared = prepare(project, wanted)
    steps, stages, required = len(prepared.plan.steps), len(prepared.plan.stages), list(prepared.required_inputs)
    names = list(prepared.plan.inputs)
    if session.as_json:
        session.answer(
            {
                "ok": True,
                "document": str(wanted.document),
                "pipeline": prepared.pipeline.name,
                "steps": steps,
                "stages": stages,
                "inputs": names,
                "required_inputs": required,
                "problems": [],
                "warnings": [problem.as_json(session.language) for problem in prepared.warnings],
            }
        )
        return 0
    words = session.words
    session.warn(prepared.warnings)
    session.say("✓ " + _fine(wanted.document, steps, stages, words), "green")
    if names:
        session.say(words("check.inputs", names=", ".join(names)))
    if required:
        session.say("! " + words("check.required", names=", ".join(required), first=required[0]), "yellow")
    return 0


def _fine(document: Path, steps: int, stages: int, words: Words) -> str:
    return words(
        "check.fine", file=document, steps=words.counted("steps", steps), stages=words.counted("stages", stages)
    )
