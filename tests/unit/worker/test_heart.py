from __future__ import annotations

import threading
import time

import pytest

from pauta.domain.ids import RunId
from pauta.domain.problems import Problem, StoreFault
from pauta.domain.work import Lease, Renewal
from pauta.worker.heart import Heart

A, B = (Lease(RunId("r"), no, 1) for no in (0, 1))


class Counter:
    def __init__(self) -> None:
        self.asked: list[tuple[Lease, ...]] = []
        self.answer = Renewal()
        self.away = False
        self.beaten = threading.Event()

    def renew(self, held):
        self.asked.append(tuple(held))
        self.beaten.set()
        if self.away:
            raise StoreFault(Problem("DB-008", {"where": "there", "detail": ""}))
        return self.answer


@pytest.fixture
def counter():
    return Counter()


def heart(counter, *, give_up: float = 25.0, told=None, beat: float = 3600.0) -> Heart:
    return Heart(counter, beat_seconds=beat, give_up_seconds=give_up, tell=told or (lambda: None))


def test_what_is_held_is_renewed_and_what_was_let_go_is_not(counter):
    beating = heart(counter)
    beating.hold([A, B], since=time.monotonic())
    beating.let_go(A)
    beating.beat()
    beating.close()
    assert counter.asked == [(B,)]


def test_a_lost_lease_is_told_once_and_not_renewed_again(counter):
    told = []
    beating = heart(counter, told=lambda: told.append(1))
    beating.hold([A], since=time.monotonic())
    counter.answer = Renewal(lost=(A,))
    beating.beat()
    assert beating.take() == Renewal(lost=(A,))
    assert beating.take() == Renewal()
    beating.beat()
    beating.close()
    assert (len(told), counter.asked) == (1, [(A,)])


def test_a_lease_that_could_not_be_renewed_for_too_long_is_given_up(counter):
    beating = heart(counter, give_up=25.0)
    counter.away = True
    beating.hold([A], since=time.monotonic() - 26.0)
    beating.hold([B], since=time.monotonic() - 24.0)
    beating.beat()
    beating.close()
    assert beating.take() == Renewal(lost=(A,))


def test_a_renewal_counts_from_when_it_was_asked_for(counter):
    beating = heart(counter, give_up=25.0)
    beating.hold([A], since=time.monotonic() - 24.9)
    beating.beat()
    counter.away = True
    beating.beat()
    beating.close()
    assert beating.take() == Renewal()


def test_it_beats_at_once_when_it_is_told_to(counter):
    beating = heart(counter)
    beating.hold([A], since=time.monotonic())
    beating.beat_now()
    assert counter.beaten.wait(5.0)
    beating.close()
