"""Pauta: an orchestrator for machine-learning pipelines made of plain Python scripts."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    # `typing` itself is not imported for this: ``import pauta`` is to cost next to nothing.
    from typing import Any

    from pauta.flows.delays import exponential_backoff
    from pauta.flows.flow import Flow, flow, serve
    from pauta.flows.future import Future
    from pauta.flows.logger import get_run_logger
    from pauta.flows.marks import allow_failure, unmapped
    from pauta.flows.recorded_wait import TimedOut
    from pauta.flows.results import Codec
    from pauta.flows.states import (
        Cancelled,
        Completed,
        Crashed,
        Failed,
        FlowFailed,
        Paused,
        Pending,
        RunFailed,
        Running,
        Scheduled,
        State,
        TaskFailed,
    )
    from pauta.flows.task import Task, task
    from pauta.flows.waiting import as_completed, wait
    from pauta.flows.waits import (
        Approval,
        PipelineRun,
        Rejected,
        approval,
        pause_for_input,
        run_deployment,
        run_pipeline,
        sleep_for,
        sleep_until,
    )

__version__ = "0.1.0"
__all__ = [
    "Approval",
    "Cancelled",
    "Codec",
    "Completed",
    "Crashed",
    "Failed",
    "Flow",
    "FlowFailed",
    "Future",
    "Paused",
    "Pending",
    "PipelineRun",
    "Rejected",
    "RunFailed",
    "Running",
    "Scheduled",
    "State",
    "Task",
    "TaskFailed",
    "TimedOut",
    "__version__",
    "allow_failure",
    "approval",
    "as_completed",
    "exponential_backoff",
    "flow",
    "get_run_logger",
    "log_metric",
    "pause_for_input",
    "progress",
    "run_deployment",
    "run_pipeline",
    "serve",
    "sleep_for",
    "sleep_until",
    "task",
    "unmapped",
    "wait",
]

_FLOWS = {
    "Approval": "waits",
    "Cancelled": "states",
    "Codec": "results",
    "Completed": "states",
    "Crashed": "states",
    "Failed": "states",
    "Flow": "flow",
    "FlowFailed": "states",
    "Future": "future",
    "Paused": "states",
    "Pending": "states",
    "PipelineRun": "waits",
    "Rejected": "waits",
    "RunFailed": "states",
    "Running": "states",
    "Scheduled": "states",
    "State": "states",
    "Task": "task",
    "TaskFailed": "states",
    "TimedOut": "recorded_wait",
    "allow_failure": "marks",
    "approval": "waits",
    "as_completed": "waiting",
    "exponential_backoff": "delays",
    "flow": "flow",
    "get_run_logger": "logger",
    "pause_for_input": "waits",
    "run_deployment": "waits",
    "run_pipeline": "waits",
    "serve": "flow",
    "sleep_for": "waits",
    "sleep_until": "waits",
    "task": "task",
    "unmapped": "marks",
    "wait": "waiting",
}
"""Names for flows and tasks → module of `pauta.flows` that has them, imported when one is first asked for."""

_REPORTING = "pauta.runtime.reporting"
"""Imported when a script first has something to say, so that ``import pauta`` costs next to nothing."""


def progress(done: float, total: float | None = None, text: str = "") -> None:
    """Say how far the step is, for progress bars. Outside of a run this does nothing.

    Args:
        done: How much is done.
        total: How much there is in all, in the same unit; None when unknown.
        text: A few words on what is being done.

    Raises:
        TypeError: `done` or `total` is not a number.
        ValueError: One of them is not finite.
    """
    from importlib import import_module

    import_module(_REPORTING).progress(done, total, text)


def log_metric(name: str, value: float, number: int | None = None) -> None:
    """Record a metric of the step; outside of a run this does nothing.

    The last value of each name is the step's, all values are kept in order.

    Args:
        name: Name of the metric.
        value: Its value. One that is not finite is noted in the log, as no store can hold it as a number.
        number: Its position, such as the epoch; None for a single value.

    Raises:
        TypeError: `value` is not a number, or `name` is not a text.
    """
    from importlib import import_module

    import_module(_REPORTING).log_metric(name, value, number)


def __getattr__(name: str) -> Any:
    """What flows and tasks are written with.

    Raises:
        AttributeError: There is no such name.
    """
    if name not in _FLOWS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"pauta.flows.{_FLOWS[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
