"""Finds again what is on record: which recorded call a call made now is, and when the flow goes another way."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pauta.domain.calls import Call, CallKind, CallState
from pauta.domain.calls_again import had_ended
from pauta.domain.problems import Problem, Scalar, shorten


@dataclass(frozen=True, slots=True)
class Asked:
    """A call as it is made now.

    Attributes:
        kind, name, position: As in `Call`.
        digest: Over all it is given; empty while that is not known, or does not count.
        given: Argument → short address of it.
        tries: How often it may be tried before it has failed.
    """

    kind: CallKind
    name: str
    position: int
    digest: str = ""
    given: Mapping[str, str] | None = None
    tries: int = 1


class Different(Exception):
    """The flow goes another way than on record.

    Attributes:
        problem: FLW-032, without its place.
    """

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.line())
        self.problem = problem


class Past:
    """The recorded calls that were made in one body.

    Calls of a synchronous flow come in order: the n-th is the n-th on record, or the flow goes another way. Where
    order means nothing (`free`: async bodies interleave, and a task may do as it likes), a call is known by its name
    and what it is given. The same holds after a call that had failed and is made again: it may lead elsewhere now.

    Attributes:
        is_empty: Whether nothing is on record.
    """

    def __init__(self, calls: Iterable[Call] = (), *, free: bool = False) -> None:
        self._at: dict[int, list[Call]] = defaultdict(list)
        self._alike: dict[tuple[CallKind, str, str], deque[Call]] = defaultdict(deque)
        self._digests: dict[tuple[CallKind, str], dict[str, None]] = defaultdict(dict)
        self._left: dict[int, Call] = {}
        self._free = free
        self.is_empty = True
        for call in sorted(calls, key=lambda c: (c.position, c.no)):
            self._at[call.position].append(call)
            self._alike[call.kind, call.name, call.digest].append(call)
            self._digests[call.kind, call.name][call.digest] = None
            self._left[call.no] = call
            self.is_empty = False

    def look(self, asked: Asked) -> None:
        """See whether a call may be made at its position, as far as its name goes. Takes nothing.

        Raises:
            Different: Another one stands there on record.
        """
        if self._free or not (there := self._at.get(asked.position)):
            return
        if not any(call.kind is asked.kind and call.name == asked.name for call in there):
            raise Different(_another_name(asked, there[-1]))

    def take(self, asked: Asked) -> Call | None:
        """The recorded call that this one is, which no other call is then; None: it was not made before.

        Raises:
            Different: Another one stands there on record, or one that was given something else.
        """
        if not self._left:
            return None
        call = self._anywhere(asked) if self._free else self._here(asked)
        if call is not None:
            del self._left[call.no]
            failed_before = had_ended(call) or call.attempts > asked.tries
            self._free = self._free or (failed_before and call.kind in (CallKind.TASK, CallKind.FLOW))
        return call

    def left(self) -> list[Call]:
        """Completed calls that were not made again, where that is a sign of another way."""
        return [] if self._free else [c for c in self._left.values() if c.state is CallState.COMPLETED]

    def _here(self, asked: Asked) -> Call | None:
        there = [call for call in self._at.get(asked.position, ()) if call.no in self._left]
        same = [call for call in there if call.kind is asked.kind and call.name == asked.name]
        for call in same:
            if _is_given_the_same(call, asked) or asked.kind is CallKind.SLEEP:
                return call
        if same:
            raise Different(_another_argument(asked, same[-1]))
        if there:
            raise Different(_another_name(asked, there[-1]))
        return None

    def _anywhere(self, asked: Asked) -> Call | None:
        """One that was given the same, at best at the same place; or one of which that is not known."""
        for call in self._at.get(asked.position, ()):
            if call.no in self._left and (call.kind, call.name, call.digest) == (asked.kind, asked.name, asked.digest):
                return call
        if (first := self._first(asked, asked.digest)) is not None:
            return first
        # It is not known what it was given; and the moment until which it sleeps may be reckoned from the clock.
        is_any = not asked.digest or asked.kind is CallKind.SLEEP
        known = self._digests.get((asked.kind, asked.name), {}) if is_any else ("",)
        firsts = [first for digest in known if (first := self._first(asked, digest)) is not None]
        return min(firsts, key=lambda call: (call.position != asked.position, call.position), default=None)

    def _first(self, asked: Asked, digest: str) -> Call | None:
        """The first of those that were given this and are left."""
        alike = self._alike.get((asked.kind, asked.name, digest), ())
        while alike and alike[0].no not in self._left:
            alike.popleft()
        return alike[0] if alike else None


def _is_given_the_same(call: Call, asked: Asked) -> bool:
    return call.digest == asked.digest or not call.digest or not asked.digest


def _another_name(asked: Asked, recorded: Call) -> Problem:
    values: dict[str, Scalar] = {
        "recorded": shorten(recorded.name),
        "now": shorten(asked.name),
        "nth": asked.position + 1,
    }
    return Problem("FLW-032", values)


def _another_argument(asked: Asked, recorded: Call) -> Problem:
    now = asked.given or {}
    names = [*recorded.given, *(name for name in now if name not in recorded.given)]
    differing = [name for name in names if recorded.given.get(name) != now.get(name)]
    values: dict[str, Scalar] = {
        "name": shorten(asked.name),
        "nth": asked.position + 1,
        "arguments": shorten(", ".join(differing)),
    }
    return Problem("FLW-032", values, variant="arguments" if differing else "given")
