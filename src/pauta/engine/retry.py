"""How long a failed step waits before it is tried again."""

from __future__ import annotations

from datetime import timedelta

from pauta.domain.pipeline import RetryPolicy


def delay_before(policy: RetryPolicy, retry: int, *, chance: float) -> timedelta:
    """The wait before the retry with this number.

    It grows by the policy's factor up to its maximum, and is then moved by a share of up to ``jitter`` either
    way, so that steps which failed together do not come back together.

    Args:
        policy: The step's retries.
        retry: Number of the retry, from 1.
        chance: Random share in [0, 1).
    """
    if policy.delays:
        wait = policy.delays[min(retry, len(policy.delays)) - 1].total_seconds()
        return timedelta(seconds=max(0.0, wait * (1 + policy.jitter * (2 * chance - 1))))
    if not policy.delay:
        return timedelta(0)
    longest = policy.maximum.total_seconds()
    try:
        seconds = min(policy.delay.total_seconds() * policy.factor ** (retry - 1), longest)
    except OverflowError:
        seconds = longest
    return timedelta(seconds=max(0.0, seconds * (1 + policy.jitter * (2 * chance - 1))))
