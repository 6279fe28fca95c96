"""What is known of a flow's calls while it goes: counted by parent and name as they come, read by the pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from pauta.domain.calls import Call, CallState

_MOST_BRANCHES = 3
_DEEPEST = 12


@dataclass(slots=True)
class Group:
    """All calls that one parent made of one name. Times are those of a monotonic clock, in seconds."""

    name: str
    kind: str
    first: int
    states: Counter[str] = field(default_factory=Counter)
    cached: int = 0
    running: dict[int, float] = field(default_factory=dict)
    paused: dict[int, Call] = field(default_factory=dict)
    failed: Call | None = None
    seconds: float = 0.0

    @property
    def count(self) -> int:
        """How many calls."""
        return sum(self.states.values())

    @property
    def ended(self) -> int:
        """How many of them have ended."""
        return self.states["completed"] + self.states["failed"] + self.states["cancelled"]

    @property
    def state(self) -> str:
        """The state that tells most about the group."""
        if self.running:
            return "running"
        return next((s for s in ("paused", "failed", "pending", "cancelled") if self.states[s]), "completed")


@dataclass(frozen=True, slots=True)
class Twig:
    """A group where it stands in the tree."""

    depth: int
    group: Group


class CallBoard:
    """The calls of a run, in groups. Each report costs the same however many calls there are."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._groups: dict[tuple[int, int | None], dict[str, Group]] = {}
        self._states: dict[int, str] = {}

    def __bool__(self) -> bool:
        return bool(self._states)

    def began(self, call: Call) -> Group:
        """A call began, or began again."""
        group = self._move(call, CallState.RUNNING.value)
        group.running[call.no] = self._clock()
        return group

    def ended(self, call: Call) -> Group:
        """A call ended, or began to wait."""
        is_new = self._states.get(call.no) != call.state
        group = self._move(call, call.state.value)
        if call.state is CallState.PAUSED:
            group.paused[call.no] = call
        elif is_new:
            group.seconds += call.seconds or 0.0
            group.cached += call.cached_from is not None
        if call.state is CallState.FAILED:
            group.failed = call
        return group

    def twigs(self, step: int) -> Iterator[Twig]:
        """The groups of a step's flow, depth first; of what runs, what runs within it."""
        yield from self._below(step, None, 0)

    def groups(self, step: int) -> list[Group]:
        """All groups of a step's flow, at any depth."""
        return [group for (of, _), named in self._groups.items() if of == step for group in named.values()]

    def _below(self, step: int, parent: int | None, depth: int) -> Iterator[Twig]:
        for group in self._groups.get((step, parent), {}).values():
            yield Twig(depth, group)
            if depth < _DEEPEST:
                for no in list(group.running)[:_MOST_BRANCHES]:
                    yield from self._below(step, no, depth + 1)

    def _move(self, call: Call, state: str) -> Group:
        named = self._groups.setdefault((call.step, call.parent), {})
        group = named.get(call.name)
        if group is None:
            group = named[call.name] = Group(call.name, call.kind.value, call.no)
        before = self._states.get(call.no)
        if before is not None:
            group.states[before] -= 1
        group.states[state] += 1
        self._states[call.no] = state
        group.running.pop(call.no, None)
        group.paused.pop(call.no, None)
        return group
