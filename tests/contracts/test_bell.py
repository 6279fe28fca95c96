"""Every bell: a hint that wakes whoever waits, and never more than a hint."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from pauta.adapters.bell import LocalBell
from pauta.ports.bell import Bell

LONG = 20.0


@pytest.fixture(params=["local", pytest.param("postgres", marks=pytest.mark.postgres)])
def bell(request: pytest.FixtureRequest) -> Iterator[Bell]:
    made: Bell
    if request.param == "local":
        made = LocalBell()
    else:
        from pauta.storage.postgres_bell import PostgresBell

        made = PostgresBell(request.getfixturevalue("postgres_address"), LocalBell())
    yield made
    made.close()


class Waiter(threading.Thread):
    """Waits for one subject in a thread of its own."""

    def __init__(self, bell: Bell, subject: str, seen: int) -> None:
        super().__init__()
        self.bell, self.subject, self.seen = bell, subject, seen
        self.seconds = 0.0
        self.count = 0
        self.start()

    def run(self) -> None:
        begun = time.monotonic()
        self.count = self.bell.wait(self.subject, seen=self.seen, timeout=LONG)
        self.seconds = time.monotonic() - begun

    def woken(self) -> bool:
        self.join(LONG)
        return not self.is_alive() and self.seconds < LONG / 2


def eventually(is_so: Callable[[], bool], within: float = LONG) -> bool:
    end = time.monotonic() + within
    while time.monotonic() < end:
        if is_so():
            return True
        time.sleep(0.01)
    return is_so()


def test_the_present_count_is_told_at_once_and_is_not_zero(bell: Bell) -> None:
    count = bell.wait("run:1", seen=0, timeout=LONG)
    assert count > 0
    assert bell.wait("run:1", seen=0, timeout=LONG) == count


def test_a_ring_since_the_count_is_heard_without_waiting(bell: Bell) -> None:
    count = bell.wait("run:1", seen=0, timeout=0)
    bell.ring("run:1")
    assert bell.wait("run:1", seen=count, timeout=LONG) != count


def test_without_a_ring_the_wait_ends_with_the_same_count(bell: Bell) -> None:
    count = bell.wait("run:1", seen=0, timeout=0)
    bell.ring("run:2")
    begun = time.monotonic()
    assert bell.wait("run:1", seen=count, timeout=0.05) == count
    assert time.monotonic() - begun >= 0.05


def test_everybody_who_waits_for_a_subject_is_woken(bell: Bell) -> None:
    count = bell.wait("pool:x", seen=0, timeout=0)
    waiters = [Waiter(bell, "pool:x", count) for _ in range(5)]
    bell.ring("pool:x")
    assert all(waiter.woken() for waiter in waiters)
    assert len({waiter.count for waiter in waiters}) == 1


def test_closing_lets_waiters_go(bell: Bell) -> None:
    waiter = Waiter(bell, "run:1", bell.wait("run:1", seen=0, timeout=0))
    bell.close()
    bell.close()
    assert waiter.woken()
    bell.ring("run:1")
    bell.wait("run:1", seen=bell.wait("run:1", seen=0, timeout=0), timeout=LONG)


def test_what_is_remembered_has_a_bound_and_what_is_forgotten_wakes_at_most_once() -> None:
    bell = LocalBell(most=3)
    counts = {}
    for n in range(10):
        bell.ring(f"run:{n}")
        counts[n] = bell.wait(f"run:{n}", seen=0, timeout=0)
    assert bell.wait("run:9", seen=counts[9], timeout=0.01) == counts[9]
    again = bell.wait("run:0", seen=counts[0], timeout=LONG)
    assert again != counts[0]
    assert bell.wait("run:0", seen=again, timeout=0.01) == again
    bell.ring("run:0")
    assert bell.wait("run:0", seen=again, timeout=LONG) != again


# ---- PostgreSQL: from process to process ---------------------------------------------------------


@pytest.fixture
def pair(postgres_address: str) -> Iterator[tuple[Bell, Bell]]:
    from pauta.storage.postgres_bell import PostgresBell

    made = PostgresBell(postgres_address, LocalBell()), PostgresBell(postgres_address, LocalBell())
    yield made
    for one in made:
        one.close()


def reaches(mine: Bell, theirs: Bell, subject: str) -> bool:
    """Whether a ring is heard on the other side; rung again and again, as it is a hint."""
    count = theirs.wait(subject, seen=0, timeout=0)

    def heard() -> bool:
        mine.ring(subject)
        return theirs.wait(subject, seen=count, timeout=0.05) != count

    return eventually(heard)


@pytest.mark.postgres
def test_a_ring_is_heard_by_others_on_the_same_database(pair: tuple[Bell, Bell]) -> None:
    assert reaches(*pair, "pool:é")
    assert reaches(*pair[::-1], "run:2")


@pytest.mark.postgres
def test_many_rings_of_many_subjects_all_arrive(pair: tuple[Bell, Bell]) -> None:
    mine, theirs = pair
    assert reaches(mine, theirs, "ready")
    subjects = [f"run:{n:060d}" for n in range(400)]
    counts = [theirs.wait(subject, seen=0, timeout=0) for subject in subjects]
    for subject in subjects:
        mine.ring(subject)
    for subject, count in zip(subjects, counts, strict=True):
        assert theirs.wait(subject, seen=count, timeout=LONG) != count


@pytest.mark.postgres
def test_one_ring_is_not_heard_twice_by_the_one_who_rang(pair: tuple[Bell, Bell]) -> None:
    mine, theirs = pair
    assert reaches(mine, theirs, "ready")
    mine.ring("run:1")
    count = mine.wait("run:1", seen=0, timeout=0)
    assert reaches(mine, theirs, "later")
    assert mine.wait("run:1", seen=count, timeout=0.05) == count


@pytest.mark.postgres
def test_a_bell_that_lost_its_connection_reaches_others_again(pair: tuple[Bell, Bell], postgres_address: str) -> None:
    import psycopg

    assert reaches(*pair, "before")
    with psycopg.connect(postgres_address, autocommit=True) as raw:
        gone = raw.execute(
            "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE application_name = 'pauta bell'"
        ).fetchone()
    assert gone == (2,)
    assert reaches(*pair, "after")


@pytest.mark.postgres
def test_rings_within_a_moment_are_one_notification_of_bounded_size(postgres_address: str) -> None:
    import psycopg

    from pauta.storage.postgres_bell import PostgresBell, payloads

    bell = PostgresBell(postgres_address, LocalBell())
    with psycopg.connect(postgres_address, autocommit=True) as raw:
        raw.execute("LISTEN pauta_bell")
        for _ in range(500):
            bell.ring("run:1")
        heard = [n.payload for n in raw.notifies(timeout=LONG, stop_after=1)]
        heard += [n.payload for n in raw.notifies(timeout=0.1)]
    bell.close()
    assert set(heard) == {'["run:1"]'}
    assert len(heard) <= 20  # a slow machine takes more than one moment for 500 rings
    texts = list(payloads([f"é{n}" * 20 for n in range(1000)] + ["x" * 9000]))
    assert max(len(text.encode()) for text in texts) < 8000
    assert len(texts) > 1


@pytest.mark.postgres
def test_a_bell_without_a_server_still_rings_in_its_process() -> None:
    from pauta.storage.postgres_bell import PostgresBell

    bell = PostgresBell("host=/nonexistent dbname=x", LocalBell())
    count = bell.wait("run:1", seen=0, timeout=0)
    bell.ring("run:1")
    assert bell.wait("run:1", seen=count, timeout=LONG) != count
    bell.close()
