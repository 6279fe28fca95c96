"""What the API shows of deployments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from pauta.domain.deploying import Deployment, Notification


class DeploymentView(Struct, frozen=True):
    """A deployment in its present form, or in an older one."""

    name: str
    version: int
    pipeline: str
    pipeline_version: int | None
    parameters: Mapping[str, Any]
    inputs: Mapping[str, str]
    only: str | None
    use_cache: bool
    pool: str
    priority: int
    limit: int | None
    limits: tuple[str, ...]
    notifications: tuple[Notification, ...]
    description: str
    tags: tuple[str, ...]
    source: Mapping[str, str]
    state: str
    created_at: datetime
    changed_at: datetime
    changed_by: str


class DeploymentList(Struct, frozen=True):
    """All deployments, by name."""

    deployments: tuple[DeploymentView, ...]


class DeploymentHistory(Struct, frozen=True):
    """All forms that a deployment had, newest first. `present`: it still exists."""

    name: str
    present: bool
    forms: tuple[DeploymentView, ...]


class WebhookKey(Struct, frozen=True):
    """The key with which the webhooks of a deployment are signed, for the receiver to check them by."""

    deployment: str
    key: str


def deployment_view(deployment: Deployment) -> DeploymentView:
    """A deployment as it is shown."""
    return DeploymentView(
        name=deployment.name,
        version=deployment.version,
        pipeline=deployment.pipeline,
        pipeline_version=deployment.pipeline_version,
        parameters=deployment.parameters,
        inputs=deployment.inputs,
        only=deployment.only,
        use_cache=deployment.use_cache,
        pool=deployment.pool,
        priority=deployment.priority,
        limit=deployment.limit,
        limits=deployment.limits,
        notifications=deployment.notifications,
        description=deployment.description,
        tags=deployment.tags,
        source=deployment.source,
        state=deployment.state.value,
        created_at=deployment.created_at,
        changed_at=deployment.changed_at,
        changed_by=deployment.changed_by,
    )
