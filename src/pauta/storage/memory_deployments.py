"""Deployments, schedules and triggers in memory."""

from __future__ import annotations

from datetime import datetime

from pauta.domain.deploying import Deployment, Trigger
from pauta.domain.ids import RunId
from pauta.domain.schedules import Firing, Schedule, ScheduleState
from pauta.storage.fields import whole_in_utc
from pauta.storage.memory_data import Journal
from pauta.storage.records_control import schedule_progress


class MemoryDeployments:
    """`DeploymentRows` in memory."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def put(self, before: Deployment | None, after: Deployment) -> bool:
        """See `DeploymentRows`."""
        now = self.get(after.name if before is None else before.name)
        if (now and now.version) != (before and before.version):
            return False
        tables, kept = self._journal.tables, whole_in_utc(after)
        self._journal.put(tables.deployments, after.name, kept)
        self._journal.put(tables.forms, len(tables.forms), kept)
        return True

    def get(self, name: str) -> Deployment | None:
        """See `DeploymentRows`."""
        self._journal.check()
        return self._journal.tables.deployments.get(name)

    def all(self) -> list[Deployment]:
        """See `DeploymentRows`."""
        self._journal.check()
        return [deployment for _, deployment in sorted(self._journal.tables.deployments.items())]

    def history(self, name: str) -> list[Deployment]:
        """See `DeploymentRows`."""
        self._journal.check()
        forms = sorted(self._journal.tables.forms.items(), key=lambda pair: pair[0], reverse=True)
        return [form for _, form in forms if form.name == name]

    def remove(self, deployment: Deployment) -> bool:
        """See `DeploymentRows`."""
        now = self.get(deployment.name)
        if now is None or now.version != deployment.version:
            return False
        tables = self._journal.tables
        self._journal.drop(tables.deployments, deployment.name)
        for schedule in MemorySchedules(self._journal).all(deployment.name):
            self._journal.drop(tables.schedules, schedule.id)
        triggers = MemoryTriggers(self._journal)
        for trigger in triggers.all(deployment.name):
            triggers.remove(trigger)
        return True


class MemorySchedules:
    """`ScheduleRows` in memory."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def put(self, before: Schedule | None, after: Schedule) -> bool:
        """See `ScheduleRows`."""
        now = self.get(after.id if before is None else before.id)
        if _where(now) != _where(before):
            return False
        self._journal.put(self._journal.tables.schedules, after.id, whole_in_utc(after))
        return True

    def get(self, schedule_id: str) -> Schedule | None:
        """See `ScheduleRows`."""
        self._journal.check()
        return self._journal.tables.schedules.get(schedule_id)

    def all(self, deployment: str | None = None) -> list[Schedule]:
        """See `ScheduleRows`."""
        self._journal.check()
        found = [s for s in self._journal.tables.schedules.values() if deployment in (None, s.deployment)]
        return sorted(found, key=lambda s: (s.deployment, s.name, s.id))

    def remove(self, schedule: Schedule) -> bool:
        """See `ScheduleRows`."""
        now = self.get(schedule.id)
        if now is None or now.version != schedule.version:
            return False
        self._journal.drop(self._journal.tables.schedules, schedule.id)
        return True

    def due(self, *, now: datetime, limit: int) -> list[Schedule]:
        """See `ScheduleRows`."""
        found = [(at, s.id, s) for at, s in self._firing() if at <= now]
        return [schedule for _, _, schedule in sorted(found, key=lambda due: due[:2])][:limit]

    def _firing(self) -> list[tuple[datetime, Schedule]]:
        return [(s.fire_at, s) for s in self.all() if s.state is ScheduleState.ACTIVE and s.fire_at is not None]

    def next_fire(self) -> datetime | None:
        """See `ScheduleRows`."""
        return min((at for at, _ in self._firing()), default=None)

    def fire(self, firing: Firing) -> bool:
        """See `ScheduleRows`."""
        self._journal.check()
        key = (firing.schedule_id, firing.local, firing.fold)
        if key in self._journal.tables.firings:
            return False
        self._journal.put(self._journal.tables.firings, key, whole_in_utc(firing))
        return True

    def firings(self, schedule_id: str, *, limit: int = 50) -> list[Firing]:
        """See `ScheduleRows`."""
        self._journal.check()
        found = [firing for firing in self._journal.tables.firings.values() if firing.schedule_id == schedule_id]
        return sorted(found, key=lambda f: (f.due_at, f.local, f.fold), reverse=True)[:limit]


def _where(schedule: Schedule | None) -> object:
    return None if schedule is None else (schedule.version, schedule_progress(schedule))


class MemoryTriggers:
    """`TriggerRows` in memory."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def put(self, before: Trigger | None, after: Trigger) -> bool:
        """See `TriggerRows`."""
        now = self.get(after.id if before is None else before.id)
        if (now and now.version) != (before and before.version):
            return False
        self._journal.put(self._journal.tables.triggers, after.id, whole_in_utc(after))
        return True

    def get(self, trigger_id: str) -> Trigger | None:
        """See `TriggerRows`."""
        self._journal.check()
        return self._journal.tables.triggers.get(trigger_id)

    def all(self, deployment: str | None = None) -> list[Trigger]:
        """See `TriggerRows`."""
        self._journal.check()
        found = [t for t in self._journal.tables.triggers.values() if deployment in (None, t.deployment)]
        return sorted(found, key=lambda t: (t.deployment, t.name, t.id))

    def remove(self, trigger: Trigger) -> bool:
        """See `TriggerRows`. What set it off is forgotten with it: its id never comes again."""
        now = self.get(trigger.id)
        if now is None or now.version != trigger.version:
            return False
        tables = self._journal.tables
        self._journal.drop(tables.triggers, trigger.id)
        for key in [key for key in tables.trigger_events if key[0] == trigger.id]:
            self._journal.drop(tables.trigger_events, key)
        return True

    def once(self, trigger_id: str, event: str, *, at: datetime, run_id: RunId | None) -> bool:
        """See `TriggerRows`."""
        del at, run_id  # nothing here is shown to anybody
        self._journal.check()
        events = self._journal.tables.trigger_events
        if (trigger_id, event) in events:
            return False
        self._journal.put(events, (trigger_id, event), None)
        return True
