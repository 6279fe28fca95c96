"""Whether the server is well, its figures and settings; and how a browser signs in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import Query
from fastapi.responses import Response

from pauta.domain.access import Permission
from pauta.domain.settings import SettingLine
from pauta.server.caller import ControlDep, CountsDep, DoorDep, SettingLinesDep, VisitDep
from pauta.server.errors import Json
from pauta.server.health import ALIVE, Ready, readiness
from pauta.server.metrics import CONTENT_TYPE
from pauta.server.routing import Routes
from pauta.server.sign_in import CodeDep, form, signed_in, with_session
from pauta.services.access import Unauthorized, actor_of, change_link
from pauta.services.standing import Standing, standing

_API = Routes("", tag="system")
_BARE = Routes("", tag="system", base="")
ROUTES = [_API, _BARE]

LinkCode = Annotated[str, Query(max_length=200)]


@_BARE.add("GET", "/health", permission=Permission.PUBLIC, summary="Whether the process is there")
async def health() -> Response:
    """Says the same always, to anybody."""
    return Json(ALIVE)


@_BARE.add("GET", "/ready", permission=Permission.READ, answers=Ready, summary="Whether the server can work")
def ready(control: ControlDep) -> Ready:
    """503 while the records cannot be reached."""
    return readiness(control)


@_BARE.add("GET", "/metrics", permission=Permission.READ, media="text/plain", summary="Figures for Prometheus")
def metrics(counts: CountsDep) -> Response:
    """Requests, queue, runs, workers, lateness of schedules, stuck runs."""
    return Response(counts.text(), media_type=CONTENT_TYPE)


@_API.add("GET", "/status", permission=Permission.READ, answers=Standing, summary="How things stand")
def status(control: ControlDep) -> Standing:
    """Queue, runs and workers in a few figures."""
    return standing(control)


@_API.add("GET", "/settings", permission=Permission.ADMIN, answers=list[SettingLine], summary="The server's settings")
def show_settings(lines: SettingLinesDep) -> Sequence[SettingLine]:
    """Every setting with its value and where that comes from. Secrets are not shown."""
    return lines


@_BARE.add("GET", "/login", permission=Permission.PUBLIC, media="text/html", summary="Page to sign in")
def login_page(visit: VisitDep, code: LinkCode = "") -> Response:
    """A form with the link's code in it; opening it does not use the link up."""
    return form(visit.language, code=code)


@_BARE.add("POST", "/login", permission=Permission.PUBLIC, media="text/html", summary="Sign in")
def login(code: CodeDep, visit: VisitDep, control: ControlDep, door: DoorDep) -> Response:
    """Change a link's code for a session's cookie. A link works once."""
    try:
        with control.store.transaction(durable=True) as tx:
            session, text = change_link(tx, code, now=control.now(), random_bits=control.random_bits)
            visit.auditor.actor = actor_of(session.name, session.id)
            visit.auditor.note(tx, "session.begin", session.id, role=session.role.value, peer=visit.peer)
    except Unauthorized as error:
        return form(visit.language, problem=error.problems[0], status=401)
    door.good(visit.peer)
    response = signed_in(visit.language, name=session.name)
    return with_session(response, text, cookie=door.cookie, settings=visit.settings)
