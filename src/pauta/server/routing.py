"""Routes: each says who may use it, what it takes and what it answers. The application is made of nothing else.

A subject's file has one `Routes` named ``ROUTES``::

    ROUTES = Routes("/pools", tag="pools")

    @ROUTES.add("POST", "", permission=Permission.EDIT, answers=PoolView, status=201, summary="Make a pool")
    def make_pool(body: NewPool, control: ControlDep, audit: AuditDep) -> PoolView:
        return pools.make(control, body, witness=audit.witness("pool.make", body.name))

Handlers are plain functions with FastAPI's parameters; they run in a thread. A parameter that is a msgspec Struct
(`forbid_unknown_fields`) is the JSON body. What they return (structs, lists, dicts) is encoded by msgspec; a
`Response` is sent as it is. An ``async def`` handler runs on the event loop: for live streams alone.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Annotated, Any, TypeVar

import anyio
import anyio.to_thread
import msgspec
from fastapi import Depends, Request
from fastapi.params import Depends as DependsParameter
from fastapi.responses import Response
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Receive, Scope, Send

from pauta.domain.access import Permission
from pauta.domain.problems import InvalidInput, Place, Problem, shorten
from pauta.server.bodies import reader
from pauta.server.caller import visit_of
from pauta.server.errors import Json, Refused
from pauta.server.limits_of_bodies import limited
from pauta.server.visit import KEY, Visit

API = "/api/v1"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_UNAUDITED = frozenset({Permission.READ, Permission.WORK, Permission.PUBLIC})
_REQUEST = "request_of_the_frame"
_MOST_WAITING = 500
Handler = TypeVar("Handler", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path.

    Attributes:
        permission: Who may use it.
        answers: Type of the JSON it answers; None with `media` for anything else, or for no body.
        media: Type of the body when it is not JSON, such as ``text/event-stream``; several with commas between.
        events: What the events of a live stream carry, as JSON.
        waits: It may wait for long (a run's end, work to do) and gets a thread from a larger pool.
        uploads: Its body may be as large as an upload, and is read by the handler itself.
        objects: An upload that may be as large as what a worker's step made.
        body: Name of the handler's parameter that is the JSON body, and its struct.
    """

    method: str
    path: str
    permission: Permission
    handler: Callable[..., Any]
    tag: str
    summary: str
    answers: Any = None
    status: int = 200
    media: str | None = None
    events: tuple[Any, ...] = ()
    waits: bool = False
    uploads: bool = False
    objects: bool = False
    body: type[msgspec.Struct] | None = None

    @property
    def audited(self) -> bool:
        """Whether it must leave an audit row: it changes something. Work's records are attempts."""
        return self.method not in SAFE and self.permission not in _UNAUDITED


@dataclass(slots=True)
class Routes:
    """The routes of one subject. Paths start at `base` and `prefix`."""

    prefix: str
    tag: str
    base: str = API
    routes: list[Route] = field(default_factory=list)

    def add(
        self,
        method: str,
        path: str,
        *,
        permission: Permission,
        summary: str,
        answers: Any = None,
        status: int = 200,
        **more: Any,
    ) -> Callable[[Handler], Handler]:
        """Add the decorated handler as a route. `more`: `media`, `waits`, `uploads`, `objects` of `Route`."""

        def adding(handler: Handler) -> Handler:
            self.routes.append(
                Route(
                    method=method.upper(),
                    path=f"{self.base}{self.prefix}{path}",
                    permission=permission,
                    handler=handler,
                    tag=self.tag,
                    summary=summary,
                    answers=answers,
                    status=status,
                    body=_body_of(handler),
                    **more,
                )
            )
            return handler

        return adding


