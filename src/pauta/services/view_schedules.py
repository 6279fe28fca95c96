"""What commands and the API show of schedules and triggers. Field names are a promise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from pauta.domain.deploying import Trigger
from pauta.domain.schedules import Firing, Occurrence, Schedule, Timing
from pauta.engine.timing_zones import FOLD, GAP, LEFT_OUT, zone_named
from pauta.services.firing import BEFORE

_WORDS = {
    GAP: {
        "en": "{local} does not exist: clocks go forward; it runs at {runs}",
        "pt": "{local} não existe: o relógio é adiantado; executa às {runs}",
    },
    LEFT_OUT: {
        "en": "{local} does not exist: clocks go forward; left out",
        "pt": "{local} não existe: o relógio é adiantado; fica de fora",
    },
    FOLD + "0": {
        "en": "{local} comes twice: clocks go back; this is the first",
        "pt": "{local} acontece duas vezes: o relógio é atrasado; esta é a primeira",
    },
    FOLD + "1": {
        "en": "{local} comes twice: clocks go back; this is the second",
        "pt": "{local} acontece duas vezes: o relógio é atrasado; esta é a segunda",
    },
}


class OccurrenceView(Struct, frozen=True):
    """One time at which a schedule fires, or would but for a clock change.

    Attributes:
        at: The instant, UTC; for one that is left out, that of the clock change.
        local: The local time that is meant, without offset.
        runs: What the zone's clock shows when it fires, with its offset; None when it is left out.
        mark: ``gap``, ``fold``, ``left_out``, or empty.
        words: The mark in words.
    """

    at: datetime
    local: str
    runs: str | None
    fold: int
    mark: str
    words: str


class ScheduleView(Struct, frozen=True):
    """A schedule. `text` says in one line when it fires; `problem` why it stopped or did not fire last."""

    id: str
    deployment: str
    name: str
    state: str
    version: int
    text: str
    timing: Timing
    parameters: Mapping[str, Any]
    created_at: datetime
    next: OccurrenceView | None
    fire_at: datetime | None
    problem: dict[str, Any] | None


class ScheduleList(Struct, frozen=True):
    """Schedules by deployment and name."""

    schedules: list[ScheduleView]


class OccurrenceList(Struct, frozen=True):
    """What comes next, soonest first."""

    next: list[OccurrenceView]


class FiringView(Struct, frozen=True):
    """What became of one intended time. `before`: the row stands for all up to that local time."""

    local: str
    fold: int
    due_at: datetime
    fired_at: datetime
    outcome: str
    run_id: str | None
    reason: str
    before: str | None
    zone_data: str
    schedule_version: int


class FiringList(Struct, frozen=True):
    """Firings, newest first."""

    firings: list[FiringView]


class TriggerView(Struct, frozen=True):
    """A trigger. `secret` is there only in the answer to the making of a webhook."""

    id: str
    deployment: str
    name: str
    kind: str
    state: str
    version: int
    settings: Mapping[str, Any]
    parameters: Mapping[str, Any]
    created_at: datetime
    problem: dict[str, Any] | None
    secret: str | None = None


class TriggerList(Struct, frozen=True):
    """Triggers."""

    triggers: list[TriggerView]


def occurrence_view(occurrence: Occurrence, *, zone: str, language: str) -> OccurrenceView:
    """An occurrence as it is shown."""
    runs = occurrence.at.astimezone(zone_named(zone))
    key = occurrence.mark + str(occurrence.fold) if occurrence.mark == FOLD else occurrence.mark
    words = _WORDS.get(key, {}).get("pt" if language.startswith("pt") else "en", "")
    local = datetime.fromisoformat(occurrence.local)
    return OccurrenceView(
        at=occurrence.at,
        local=occurrence.local,
        runs=None if occurrence.mark == LEFT_OUT else runs.isoformat(),
        fold=occurrence.fold,
        mark=occurrence.mark,
        words=words.format(local=f"{local:%H:%M}", runs=f"{runs:%H:%M}"),
    )


def occurrence_list(found: Sequence[Occurrence], *, zone: str, language: str) -> OccurrenceList:
    """Occurrences as they are shown."""
    return OccurrenceList([occurrence_view(o, zone=zone, language=language) for o in found])


def schedule_view(schedule: Schedule, *, language: str) -> ScheduleView:
    """A schedule as it is shown."""
    coming = schedule.next
    zone = schedule.timing.zone
    return ScheduleView(
        id=schedule.id,
        deployment=schedule.deployment,
        name=schedule.name,
        state=schedule.state.value,
        version=schedule.version,
        text=timing_text(schedule.timing, language=language),
        timing=schedule.timing,
        parameters=schedule.parameters,
        created_at=schedule.created_at,
        next=occurrence_view(coming, zone=zone, language=language) if coming is not None else None,
        fire_at=schedule.fire_at,
        problem=schedule.problem.as_json(language) if schedule.problem is not None else None,
    )


def timing_text(timing: Timing, *, language: str) -> str:
    """When it fires, in one line."""
    if timing.seconds is not None:
        return f"{'a cada' if language.startswith('pt') else 'every'} {timing.seconds:g} s"
    return f"{timing.text} {timing.zone}"


def firing_view(firing: Firing) -> FiringView:
    """A firing as it is shown."""
    reason, _, before = firing.reason.partition(BEFORE)
    return FiringView(
        local=firing.local,
        fold=firing.fold,
        due_at=firing.due_at,
        fired_at=firing.fired_at,
        outcome=firing.outcome,
        run_id=firing.run_id,
        reason=reason,
        before=before or None,
        zone_data=firing.zone_data,
        schedule_version=firing.schedule_version,
    )


def trigger_view(trigger: Trigger, *, language: str, secret: str | None = None) -> TriggerView:
    """A trigger as it is shown."""
    return TriggerView(
        id=trigger.id,
        deployment=trigger.deployment,
        name=trigger.name,
        kind=trigger.kind.value,
        state=trigger.state.value,
        version=trigger.version,
        settings=msgspec.to_builtins(trigger.settings),
        parameters=trigger.parameters,
        created_at=trigger.created_at,
        problem=trigger.problem.as_json(language) if trigger.problem is not None else None,
        secret=secret,
    )
