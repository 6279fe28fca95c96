"""Deployments, schedules and triggers in SQL."""

from __future__ import annotations

from datetime import datetime

from pauta.domain.deploying import Deployment, Trigger
from pauta.domain.ids import RunId
from pauta.domain.schedules import Firing, Schedule
from pauta.storage import codec
from pauta.storage.records_control import (
    DEPLOYMENT,
    FIRING,
    SCHEDULE,
    TRIGGER,
    deployment_row,
    schedule_progress,
    schedule_row,
    trigger_row,
)
from pauta.storage.session import Session


class SqlDeployments:
    """`DeploymentRows` in SQL."""

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, before: Deployment | None, after: Deployment) -> bool:
        """See `DeploymentRows`."""
        row = deployment_row(after)
        if before is None:
            done = self._session.run("deployment.add", row)
        else:
            done = self._session.run("deployment.save", {**row, "k_name": before.name, "was_version": before.version})
        if done != 1:
            return False
        self._session.run("deployment_form.add", row)
        return True

    def get(self, name: str) -> Deployment | None:
        """See `DeploymentRows`."""
        row = self._session.row("deployment.get", {"k_name": name})
        return DEPLOYMENT.record(row[0]) if row else None

    def all(self) -> list[Deployment]:
        """See `DeploymentRows`."""
        return [DEPLOYMENT.record(row[0]) for row in self._session.rows("deployment.all", {})]

    def history(self, name: str) -> list[Deployment]:
        """See `DeploymentRows`."""
        return [DEPLOYMENT.record(row[0]) for row in self._session.rows("deployment_form.of_name", {"k_name": name})]

    def remove(self, deployment: Deployment) -> bool:
        """See `DeploymentRows`."""
        of = {"k_name": deployment.name, "was_version": deployment.version}
        if self._session.run("deployment.remove", of) != 1:
            return False
        for name in ("schedules", "events", "triggers"):
            self._session.run(f"deployment.remove_{name}", of)
        return True


class SqlSchedules:
    """`ScheduleRows` in SQL."""

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, before: Schedule | None, after: Schedule) -> bool:
        """See `ScheduleRows`."""
        row = schedule_row(after)
        if before is None:
            return self._session.run("schedule.add", row) == 1
        row["k_id"], row["was_version"] = before.id, before.version
        for name, value in schedule_progress(before).items():
            row[f"was_{name}"] = value
        return self._session.run("schedule.save", row) == 1

    def get(self, schedule_id: str) -> Schedule | None:
        """See `ScheduleRows`."""
        row = self._session.row("schedule.get", {"k_id": schedule_id})
        return SCHEDULE.record(row[0]) if row else None

    def all(self, deployment: str | None = None) -> list[Schedule]:
        """See `ScheduleRows`."""
        name = "schedule.all" if deployment is None else "schedule.of_deployment"
        return [SCHEDULE.record(row[0]) for row in self._session.rows(name, {"k_deployment": deployment})]

    def remove(self, schedule: Schedule) -> bool:
        """See `ScheduleRows`."""
        return self._session.run("schedule.remove", {"k_id": schedule.id, "was_version": schedule.version}) == 1

    def due(self, *, now: datetime, limit: int) -> list[Schedule]:
        """See `ScheduleRows`."""
        rows = self._session.rows("schedule.due", {"now": codec.micros(now), "limit": limit})
        return [SCHEDULE.record(row[0]) for row in rows]

    def next_fire(self) -> datetime | None:
        """See `ScheduleRows`."""
        row = self._session.row("schedule.next_fire", {})
        return codec.from_micros(row[0]) if row else None

    def fire(self, firing: Firing) -> bool:
        """See `ScheduleRows`."""
        return self._session.run("firing.add", FIRING.row(firing)) == 1

    def firings(self, schedule_id: str, *, limit: int = 50) -> list[Firing]:
        """See `ScheduleRows`."""
        rows = self._session.rows("firing.of_schedule", {"k_schedule_id": schedule_id, "limit": limit})
        return [FIRING.record(row) for row in rows]


class SqlTriggers:
    """`TriggerRows` in SQL."""

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, before: Trigger | None, after: Trigger) -> bool:
        """See `TriggerRows`."""
        row = trigger_row(after)
        if before is None:
            return self._session.run("trigger.add", row) == 1
        row["k_id"], row["was_version"] = before.id, before.version
        return self._session.run("trigger.save", row) == 1

    def get(self, trigger_id: str) -> Trigger | None:
        """See `TriggerRows`."""
        row = self._session.row("trigger.get", {"k_id": trigger_id})
        return TRIGGER.record(row[0]) if row else None

    def all(self, deployment: str | None = None) -> list[Trigger]:
        """See `TriggerRows`."""
        name = "trigger.all" if deployment is None else "trigger.of_deployment"
        return [TRIGGER.record(row[0]) for row in self._session.rows(name, {"k_deployment": deployment})]

    def remove(self, trigger: Trigger) -> bool:
        """See `TriggerRows`. What set it off is forgotten with it: its id never comes again."""
        if self._session.run("trigger.remove", {"k_id": trigger.id, "was_version": trigger.version}) != 1:
            return False
        self._session.run("trigger_event.remove", {"k_id": trigger.id})
        return True

    def once(self, trigger_id: str, event: str, *, at: datetime, run_id: RunId | None) -> bool:
        """See `TriggerRows`."""
        row = {"trigger_id": trigger_id, "event": event, "at": codec.micros(at), "run_id": run_id}
        return self._session.run("trigger_event.add", row) == 1
