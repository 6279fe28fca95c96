"""What a test lets go wrong."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """A body that raises instead of running.

    Attributes:
        name: Of the task or flow.
        error: What it raises.
        index: Which of its calls in the run, from 0; None: each.
        attempts: In which of their tries, from 1; empty: in all.
    """

    name: str
    error: BaseException
    index: int | None = None
    attempts: tuple[int, ...] = (1,)

    def hits(self, name: str, index: int, attempt: int) -> bool:
        """Whether it is to be raised in this try of this call."""
        which = self.index is None or self.index == index
        return name == self.name and which and (not self.attempts or attempt in self.attempts)


class Crash(KeyboardInterrupt):
    """The process of the flow is gone at this point, as after ``kill -9``: what was not on record is lost.

    Passes through flows like the interrupt that it is.
    """
