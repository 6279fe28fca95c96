"""Turns a claimed stage into the order that a script's process gets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pauta.domain.plan import FROM_INPUT, PlannedStep
from pauta.domain.wire import FlowOrder, RunStage, StepOrder, TakeOrder
from pauta.services.sheet import Sheet
from pauta.services.taking import Shelf, Taker


def order_stage(
    sheet: Sheet,
    stage_no: int,
    steps: Sequence[int],
    *,
    taker: Taker,
    shelf: Shelf,
    forced: frozenset[int],
    now: datetime,
) -> RunStage:
    """The order for these steps of a stage.

    The worker fills in what only it knows: the folders of objects and scripts, and the identities of the files
    that it saw being written.
    """
    inside = set(steps)
    orders = []
    for position, no in enumerate(steps):
        step = sheet.planned(no)
        orders.append(
            StepOrder(
                no=no,
                name=step.name,
                script=step.script.path,
                shown_as=step.script.path,
                takes=tuple(_take(sheet, step, index, inside) for index in range(len(step.takes))),
                gives=step.gives,
                kwargs=dict(step.kwargs),
                timeout_seconds=step.policy.timeout.total_seconds() if step.policy.timeout else None,
                memory_bytes=step.policy.memory_bytes,
                env=dict(step.policy.env),
                min_rows=step.min_rows,
                recipe=shelf.recipes.get(no, ""),
                effects=not step.policy.cache,
                attempt=sheet.step(no).attempts + 1,
                key=f"{sheet.run.id}/{step.name}",
                candidates=taker.candidates(shelf, step, forced=forced) if position else (),
                files=() if position else sheet.visible_files(no),
                flow=_flow_of(sheet, step, now=now) if step.entry else None,
            )
        )
    return RunStage(
        run=sheet.run.id,
        stage=stage_no,
        fence=sheet.stage(stage_no).fence,
        steps=tuple(orders),
        objects="",
        bundle="",
        model_path=sheet.plan.model_path,
    )


def _flow_of(sheet: Sheet, step: PlannedStep, *, now: datetime) -> FlowOrder:
    return FlowOrder(
        step.entry,
        is_task=step.arguments is not None,
        arguments=step.arguments,
        calls=sheet.ledger.of_step(step.no),
        now=now.timestamp(),
        pool=sheet.run.pool,
        retries_left=step.policy.retries.times - sheet.stage(sheet.stage_of(step.no)).tries,
        version=step.script.version,
    )


def _take(sheet: Sheet, step: PlannedStep, index: int, inside: set[int]) -> TakeOrder:
    taken = step.takes[index]
    if taken.source == FROM_INPUT:
        return TakeOrder(taken.name, output=sheet.run.inputs[taken.name])
    if taken.source in inside:
        return TakeOrder(taken.name, step=taken.source)
    record = sheet.step(taken.source)
    return TakeOrder(taken.name, output=record.output, objects=record.objects)
