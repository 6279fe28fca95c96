"""Something that does harm again and again, as a seed says."""

from __future__ import annotations

import random  # noqa: TID251 - seeded, and the seed is printed
import threading
import time
from collections import Counter
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deed:
    """One piece of harm: `at_ns` by the wall clock."""

    kind: str
    at_ns: int


class Storm:
    """Does so many deeds, one after the other.

    Args:
        deeds: So many.
        seed: Of what is done and of the pauses.
        pauses: Shortest and longest pause between two deeds, in seconds.
    """

    def __init__(self, *, deeds: int, seed: int, pauses: tuple[float, float]) -> None:
        self.deeds = deeds
        self.seed = seed
        self.chance = random.Random(seed)
        self.done: list[Deed] = []
        self._pauses = pauses
        self._moved = threading.Condition()

    def act(self) -> str | None:
        """Do one deed; what was done, None when there was nobody to do it to."""
        raise NotImplementedError

    def rage(self) -> None:
        """Do all deeds."""
        pause = threading.Event()
        while len(self.done) < self.deeds:
            pause.wait(self.chance.uniform(*self._pauses))
            if kind := self.act():
                with self._moved:
                    self.done.append(Deed(kind, time.time_ns()))
                    self._moved.notify_all()

    def wait_for(self, count: int, *, seconds: float = 60.0) -> None:
        """Return when so many deeds were done."""
        with self._moved:
            self._moved.wait_for(lambda: len(self.done) >= min(count, self.deeds), seconds)

    @property
    def counts(self) -> dict[str, int]:
        """Deeds by kind."""
        return dict(Counter(deed.kind for deed in self.done))
