"""Where a call is made: the engine of the flow that runs, and the body in which the calling code stands."""

from __future__ import annotations

import itertools
import logging
import os
import sys
import threading
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from pauta.domain.calls import CALLS_PER_STEP, Call, CallKind, first_call_of
from pauta.domain.problems import PautaError, Problem, StepFault
from pauta.flows.complaining import plain_complaint
from pauta.flows.failures import problem_behind
from pauta.flows.outliving import Watchman
from pauta.flows.places import calling_place
from pauta.flows.replay import Asked, Different, Past
from pauta.flows.shelf import Shelf
from pauta.flows.site import Site, Suspend, Suspension
from pauta.flows.threads import Lane, Pool

if TYPE_CHECKING:
    from pauta.flows.future import Future

DEEPEST = 100
"""So many calls may lie within each other."""

current: ContextVar[Scope | None] = ContextVar("pauta_scope", default=None)
"""The body in which the code of this thread, or of this asyncio task, stands; None outside any flow."""

log = logging.getLogger("pauta")


class Engine:
    """One run of a flow's body.

    Attributes:
        site: Its surroundings.
        pool: Runs submitted tasks.
        thread: In which the flow's own body runs.
        unwinding: Set once the flow gives its worker back: no call is made from then on.
        broken: Set once the flow cannot go on, whatever its body catches.
        has_futures: Whether any call was submitted, so that arguments may hold futures.
        shelf: What is on record.
        said: What was warned of, so that it is not said a thousand times.
    """

    def __init__(self, site: Site, *, max_workers: int | None = None, shelf: Shelf | None = None) -> None:
        self.site = site
        self.pool = Pool(max_workers or min(32, (os.cpu_count() or 1) + 4), clock=site.clock)
        self.thread = threading.get_ident()
        self.unwinding: Suspension | None = None
        self.broken: PautaError | None = None
        self.has_futures = False
        self.said: set[tuple[str, str]] = set()
        self.watchman = Watchman(self)
        self._pid = os.getpid()
        self.shelf = shelf if shelf is not None else Shelf(site.recorded)
        self._last = first_call_of(site.step) + CALLS_PER_STEP - 1
        highest = max((call.no for call in self.shelf.all()), default=first_call_of(site.step) - 1)
        self._numbers = itertools.count(highest + 1)

    @property
    def is_child(self) -> bool:
        """Whether this is not the flow's process but one that was forked off in it."""
        return os.getpid() != self._pid

    def new_number(self) -> int:
        """The number of a call that was not made before.

        Raises:
            StepFault: FLW-031, there are too many.
        """
        no = next(self._numbers)
        if no > self._last:
            raise self.fail(Problem("FLW-031", {"most": CALLS_PER_STEP}, place=calling_place()))
        return no

    def complain(self, error: BaseException) -> Problem:
        """What to say of an exception; of one that comes from the record what is said there."""
        return problem_behind(error) or (self.site.complain or plain_complaint)(error)

    def check(self) -> None:
        """Whether the flow may make a call at all.

        Raises:
            Suspend: It is giving its worker back.
            PautaError: It cannot go on, or this is a forked process (FLW-030).
        """
        if os.getpid() != self._pid:
            raise StepFault(Problem("FLW-030", variant="forked", place=calling_place()))
        if self.unwinding is not None:
            raise Suspend(self.unwinding)
        if self.broken is not None:
            raise self.broken

    def fail(self, problem: Problem) -> StepFault:
        """From now on the flow fails with this, even if its body catches it."""
        fault = StepFault(problem)
        self.broken = self.broken or fault
        return fault

    def unwind(self, suspension: Suspension) -> NoReturn:
        """Give the worker back.

        Raises:
            Suspend: Always.
        """
        self.unwinding = suspension
        raise Suspend(suspension)

    def warn(self, problem: Problem) -> None:
        """A line in the log, with what to do."""
        remedy = problem.remedy()
        log.warning(f"{problem.line()}; {remedy}" if remedy else problem.line())

    def is_loop_running(self) -> bool:
        """Whether the calling thread runs an event loop."""
        asyncio = sys.modules.get("asyncio")
        return asyncio is not None and asyncio._get_running_loop() is not None

    def in_flow_thread(self) -> bool:
        """Whether the calling thread is the one in which the flow's body runs."""
        return threading.get_ident() == self.thread


