"""A project with a deployment, a clock that the test sets, and no worker: what schedules and triggers need."""

from __future__ import annotations

import itertools
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pauta.adapters.bell import LocalBell
from pauta.adapters.memory_objects import MemoryObjects
from pauta.domain.deploying import Deployment, TriggerKind
from pauta.domain.ids import RunId
from pauta.domain.schedules import Firing, Schedule, Timing, TimingKind
from pauta.ports.objects import Objects
from pauta.ports.store import Store
from pauta.services import deployments, schedules, triggers
from pauta.services.behalf import Behalf
from pauta.services.control import Control
from pauta.services.desk import Desk, Machine
from pauta.services.firing import Fired, due_schedules, fire, note_last
from pauta.services.publish import publish
from pauta.services.publish_checks import Sent
from pauta.storage.memory import MemoryStore

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NOBODY = Behalf("tester")
DOCUMENT = b"""
model_name: plant
inputs:
  parts: {}
parameters:
  machine: {type: text, default: M1}
prediction_steps:
  - name: look
    file_path: look.py
    dataframes: [parts]
    output_dataframe: seen
"""
ALONE = b"""
model_name: plant
parameters:
  machine: {type: text, default: M1}
prediction_steps:
  - name: make
    file_path: make.py
    output_dataframe: made
"""
LOOK = b"def execute(parts):\n    return parts\n"
MAKE = b"import pandas as pd\n\n\ndef execute():\n    return pd.DataFrame({'a': [1]})\n"


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def move(self, **amount: float) -> None:
        self.at += timedelta(**amount)


class World:
    """A project. `deploy` first; then schedules and triggers of the deployment ``daily``."""

    def __init__(self, folder: Path, *, store: Store | None = None, objects: Objects | None = None) -> None:
        self.clock = Clock()
        self.store = store or MemoryStore()
        self.objects = objects or MemoryObjects(now=self.clock)
        numbers = itertools.count(1)
        folder.mkdir(parents=True, exist_ok=True)
        self.control = Control(
            folder=folder,
            records=folder / ".pauta",
            store=self.store,
            objects=self.objects,
            desk=Desk(
                self.store,
                self.objects,
                machine=Machine(now=self.clock, chance=lambda: 0.5, random_bits=secrets.randbits),
                runtime="test",
            ),
            bell=LocalBell(),
            now=self.clock,
            random_bits=lambda bits: (next(numbers) * 0x9E3779B97F4A7C15) % (1 << bits),
            secret=b"s" * 32,
            look_up={}.get,
            runtime="test",
            version="0",
        )

    def deploy(self, name: str = "daily", *, takes_parts: bool = False, **more: Any) -> Deployment:
        """Publish the pipeline and make a deployment of it."""
        document, scripts = (DOCUMENT, {"look.py": LOOK}) if takes_parts else (ALONE, {"make.py": MAKE})
        publish(self.control, Sent("plant.yaml", document, scripts), behalf=NOBODY)
        wanted = Deployment(name, "plant", self.clock(), self.clock(), "tester", **more)
        deployments.create(self.control, wanted, behalf=NOBODY)
        with self.store.transaction() as tx:
            made = tx.deployments.get(name)
        assert made is not None
        return made

    def schedule(
        self, text: str = "0 * * * *", *, name: str = "s", deployment: str = "daily", **timing: Any
    ) -> Schedule:
        """Make a schedule by a cron expression, or with ``seconds`` an interval."""
        kind = TimingKind.INTERVAL if "seconds" in timing else TimingKind.CRON
        text = "" if kind is TimingKind.INTERVAL else text
        return schedules.create_schedule(self.control, deployment, name=name, timing=Timing(kind, text, **timing))

    def trigger(self, kind: TriggerKind, name: str = "t", *, of: str = "daily", **settings: Any) -> triggers.Made:
        """Make a trigger."""
        return triggers.create_trigger(self.control, of, name=name, kind=kind, settings=settings)

    def fire(self) -> list[Fired]:
        """One round of a scheduler."""
        fired = [fire(self.control, schedule) for schedule in due_schedules(self.control, limit=200)]
        note_last(self.control, fired)
        return fired

    def now_of(self, schedule: Schedule) -> Schedule:
        """The schedule as it is on record now."""
        return schedules.get_schedule(self.control, schedule.id)

    def firings(self, schedule: Schedule) -> list[Firing]:
        """Its firings, oldest first."""
        with self.store.transaction() as tx:
            return list(reversed(tx.schedules.firings(schedule.id, limit=5000)))

    def runs(self) -> list[RunId]:
        """All runs, oldest first."""
        with self.store.transaction() as tx:
            return [run.id for run in reversed(tx.runs.newest(limit=10_000))]
