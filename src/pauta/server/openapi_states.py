"""Which texts of answers are one of a few words: clients are told the words, and get types for them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from pauta.domain.calls import CallKind, CallState
from pauta.domain.deploying import PoolKind, Switch, TriggerKind, WorkerState
from pauta.domain.outputs import Kind
from pauta.domain.schedules import ScheduleState
from pauta.domain.states import AttemptOutcome, RunState, StepState
from pauta.services.view_calls import CallView, GaveView, WaitingView
from pauta.services.view_deployments import DeploymentView
from pauta.services.view_pools import PoolView, WorkerView
from pauta.services.view_runs import Asked, AttemptView, CallNews, RunNews, StepNews, Waited
from pauta.services.view_schedules import ScheduleView, TriggerView
from pauta.services.views import FrameView, RunLine, RunView, StepView

WORDS: Mapping[tuple[type, str], type[StrEnum]] = {
    (Asked, "state"): RunState,
    (Waited, "state"): RunState,
    (RunLine, "state"): RunState,
    (RunView, "state"): RunState,
    (RunNews, "state"): RunState,
    (StepView, "state"): StepState,
    (StepNews, "state"): StepState,
    (CallView, "state"): CallState,
    (CallView, "kind"): CallKind,
    (WaitingView, "kind"): CallKind,
    (CallNews, "state"): CallState,
    (CallNews, "kind"): CallKind,
    (GaveView, "kind"): Kind,
    (AttemptView, "outcome"): AttemptOutcome,
    (FrameView, "kind"): Kind,
    (DeploymentView, "state"): Switch,
    (PoolView, "state"): Switch,
    (PoolView, "kind"): PoolKind,
    (WorkerView, "state"): WorkerState,
    (ScheduleView, "state"): ScheduleState,
    (TriggerView, "state"): Switch,
    (TriggerView, "kind"): TriggerKind,
}
"""Field of a view, and the words that it may hold."""
