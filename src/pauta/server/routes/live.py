"""Runs as they go on: a long wait, and live streams of news and of log lines (server-sent events)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Header, Query
from fastapi.responses import Response, StreamingResponse

from pauta.domain.access import Permission
from pauta.domain.ids import RunId
from pauta.server.caller import ControlDep, LanguageDep
from pauta.server.routes.logs import Level
from pauta.server.routes.runs import run_id
from pauta.server.routing import Routes
from pauta.server.streaming import Batch, Streams, StreamsDep, event
from pauta.services.control import Control
from pauta.services.look_live import Follower, standing
from pauta.services.look_logs import History
from pauta.services.view_runs import LogView, RunNews, Waited

ROUTES = Routes("/runs", tag="live")

_EVENTS = "text/event-stream"
_LINES = 2000
_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}
LastEvent = Annotated[
    str | None,
    Header(alias="Last-Event-ID", max_length=100, description="Id of the last event that is known already."),
]


@ROUTES.add("GET", "/{run}/wait", permission=Permission.READ, answers=Waited, summary="Wait for a run to end")
async def wait_for_run(
    control: ControlDep,
    streams: StreamsDep,
    run: str,
    seconds: Annotated[float, Query(ge=0, le=60, description="Longest time to wait.")] = 30.0,
) -> Waited:
    """Answers as soon as the run is over or held, else after so many seconds; `over` tells which."""
    wanted = run_id(run)
    return await streams.until(
        f"run:{wanted}",
        look=lambda: standing(control.store, wanted, now=control.now()),
        done=lambda found: found.over,
        seconds=seconds,
    )


@ROUTES.add(
    "GET",
    "/{run}/live",
    permission=Permission.READ,
    media=_EVENTS,
    events=(RunNews, Waited),
    summary="Follow a run live",
)
async def follow_run(
    control: ControlDep, language: LanguageDep, streams: StreamsDep, run: str, last: LastEvent = None
) -> Response:
    """Events `news`: the run, and those of its steps that changed; the first has them all. `end`: it is over.

    204 when it is over and the last event is known already.
    """
    wanted = run_id(run)
    return await _stream(streams, wanted, read=_news(control, wanted, language=language, known=last), resumed=last)


@ROUTES.add(
    "GET",
    "/{run}/logs/live",
    permission=Permission.READ,
    media=_EVENTS,
    events=(LogView, Waited),
    summary="Follow a run's log live",
)
async def follow_log(
    control: ControlDep,
    language: LanguageDep,
    streams: StreamsDep,
    run: str,
    last: LastEvent = None,
    after: Annotated[int, Query(ge=-1, le=2**53, description="Only lines with a higher number.")] = -1,
    step: Annotated[str | None, Query(max_length=400, description="Only lines of this step or call.")] = None,
    level: Annotated[Level, Query(description="Only lines that are at least so severe.")] = "DEBUG",
) -> Response:
    """Events `line` with the line's number as id; `end`: the run is over and all was sent.

    `Last-Event-ID` comes before `after`. 204 when the run is over and its last line is known already.
    """
    wanted = run_id(run)
    resumed = last if last is not None and last.isascii() and last.isdigit() and len(last) < 17 else None
    history = History(control.store, language=language)
    position = int(resumed) if resumed is not None else after

    def read() -> Batch:
        nonlocal position
        page = history.logs(wanted, after=position, limit=_LINES, step=step, level=level)
        position = page.next
        lines = b"".join(event("line", line, id=str(line.number)) for line in page.lines)
        return Batch(lines + (_end(control, wanted) if page.over else b""), more=page.more, over=page.over)

    return await _stream(streams, wanted, read=read, resumed=resumed)


def _news(control: Control, run: RunId, *, language: str, known: str | None) -> Callable[[], Batch]:
    follower = Follower(control.store, run, language=language)
    is_first = True

    def read() -> Batch:
        nonlocal is_first
        look = follower.look()
        is_told = look.news is not None and not (is_first and look.mark == known)
        told = event("news", look.news, id=look.mark) if is_told else b""
        is_first = False
        return Batch(told + (_end(control, run) if look.over else b""), over=look.over)

    return read


def _end(control: Control, run: RunId) -> bytes:
    return event("end", standing(control.store, run, now=control.now()))


async def _stream(streams: Streams, run: RunId, *, read: Callable[[], Batch], resumed: str | None) -> Response:
    """The stream, or 204 for a reader who knows all there is: a browser then stops asking."""
    first = await streams.read(read)
    if first.over and resumed is not None and first.events.startswith(b"event: end"):
        return Response(status_code=204)
    return StreamingResponse(streams.follow(f"run:{run}", first, read=read), media_type=_EVENTS, headers=_HEADERS)
