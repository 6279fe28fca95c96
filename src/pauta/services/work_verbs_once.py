"""Keeps the newest answer to each asker, so that a request sent twice is carried out once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

A = TypeVar("A")

_MOST = 10_000


@dataclass(slots=True)
class _Place(Generic[A]):
    """What one asked last, and what it was told."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    newest: int = 0
    answered: int = 0
    answer: A | None = None


class Answers(Generic[A]):
    """The newest numbered answer by asker: a worker, or a worker speaking of one run.

    Each asks one thing at a time, with growing numbers.

    What is kept is lost when the process ends: then a repeated request meets records that show it as done.
    """

    def __init__(self) -> None:
        self._places: OrderedDict[str, _Place[A]] = OrderedDict()
        self._lock = threading.Lock()

    def _place(self, asker: str) -> _Place[A]:
        with self._lock:
            place = self._places.setdefault(asker, _Place())
            self._places.move_to_end(asker)
            while len(self._places) > _MOST:
                self._places.popitem(last=False)
            return place

    def arrive(self, asker: str, number: int) -> None:
        """A request has come in; those with lower numbers are out of date, whenever they come."""
        place = self._place(asker)
        with place.lock:
            place.newest = max(place.newest, number)

    def once(
        self, asker: str, number: int, act: Callable[[], A], *, keep: Callable[[A], bool] = lambda _: True
    ) -> A | None:
        """The answer to this request: the one given before, or that of `act`.

        Args:
            asker: Who asks.
            number: Of the request.
            act: Carries it out. When it raises, nothing is kept.
            keep: Whether the answer settles the request; otherwise it may be asked again.

        Returns:
            None when the request is out of date: a newer one came, so nobody waits for this answer.
        """
        place = self._place(asker)
        with place.lock:
            if number < place.newest:
                return None
            place.newest = number
            if number == place.answered:
                return place.answer
            answer = act()
            if keep(answer):
                place.answered, place.answer = number, answer
            return answer

    def forget(self, asker: str) -> None:
        """It has left."""
        with self._lock:
            self._places.pop(asker, None)
