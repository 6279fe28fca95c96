"""Where a flow runs: what the engine asks of the process around it. In a run that is the runtime, in tests memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from pauta.domain.calls import Arguments, Call
from pauta.domain.outputs import FileRef
from pauta.domain.problems import Problem
from pauta.domain.wire import CachedCall, CallReport


@dataclass(frozen=True, slots=True)
class Packed:
    """A value that was stored.

    Attributes:
        arguments: What refers to it on record.
        live: What a caller gets: equal to what `Parcels.unpack` would give, and not shared with the callee.
        profiles: Address of a frame → its profile and preview.
    """

    arguments: Arguments
    live: Any
    profiles: Mapping[str, dict[str, Any]] = field(default_factory=dict)


class Parcels(Protocol):
    """Values as they are stored, and back. Frames, arrays and models go in their own formats, nothing is pickled."""

    def pack(self, value: Any, *, name: str, hint: Any = None) -> Packed:
        """Store a value. Safe to call from several threads.

        Args:
            value: JSON values, frames, arrays, models, the types that are tagged (tuples, sets, times, decimals,
                bytes, paths …), dataclasses and pydantic models when `hint` names them, and lists and dicts of all.
            name: What it is called in messages.
            hint: The annotated type, by which it is read back.

        Raises:
            StepFault: FLW-020 for what cannot be stored, with the place in the value, such as ``["a"][2]``.
            StoreFault: It cannot be written.
        """
        ...

    def unpack(self, arguments: Arguments, *, hint: Any = None) -> Any:
        """The value again; frames open in milliseconds, mapped and private.

        Raises:
            StoreFault: OBJ-001, OBJ-002 when something is lost or damaged.
        """
        ...

    def digest(self, value: Any) -> str:
        """A hash of what a value is: the same for equal values, in any process. Stores nothing.

        Frames that `pack` or `unpack` gave and nobody changed since are not hashed again.

        Raises:
            StepFault: FLW-020.
        """
        ...

    def isolate(self, value: Any) -> Any:
        """What a body is given for an argument: of a frame one that shares its memory until it is written to."""
        ...


class Clock(Protocol):
    """Time. In tests it moves when it is told to."""

    def now(self) -> float:
        """Seconds since 1970."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let the calling thread wait."""
        ...


@dataclass(frozen=True)
class Site:
    """A flow's surroundings.

    Attributes:
        stage, fence, step: Put into every report.
        recorded: Calls on record from earlier attempts of this flow, by number.
        tell: Takes reports, from any thread, in the order in which they are made; returns at once.
        confirm: Returns when everything that was told up to this call is on record.
        recall: What the cache holds under these keys.
        parcels: Stores and opens values.
        clock: The time.
        chance: A random number in [0, 1), for jitter.
        version: Of the flow's script and the modules it imports, part of cache keys.
        pool: Where the flow itself runs; empty in tests and at a prompt.
        records: Whether what is told is there again for later attempts. If not, calls are known again only where a
            body is tried again in this process, and they may come in another order.
        keep: A result as it is kept for that; None if it cannot be.
        suspends: Whether the flow may give its worker back. If not, it sleeps where it stands.
        within: Entered around the body of a call: what it prints and logs is then this call's.
        files: The files that the call left in the working folder; nothing but for calls that ran alone.
        metrics: Takes the metrics that were logged within a call since it began.
        shown: Path of a file → path to show in messages.
        disturb: Called with name and number (None: the flow's own) before a body begins; raises to let it fail.
        complain: What to say of an exception of a body, with the place in the user's file; None: the flow's own way.
    """

    stage: int
    fence: int
    step: int
    recorded: Sequence[Call]
    tell: Callable[[CallReport], None]
    confirm: Callable[[int], None]
    recall: Callable[[Sequence[str]], Mapping[str, CachedCall]]
    parcels: Parcels
    clock: Clock
    chance: Callable[[], float]
    within: Callable[[int], AbstractContextManager[None]]
    version: str = ""
    pool: str = ""
    records: bool = True
    keep: Callable[[Arguments], Arguments | None] = lambda result: result
    suspends: bool = True
    files: Callable[[int], tuple[FileRef, ...]] = lambda call: ()
    metrics: Callable[[int], dict[str, float]] = lambda call: {}
    shown: Mapping[str, str] = field(default_factory=dict)
    complain: Callable[[BaseException], Problem] | None = None
    disturb: Callable[[str, int | None], None] | None = None


@dataclass(frozen=True, slots=True)
class Suspension:
    """The flow waits: for all of these calls, or any one of them, or until a time. Its process may go."""

    awaits: tuple[int, ...]
    any_of: bool = False
    until: float | None = None


class Suspend(BaseException):
    """Unwinds a flow's body that waits. Not an `Exception`: no flow is to catch it by the way.

    ``finally`` and ``with`` blocks of the body run; the body begins anew when the wait is over, and recorded calls
    give what they gave.
    """

    def __init__(self, suspension: Suspension) -> None:
        super().__init__("the flow waits")
        self.suspension = suspension
