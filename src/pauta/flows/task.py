"""`@task`: a plain function whose calls are on record, tried again, remembered and spread over threads and machines."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from types import MethodType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from pauta.flows.function import Function, P, R, check_function, engine, names_known
from pauta.flows.option_reading import read_options
from pauta.flows.options import TaskOptions

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Unpack

    from pauta.flows.future import Future, FutureList
    from pauta.flows.given import TaskGiven
    from pauta.flows.states import State

T = TypeVar("T")


class Task(Function[P, R]):
    """A task. Made by `task`; `fn` is the plain function, for tests."""

    what = "task"
    options: TaskOptions

    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R: ...
    @overload
    def __call__(
        self: Task[..., Coroutine[Any, Any, T]], *args: Any, return_state: Literal[True], **kwargs: Any
    ) -> Coroutine[Any, Any, State[T]]: ...
    @overload
    def __call__(self: Task[..., T], *args: Any, return_state: Literal[True], **kwargs: Any) -> State[T]: ...
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it here and now, and have it on record.

        Args:
            args: Of the function; futures and states of other tasks stand for their results.
            kwargs: Of the function; besides, ``return_state=True`` gives the state it came to instead of its value,
                and then a failure does not raise.

        Raises:
            InvalidInput: FLW-005, the arguments are not those of the function.
            TaskFailed: It returned a state that is not completed.
            Exception: What its body raised, after the last retry.
        """
        return_state = bool(kwargs.pop("return_state", False))
        if self.is_async:
            self.bound(args, kwargs)  # what is wrong is told here, and not where it is awaited
        return engine().call_task(self, args, kwargs, return_state=return_state)

    @overload
    def submit(
        self: Task[..., Coroutine[Any, Any, T]],
        *args: Any,
        wait_for: Iterable[Any] = (),
        return_state: Literal[False] = False,
        **kwargs: Any,
    ) -> Future[T]: ...
    @overload
    def submit(
        self: Task[..., T],
        *args: Any,
        wait_for: Iterable[Any] = (),
        return_state: Literal[False] = False,
        **kwargs: Any,
    ) -> Future[T]: ...
    @overload
    def submit(
        self, *args: Any, wait_for: Iterable[Any] = (), return_state: Literal[True], **kwargs: Any
    ) -> State[Any]: ...
    def submit(self, *args: Any, wait_for: Any = (), return_state: bool = False, **kwargs: Any) -> Any:
        """Begin a call and go on at once.

        Args:
            args: Of the function; futures stand for their results, which the call waits for.
            wait_for: Futures that must be done before it begins, though their results are not needed.
            return_state: Whether to wait and give the final state instead of a future.
            kwargs: Of the function.

        Raises:
            InvalidInput: FLW-005, the arguments are not those of the function.
        """
        self.bound(args, kwargs)  # what is wrong is told here, and not in the thread where the call is made
        return engine().submit_task(self, args, kwargs, wait_for=wait_for, return_state=return_state)

    @overload
    def map(
        self: Task[..., Coroutine[Any, Any, T]],
        *args: Any,
        wait_for: Iterable[Any] = (),
        return_state: Literal[False] = False,
        **kwargs: Any,
    ) -> FutureList[T]: ...
    @overload
    def map(
        self: Task[..., T],
        *args: Any,
        wait_for: Iterable[Any] = (),
        return_state: Literal[False] = False,
        **kwargs: Any,
    ) -> FutureList[T]: ...
    @overload
    def map(
        self, *args: Any, wait_for: Iterable[Any] = (), return_state: Literal[True], **kwargs: Any
    ) -> list[State[Any]]: ...
    def map(self, *args: Any, wait_for: Any = (), return_state: bool = False, **kwargs: Any) -> Any:
        """Begin one call for each element of the arguments that are lists; others, and `unmapped` ones, go to all.

        Args:
            args: Of the function.
            wait_for: Futures that must be done before any begins.
            return_state: Whether to wait and give the final states instead of futures.
            kwargs: Of the function.

        Raises:
            InvalidInput: FLW-005, the arguments are not those of the function.
        """
        self.bound(args, kwargs)
        return engine().map_task(self, args, kwargs, wait_for=wait_for, return_state=return_state)

    def with_options(self, **options: Unpack[TaskGiven]) -> Task[P, R]:
        """The same task with other options; what is not given stays.

        Raises:
            InvalidInput: FLW-001 to FLW-003.
        """
        return Task(self.fn, read_options(self.options, options), known=self.known)

    def __get__(self, instance: Any, owner: type | None = None) -> Task[..., R]:
        """Of a class's task the one of an object: calls are given that object."""
        if instance is None:
            return self
        return Task(MethodType(self.fn, instance), self.options, known=self.known)


@overload
def task(fn: Callable[P, R], /) -> Task[P, R]: ...
@overload
def task(fn: None = None, /, **options: Unpack[TaskGiven]) -> Callable[[Callable[P, R]], Task[P, R]]: ...
def task(fn: Any = None, /, **options: Any) -> Any:
    """Make a function a task, as ``@task`` or ``@task(retries=3)``.

    Args:
        fn: The function, where the decorator stands alone.
        options: See `TaskOptions`.

    Raises:
        InvalidInput: FLW-001 to FLW-004: an option or the function cannot be used; all faults of the options at once.
    """
    read = read_options(TaskOptions(), options)

    def decorate(body: Callable[P, R]) -> Task[P, R]:
        check_function(body, what="task", named=bool(read.name))
        return Task(body, read, known=names_known(body))

    return decorate if fn is None else decorate(fn)
