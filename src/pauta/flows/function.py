"""What a flow and a task have in common: a plain function with options, which calls itself by way of the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Protocol, TypeVar, cast

if TYPE_CHECKING:
    from pauta.flows.binding import Shape
    from pauta.flows.options import FlowOptions, TaskOptions
    from pauta.flows.parameters import Checker
    from pauta.flows.results import Form

P = ParamSpec("P")
R = TypeVar("R", covariant=True)

_GENERATOR, _COROUTINE, _ASYNC_GENERATOR = 0x20, 0x80, 0x200
"""Marks of a function's code, as `inspect` has them; importing that costs more than all of this."""

_TAKEN = frozenset({"return_state", "wait_for"})
"""Keyword arguments that are Pauta's own in a call."""


class Calling(Protocol):
    """The engine, as flows and tasks see it (`pauta.flows.calling`)."""

    def call_task(self, task: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], *, return_state: bool) -> Any:
        """The value of a task or its state; of an async one something to await."""
        ...

    def submit_task(
        self, task: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], *, wait_for: Any, return_state: bool
    ) -> Any:
        """The future of a call that has begun, or its final state."""
        ...

    def map_task(
        self, task: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], *, wait_for: Any, return_state: bool
    ) -> Any:
        """The futures of one call for each element, or their final states."""
        ...

    def call_flow(self, flow: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], *, return_state: bool) -> Any:
        """The value of a flow or its state; of an async one something to await."""
        ...


_engine: Calling | None = None


def engine() -> Calling:
    """The engine, imported when something is first called: decorating alone costs next to nothing."""
    global _engine
    if _engine is None:
        from importlib import import_module

        _engine = cast("Calling", import_module("pauta.flows.calling"))
    return _engine


class Function(Generic[P, R]):
    """A function with options.

    Attributes:
        fn: The plain function, as it was written: call it in tests.
        name: What it is called on record.
        options: What was given at the decorator, checked.
        is_async: Whether a call gives something to await.
        known: Names of the place of definition that its annotations speak of, where it is defined within a function.
    """

    what = ""
    fn: Callable[P, R]
    options: TaskOptions | FlowOptions

    def __init__(self, fn: Callable[P, R], options: Any, *, known: Mapping[str, Any] | None = None) -> None:
        self.fn = fn
        self.options = options
        self.is_async = bool(code_flags(fn) & _COROUTINE)
        self.known: Mapping[str, Any] = known or {}
        self.__wrapped__ = fn
        self.__name__: str = fn.__name__
        self.__qualname__: str = fn.__qualname__
        self.__module__ = fn.__module__
        self.__doc__ = fn.__doc__

    @property
    def name(self) -> str:
        """What it is called on record."""
        return self.options.name or self.__name__

    @property
    def description(self) -> str:
        """What it is for: the option, or else the function's docstring."""
        return self.options.description or (self.__doc__ or "").strip()

    @cached_property
    def shape(self) -> Shape:
        """Its parameters."""
        from pauta.flows.binding import shape_of

        return shape_of(self.fn)

    @cached_property
    def form(self) -> Form:
        """How what it gives is kept."""
        from pauta.flows.parameters import result_hint_of
        from pauta.flows.results import form_of

        declared = self.options.result
        annotated = result_hint_of(self) if declared is None else None
        return form_of(self.name, declared, annotated)

    def bound(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments of a call by its parameters, in order, defaults filled in; see `binding.bind`.

        Raises:
            InvalidInput: FLW-005 for each fault, with file and line of the call.
        """
        from pauta.flows.binding import bind

        return bind(self, args, kwargs)

    def unbound(self, bound: Mapping[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Bound arguments as those of a call of `fn`: by place, and by name."""
        from pauta.flows.binding import unbind

        return unbind(self.shape, bound)

    @cached_property
    def checker(self) -> Checker:
        """Checks and converts bound arguments by the annotations.

        Raises:
            InvalidInput: FLW-007.
        """
        from pauta.flows.parameters import Checker

        return Checker(self)

    def __repr__(self) -> str:
        code = getattr(getattr(self.fn, "__func__", self.fn), "__code__", None)
        where = f" of {code.co_filename}:{code.co_firstlineno}" if code is not None else ""
        return f"<{self.what} {self.name}{where}>"


def check_function(fn: Any, *, what: str, named: bool) -> None:
    """Whether a function can be a task or a flow.

    Raises:
        InvalidInput: FLW-004, with the place of the decorator.
    """
    variant = _refusal(fn, named=named)
    if not variant:
        return
    from pauta.domain.problems import InvalidInput, Problem, shorten
    from pauta.flows.places import calling_place

    taken = ", ".join(sorted(_TAKEN & set(_parameters(fn))))
    found = fn if isinstance(fn, str) else getattr(fn, "__name__", None) or repr(fn)
    values = {"what": what, "found": shorten(found), "taken": taken}
    raise InvalidInput(Problem("FLW-004", values, variant=variant, place=calling_place()))


def _refusal(fn: Any, *, named: bool) -> str:
    flags = code_flags(fn)
    checks = {
        "again": isinstance(fn, Function),
        "class": isinstance(fn, type),
        "wrapped": isinstance(fn, staticmethod | classmethod | property),
        "text": isinstance(fn, str),
        "not_function": not isinstance(fn, FunctionType | MethodType),
        "generator": bool(flags & (_GENERATOR | _ASYNC_GENERATOR)),
        "lambda": getattr(fn, "__name__", "") == "<lambda>" and not named,
        "taken": not _TAKEN.isdisjoint(_parameters(fn)),
    }
    return next((variant for variant, holds in checks.items() if holds), "")


def code_flags(fn: Any) -> int:
    """The marks of a function's code; 0 for what has none."""
    code = getattr(getattr(fn, "__func__", fn), "__code__", None)
    return code.co_flags if code is not None else 0


def _parameters(fn: Any) -> tuple[str, ...]:
    code = getattr(getattr(fn, "__func__", fn), "__code__", None)
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount] if code is not None else ()


def names_known(fn: Any) -> dict[str, Any]:
    """What the annotations of a function within a function speak of, while its surroundings are still there.

    Only names that they use are kept, and only where they are texts (``from __future__ import annotations``).
    """
    if "<locals>" not in getattr(fn, "__qualname__", ""):
        return {}
    texts = [text for text in getattr(fn, "__annotations__", {}).values() if isinstance(text, str)]
    used = {name for text in texts for name in _names_in(text)}
    if not used:
        return {}
    from pauta.flows.places import calling_frame

    frame, known = calling_frame(), dict[str, Any]()
    while frame is not None and used:
        found = {name: frame.f_locals[name] for name in used if name in frame.f_locals}
        known |= found
        used -= found.keys()
        frame = frame.f_back
    return known


def _names_in(text: str) -> tuple[str, ...]:
    try:
        return compile(text, "<annotation>", "eval").co_names
    except (SyntaxError, ValueError):
        return ()
