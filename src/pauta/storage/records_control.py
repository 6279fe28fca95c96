"""Rows of the control plane's records. See `records`."""

from __future__ import annotations

from typing import Any

from pauta.domain.access import AuditRow, Token
from pauta.domain.deploying import Deployment, Notice, Pool, Trigger, WorkerRecord
from pauta.domain.pipelines import Activation, PipelineVersion
from pauta.domain.schedules import Firing, Schedule
from pauta.storage import codec
from pauta.storage.fields import Document, Fields

PIPELINE_VERSION = Fields(PipelineVersion)
ACTIVATION = Fields(Activation)
FIRING = Fields(Firing)
POOL = Fields(Pool)
WORKER = Fields(WorkerRecord)
TOKEN = Fields(Token)
AUDIT = Fields(AuditRow)
NOTICE = Fields(Notice)

DEPLOYMENT = Document(Deployment)
SCHEDULE = Document(Schedule)
TRIGGER = Document(Trigger)

DEPLOYMENT_COLUMNS = ("name", "version", "body")
SCHEDULE_COLUMNS = (
    "id", "deployment", "name", "version", "state", "next_at", "next_local", "next_fold", "fire_at", "body",
)  # fmt: skip
TRIGGER_COLUMNS = ("id", "deployment", "name", "version", "body")


def deployment_row(deployment: Deployment) -> dict[str, Any]:
    """All columns of a deployment."""
    return {"name": deployment.name, "version": deployment.version, "body": DEPLOYMENT.text(deployment)}


def schedule_row(schedule: Schedule) -> dict[str, Any]:
    """All columns of a schedule."""
    return {
        "id": schedule.id,
        "deployment": schedule.deployment,
        "name": schedule.name,
        "version": schedule.version,
        **schedule_progress(schedule),
        "fire_at": codec.to_micros(schedule.fire_at),
        "body": SCHEDULE.text(schedule),
    }


def schedule_progress(schedule: Schedule) -> dict[str, Any]:
    """The columns that tell where a schedule stands."""
    coming = schedule.next
    return {
        "state": schedule.state.value,
        "next_at": codec.to_micros(coming.at) if coming else None,
        "next_local": coming.local if coming else None,
        "next_fold": coming.fold if coming else None,
    }


def trigger_row(trigger: Trigger) -> dict[str, Any]:
    """All columns of a trigger."""
    return {
        "id": trigger.id,
        "deployment": trigger.deployment,
        "name": trigger.name,
        "version": trigger.version,
        "body": TRIGGER.text(trigger),
    }
