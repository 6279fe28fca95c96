"""The threads in which submitted tasks run, and the tasks that wait there to be tried again."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol

from pauta.flows.site import Clock

OWN_THREADS = "pauta-"
"""Beginning of the names of threads of Pauta's own."""

_local = threading.local()


class Job(Protocol):
    """What a thread runs."""

    @property
    def lane(self) -> Lane:
        """Where it queues."""
        ...

    def go(self) -> float | None:
        """Do it. The time at which it is to be done again (seconds since 1970), or None when it is over."""
        ...


class Lane:
    """A queue of jobs of which so many run at once."""

    __slots__ = ("limit", "running", "waiting")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.running = 0
        self.waiting: deque[Job] = deque()


class Blocked:
    """A thread of the pool that waits within its job.

    Whoever brings what it waits for ends this at once, so that the pool is never at rest while it has yet to wake.
    """

    __slots__ = ("_is_over", "_lane", "_lock", "_pool")

    def __init__(self, pool: Pool, lane: Lane) -> None:
        self._pool = pool
        self._lane = lane
        self._is_over = False
        self._lock = threading.Lock()

    def end(self) -> None:
        """It goes on. Said again, this changes nothing."""
        with self._lock:
            if not self._is_over:
                self._is_over = True
                self._pool.unblock(self._lane)


class Pool:
    """Threads that are started when they are needed, and run jobs of several lanes.

    A thread that waits for other jobs within a job does not count for its lane while it waits, so that tasks may
    wait for tasks.
    """

    def __init__(self, limit: int, *, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._todo = threading.Condition(self._lock)
        self._main = Lane(limit)
        self._lanes = [self._main]
        self._parked: list[tuple[float, int, Job]] = []
        self._order = itertools.count()
        self._idle = 0
        self._active = 0  # jobs that run and do not wait for others
        self._blocked = 0
        self._queued = 0
        self._closed = False
        self._watchers: list[Callable[[], None]] = []
        self.threads: set[threading.Thread] = set()

    def lane(self, limit: int | None = None) -> Lane:
        """The pool's own lane, or a new one with a limit of its own."""
        if limit is None:
            return self._main
        lane = Lane(limit)
        with self._lock:
            self._lanes.append(lane)
        return lane

    def put(self, jobs: Iterable[Job]) -> None:
        """Let these be done."""
        with self._lock:
            for job in jobs:
                job.lane.waiting.append(job)
                self._queued += 1
            self._employ()

    def is_still(self) -> bool:
        """Whether nothing goes on here, and nothing will before the next parked job is due."""
        with self._lock:
            return self._is_still()

    @property
    def is_waited_in(self) -> bool:
        """Whether a job waits for others, and would be lost in the middle if its thread went away."""
        return self._blocked > 0

    def next_due(self) -> float | None:
        """When the first parked job is due."""
        with self._lock:
            return self._parked[0][0] if self._parked else None

    def kick(self) -> None:
        """The clock has moved: look for jobs that are due."""
        with self._lock:
            self._release_due()

    def drop(self, is_unwanted: Callable[[Job], bool]) -> list[Job]:
        """Take out jobs that have not begun.

        Returns:
            Those taken out.
        """
        dropped: list[Job] = []
        with self._lock:
            for lane in self._lanes:
                dropped += [job for job in lane.waiting if is_unwanted(job)]
                lane.waiting = deque(job for job in lane.waiting if not is_unwanted(job))
            self._queued -= len(dropped)
            dropped += [job for _, _, job in self._parked if is_unwanted(job)]
            self._parked = [entry for entry in self._parked if not is_unwanted(entry[2])]
            heapq.heapify(self._parked)
            self._tell_if_still()
        return dropped

    def close(self) -> None:
        """Let the threads end once they have nothing to do."""
        with self._lock:
            self._closed = True
            self._todo.notify_all()

    @contextmanager
    def watched(self, watcher: Callable[[], None]) -> Iterator[None]:
        """Have this called, from any thread, whenever the pool has come to rest."""
        with self._lock:
            self._watchers.append(watcher)
        try:
            yield
        finally:
            with self._lock:
                self._watchers.remove(watcher)

    def block(self) -> Blocked | None:
        """The calling thread begins to wait for other jobs within its own: another may run in its stead.

        Returns:
            What ends that; None when the thread is none of the pool's.
        """
        lane: Lane | None = getattr(_local, "lane", None) if getattr(_local, "pool", None) is self else None
        if lane is None:
            return None
        with self._lock:
            lane.running -= 1
            self._active -= 1
            self._blocked += 1
            self._employ()
            self._tell_if_still()
        return Blocked(self, lane)

    def unblock(self, lane: Lane) -> None:
        """A thread that waited goes on."""
        with self._lock:
            lane.running += 1
            self._active += 1
            self._blocked -= 1

    def _employ(self) -> None:
        """Wake or start threads for what is queued."""
        wanted = sum(min(len(lane.waiting), max(0, lane.limit - lane.running)) for lane in self._lanes)
        self._todo.notify(wanted)
        for _ in range(wanted - self._idle):
            thread = threading.Thread(target=self._work, name=f"{OWN_THREADS}task-{len(self.threads)}", daemon=True)
            self.threads.add(thread)
            self._idle += 1
            thread.start()

    def _work(self) -> None:
        _local.pool = self
        with self._lock:
            while True:
                self._release_due()
                found = self._next()
                if found is not None:
                    self._idle -= 1
                    self._run(*found)
                    self._idle += 1
                elif self._closed:
                    return
                else:
                    self._rest()

    def _next(self) -> tuple[Lane, Job] | None:
        for lane in self._lanes:
            if lane.waiting and lane.running < lane.limit:
                return lane, lane.waiting.popleft()
        return None

    def _run(self, lane: Lane, job: Job) -> None:
        lane.running += 1
        self._active += 1
        self._queued -= 1
        _local.lane = lane
        self._lock.release()
        due = None
        try:
            due = job.go()
        finally:
            self._lock.acquire()
            lane.running -= 1
            self._active -= 1
            if due is not None:
                self._park(job, due)
            self._tell_if_still()

    def _rest(self) -> None:
        wait = max(0.0, self._parked[0][0] - self._clock.now()) if self._parked else None
        self._todo.wait(wait)

    def _park(self, job: Job, due: float) -> None:
        heapq.heappush(self._parked, (due, next(self._order), job))
        self._todo.notify_all()  # each is to wake in time for it

    def _release_due(self) -> None:
        if not self._parked:
            return
        now, released = self._clock.now(), 0
        while self._parked and self._parked[0][0] <= now:
            job = heapq.heappop(self._parked)[2]
            job.lane.waiting.append(job)
            released += 1
        self._queued += released
        if released:
            self._employ()

    def _is_still(self) -> bool:
        return self._active == 0 and self._queued == 0

    def _tell_if_still(self) -> None:
        if self._watchers and self._is_still():
            for watcher in self._watchers:
                watcher()
