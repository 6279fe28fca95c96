"""What handlers ask for: who is calling, the server's hold of the project, where audit rows go.

A handler names them as parameters: ``def pools(control: ControlDep, caller: CallerDep)``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, Request

from pauta.domain.problems import Problem
from pauta.domain.settings import SettingLine, Settings
from pauta.server.door import Door
from pauta.server.metrics import Counts
from pauta.server.visit import KEY, Auditor, Visit
from pauta.services.access import Caller, Unauthorized
from pauta.services.control import Control


def visit_of(request: Request) -> Visit:
    """The visit that a request is."""
    visit: Visit = request.scope[KEY]
    return visit


# Coroutines, although they wait for nothing: FastAPI would start a thread for a plain function.
async def _visit(request: Request) -> Visit:
    return visit_of(request)


async def _control(request: Request) -> Control:
    return visit_of(request).control


async def _settings(request: Request) -> Settings:
    return visit_of(request).settings


async def _auditor(request: Request) -> Auditor:
    return visit_of(request).auditor


async def _language(request: Request) -> str:
    return visit_of(request).language


async def _caller(request: Request) -> Caller:
    caller = visit_of(request).caller
    if caller is None:  # a public or signed route asks for somebody
        raise Unauthorized(Problem("AUT-001"))
    return caller


async def _door(request: Request) -> Door:
    door: Door = request.app.state.door
    return door


async def _counts(request: Request) -> Counts:
    counts: Counts = request.app.state.counts
    return counts


async def _setting_lines(request: Request) -> Sequence[SettingLine]:
    lines: Sequence[SettingLine] = request.app.state.setting_lines
    return lines


VisitDep = Annotated[Visit, Depends(_visit)]
ControlDep = Annotated[Control, Depends(_control)]
CallerDep = Annotated[Caller, Depends(_caller)]
AuditDep = Annotated[Auditor, Depends(_auditor)]
SettingsDep = Annotated[Settings, Depends(_settings)]
LanguageDep = Annotated[str, Depends(_language)]
DoorDep = Annotated[Door, Depends(_door)]
CountsDep = Annotated[Counts, Depends(_counts)]
SettingLinesDep = Annotated[Sequence[SettingLine], Depends(_setting_lines)]
