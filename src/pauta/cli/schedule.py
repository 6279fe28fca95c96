"""``pauta schedule``: when deployments run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from msgspec import convert, to_builtins

from pauta.cli.asking import Parameters, said, understood
from pauta.cli.listing import Column, Row, Show, done, local_time, show_list, show_one, state, when
from pauta.cli.served import command, id_of, noun, served, served_or_own
from pauta.cli.session import Session, session_of
from pauta.cli.timing import (
    Cron,
    Every,
    FoldOption,
    From,
    GapOption,
    Jitter,
    MissedLimit,
    MissedOption,
    MissedWindow,
    Rule,
    Until,
    Zone,
    timing_of,
)
from pauta.domain.problems import InvalidInput, Problem, shorten

if TYPE_CHECKING:
    from pauta.assembly.remote_project import RemoteProject

app = noun()

Deployment = Annotated[str, typer.Argument(metavar="DEPLOYMENT", help="arg.deployment", show_default=False)]
Name = Annotated[str, typer.Argument(metavar="NAME", help="arg.schedule_name", show_default=False)]
Id = Annotated[str, typer.Argument(metavar="ID", help="arg.schedule", show_default=False)]
MaybeId = Annotated[str | None, typer.Argument(metavar="ID", help="arg.schedule", show_default=False)]
Of = Annotated[str | None, typer.Option("--deployment", metavar="NAME", help="opt.only_deployment")]
Count = Annotated[int, typer.Option("--count", "-n", metavar="N", help="opt.preview_count")]


def _id(remote: RemoteProject, schedule: str) -> str:
    return id_of(schedule, remote.client.schedules.all, unknown=Problem("SCH-006", {"schedule": shorten(schedule)}))


def timing_text(timing: Row, session: Session) -> str:
    """A timing in one line: the expression, or the length of its interval."""
    from pauta.cli.amounts import length

    if timing.get("kind") == "interval":
        return session.words("schedule.every", time=length(timing.get("seconds") or 0))
    return str(timing.get("text", ""))


def _timing(row: Row, session: Session) -> object:
    return timing_text(row.get("timing") or {}, session)


def _of_timing(field: str) -> Show:
    def show(row: Row, session: Session) -> object:
        return (row.get("timing") or {}).get(field)

    return show


def _next(row: Row) -> str:
    """When it fires next, by the clock of its own zone."""
    comes = row.get("next") or {}
    if not comes.get("runs"):
        return local_time(row.get("fire_at"))
    return f"{str(comes['runs']).replace('T', ' ')[:19]} {(row.get('timing') or {}).get('zone', '')}".rstrip()


def _unless(value: object, usual: str) -> object:
    return None if value == usual else value


_NOT_ACTIVE = state(usual="active")

COLUMNS = (
    Column("head.deployment", "deployment"),
    Column("head.name", "name"),
    Column("head.timing", _timing),
    Column("head.zone", lambda row, _: _unless((row.get("timing") or {}).get("zone"), "UTC")),
    Column("head.next", lambda row, session: _NOT_ACTIVE(row, session) or _next(row)[:16], keep=True),
    Column("head.problem", lambda row, _: (row.get("problem") or {}).get("message")),
)
FACTS = (
    Column("head.id", "id"),
    Column("head.deployment", "deployment"),
    Column("head.name", "name"),
    Column("head.timing", _timing),
    Column("head.zone", _of_timing("zone")),
    Column("head.state", state()),
    Column("head.next", lambda row, _: _next(row)),
    Column("head.gap", _of_timing("gap")),
    Column("head.fold", _of_timing("fold")),
    Column("head.missed", _of_timing("missed")),
    Column("head.parameters", "parameters"),
    Column("head.created", when("created_at")),
    Column("head.problem", lambda row, _: (row.get("problem") or {}).get("message")),
)
FIRINGS = (
    Column("head.local", lambda row, _: _clock(row.get("local"))[:19], keep=True),
    Column("head.fired", when("fired_at"), keep=True),
    Column("head.outcome", lambda row, s: s.words(f"firing.{row.get('outcome')}"), keep=True),
    Column("head.reason", "reason"),
    Column("head.run", "run_id", keep=True),
)


@command(app, "create")
def create(  # noqa: PLR0913, PLR0917 - one parameter for each option of the command
    context: typer.Context,
    deployment: Deployment,
    name: Name,
    cron: Cron = None,
    every: Every = None,
    rrule: Rule = None,
    zone: Zone = None,
    gap: GapOption = None,
    fold: FoldOption = None,
    missed: MissedOption = None,
    missed_limit: MissedLimit = None,
    missed_window: MissedWindow = None,
    jitter: Jitter = None,
    starts: From = None,
    until: Until = None,
    parameters: Parameters = None,
) -> int:
    """Make a schedule."""
    session = session_of(context)
    timing = timing_of(
        {
            "cron": cron,
            "every": every,
            "rrule": rrule,
            "zone": zone,
            "gap": gap,
            "fold": fold,
            "missed": missed,
            "missed_limit": missed_limit,
            "missed_window": missed_window,
            "jitter": jitter,
            "from": starts,
            "until": until,
        },
        command=context.command_path,
    )
    given = understood(parameters, None)
    with served(context) as remote:
        of = remote.client.deployments.get(deployment) if given.texts else {}
        values = given.parameters(remote, of.get("pipeline"), of.get("pipeline_version"))
        body = said({"name": name, "timing": timing, "parameters": values})
        made = remote.client.schedules.create(deployment, body)
    return done(session, made, "schedule.created", name=name, deployment=deployment, next=_next(made) or "-")


@command(app, "list")
def list_(context: typer.Context, deployment: Of = None) -> int:
    """List schedules."""
    with served_or_own(context) as remote:
        found = remote.client.schedules.all(deployment)
    show_list(found, COLUMNS, session_of(context), none="schedule.none")
    return 0


@command(app, "show")
def show(context: typer.Context, schedule: Id) -> int:
    """Show one schedule."""
    with served_or_own(context) as remote:
        found = remote.client.schedules.get(_id(remote, schedule))
    show_one(found, FACTS, session_of(context))
    return 0


@command(app, "preview")
def preview(  # noqa: PLR0913, PLR0917 - one parameter for each option of the command
    context: typer.Context,
    schedule: MaybeId = None,
    cron: Cron = None,
    every: Every = None,
    rrule: Rule = None,
    zone: Zone = None,
    gap: GapOption = None,
    fold: FoldOption = None,
    starts: From = None,
    until: Until = None,
    count: Count = 10,
) -> int:
    """When a schedule fires next, or a timing would; clock changes are marked."""
    session = session_of(context)
    given = {"cron": cron, "every": every, "rrule": rrule, "zone": zone, "gap": gap, "fold": fold}
    given |= {"from": starts, "until": until}
    if schedule is not None:
        clash = next((name for name, value in given.items() if value is not None), None)
        if clash is not None:
            raise InvalidInput(Problem("CLI-001", {"first": "ID", "second": f"--{clash}"}, variant="together"))
        with served(context) as remote:
            rows: Sequence[Row] = remote.client.schedules.next(_id(remote, schedule), count=count)
    else:
        rows = _computed(timing_of(given, command=context.command_path), count, language=session.language)
    _draw_preview(rows, session)
    return 0


def _computed(timing: dict[str, Any], count: int, *, language: str) -> list[dict[str, Any]]:
    """The next occurrences, computed here: no server is asked.

    Raises:
        InvalidInput: SCH-… when the timing is none.
    """
    from itertools import islice

    from pauta.assembly.reaching import now
    from pauta.domain.schedules import Timing
    from pauta.engine.due import check_timing, with_left_out
    from pauta.services.view_schedules import occurrence_view

    at = now()
    made = convert(timing, Timing)
    problems = check_timing(made, now=at)
    if problems:
        raise InvalidInput(problems)
    found = islice(with_left_out(made, after=at, anchor=at), count)
    return [to_builtins(occurrence_view(o, zone=made.zone, language=language)) for o in found]


def _draw_preview(rows: Sequence[Row], session: Session) -> None:
    columns = (
        Column("head.local", lambda row, _: _clock(row.get("local")), keep=True),
        Column("head.runs_at", lambda row, _: _clock(row.get("runs")), keep=True),
        Column("head.note", _mark),
    )
    show_list(rows, columns, session, none="schedule.nothing_comes")


def _clock(text: object) -> str:
    """What a clock shows: date and time, and the offset where there is one."""
    if not isinstance(text, str):
        return ""
    return text.replace("T", " ")


def _mark(row: Row, session: Session) -> object:
    from rich.text import Text

    return Text(str(row.get("words") or ""), style="yellow")


@command(app, "pause")
def pause(context: typer.Context, schedule: Id) -> int:
    """It fires no more until it is resumed."""
    with served_or_own(context) as remote:
        answer = remote.client.schedules.switch(_id(remote, schedule), on=False)
    return done(session_of(context), answer, "schedule.paused", id=schedule)


@command(app, "resume")
def resume(context: typer.Context, schedule: Id) -> int:
    """It fires again."""
    with served_or_own(context) as remote:
        answer = remote.client.schedules.switch(_id(remote, schedule), on=True)
    return done(session_of(context), answer, "schedule.resumed", id=schedule, next=_next(answer) or "-")


@command(app, "remove")
def remove(context: typer.Context, schedule: Id) -> int:
    """Remove it."""
    with served_or_own(context) as remote:
        remote.client.schedules.remove(_id(remote, schedule))
    return done(session_of(context), {"removed": schedule}, "schedule.removed", id=schedule)


@command(app, "firings")
def firings(context: typer.Context, schedule: Id) -> int:
    """What became of its times, newest first."""
    with served(context) as remote:
        found = remote.client.schedules.firings(_id(remote, schedule))
    show_list(found, FIRINGS, session_of(context), none="schedule.never_fired")
    return 0
