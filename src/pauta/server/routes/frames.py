"""Frames: schema, profile, rows, downloads, uploads. The rows are read in processes apart, never in the server."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import Depends, Query, Request
from fastapi.responses import Response

from pauta.domain.access import Permission
from pauta.domain.problems import Problem, shorten
from pauta.server.bodies import check_type
from pauta.server.caller import ControlDep, LanguageDep, VisitDep
from pauta.server.errors import Refused
from pauta.server.routes.runs import looker, run_id
from pauta.server.routing import Routes
from pauta.server.sending import Sending, attachment
from pauta.server.streaming import Streams, StreamsDep
from pauta.services.look_frames import profile_of, stored_preview, wide_preview
from pauta.services.uploads import Files
from pauta.services.view_runs import FrameList, PreviewView, UploadView
from pauta.services.views import FrameView

ROUTES = Routes("", tag="frames")

Format = Literal["csv", "parquet", "arrow"]
_MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.file",
}
_SENT_AS = ("application/octet-stream", "text/csv", _MEDIA["parquet"], _MEDIA["arrow"])
_PIECE = 1 << 20


async def _whole(request: Request) -> Request:
    return request


RequestDep = Annotated[Request, Depends(_whole)]


@ROUTES.add(
    "GET", "/runs/{run}/frames", permission=Permission.READ, answers=FrameList, summary="List the frames of a run"
)
def list_frames(control: ControlDep, language: LanguageDep, run: str) -> FrameList:
    """Each in its newest version, and other outputs beside them."""
    return FrameList(looker(control, language).view(run_id(run), now=control.now()).frames)


@ROUTES.add(
    "GET", "/runs/{run}/frames/{frame}", permission=Permission.READ, answers=FrameView, summary="Show a frame's schema"
)
def view_frame(control: ControlDep, language: LanguageDep, run: str, frame: str) -> FrameView:
    """`name@version` for a version that a later step replaced."""
    return looker(control, language).frame(run_id(run), frame)


@ROUTES.add(
    "GET",
    "/runs/{run}/frames/{frame}/profile",
    permission=Permission.READ,
    answers=dict[str, Any],
    summary="Show a frame's profile",
)
def view_profile(control: ControlDep, language: LanguageDep, run: str, frame: str) -> Mapping[str, Any]:
    """Each column's values in numbers. 404 when the output is no stored frame."""
    return profile_of(looker(control, language), run_id(run), frame)


@ROUTES.add(
    "GET",
    "/runs/{run}/frames/{frame}/preview",
    permission=Permission.READ,
    answers=PreviewView,
    summary="Show rows of a frame",
)
async def view_rows(
    control: ControlDep,
    language: LanguageDep,
    streams: StreamsDep,
    run: str,
    frame: str,
    first: Annotated[int | None, Query(ge=0, le=2**53, description="Number of the first row, from 0.")] = None,
    count: Annotated[int | None, Query(ge=1, le=1000, description="Number of rows.")] = None,
) -> PreviewView:
    """Without `first` and `count` the first and last rows as they were kept, which is quicker."""
    wanted = run_id(run)
    if first is None and count is None:
        return await streams.read(partial(stored_preview, looker(control, language), wanted, frame))
    files = Files(control, language=language)
    return await streams.work(partial(wide_preview, files, wanted, frame, first=first or 0, count=count or 100))


@ROUTES.add(
    "GET",
    "/runs/{run}/frames/{frame}/data",
    permission=Permission.READ,
    media=", ".join(kind.partition(";")[0] for kind in _MEDIA.values()),
    summary="Download a frame",
)
async def download_frame(
    control: ControlDep,
    streams: StreamsDep,
    run: str,
    frame: str,
    format: Annotated[Format, Query(description="Format of the file.")] = "csv",
    raw: Annotated[bool, Query(description="In CSV, leave texts as they are that begin like a formula.")] = False,
) -> Response:
    """In CSV a `'` stands before texts that a spreadsheet would take for a formula, unless `raw`."""
    files = Files(control)
    opened = partial(files.export, run_id(run), frame, format=format, raw=raw)
    headers = attachment(f"{frame.partition('@')[0]}.{format}")
    return await Sending.begin(opened, streams=streams, media_type=_MEDIA[format], headers=headers)


@ROUTES.add(
    "POST",
    "/frames",
    permission=Permission.OPERATE,
    answers=UploadView,
    status=201,
    uploads=True,
    summary="Upload a frame",
)
async def upload_frame(
    control: ControlDep,
    streams: StreamsDep,
    visit: VisitDep,
    request: RequestDep,
    name: Annotated[str, Query(min_length=1, max_length=200, description="What to call the frame.")],
    format: Annotated[Format, Query(description="Format of the file.")],
) -> UploadView:
    """The body is the file itself. Give its `address` to a run as an input."""
    _check_kind(visit.headers)
    files = Files(control)
    files.check(name, format)
    with files.staging() as folder:
        path = folder / f"{name}.{format}"
        await _receive(request, path, streams)
        return await streams.work(partial(files.keep, path, name=name, format=format))


def _check_kind(headers: dict[bytes, bytes]) -> None:
    """Raises: Refused 415 for forms, JSON and compressed bodies: they are not the file."""
    kind = headers.get(b"content-type", b"application/octet-stream").partition(b";")[0].decode("latin-1").strip()
    if kind.lower() not in _SENT_AS:
        raise Refused(415, Problem("API-003", {"found": shorten(kind), "expected": _SENT_AS[0]}))
    check_type({k: v for k, v in headers.items() if k == b"content-encoding"} | {b"content-type": kind.encode()}, kind)


async def _receive(request: Request, path: Path, streams: Streams) -> None:
    """Write the body to the file as it comes, never holding much of it."""
    with path.open("xb", buffering=0) as file:
        held = bytearray()
        async for piece in request.stream():
            held += piece
            if len(held) >= _PIECE:
                await streams.read(partial(file.write, bytes(held)))
                held.clear()
        if held:
            await streams.read(partial(file.write, bytes(held)))