class GuardedRoute(APIRoute):
    """A route that lets nobody in without the permission it carries."""

    def __init__(self, route: Route, *, guard: Callable[[Scope, Visit, Permission], Any]) -> None:
        self.route = route
        self.permission = route.permission
        self._guard = guard
        self._head = route.path.partition("{")[0]
        self.siblings: set[str] = {route.method}  # all methods of this path, once all routes are known
        super().__init__(
            route.path,
            _endpoint(route),
            methods=[route.method],
            status_code=route.status,
            response_model=None,
            response_class=Json if route.answers is not None else Response,
            name=route.handler.__name__,
            operation_id=route.handler.__name__,
            summary=route.summary,
            description=inspect.getdoc(route.handler),
            tags=[route.tag],
        )

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As usual; most routes are told apart by the part of their path before the first parameter."""
        if scope["type"] != "http" or not scope["path"].startswith(self._head):
            return Match.NONE, {}
        return super().matches(scope)

    @property
    def is_plain(self) -> bool:
        """Whether the request alone gives all that the handler takes: no part of the path, nothing of the query."""
        return "{" not in self.path and not _wanted_of_fastapi(self.endpoint)

    async def answer_plainly(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for a plain route, without FastAPI's way through layers that have nothing to do for it.

        The way is half of what a short answer costs, and these are the routes that clients and workers ask most.
        """
        scope.update(route=self, endpoint=self.endpoint, path_params={})
        received = await self._admit(scope, receive)
        response: Response = await self.endpoint(**{_REQUEST: Request(scope, received)})
        await response(scope, received, send)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through to the handler, or raise."""
        if scope["method"] != self.route.method:
            allowed = ", ".join(sorted(self.siblings))
            values = {"method": shorten(scope["method"], 20), "allowed": allowed}
            raise Refused(405, Problem("API-009", values), {"Allow": allowed})
        await super().handle(scope, await self._admit(scope, receive), send)

    async def _admit(self, scope: Scope, receive: Receive) -> Receive:
        """What the handler may receive from, once it is known who asks."""
        visit: Visit = scope[KEY]
        await self._guard(scope, visit, self.permission)
        server = visit.settings.server
        most = server.upload_limit_bytes if self.route.uploads else server.body_limit_bytes
        if self.route.objects:
            most = server.object_limit_bytes
        code = "UPL-001" if self.route.uploads else "API-004"
        return limited(receive, visit.headers, most=most, code=code)


def _wanted_of_fastapi(endpoint: Callable[..., Any]) -> list[str]:
    return [name for name in inspect.signature(endpoint).parameters if name != _REQUEST]


def _body_of(handler: Callable[..., Any]) -> type[msgspec.Struct] | None:
    for parameter in inspect.signature(handler, eval_str=True).parameters.values():
        if _is_body(parameter.annotation):
            kind: type[msgspec.Struct] = parameter.annotation
            if not kind.__struct_config__.forbid_unknown_fields:
                raise TypeError(f"{kind.__name__}: a body's struct forbids unknown fields")
            return kind
    return None


def _is_body(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, msgspec.Struct)


def _endpoint(route: Route) -> Callable[..., Any]:
    """What FastAPI calls: the handler in a thread, its answer encoded there, and an audit row if it left none."""
    run = _run_async if inspect.iscoroutinefunction(route.handler) else _run_in_thread
    signature = inspect.signature(route.handler, eval_str=True)
    parameters = [_as_dependency(p) for p in signature.parameters.values()]
    known = frozenset(_query_names(parameters))
    givers = {p.name: giver for p in parameters if (giver := _giver(p)) is not None}
    parameters = [p for p in parameters if p.name not in givers]

    async def endpoint(**arguments: Any) -> Response:
        request: Request = arguments.pop(_REQUEST)
        if request.scope["query_string"]:
            _refuse_unknown(request, known)
        for name, giver in givers.items():
            arguments[name] = await giver(request)
        response: Response = await run(route, visit_of(request), arguments)
        return response

    frame = inspect.Parameter(_REQUEST, inspect.Parameter.KEYWORD_ONLY, annotation=Request)
    endpoint.__signature__ = inspect.Signature([*parameters, frame])  # type: ignore[attr-defined]
    endpoint.__name__ = route.handler.__name__
    return endpoint


def _as_dependency(parameter: inspect.Parameter) -> inspect.Parameter:
    """All by name; a struct becomes the body's reader."""
    annotation = parameter.annotation
    if _is_body(annotation):
        annotation = Annotated[annotation, Depends(reader(annotation))]
    return parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=annotation)


def _giver(parameter: inspect.Parameter) -> Callable[[Request], Awaitable[Any]] | None:
    """What gives a parameter from the request alone, without FastAPI's going through all that a dependency may want."""
    for extra in getattr(parameter.annotation, "__metadata__", ()):
        giver = extra.dependency if isinstance(extra, DependsParameter) else None
        if giver is not None and inspect.iscoroutinefunction(giver):
            wanted = inspect.signature(giver, eval_str=True).parameters.values()
            if [p.annotation for p in wanted] == [Request]:
                return giver
    return None


async def _run_in_thread(route: Route, visit: Visit, arguments: dict[str, Any]) -> Response:
    def work() -> Response:
        result = route.handler(**arguments)
        _leave_row(route, visit, arguments)
        return _encoded(route, result)

    return await anyio.to_thread.run_sync(work, limiter=_waiting_room() if route.waits else None)


async def _run_async(route: Route, visit: Visit, arguments: dict[str, Any]) -> Response:
    result = await route.handler(**arguments)
    if route.audited and not visit.noted:
        await anyio.to_thread.run_sync(partial(_leave_row, route, visit, arguments))
    return _encoded(route, result)


def _encoded(route: Route, result: Any) -> Response:
    if isinstance(result, Response):
        return result
    if result is None and route.answers is None:
        return Response(status_code=route.status)
    return Json(result, status_code=route.status)


def _leave_row(route: Route, visit: Visit, arguments: Mapping[str, Any]) -> None:
    """Nothing is changed over the API without a row that tells who did it."""
    if not route.audited or visit.noted:
        return
    target = "/".join(str(v) for k, v in arguments.items() if "{" + k in route.path) or route.path
    with visit.control.store.transaction() as tx:
        visit.auditor.note(tx, f"{route.tag}.{route.handler.__name__}", shorten(target, 200))


@cache
def _waiting_room() -> anyio.CapacityLimiter:
    """Threads for those who wait, so that they never take the ones that answer at once."""
    return anyio.CapacityLimiter(_MOST_WAITING)


def _query_names(parameters: list[inspect.Parameter]) -> list[str]:
    """Names that may stand in the query: parameters that neither are dependencies nor come from elsewhere."""
    names = []
    for parameter in parameters:
        extra = getattr(parameter.annotation, "__metadata__", ())
        if any(isinstance(e, DependsParameter) for e in extra):
            continue
        alias = next((e.alias for e in extra if getattr(e, "alias", None)), None)
        names.append(alias or parameter.name)
    return names


def _refuse_unknown(request: Request, known: frozenset[str]) -> None:
    unknown = sorted(set(request.query_params) - known)
    if unknown:
        names = ", ".join(sorted(known))
        raise InvalidInput(
            [Problem("API-001", {"known": names}, "unknown", place=Place(field=shorten(n))) for n in unknown]
        )
