"""What users may import from `pauta`: a list that changes only on purpose."""

from __future__ import annotations

import pauta

PUBLIC = {
    *("__version__", "log_metric", "progress"),
    *("flow", "task", "Flow", "Task", "Codec"),
    *("allow_failure", "exponential_backoff", "get_run_logger", "unmapped"),
    *("Cancelled", "Completed", "Crashed", "Failed", "Paused", "Pending", "Running", "Scheduled", "State"),
    *("FlowFailed", "RunFailed", "TaskFailed", "Rejected", "TimedOut"),
    *("sleep_for", "sleep_until", "pause_for_input", "approval", "Approval"),
    *("run_pipeline", "run_deployment", "PipelineRun"),
    *("Future", "wait", "as_completed", "serve"),
}


def test_the_public_names_are_the_promised_ones() -> None:
    assert set(pauta.__all__) == PUBLIC


def test_every_public_name_can_be_had_and_says_what_it_is() -> None:
    for name in pauta.__all__:
        value = getattr(pauta, name)
        assert isinstance(value, str) or value.__doc__, name


def test_an_unknown_name_is_refused_in_the_usual_way() -> None:
    assert not hasattr(pauta, "no_such_name")
