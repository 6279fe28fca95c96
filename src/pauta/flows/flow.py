"""`@flow`: a plain function that calls tasks and other flows, and can be run, deployed and scheduled."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from importlib import import_module
from types import MethodType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from pauta.flows.function import Function, P, R, check_function, engine, names_known
from pauta.flows.option_reading import read_options
from pauta.flows.options import FlowOptions

if TYPE_CHECKING:
    from typing import Unpack

    from pauta.flows.given import DeployGiven, FlowGiven
    from pauta.flows.states import State

T = TypeVar("T")

_DEPLOYING = "pauta.assembly.flow_deploying"


class Flow(Function[P, R]):
    """A flow. Made by `flow`; `fn` is the plain function, for tests."""

    what = "flow"
    options: FlowOptions

    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R: ...
    @overload
    def __call__(
        self: Flow[..., Coroutine[Any, Any, T]], *args: Any, return_state: Literal[True], **kwargs: Any
    ) -> Coroutine[Any, Any, State[T]]: ...
    @overload
    def __call__(self: Flow[..., T], *args: Any, return_state: Literal[True], **kwargs: Any) -> State[T]: ...
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run it: within another flow as its subflow, otherwise right here, in memory, with nothing recorded.

        Args:
            args: Of the function; checked and converted by its annotations.
            kwargs: Of the function; besides, ``return_state=True`` gives the state it came to instead of its value,
                and then a failure does not raise.

        Raises:
            InvalidInput: FLW-005, FLW-006: the arguments are not those of the function.
            FlowFailed: It came to a state that is not completed, without an exception.
            Exception: What its body raised, after the last retry.
        """
        return_state = bool(kwargs.pop("return_state", False))
        if self.is_async:
            self.bound(args, kwargs)  # what is wrong is told here, and not where it is awaited
        return engine().call_flow(self, args, kwargs, return_state=return_state)

    def with_options(self, **options: Unpack[FlowGiven]) -> Flow[P, R]:
        """The same flow with other options; what is not given stays.

        Raises:
            InvalidInput: FLW-001 to FLW-003.
        """
        return Flow(self.fn, read_options(self.options, options), known=self.known)

    @staticmethod
    def from_source(source: Any, entrypoint: str, ref: str | None = None) -> Any:
        """The flow of a folder, a repository or a bucket, to be deployed as it is there.

        Args:
            source: Such as ``./folder``, ``https://host/repository.git`` or ``s3://bucket/prefix``.
            entrypoint: File and function, as ``orchestrator/flows.py:full_flow``.
            ref: Branch, tag or commit of a repository.

        Raises:
            InvalidInput: They are written otherwise.
        """
        return import_module(_DEPLOYING).from_source(source, entrypoint, ref)

    def deploy(self, name: str, **given: Unpack[DeployGiven]) -> str:
        """Make a deployment of it: from then on it can be run by name, and by its schedule.

        Args:
            name: Of the deployment.
            given: See `DeployGiven`.

        Returns:
            The deployment's name.

        Raises:
            InvalidInput: What was given cannot be used; nothing was changed.
        """
        deployed: str = import_module(_DEPLOYING).deploy(self, name, **given)
        return deployed

    def to_deployment(self, name: str, **given: Unpack[DeployGiven]) -> Any:
        """It with the terms of its deployment, for `serve`.

        Raises:
            InvalidInput: What was given cannot be used.
        """
        return import_module(_DEPLOYING).to_deployment(self, name, **given)

    def serve(self, name: str | None = None, **given: Unpack[DeployGiven]) -> None:
        """Make a deployment of it and run what is due, here, until this is stopped.

        Args:
            name: Of the deployment; the flow's own when there is none.
            given: See `DeployGiven`.

        Raises:
            InvalidInput: What was given cannot be used; nothing was changed.
        """
        import_module(_DEPLOYING).serve(self, name=name, **given)

    def __get__(self, instance: Any, owner: type | None = None) -> Flow[..., R]:
        """Of a class's flow the one of an object: calls are given that object."""
        if instance is None:
            return self
        return Flow(MethodType(self.fn, instance), self.options, known=self.known)


class FlowDecorator:
    """``flow`` itself: a decorator, which also finds flows that lie elsewhere."""

    from_source = staticmethod(Flow.from_source)

    @overload
    def __call__(self, fn: Callable[P, R], /) -> Flow[P, R]: ...
    @overload
    def __call__(self, fn: None = None, /, **options: Unpack[FlowGiven]) -> Callable[[Callable[P, R]], Flow[P, R]]: ...
    def __call__(self, fn: Any = None, /, **options: Any) -> Any:
        """Make a function a flow, as ``@flow`` or ``@flow(retries=3)``.

        Args:
            fn: The function, where the decorator stands alone.
            options: See `FlowOptions`.

        Raises:
            InvalidInput: FLW-001 to FLW-004: an option or the function cannot be used; all faults of the options
                at once.
        """
        read = read_options(FlowOptions(), options)

        def decorate(body: Callable[P, R]) -> Flow[P, R]:
            check_function(body, what="flow", named=bool(read.name))
            return Flow(body, read, known=names_known(body))

        return decorate if fn is None else decorate(fn)


flow = FlowDecorator()


def serve(*flows: Any) -> None:
    """Make deployments of several flows and run what is due, here, until this is stopped.

    Args:
        flows: Flows, or what their ``to_deployment`` gave.

    Raises:
        InvalidInput: What was given cannot be used; nothing was changed.
    """
    import_module(_DEPLOYING).serve(*flows)
