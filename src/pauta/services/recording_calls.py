"""Puts on record what a flow says of its calls, and that it waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from pauta.domain.calls import Arguments, Call, CallKind, CallState, objects_of_call, step_of, stored_in
from pauta.domain.ids import Address, RunId
from pauta.domain.problems import Conflict, NotFound, Problem
from pauta.domain.runs import CacheEntry, StepRecord
from pauta.domain.states import StepState
from pauta.domain.wire import CachedCall, CallAwaits, CallEnded, CallReport, CallStarted, StageSuspended
from pauta.engine import events
from pauta.services.ledger import Spawned
from pauta.services.sheet import Sheet


def hear_call(sheet: Sheet, item: CallReport, stored: set[Address], *, now: datetime) -> None:
    """Record one report of an attempt that counts. One that was heard before changes nothing.

    Args:
        sheet: The run.
        item: The report.
        stored: Objects that now belong to the run are added.
        now: The time.
    """
    known = sheet.ledger.get(item.no)
    if step_of(item.no) != item.step or (known is not None and known.state is CallState.COMPLETED):
        return
    match item:
        case CallStarted():
            sheet.ledger.put(_begun(sheet, item, known, state=CallState.RUNNING))
        case CallAwaits():
            _awaits(sheet, item, known, stored)
        case CallEnded() if known is not None:
            _ended(sheet, item, known, stored, now=now)
        case _:
            pass


def hear_suspension(sheet: Sheet, item: StageSuspended, *, now: datetime) -> None:
    """The flow gives its worker back. If what it waits for is there already, its stage is ready again at once."""
    calls = [call for no in item.awaits if (call := sheet.ledger.get(no)) is not None]
    sheet.ledger.expect(call.no for call in calls)
    waiting = [call for call in calls if call.state is CallState.PAUSED]
    answered = [call for call in waiting if call.kind is not CallKind.SLEEP]
    until = datetime.fromtimestamp(item.until, UTC) if item.until is not None else None
    answers = _answers_needed(item, waiting=len(waiting), by_others=len(answered), all_of=len(calls))
    record = sheet.step(item.step)
    sheet.put_step(replace(record, state=StepState.PAUSED, seconds=item.seconds))
    sheet.ledger.set_back(item.step)
    sheet.give(item.stage, events.Suspended(item.fence, answers, until if answers else None), now=now)


def answer_call(sheet: Sheet, call_no: int, result: Arguments, *, by: str, message: str, now: datetime) -> int:
    """A person answers a call that waits; the number of its stage, which is woken if nothing else is awaited.

    Raises:
        NotFound: FLW-086 when there is no such call.
        Conflict: FLW-085 when it does not wait for a person, or not any more.
    """
    call = sheet.ledger.get(call_no)
    if call is None:
        raise NotFound(Problem("FLW-086", {"run": sheet.run.id, "call": call_no}))
    if call.state is not CallState.PAUSED or call.kind not in (CallKind.INPUT, CallKind.APPROVAL):
        values = {"name": call.name, "state": call.state.value, "by": call.by or "-"}
        raise Conflict(Problem("FLW-085", values, variant="answered" if call.by else ""))
    began = call.started_at or now
    sheet.ledger.put(
        replace(
            call,
            state=CallState.COMPLETED,
            ended_at=now,
            seconds=(now - began).total_seconds(),
            result=result,
            by=by,
            message=message or call.message,
        )
    )
    stage_no = sheet.stage_of(call.step)
    sheet.give(stage_no, events.Answered(), now=now)
    return stage_no


def as_call(entry: CacheEntry, *, now: datetime) -> CachedCall | None:
    """A result that the cache holds, unless its time is over."""
    if entry.output is None or (entry.until is not None and now >= entry.until):
        return None
    return CachedCall(entry.run_id, Arguments(entry.output, entry.objects), entry.files)


def objects_of_cached(call: CachedCall) -> list[Address]:
    """Addresses of the stored objects of such a result."""
    return [*stored_in(call.result), *(f.address for f in call.files)]


def _answers_needed(item: StageSuspended, *, waiting: int, by_others: int, all_of: int) -> int:
    if item.until is not None and not item.awaits:
        return 1  # time alone wakes it
    if not waiting or (item.any_of and waiting < all_of):
        return 0
    return 1 if item.any_of else max(1, by_others)


def _begun(sheet: Sheet, item: CallStarted | CallAwaits, known: Call | None, *, state: CallState) -> Call:
    at = datetime.fromtimestamp(item.at, UTC)
    return Call(
        run_id=sheet.run.id,
        no=item.no,
        step=item.step,
        parent=item.parent,
        kind=item.kind,
        name=item.name,
        index=item.index,
        position=item.position,
        state=state,
        attempts=item.attempt,
        started_at=known.started_at if known is not None and known.started_at is not None else at,
        digest=item.digest,
        given=item.given,
        tags=item.tags,
    )


def _awaits(sheet: Sheet, item: CallAwaits, known: Call | None, stored: set[Address]) -> None:
    if known is not None and known.state is CallState.PAUSED and known.attempts >= item.attempt:
        return
    call = replace(_begun(sheet, item, known, state=CallState.PAUSED), awaited=item.awaited, message=item.message)
    sheet.ledger.put(call)
    if item.spawn is None:
        return
    stored.update(stored_in(item.spawn.arguments))
    stored.update(o.address for o in item.spawn.inputs.values() if not o.inline and o.size)
    sheet.ledger.spawns.append(Spawned(call, item.spawn))


def _ended(sheet: Sheet, item: CallEnded, known: Call, stored: set[Address], *, now: datetime) -> None:
    state = _state_after(item)
    call = replace(
        known,
        state=state,
        ended_at=None if state is CallState.RUNNING else now,
        seconds=item.seconds,
        result=item.result,
        files=item.files,
        metrics=item.metrics,
        message=item.message,
        problem=item.problem,
        awaited=None,
        cached_from=RunId(item.cached_from) if item.cached_from else None,
    )
    sheet.ledger.put(call)
    if item.retry_at is not None:
        sheet.ledger.ask_again(item.step, item.no)
    stored.update(o.address for o in objects_of_call(call))
    stored.update(f.address for f in call.files)
    for address, profile in item.profiles.items():
        sheet.keep_profile(Address(address), profile)
    if item.cache_key is not None and item.result is not None and state is CallState.COMPLETED:
        sheet.remember(_entry(sheet, item, call, now=now))


def _state_after(item: CallEnded) -> CallState:
    if item.cancelled:
        return CallState.CANCELLED
    if item.retry_at is not None:
        return CallState.RUNNING
    return CallState.COMPLETED if item.problem is None else CallState.FAILED


def entry_of_task(sheet: Sheet, record: StepRecord, *, now: datetime) -> CacheEntry | None:
    """What the cache is to hold of a task that was a run of its own, for calls of it wherever they are made."""
    step = sheet.planned(record.no)
    if not step.cache_key or record.output is None:
        return None
    return CacheEntry(
        key=step.cache_key,
        recipe=f"call/{step.name}",
        inputs={},
        run_id=sheet.run.id,
        step_no=record.no,
        made_at=now,
        output=record.output,
        files=record.files,
        metrics=record.metrics,
        objects=record.objects,
        until=now + timedelta(seconds=step.cache_seconds) if step.cache_seconds is not None else None,
    )


def _entry(sheet: Sheet, item: CallEnded, call: Call, *, now: datetime) -> CacheEntry:
    result = item.result
    until = datetime.fromtimestamp(item.cache_until, UTC) if item.cache_until is not None else None
    return CacheEntry(
        key=item.cache_key or "",
        recipe=f"call/{call.name}",
        inputs={},
        run_id=sheet.run.id,
        step_no=call.no,
        made_at=now,
        output=result.value if result is not None else None,
        files=item.files,
        objects=result.objects if result is not None else (),
        until=until,
    )
