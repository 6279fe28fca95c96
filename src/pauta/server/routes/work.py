"""Eight verbs for workers on other machines, and no more: a worker's token opens nothing else (S21)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

import anyio.to_thread
from fastapi import Depends, Header, Path, Request
from fastapi.responses import FileResponse

from pauta.domain.access import Permission
from pauta.domain.deploying import WorkerRecord
from pauta.domain.ids import Address
from pauta.domain.problems import InvalidInput, Problem
from pauta.domain.work import Recorded
from pauta.domain.work_requests import (
    ClaimAsked,
    Given,
    LeaveAsked,
    Left,
    Recall,
    RecallAsked,
    Registered,
    Registration,
    RenewAsked,
    Renewed,
    ReportAsked,
    Uploaded,
)
from pauta.ports.objects import Objects, Stored
from pauta.server.bodies import check_type
from pauta.server.caller import CallerDep, ControlDep, visit_of
from pauta.server.routing import Routes
from pauta.server.streaming import Streams, Watch, streams_of
from pauta.services.access import Caller
from pauta.services.recording_calls import objects_of_cached
from pauta.services.work_verbs import WorkVerbs
from pauta.services.work_verbs_objects import WorkObjects

ROUTES = Routes("/work", tag="work")

_PIECE = 1 << 20
_OCTETS = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Desk:
    """What these routes share in one application."""

    verbs: WorkVerbs
    objects: WorkObjects
    streams: Streams


async def _desk(request: Request) -> Desk:
    """Made with the first request; on the event loop, so that there is one."""
    state = request.app.state
    if not hasattr(state, "work"):
        visit = visit_of(request)
        state.work = Desk(
            WorkVerbs(visit.control, queue=visit.settings.queue, monotonic=time.monotonic),
            WorkObjects(visit.control),
            streams_of(request.app, visit.control.bell),
        )
    desk: Desk = state.work
    return desk


async def _whole(request: Request) -> Request:
    """The request itself: FastAPI gives one only to the frame."""
    return request


DeskDep = Annotated[Desk, Depends(_desk)]
RequestDep = Annotated[Request, Depends(_whole)]
AddressPath = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", description="BLAKE3 hash of the object's bytes")]
GrantHeader = Annotated[str, Header(alias="Pauta-Grant", max_length=1000, description="As given with the stage")]


@ROUTES.add("POST", "/register", permission=Permission.WORK, answers=Registered, summary="Introduce a worker")
def register_worker(body: Registration, desk: DeskDep, caller: CallerDep) -> Registered:
    """A worker tells who it is and learns under which owner id it holds leases. May be sent again."""
    return desk.verbs.register(caller, body)


@ROUTES.add("POST", "/claim", permission=Permission.WORK, answers=Given, summary="Take stages to run")
async def claim_stages(body: ClaimAsked, desk: DeskDep, caller: CallerDep) -> Given:
    """Take stages. When there are none, the answer waits until one of the worker's pools is rung for."""
    verbs, deadline = desk.verbs, time.monotonic() + body.wait_seconds
    worker, given = await anyio.to_thread.run_sync(_claim_at_once, verbs, caller, body)
    if given is not None or not body.wait_seconds:
        return given or Given()
    async with _hearing(desk.streams, [f"pool:{pool}" for pool in worker.pools]) as watches:
        while True:
            # Looked at again before each wait: a bell may have rung before anybody listened.
            worker = await anyio.to_thread.run_sync(verbs.worker, caller, body.owner)
            given = await anyio.to_thread.run_sync(verbs.claim, worker, body)
            left = deadline - time.monotonic()
            if given is not None or left <= 0:
                return given or Given()
            due = await anyio.to_thread.run_sync(verbs.seconds_to_next)
            if await _first_of(watches, min(left, due)):
                deadline = 0.0  # whoever rang may have stopped something: the worker wants to ask what


def _claim_at_once(verbs: WorkVerbs, caller: Caller, asked: ClaimAsked) -> tuple[WorkerRecord, Given | None]:
    worker = verbs.arrive(caller, asked)
    return worker, verbs.claim(worker, asked)


