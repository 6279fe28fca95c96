"""A run that somebody asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pauta.domain.deploying import Deployment
from pauta.domain.runs import DEFAULT_POOL


@dataclass(frozen=True, slots=True)
class Asked:
    """A run that somebody asks for.

    Attributes:
        pipeline: Name of a published pipeline; or
        deployment: name of a deployment, whose terms hold wherever this request says nothing else.
        version: Of the pipeline; None: the deployment's, or else the active one.
        parameters: Values by parameter name.
        inputs: Frame name → ``{"path"}``, ``{"address"}`` or ``{"run", "frame"}``.
        only: ``training``, ``prediction`` or None.
        use_cache: Whether results may be taken from the cache.
        pool: Which workers may take it.
        priority: Higher numbers come first.
        limits: Further keys under which its leases are counted.
        key: The same key gives the same run (B67).
        by: Who asks: a token's name, ``schedule NAME``, ``trigger NAME``.
        by_person: A paused deployment runs only when a person asks.
    """

    pipeline: str | None = None
    deployment: str | None = None
    version: int | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, Any] = field(default_factory=dict)
    only: str | None = None
    use_cache: bool | None = None
    pool: str | None = None
    priority: int | None = None
    limits: tuple[str, ...] = ()
    key: str | None = None
    by: str | None = None
    by_person: bool = True


def on_terms_of(asked: Asked, deployment: Deployment | None) -> Asked:
    """The request, with a deployment's terms wherever it says nothing else."""
    if deployment is None:
        return replace(asked, pool=asked.pool or DEFAULT_POOL, priority=asked.priority or 0)
    return replace(
        asked,
        parameters={**deployment.parameters, **asked.parameters},
        inputs={**deployment.inputs, **asked.inputs},
        only=asked.only or deployment.only,
        use_cache=deployment.use_cache if asked.use_cache is None else asked.use_cache,
        pool=asked.pool or deployment.pool,
        priority=deployment.priority if asked.priority is None else asked.priority,
        limits=tuple(dict.fromkeys((*deployment.limits, *asked.limits))),
    )
