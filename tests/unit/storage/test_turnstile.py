"""Whose turn it is: every thing with one thread at a time, and nobody kept waiting for long."""

from __future__ import annotations

import threading
import time
from collections import Counter

import pytest

from pauta.storage.turnstile import Turnstile

LONG = 20.0


def run_all(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)
    assert not any(thread.is_alive() for thread in threads)


def test_a_thing_is_with_one_thread_at_a_time_and_none_is_lost() -> None:
    stile = Turnstile(["a", "b", "c"])
    out: Counter[str] = Counter()
    most: list[int] = []

    def work() -> None:
        for _ in range(300):
            thing = stile.take()
            out[thing] += 1
            most.append(out[thing])
            out[thing] -= 1
            stile.give_back(thing)

    run_all([threading.Thread(target=work) for _ in range(8)])
    assert max(most) == 1
    assert {stile.take() for _ in range(3)} == {"a", "b", "c"}


def test_a_thread_that_takes_again_at_once_does_not_keep_others_waiting() -> None:
    stile = Turnstile(["a"])
    stop = threading.Event()
    greedy_turns: list[int] = []

    def greedy() -> None:
        while not stop.is_set():
            thing = stile.take()
            greedy_turns.append(1)
            time.sleep(0)  # as a statement does, it lets other threads run while it holds the thing
            stile.give_back(thing)

    thread = threading.Thread(target=greedy)
    thread.start()
    waited = []
    try:
        for _ in range(50):
            begun = time.monotonic()
            thing = stile.take()
            waited.append(time.monotonic() - begun)
            stile.give_back(thing)
    finally:
        stop.set()
        thread.join(LONG)
    assert len(waited) == 50
    assert max(waited) < LONG / 4
    assert greedy_turns


def test_whoever_is_interrupted_while_waiting_takes_nothing_with_him(monkeypatch: pytest.MonkeyPatch) -> None:
    stile = Turnstile(["a"])
    thing = stile.take()

    def interrupted(waiter: object) -> str:
        stile.give_back(thing)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(stile, "_wait", interrupted)
        with pytest.raises(KeyboardInterrupt):
            stile.take()
    assert stile.take() == "a"
