"""What `@flow(...)` and `@task(...)` can be told: every option, what it means, and how it is kept once checked."""

# Without `from __future__ import annotations`: each text that stands for a type would be compiled at import, and a
# script that has a flow is to start at once.
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

DelayRule = Callable[[int], Any]
"""The number of the retry, from 1 → the wait before it (seconds, a timedelta, or a list whose n-th is meant)."""

CacheKey = Callable[[Mapping[str, Any]], str]
"""The arguments by name → what a result is remembered under."""

Hook = Callable[..., Any]
"""Called with the task or flow, facts on the call, and its state, or with the first of these only."""

ResultType = Any
"""A type, a composed one such as ``list[Post]``, a `Codec`, or None."""


class TaskOptions(NamedTuple):
    """A task's options, checked. Durations are in seconds.

    Attributes:
        name: What it is called on record; the function's name.
        description: The function's docstring, unless given.
        version: Part of its cache keys: another version is another task.
        retries: How often it is tried again after a failure.
        retry_delay: The wait before each retry (the last stays), or a rule that gives it; empty: none.
        retry_jitter: Share of a wait, from 0 to 1, by which it is moved by chance either way.
        timeout: Longest time for one try.
        cache: Whether a result may be taken for another call with equal arguments and an unchanged script, or
            what gives the key under which it may.
        cache_for: How long a result may be taken.
        tags: Shown with its calls, and searchable.
        log_prints: Accepted; what is printed is on record in any case.
        on_failure, on_completion: Hooks, called when a call has failed for good or is completed.
        effects: It changes the world outside: it begins only when all before it is on record.
        limit: Names of limits under which its calls are counted, over all machines.
        pool: Where its calls run, each as a run of its own; empty: with the flow.
        executor: ``thread`` of the flow's process, or a ``process`` of its own for each call.
        memory: Most bytes of memory for the process of its own.
        result: Type or codec of what it gives; None: the function's own annotation.
    """

    name: str = ""
    description: str = ""
    version: str = ""
    retries: int = 0
    retry_delay: tuple[float, ...] | DelayRule = ()
    retry_jitter: float = 0.0
    timeout: float | None = None
    cache: bool | CacheKey = False
    cache_for: float | None = None
    tags: tuple[str, ...] = ()
    log_prints: bool = False
    on_failure: tuple[Hook, ...] = ()
    on_completion: tuple[Hook, ...] = ()
    effects: bool = False
    limit: tuple[str, ...] = ()
    pool: str = ""
    executor: Literal["thread", "process"] = "thread"
    memory: int | None = None
    result: ResultType = None

    @property
    def is_apart(self) -> bool:
        """Whether each call is a run of its own."""
        return bool(self.pool or self.limit) or self.executor == "process"


class FlowOptions(NamedTuple):
    """A flow's options, checked. Those that tasks have too mean the same.

    Attributes:
        memory: Most bytes of memory for the flow's process.
        max_workers: How many submitted tasks run at once; None: as many as there are processors, and four more.
        validate: Whether arguments are checked and converted by the parameters' annotations.
    """

    name: str = ""
    description: str = ""
    version: str = ""
    retries: int = 0
    retry_delay: tuple[float, ...] | DelayRule = ()
    retry_jitter: float = 0.0
    timeout: float | None = None
    tags: tuple[str, ...] = ()
    log_prints: bool = False
    on_failure: tuple[Hook, ...] = ()
    on_completion: tuple[Hook, ...] = ()
    memory: int | None = None
    result: ResultType = None
    max_workers: int | None = None
    validate: bool = True


ALIASES: Mapping[str, str] = {"retry_delay_seconds": "retry_delay", "timeout_seconds": "timeout"}
"""Other spellings of an option, for whoever comes from Prefect."""
