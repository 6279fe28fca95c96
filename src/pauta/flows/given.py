"""What the decorators and `Flow.deploy` take, as it is written: for editors and type checkers.

Nothing imports this to run a flow, as typed dicts take longer to make than all the rest of the surface.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import timedelta

    from pauta.flows.options import CacheKey, DelayRule, Hook, ResultType

    Seconds = float | timedelta


class BothGiven(TypedDict, total=False):
    """What a flow and a task can both be told, as it is written. See `TaskOptions` for what it means."""

    name: str
    description: str
    version: str
    retries: int
    retry_delay: Seconds | Sequence[Seconds] | DelayRule
    retry_delay_seconds: Seconds | Sequence[Seconds] | DelayRule
    retry_jitter: float
    timeout: Seconds
    timeout_seconds: Seconds
    tags: Iterable[str]
    log_prints: bool
    on_failure: Hook | Sequence[Hook]
    on_completion: Hook | Sequence[Hook]
    memory: int | str
    result: ResultType


class TaskGiven(BothGiven, total=False):
    """What a task can be told, as it is written."""

    cache: bool | CacheKey
    cache_for: Seconds
    effects: bool
    limit: str | Sequence[str]
    pool: str
    executor: Literal["thread", "process"]


class FlowGiven(BothGiven, total=False):
    """What a flow can be told, as it is written."""

    max_workers: int
    validate: bool


class DeployGiven(TypedDict, total=False):
    """What `Flow.deploy` and `Flow.serve` take besides the name.

    At most one of `cron`, `interval`, `rrule`, `schedule` and `schedules` says when it is run.

    Attributes:
        work_pool_name: Where its runs queue.
        cron: Such as ``0 */2 * * *``.
        interval: Seconds or a timedelta between runs.
        rrule: A recurrence rule of iCalendar.
        schedule: One of them as ``{"cron": "0 */2 * * *", "timezone": "America/Sao_Paulo"}``.
        schedules: Several of them.
        timezone: Of the schedule; UTC when not given.
        parameters: Arguments of the flow.
        limit, concurrency_limit: How many runs of it go on at once; two spellings of the same.
        paused: Whether its schedule waits until it is resumed.
        priority: Runs with a higher one are begun first.
        notifications: Who is told of what.
        build, push: Accepted and without effect: no image is built.
        image, job_variables: Refused: flows run from their sources.
    """

    work_pool_name: str | None
    cron: str | None
    interval: float | timedelta | None
    rrule: str | None
    schedule: Mapping[str, Any] | None
    schedules: Sequence[Mapping[str, Any]] | None
    timezone: str | None
    parameters: Mapping[str, Any] | None
    description: str | None
    tags: Iterable[str] | None
    version: str | None
    limit: int | None
    concurrency_limit: int | None
    paused: bool
    priority: int | None
    notifications: Sequence[Any] | None
    job_variables: Mapping[str, Any] | None
    build: bool
    push: bool
    image: Any
