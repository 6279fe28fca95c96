"""The API without a wire: what a command asks of a project whose server does not run, by the same routes and rules.

A request here is a call of the route's handler, in the caller's thread. Nobody is let in who could not open the
records anyhow, so there is no credential; every change leaves its row in the audit log all the same.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

import msgspec
from fastapi import Request
from fastapi.params import Depends as DependsParameter
from starlette.routing import compile_path

from pauta.domain.access import Role
from pauta.domain.problems import NotFound, Problem, shorten
from pauta.domain.settings import Settings
from pauta.server.bodies import decode
from pauta.server.routing import API, Route, Routes
from pauta.server.visit import KEY, Visit
from pauta.services.access import Caller
from pauta.services.control import Control

ACTOR = "commands of this machine"


class Indoors:
    """A server's routes, called one at a time by a command that owns the records.

    Args:
        control: The hold of the project.
        settings: As they are in force.
        routes: By subject.
        language: Of what is shown: ``en`` or ``pt``.
    """

    def __init__(self, control: Control, settings: Settings, *, routes: Sequence[Routes], language: str) -> None:
        self._control = control
        self._settings = settings
        self._language = language
        self._routes = [
            (route.method, compile_path(route.path)[0], route) for subject in routes for route in subject.routes
        ]

    def ask(self, method: str, path: str, *, query: Mapping[str, Any], body: Any) -> bytes:
        """The JSON that the route answers.

        Raises:
            PautaError: What the route raises.
        """
        route, parts = self._find(method, f"{API}{unquote(path)}")
        visit = Visit(self._control, self._settings, request_id="indoors")
        visit.language = self._language
        visit.caller = Caller(id="here", name=ACTOR, role=Role.ADMIN)
        asked = {name: value for name, value in query.items() if value is not None}
        answer = route.handler(**self._arguments(route, visit, {**parts, **asked}, body))
        if route.audited and not visit.noted:
            with self._control.store.transaction() as tx:
                visit.auditor.note(tx, f"{route.tag}.{route.handler.__name__}", shorten("/".join(parts.values()), 200))
        return msgspec.json.encode(answer)

    def _find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        for verb, pattern, route in self._routes:
            if verb == method and (match := pattern.match(path)):
                return route, match.groupdict()
        raise NotFound(Problem("API-008"))

    def _arguments(self, route: Route, visit: Visit, said: Mapping[str, Any], body: Any) -> dict[str, Any]:
        request = Request({"type": "http", KEY: visit})
        given: dict[str, Any] = {}
        for name, parameter in inspect.signature(route.handler, eval_str=True).parameters.items():
            if parameter.annotation is route.body and route.body is not None:
                given[name] = _body(route.body, body)
            elif (giver := _giver(parameter)) is not None:
                given[name] = _at_once(giver(request))
            elif name in said:
                given[name] = said[name]
        return given


def _body(kind: type[msgspec.Struct], body: Any) -> Any:
    known = ", ".join(field.encode_name for field in msgspec.structs.fields(kind))
    return decode(msgspec.json.encode({} if body is None else body), msgspec.json.Decoder(kind), known=known)


def _giver(parameter: inspect.Parameter) -> Callable[[Request], Awaitable[Any]] | None:
    for extra in getattr(parameter.annotation, "__metadata__", ()):
        if isinstance(extra, DependsParameter) and extra.dependency is not None:
            return extra.dependency
    return None


def _at_once(asked: Any) -> Any:
    """What a coroutine gives that waits for nothing, as those of `caller` do."""
    try:
        asked.send(None)
    except StopIteration as given:
        return given.value
    asked.close()
    raise TypeError("a route that is asked indoors waits for something")
