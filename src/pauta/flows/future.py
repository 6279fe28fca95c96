"""Futures: calls that have begun, and what came of them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from math import inf
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pauta.domain.problems import Problem, StepFault
from pauta.flows import late
from pauta.flows.states import Completed, Pending, Running, Settles, State

if TYPE_CHECKING:
    from pauta.flows.scope import Engine

T = TypeVar("T")


class UpstreamFailed(StepFault):
    """A task was not run, because a task whose result it was to be given had failed (FLW-039)."""

    def __init__(self, name: str, upstream: str, why: Problem | None) -> None:
        said = why.message() if why is not None else ""
        values = {"name": name, "upstream": upstream, "said": said[:200]}
        super().__init__(Problem("FLW-039", values, variant="" if said else "silent"))


class Future(Settles, Generic[T]):
    """A call that has begun. In an async flow it can be awaited for its result.

    Attributes:
        name: Of the task.
        engine: Of its flow.
        final: The state it came to in the end, None before.
        ended_at: When it ended in an earlier attempt of the flow, in seconds since 1970; infinite otherwise.
        is_running: Whether a thread runs it.
        was_asked: Whether somebody asked what came of it.
    """

    needs_loop = False
    """Whether it goes on only while the loop of its flow does, so that nobody may wait for it in the loop's thread."""

    def __init__(self, engine: Engine, name: str) -> None:
        self.name = name
        self.engine = engine
        self.final: State[Any] | None = None
        self.ended_at = inf
        self.is_running = False
        self.was_asked = False
        self._callbacks: list[Callable[[Future[Any]], None]] = []
        self._needs: tuple[Future[Any], ...] = ()
        engine.has_futures = True

    @property
    def state(self) -> State[T]:
        """Where it stands; waits for nothing."""
        self.was_asked = True
        return self.final or (Running() if self.is_running else Pending())

    def done(self) -> bool:
        """Whether it has come to its end."""
        return self.final is not None

    def wait(self, timeout: float | None = None) -> None:
        """Wait until it has come to its end.

        Args:
            timeout: Longest time in seconds; then it returns all the same. A flow does not give its worker back
                for a wait with a time limit.
        """
        if self.final is None:
            late.waiting().wait_for_futures(self.engine, [self], timeout=timeout)

    def result(self, timeout: float | None = None, raise_on_failure: bool = True) -> Any:
        """What it gave; waits for it.

        Args:
            timeout: Longest time to wait, in seconds.
            raise_on_failure: Whether a failure raises what the body raised; otherwise that is returned.

        Raises:
            TimeoutError: It was not there in time.
            Exception: What its body raised, or `TaskFailed`.
        """
        self.was_asked = True
        if self.final is None:
            self.wait(timeout)
        if self.final is None:
            raise TimeoutError(f"task {self.name} has not ended within {timeout} s")
        return self.final.result(raise_on_failure)

    def settled(self) -> State[T]:
        """The final state; waits for it."""
        self.was_asked = True
        while self.final is None:
            self.wait()
        return self.final

    def __await__(self) -> Generator[Any, None, T]:
        self.was_asked = True
        if self.final is None:
            yield from late.asynchronous().until_done(self).__await__()
        return self.result()  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return f"<future of {self.name}: {self.state.name}>"

    def when_done(self, callback: Callable[[Future[Any]], None]) -> None:
        """Call this once it has come to its end, from whatever thread; at once if it has."""
        self._callbacks.append(callback)
        if self.final is not None:
            self._call_back()

    def finish(self, state: State[Any]) -> None:
        """It has come to its end."""
        self.final = state
        if self._callbacks:
            self._call_back()

    def _call_back(self) -> None:
        # Whoever takes a callback out calls it, so that each is called once, whichever thread is first.
        while True:
            try:
                callback = self._callbacks.pop()
            except IndexError:
                return
            callback(self)

    def awaited(self) -> set[Awaiting[Any]]:
        """What comes from elsewhere and stands between this and its end."""
        found: set[Awaiting[Any]] = set()
        todo: list[Future[Any]] = [self]
        seen = {id(self)}
        while todo:
            future = todo.pop()
            if isinstance(future, Awaiting) and future.is_asked:
                found.add(future)
            for need in future.needs():
                if id(need) not in seen and not need.done():
                    seen.add(id(need))
                    todo.append(need)
        return found

    def needs(self) -> tuple[Future[Any], ...]:
        """Futures that must be done before this can begin."""
        return self._needs


class Awaiting(Future[T]):
    """What comes from elsewhere: an answer, the end of a run, a time.

    Attributes:
        no: The call that waits; None when it is not on record.
        until: When it ends by itself, in seconds since 1970.
        nap: For how many seconds the flow keeps its worker while it waits for that.
        is_asked: Whether it has been asked for, so that it may come.
    """

    is_asked = True

    def __init__(self, engine: Engine, name: str, *, until: float | None = None, nap: float = 1.0) -> None:
        super().__init__(engine, name)
        self.no: int | None = None
        self.until = until
        self.nap = nap

    def expire(self) -> None:
        """Its time has come."""
        self.finish(Completed())


class FutureList(list[Future[T]], Generic[T]):
    """The futures of `Task.map`, in the order of its arguments."""

    def wait(self, timeout: float | None = None) -> None:
        """Wait until all have come to their ends; `timeout` in seconds for all together."""
        if self:
            late.waiting().wait_for_futures(self[0].engine, self, timeout=timeout)

    def result(self, timeout: float | None = None, raise_on_failure: bool = True) -> list[Any]:
        """What they gave, in order; waits for all.

        Args:
            timeout: Longest time to wait for all together, in seconds.
            raise_on_failure: Whether the first that failed raises; otherwise its exception stands in its place.

        Raises:
            TimeoutError: One was not there in time.
            Exception: What a body raised.
        """
        self.wait(timeout)
        return [future.result(0 if timeout is not None else None, raise_on_failure) for future in self]

    def __await__(self) -> Generator[Any, None, list[T]]:
        if self:
            yield from late.asynchronous().until_all_done(self).__await__()
        return self.result()


def futures_of(values: Iterable[Any]) -> list[Future[Any]]:
    """The futures among several, or of nested lists of them.

    Raises:
        TypeError: Something else is among them.
    """
    found: list[Future[Any]] = []
    for value in values:
        if isinstance(value, Future):
            found.append(value)
        elif isinstance(value, list | tuple | set):
            found += futures_of(value)
        elif not isinstance(value, State):
            raise TypeError(f"a future is needed here, this is {type(value).__name__}")
    return found


def in_order_of_end(futures: Iterable[Future[T]]) -> Iterator[Future[T]]:
    """Futures that are done, those on record first and in the order in which they ended then."""
    return iter(sorted((f for f in futures if f.done()), key=lambda f: f.ended_at))
