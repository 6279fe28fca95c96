"""The application: nothing but routes that carry a permission, behind one gate. It does not start otherwise (S1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from pauta.domain.access import Permission
from pauta.domain.problems import NotFound, PautaError, Problem
from pauta.domain.settings import SettingLine, Settings
from pauta.server.door import Door
from pauta.server.errors import Json, answer
from pauta.server.gate import Gate
from pauta.server.metrics import Counts
from pauta.server.openapi import describe
from pauta.server.routing import API, GuardedRoute, Route, Routes
from pauta.server.streaming import streams_of
from pauta.server.visit import KEY, Visit
from pauta.services.control import Control

PUBLIC = frozenset({("GET", "/health"), ("GET", "/login"), ("POST", "/login")})
"""All that may be public, by exact method and path."""


class UnguardedRoute(Exception):
    """The application has a route that does not say who may use it, or says so wrongly: it must not start."""


def create_app(
    control: Control, *, settings: Settings, routes: Sequence[Routes], setting_lines: Sequence[SettingLine] = ()
) -> Gate:
    """The application for these routes; `routes.every_route()` has those of the server.

    Args:
        control: The server's hold of its project.
        settings: As they are in force.
        routes: By subject.
        setting_lines: What to show of the settings, secrets hidden.

    Raises:
        UnguardedRoute: A route has no permission, or is public and not on the list of those that may be.
    """
    door = Door(control, cookie=cookie_name(settings))
    counts = Counts(control)
    app = FastAPI(
        title="Pauta", version=control.version, openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False
    )
    guarded = [GuardedRoute(route, guard=door.admit) for subject in routes for route in subject.routes]
    guarded.append(_description_route(guarded, door, control.version))
    app.router.routes[:] = guarded
    app.router.default = partial(_nothing_here, door)
    check_routes(app.router.routes)
    _tell_siblings(guarded)
    for kind in (PautaError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, _answer)
    app.state.door, app.state.counts, app.state.setting_lines = door, counts, setting_lines
    streams = streams_of(app, control.bell)
    return Gate(app, control=control, settings=settings, door=door, counts=counts, streams=streams)


def cookie_name(settings: Settings) -> str:
    """Name of the session's cookie. Cookies know no ports, so that two servers of one machine need two names."""
    return f"pauta_session_{settings.server.port}"


def check_routes(routes: Iterable[BaseRoute]) -> None:
    """Raises: UnguardedRoute unless every route is one of ours, with a permission that it may have."""
    seen: set[tuple[str, str]] = set()
    names: set[str] = set()
    for route in routes:
        if not isinstance(route, GuardedRoute) or not isinstance(getattr(route, "permission", None), Permission):
            raise UnguardedRoute(f"{getattr(route, 'path', route)!r} has no permission")
        key = (route.route.method, route.path)
        if route.methods != {route.route.method}:
            raise UnguardedRoute(f"{key} answers to other methods: {route.methods}")
        if (route.permission is Permission.PUBLIC) != (key in PUBLIC):
            raise UnguardedRoute(f"{key} is {route.permission.value}; public are exactly {sorted(PUBLIC)}")
        if key in seen or route.name in names:
            raise UnguardedRoute(f"{key} ({route.name}) is there twice")
        seen.add(key)
        names.add(route.name)


def _description_route(routes: Sequence[GuardedRoute], door: Door, version: str) -> GuardedRoute:
    described = list(routes)

    def openapi() -> Response:
        """The description of the API that clients are generated from."""
        return Json(msgspec.json.encode(describe(described, version=version)))

    route = Route(
        method="GET",
        path=f"{API}/openapi.json",
        permission=Permission.READ,
        handler=openapi,
        tag="system",
        summary="Description of the API",
        answers=dict,
    )
    return GuardedRoute(route, guard=door.admit)


def _tell_siblings(routes: Sequence[GuardedRoute]) -> None:
    """Which methods a path has, for answers 405."""
    by_path: dict[str, set[str]] = {}
    for route in routes:
        by_path.setdefault(route.path, set()).add(route.route.method)
    for route in routes:
        route.siblings = by_path[route.path]


async def _nothing_here(door: Door, scope: Scope, receive: Receive, send: Send) -> None:
    """No such route: said to those only who are known."""
    if scope["type"] == "http":
        await door.admit(scope, scope[KEY], None)
        raise NotFound(Problem("API-008"))


async def _answer(request: Request, error: Exception) -> Response:
    visit: Visit = request.scope[KEY]
    what = f"{request.method} {request.url.path}"
    return answer(error, request_id=visit.id, language=visit.language, what=what)
