"""Who waits for whom in a plan, and what is skipped when a step fails."""

from __future__ import annotations

from pauta.domain.pipeline import OnFailure
from pauta.domain.plan import Plan


def dependents_of(plan: Plan) -> tuple[tuple[int, ...], ...]:
    """For each stage, the numbers of the stages that need it, in order."""
    found: list[list[int]] = [[] for _ in plan.stages]
    for stage in plan.stages:
        for source in stage.needs:
            found[source].append(stage.no)
    return tuple(tuple(numbers) for numbers in found)


def skipped_by(plan: Plan, step_no: int) -> frozenset[int]:
    """Numbers of the steps that cannot run because this one failed.

    Those are the steps that need it, and those that need them. A step with ``continue`` that failed, or was
    itself skipped, does not take along a step that is joined to it by ``after`` alone.
    """
    by_frame: list[list[int]] = [[] for _ in plan.steps]
    by_after: list[list[int]] = [[] for _ in plan.steps]
    for step in plan.steps:
        for taken in step.takes:
            if taken.source >= 0:
                by_frame[taken.source].append(step.no)
        for source in step.after:
            by_after[source].append(step.no)
    skipped: set[int] = set()
    waiting = [step_no]
    while waiting:
        no = waiting.pop()
        goes_on = plan.steps[no].policy.on_failure is OnFailure.CONTINUE
        for later in by_frame[no] if goes_on else by_frame[no] + by_after[no]:
            if later not in skipped:
                skipped.add(later)
                waiting.append(later)
    return frozenset(skipped)


def stages_skipped_by(plan: Plan, step_no: int) -> tuple[int, ...]:
    """Numbers of the whole stages that are passed over when this step fails, its own not among them.

    A stage is skipped whole or not at all: its first step is the only one that needs others.
    """
    skipped = skipped_by(plan, step_no)
    return tuple(stage.no for stage in plan.stages if stage.steps[0] in skipped and step_no not in stage.steps)


def downstream_of(plan: Plan, step_no: int) -> frozenset[int]:
    """Numbers of the steps that depend on a step, directly or not, through frames or ``after``."""
    dependents: list[list[int]] = [[] for _ in plan.steps]
    for step in plan.steps:
        for source in step.needs:
            dependents[source].append(step.no)
    found: set[int] = set()
    waiting = [step_no]
    while waiting:
        for later in dependents[waiting.pop()]:
            if later not in found:
                found.add(later)
                waiting.append(later)
    return frozenset(found)