@dataclass(slots=True)
class Slot:
    """The place of a call in the body that makes it."""

    kind: CallKind
    name: str
    position: int
    index: int


class Scope:
    """A body that makes calls: the flow's, a subflow's, or a task's.

    Attributes:
        engine: Of the flow that runs.
        no: The call whose body it is; None for the flow itself, and for a task that is a run of its own.
        name: Of the flow or task.
        is_task: Whether it is a task's body, which cannot wait for the world.
        is_async: Whether it is a coroutine.
        above: The body that called this one.
        depth: How many bodies it lies in.
        lane: Where what it submits queues.
        is_over: Whether it failed, so that what it submitted is not begun any more.
        futures: What was submitted in it.
        keeps: Whether the calls that are made in it are kept, because it, or a body around it, may be tried again.
    """

    __slots__ = (
        "_counts", "_past", "_positions", "above", "depth", "engine", "futures", "is_async", "is_over", "is_task",
        "keeps", "lane", "name", "no",
    )  # fmt: skip

    def __init__(
        self,
        engine: Engine,
        name: str,
        *,
        no: int | None = None,
        is_task: bool = False,
        is_async: bool = False,
        above: Scope | None = None,
        keeps: bool = False,
    ) -> None:
        self.engine = engine
        self.no = no
        self.name = name
        self.is_task = is_task
        self.is_async = is_async
        self.above = above
        self.lane: Lane = above.lane if above is not None else engine.pool.lane()
        self.is_over = False
        self.futures: list[Future[Any]] = []
        self.keeps: bool = keeps or (above is not None and above.keeps)
        self._past: Past | None = None
        self._positions = 0
        self._counts: dict[str, int] = {}
        self.depth: int = above.depth + 1 if above is not None else 0

    @property
    def past(self) -> Past:
        """What is on record of it."""
        if self._past is None:
            self._past = Past(self.engine.shelf.of(self.no), free=self._is_free)
        return self._past

    @property
    def _is_free(self) -> bool:
        """Whether its calls need not come in the order in which they came before."""
        return self.is_task or self.is_async or not self.engine.site.records

    def slot(self, kind: CallKind, name: str) -> Slot:
        """The next place, for a call that is made now.

        Raises:
            Suspend: The flow gives its worker back.
            PautaError: The flow cannot go on, goes another way than on record (FLW-032), or calls itself without
                end (FLW-034).
        """
        self.engine.check()
        if self.depth >= DEEPEST:
            raise self.engine.fail(self._endless(name))
        index = self._counts.get(name, 0)
        self._counts[name] = index + 1
        position = self._positions
        self._positions = position + 1
        slot = Slot(kind, name, position, index)
        if not self.past.is_empty:
            try:
                self.past.look(Asked(kind, name, slot.position))
            except Different as error:
                raise self.another_way(error) from None
        return slot

    def take(self, asked: Asked) -> Call | None:
        """The recorded call that this one is, if it was made before.

        Raises:
            StepFault: FLW-032, something else is on record.
        """
        try:
            return self.past.take(asked)
        except Different as error:
            raise self.another_way(error) from None

    def another_way(self, error: Different) -> StepFault:
        """The failure of the whole flow, with the place of the call."""
        found = error.problem
        return self.engine.fail(Problem(found.code, found.values, found.variant, calling_place()))

    def tell_of_left(self) -> None:
        """After a body that came to its end: what is on record of it and was not done this time."""
        if left := self.past.left():
            names = ", ".join(sorted({call.name for call in left}))
            self.engine.warn(Problem("FLW-032", {"name": self.name, "count": len(left), "calls": names}, "left"))

    def _endless(self, name: str) -> Problem:
        names, body = [name], self
        while body is not None:
            names.append(body.name)
            if body.name == name:
                break
            body = body.above  # type: ignore[assignment]
        cycle = " → ".join(reversed(names)) if len(names) <= DEEPEST // 2 else f"… → {name}"
        return Problem("FLW-034", {"name": name, "cycle": cycle, "most": DEEPEST}, place=calling_place())
