"""What a flow or a task says of itself becomes how its step is run, unless the document says otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from pauta.authoring.flows import FLOW, TASK, FlowSource
from pauta.domain.pipeline import RetryPolicy, Step
from pauta.domain.problems import Place, Problem, Scalar, shorten
from pauta.domain.quantities import MAX_SECONDS, bytes_of

_MOST_RETRIES = 1_000
_OTHER_SPELLINGS = {"retry_delay_seconds": "retry_delay", "timeout_seconds": "timeout"}
_NEEDED = ("retries", "retry_delay", "retry_jitter", "timeout", "memory", "name", *_OTHER_SPELLINGS)
"""Options that must be seen without running, because they decide on the step as a whole."""
_KEY_OF = {"retry_delay": "retries", "retry_jitter": "retries", "retry_delay_seconds": "retries"}


def with_options(step: Step, source: FlowSource) -> Step:
    """A step with the retries, time limit, memory and cache that its flow or task declares.

    What stands in the document comes first.
    """
    options = {_OTHER_SPELLINGS.get(name, name): value for name, value in source.options.items()}
    policy = step.policy
    if "retries" not in step.places:
        policy = replace(policy, retries=_retries(options, policy.retries))
    seconds = _seconds(options.get("timeout"))
    if seconds and "timeout" not in step.places:
        policy = replace(policy, timeout=timedelta(seconds=seconds))
    memory = _memory(options.get("memory"))
    if memory and "memory" not in step.places:
        policy = replace(policy, memory_bytes=memory)
    if "cache" not in step.places:  # a task is called anew unless it says that it need not be; so is a flow
        policy = replace(policy, cache=source.kind == TASK and options.get("cache") is True)
    return replace(step, policy=policy)


def unseen_options(step: Step, source: FlowSource) -> Iterator[Problem]:
    """FLW-052, a warning, for each option that decides on the step but whose value is only known when it is run."""
    for name, line in source.unseen.items():
        key = _KEY_OF.get(name, _OTHER_SPELLINGS.get(name, name))
        if name in _NEEDED and key not in step.places:
            values: dict[str, Scalar] = {"option": name, "kind": source.kind, "name": shorten(source.function)}
            variant = source.kind if source.kind == FLOW else ""
            yield Problem("FLW-052", values, variant=variant, place=Place(file=source.file, line=line))


def _retries(options: dict[str, Any], default: RetryPolicy) -> RetryPolicy:
    times = options.get("retries")
    if isinstance(times, bool) or not isinstance(times, int) or not 0 < times <= _MOST_RETRIES:
        return default
    given = options.get("retry_delay", ())
    delays = [_seconds(one) for one in (given if isinstance(given, list | tuple) else (given,))]
    waits = tuple(timedelta(seconds=one) for one in delays if one is not None)
    jitter = options.get("retry_jitter", 0.0)
    share = float(jitter) if isinstance(jitter, int | float) and 0 <= jitter <= 1 else 0.0
    return RetryPolicy(times=times, delay=timedelta(0), delays=waits, jitter=share)


def _seconds(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_SECONDS:
        return None
    return float(value)


def _memory(value: Any) -> int | None:
    if isinstance(value, str):
        return bytes_of(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