@ROUTES.add("POST", "/report", permission=Permission.WORK, answers=Recorded, summary="Tell what happened")
def report_work(body: ReportAsked, desk: DeskDep, caller: CallerDep) -> Recorded:
    """Put on record what happened in a run. What comes from an attempt that was replaced is in `refused`."""
    return desk.verbs.report(desk.verbs.worker(caller, body.owner), body)


@ROUTES.add("POST", "/recall", permission=Permission.WORK, answers=Recall, summary="Ask the cache for task results")
def recall_results(body: RecallAsked, desk: DeskDep, caller: CallerDep) -> Recall:
    """What the cache holds of task results under these keys; the attempt may then fetch their objects."""
    found = desk.verbs.recall(desk.verbs.worker(caller, body.owner), body)
    desk.objects.allow(body.lease, [a for call in found.values() for a in objects_of_cached(call)])
    return Recall(found)


@ROUTES.add("POST", "/renew", permission=Permission.WORK, answers=Renewed, summary="Renew leases")
def renew_leases(body: RenewAsked, desk: DeskDep, caller: CallerDep) -> Renewed:
    """A heartbeat. Tells which leases are lost, which are to be stopped, and whether the worker is to drain."""
    return desk.verbs.renew(desk.verbs.worker(caller, body.owner), body)


@ROUTES.add("POST", "/leave", permission=Permission.WORK, answers=Left, summary="Say good-bye")
def leave_work(body: LeaveAsked, desk: DeskDep, caller: CallerDep) -> Left:
    """A worker ends; what it still holds is free at once."""
    return desk.verbs.leave(desk.verbs.worker(caller, body.owner))


@ROUTES.add("GET", "/objects/{address}", permission=Permission.WORK, media=_OCTETS, summary="Fetch an object")
def fetch_object(
    address: AddressPath, grant: GrantHeader, desk: DeskDep, caller: CallerDep, control: ControlDep
) -> FileResponse:
    """The bytes of something that the grant's attempt takes."""
    desk.objects.require_taken(desk.objects.lease_of(caller, grant), Address(address))
    return FileResponse(control.objects.path(Address(address)), media_type=_OCTETS)


@ROUTES.add(
    "PUT", "/objects/{address}", permission=Permission.WORK, answers=Uploaded, objects=True, uploads=True,
    summary="Store an object",
)  # fmt: skip
async def store_object(
    address: AddressPath,
    grant: GrantHeader,
    request: RequestDep,
    desk: DeskDep,
    caller: CallerDep,
    control: ControlDep,
) -> Uploaded:
    """Store what the grant's attempt made. The bytes must hash to the name."""
    check_type(visit_of(request).headers, _OCTETS)
    await anyio.to_thread.run_sync(desk.objects.lease_of, caller, grant)
    stored = await _write(request, control.objects)
    if stored.address != address:
        raise InvalidInput(Problem("ATT-006", {"address": address, "found": stored.address}))
    return Uploaded(stored.address, stored.size)


async def _write(request: Request, objects: Objects) -> Stored:
    """The request's body as an object: in pieces, so that neither memory nor the event loop notices its size."""
    held = bytearray()
    with objects.writing() as writing:
        async for chunk in request.stream():
            held += chunk
            if len(held) >= _PIECE:
                await anyio.to_thread.run_sync(writing.write, bytes(held))
                held.clear()
        if held:
            await anyio.to_thread.run_sync(writing.write, bytes(held))
        return await anyio.to_thread.run_sync(writing.finish)


@asynccontextmanager
async def _hearing(streams: Streams, subjects: Sequence[str]) -> AsyncIterator[list[Watch]]:
    with ExitStack() as stack:
        yield [stack.enter_context(streams.watching(subject)) for subject in subjects]


async def _first_of(watches: Sequence[Watch], seconds: float) -> bool:
    """Wait until one of them is woken, at most so long. Whether one was."""
    began = time.monotonic()
    tasks = [asyncio.ensure_future(watch.wait(seconds)) for watch in watches]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
    return time.monotonic() - began < seconds
