"""Turns checked steps into a plan: which version of each frame a step takes, and the stages that are queued.

Frames are versioned as a dictionary is filled in the document's order: a step takes the newest version that an
earlier step made, else the run's input. Every version is a value of its own, so a step that makes a new version
of a frame does not wait for the readers of the old one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from heapq import heapify, heappop, heappush
from typing import Any

from pauta.domain.pipeline import OnFailure, Pipeline, Step, StepPolicy
from pauta.domain.plan import FROM_INPUT, Plan, PlannedStage, PlannedStep, Taken
from pauta.domain.scripts import Script
from pauta.engine.illegal import Unplannable

_NOTHING: Mapping[str, Any] = {}
_FLOW = "flow"
_EXECUTE = "execute"


def plan(
    pipeline: Pipeline,
    steps: Sequence[Step],
    scripts: Mapping[str, Script],
    *,
    supplied: Collection[str],
    kwargs: Mapping[str, Mapping[str, Any]],
) -> Plan:
    """The plan for a run of these steps.

    Args:
        pipeline: The document they stand in.
        steps: The steps to run, checked, in the document's order: prediction, training, predict.
        scripts: Script version by step name.
        supplied: Names of the frames that the run takes in.
        kwargs: Keyword arguments by step name, parameters filled in; a step that is not there has none.

    Returns:
        Steps numbered as given; stages numbered so that each comes after those it needs and otherwise in the
        document's order. A name in ``after`` that is not among `steps` belongs to a part that does not run, and
        is passed over.

    Raises:
        Unplannable: A frame has no maker and is not supplied, or the steps wait for one another in a circle:
            checking the document finds both earlier.
    """
    planned, inputs = _resolve(pipeline, steps, scripts, supplied=supplied, kwargs=kwargs)
    needs = [_needs_of(step) for step in planned]
    stages = _in_order(_chains(planned, needs), needs)
    return Plan(pipeline.name, tuple(planned), stages, inputs, pipeline.model_path)


def _resolve(
    pipeline: Pipeline,
    steps: Sequence[Step],
    scripts: Mapping[str, Script],
    *,
    supplied: Collection[str],
    kwargs: Mapping[str, Mapping[str, Any]],
) -> tuple[list[PlannedStep], tuple[str, ...]]:
    """Number the steps, and say for every frame taken who makes it."""
    numbers = {step.name: no for no, step in enumerate(steps)}
    newest: dict[str, int] = {}
    versions: dict[str, int] = {}
    inputs: dict[str, None] = {}
    planned = []
    for no, step in enumerate(steps):
        takes = tuple([Taken(name, newest.get(name, FROM_INPUT)) for name in step.dataframes])
        for taken in takes:
            if taken.source == FROM_INPUT:
                if taken.name not in supplied:
                    raise Unplannable(f"step {step.name!r}: nobody makes or supplies frame {taken.name!r}")
                inputs[taken.name] = None
        version = 0
        if step.output is not None:
            newest[step.output] = no
            version = versions[step.output] = versions.get(step.output, 0) + 1
        planned.append(
            PlannedStep(
                no=no,
                name=step.name,
                part=step.part,
                script=scripts[step.name],
                takes=takes,
                gives=step.output,
                gives_version=version,
                kwargs=kwargs.get(step.name, _NOTHING),
                after=tuple(dict.fromkeys([numbers[name] for name in step.after if name in numbers])),
                policy=_policy(step, scripts[step.name]),
                min_rows=pipeline.min_rows.get(step.output, 0) if step.output is not None else 0,
                entry=step.entry or (_EXECUTE if scripts[step.name].signature.kind else ""),
                is_flow=scripts[step.name].signature.kind == _FLOW,
            )
        )
    return planned, tuple(inputs)


def _policy(step: Step, script: Script) -> StepPolicy:
    """A flow is never taken from the cache as a whole: its tasks are, each by itself."""
    if script.signature.kind == _FLOW and step.policy.cache:
        return replace(step.policy, cache=False)
    return step.policy


def _needs_of(step: PlannedStep) -> set[int]:
    needs = {taken.source for taken in step.takes}
    needs.discard(FROM_INPUT)
    needs.update(step.after)
    return needs


def _chains(planned: Sequence[PlannedStep], needs: Sequence[set[int]]) -> list[list[int]]:
    """Steps in maximal chains: B follows A where nobody else needs A and B needs nothing else.

    Where A may fail and B, joined by ``after`` alone, goes on all the same, each has a stage of its own: a stage
    that failed does not go on. So has a flow: while it waits, no other step holds its worker, nor is held up.
    """
    size = len(planned)
    dependents = [0] * size
    for need in needs:
        for source in need:
            dependents[source] += 1
    follower = [-1] * size
    follows = [False] * size
    for no, need in enumerate(needs):
        if len(need) != 1:
            continue
        (source,) = need
        if dependents[source] == 1 and _goes_together(planned[source], planned[no]):
            follower[source] = no
            follows[no] = True
    chains = []
    for no in range(size):
        if follows[no]:
            continue
        chain = [no]
        while (no := follower[no]) >= 0:
            chain.append(no)
        chains.append(chain)
    return chains


def _goes_together(source: PlannedStep, step: PlannedStep) -> bool:
    if source.is_flow or step.is_flow:
        return False
    if source.policy.on_failure is not OnFailure.CONTINUE:
        return True
    return any(taken.source == source.no for taken in step.takes)


def _in_order(chains: Sequence[Sequence[int]], needs: Sequence[set[int]]) -> tuple[PlannedStage, ...]:
    """Number the chains: after all that they need, otherwise by their first step."""
    size = len(chains)
    chain_of = [-1] * len(needs)
    for number, chain in enumerate(chains):
        for no in chain:
            chain_of[no] = number
    before = [{chain_of[source] for source in needs[chain[0]]} for chain in chains]
    after: list[list[int]] = [[] for _ in range(size)]
    for number, earlier in enumerate(before):
        for source in earlier:
            after[source].append(number)
    waiting = [len(earlier) for earlier in before]
    free = [number for number in range(size) if not waiting[number]]
    heapify(free)
    stage_of = [-1] * size
    stages: list[PlannedStage] = []
    while free:
        number = heappop(free)
        stage_of[number] = len(stages)
        stage_needs = tuple(sorted([stage_of[source] for source in before[number]]))
        stages.append(PlannedStage(len(stages), tuple(chains[number]), stage_needs))
        for later in after[number]:
            waiting[later] -= 1
            if not waiting[later]:
                heappush(free, later)
    if len(stages) < size or -1 in chain_of:
        raise Unplannable("the steps wait for one another in a circle")
    return tuple(stages)
