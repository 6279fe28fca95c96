"""A worker at work: claims stages of any runs, has processes run them, listens, reports. One thread."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Sequence, Set
from contextlib import suppress
from datetime import datetime

from pauta.domain import wire
from pauta.domain.ids import RunId
from pauta.domain.problems import PautaError
from pauta.domain.work import Assignment, EndOfAttempt, Heard, Lease, Recorded
from pauta.ports.counter import Counter
from pauta.ports.launcher import Exited, Launcher, Process, Reported
from pauta.ports.objects import Objects
from pauta.ports.watcher import Watcher
from pauta.worker.bench import GRACE_SECONDS, Bench, acknowledgement, late_attempts
from pauta.worker.departing import clear
from pauta.worker.feed import Feed, Hold
from pauta.worker.hand import Given, Hand, Pace
from pauta.worker.heart import Heart
from pauta.worker.hiring import Hiring
from pauta.worker.ordering import Orders
from pauta.worker.place import Place

LONGEST_PAUSE = 1.0
_LONGEST_WAIT = 1.0
"""So long may a claimed stage wait for a process."""
_LINGER_SECONDS = 5.0
"""So long may a process wait for the next stage of its run."""


class Crew:
    """The processes of a worker and the runs they serve.

    Whoever owns it calls `turn` again and again; each turn claims, sends, waits for what happens next, reports.
    """

    def __init__(
        self,
        *,
        counter: Counter,
        feed: Callable[[Callable[[], None], Hold], Feed],
        launcher: Callable[[], Launcher],
        objects: Objects,
        place: Place,
        watch: Callable[[RunId], Watcher],
        now: Callable[[], datetime],
    ) -> None:
        """Make a crew; nothing is started before there is work.

        Args:
            counter: Where it reports and renews.
            feed: Makes what it claims through; gets what is to be called when there may be work, and with claims.
            launcher: Makes what starts processes, when the first one is wanted.
            objects: The object store.
            place: Where it works.
            watch: Who looks on at a run.
            now: The clock.
        """
        self._counter = counter
        self._place = place
        self._watch = watch
        self._now = now
        self._hands: dict[Process, Hand] = {}
        self._benches: dict[RunId, Bench] = {}
        self._waiting: deque[tuple[Bench, Assignment]] = deque()
        self._waits_since = 0.0
        self._tidy_at = 0.0
        self._pace = Pace()
        self._orders = Orders(place, objects)
        self._retry_at: datetime | None = None
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._hiring = Hiring(place, launcher=launcher, wake=self._wake)
        self._heart = Heart(
            counter, beat_seconds=place.beat_seconds, give_up_seconds=place.give_up_seconds, tell=self.nudge
        )
        self.feed = feed(self.nudge, self._hold)
        self.claims = True

    def nudge(self) -> None:
        """There may be work, or something to stop: from any thread."""
        with suppress(OSError, ValueError):
            os.eventfd_write(self._wake, 1)

    def heed(self) -> None:
        """Ask at once whether something is to be stopped: from any thread."""
        self._heart.beat_now()
        self.nudge()

    @property
    def is_busy(self) -> bool:
        """Whether stages are being run, or wait for a process."""
        return bool(self._waiting) or any(hand.queue for hand in self._hands.values())

    def turn(self, *, patience: float = LONGEST_PAUSE) -> None:
        """Claim, send, wait at most `patience` seconds for what happens, report."""
        failure: PautaError | None = None
        try:
            try:
                self.fill()
            except PautaError as error:
                failure = error
            # What runs is heard, too, when nothing more can be begun.
            self._listen(0.0 if failure is not None else patience)
            if failure is not None:
                raise failure
        finally:
            # Also when nothing can be recorded: what is late or lost ends all the same.
            self._stop_late()
            self._obey_heart()
            self._tidy()

    # ---- claiming -----------------------------------------------------------------------------

    def fill(self) -> None:
        """Claim what there is room for and send it."""
        if self._retry_at is not None and self._now() >= self._retry_at:
            self._retry_at = None
            self.feed.hint()
        while self.claims and (room := self._room()) > 0:
            answers = self.feed.ask(room)
            for recorded in answers:
                self._take_in(recorded)
            if not any(answer.assignments or answer.steps for answer in answers):
                break
        self._dispatch()

    def _room(self) -> int:
        usable = [h for h in self._hands.values() if not h.leaving]
        held = sum(len(h.queue) for h in usable) + len(self._waiting)
        depth = max((bench.depth.value for bench in self._benches.values()), default=1)
        ahead = self._place.slots if self._pace.is_quick else 0
        return self._place.slots * depth + ahead - held

    def _hold(self, answers: Sequence[Recorded], *, since: float) -> None:
        self._heart.hold([a.lease for answer in answers for a in answer.assignments], since=since)

    def _take_in(self, recorded: Recorded) -> None:
        if not recorded.assignments and not recorded.steps:
            return
        bench = self._bench(recorded.run_id)
        self._show(bench, recorded)
        self._waiting.extend((bench, assignment) for assignment in recorded.assignments)
        self._wind_up(bench, recorded)

    def _bench(self, run_id: RunId) -> Bench:
        if run_id not in self._benches:
            self._benches[run_id] = Bench(run_id, watcher=self._watch(run_id), pace=self._pace)
        return self._benches[run_id]

    # ---- sending ------------------------------------------------------------------------------

    def _dispatch(self) -> None:
        """Give stages that wait to processes, in their order; those for which there is none go on waiting."""
        left: deque[tuple[Bench, Assignment]] = deque()
        before = len(self._waiting)
        try:
            while self._waiting:
                if not self._send(*self._waiting[0]):
                    left.append(self._waiting[0])
                self._waiting.popleft()
        except PautaError:
            # They are renewed, so they must not be forgotten. Others may be able to run them.
            self._waiting.extendleft(reversed(left))
            self._give_back("released")
            raise
        self._waiting = left
        if not left:
            self._hiring.keep_spares()
        if len(left) < before:
            self._waits_since = time.monotonic()
        elif left and time.monotonic() - self._waits_since > _LONGEST_WAIT:
            # What runs takes longer than was foreseen: others may take what waits behind it.
            self._pace.is_quick = False
            self._give_back("released")

    def _send(self, bench: Bench, assignment: Assignment) -> bool:
        """Give a stage to a process. False when there is none that could take it now."""
        if (missing := self._orders.missing(assignment)) is not None:
            bench.refuse(assignment.order, *missing, now=self._now())
            return True
        hand = self._choose_hand(bench, assignment)
        if hand is None:
            return False
        if not self._heart.holds(assignment.lease):
            # Starting a process took so long that the stage is somebody else's by now.
            bench.give_back(assignment.order, cause="released")
            return True
        bench.discretion.learn(self._orders.secrets(assignment))
        hand.give(Given(self._orders.complete(assignment, trusted=bench.trusted), time.monotonic()))
        return True

    def _give_back(self, cause: str, *, only: Set[Lease] | None = None) -> None:
        """Hand in claimed stages for which there was no process yet; `only` these."""
        kept: deque[tuple[Bench, Assignment]] = deque()
        for bench, assignment in self._waiting:
            if only is None or assignment.lease in only:
                bench.give_back(assignment.order, cause=cause)
            else:
                kept.append((bench, assignment))
        self._waiting = kept

    def _choose_hand(self, bench: Bench, assignment: Assignment) -> Hand | None:
        """A process of the run with nothing to do; a new one; or the one of the run with least to do."""
        own = [h for h in self._hands.values() if h.run_id == bench.run_id and not h.leaving and not h.doomed]
        best = min(own, key=lambda h: len(h.queue), default=None)
        if best is not None and not best.queue:
            return best
        usable = [h for h in self._hands.values() if not h.leaving]
        if len(usable) >= self._place.slots:
            idle = next((h for h in usable if not h.queue and h.run_id != bench.run_id), None)
            if idle is None:
                return best if best is not None and len(best.queue) < bench.depth.value else None
            self._see_off(idle)
        hand = self._hiring.hire(bench.run_id, assignment)
        self._hands[hand.process] = hand
        return hand

    # ---- listening ----------------------------------------------------------------------------

    def _listen(self, patience: float) -> None:
        """Wait for what happens next, then record all of it at once."""
        for process, happening in self._hiring.launcher.wait(self._patience(patience)):
            hand = self._hands.get(process)
            if hand is None:
                self._hiring.hear(process, happening)
                continue
            if isinstance(happening, Reported) and isinstance(happening.report, wire.CacheAsked):
                hand.process.send(self._recalled(hand.run_id, happening.report))
                continue
            self._benches[hand.run_id].hear(hand, happening, now=self._now())
            if isinstance(happening, Exited):
                del self._hands[process]
                clear(hand.folder)
        with suppress(BlockingIOError):
            os.eventfd_read(self._wake)
            self.feed.hint()
        self.record(only_urgent=True)

    def _recalled(self, run_id: RunId, asked: wire.CacheAsked) -> wire.Recalled:
        """A flow asks what the cache holds. What cannot be had now is computed."""
        found: dict[str, wire.CachedCall] = {}
        with suppress(PautaError):
            found.update(self._counter.recall(Lease(run_id, asked.stage, asked.fence), asked.keys))
        return wire.Recalled(asked.stage, asked.fence, asked.step, found)

    def _patience(self, longest: float) -> float:
        """Seconds until something has to be done although nothing happens."""
        clock = time.monotonic()
        due = [clock + longest]
        due.extend(h.deadline for h in self._hands.values() if h.deadline is not None)
        due.extend(at for bench in self._benches.values() if (at := bench.due(clock)) is not None)
        if self._retry_at is not None:
            due.append(clock + (self._retry_at - self._now()).total_seconds())
        return max(0.0, min(due) - clock)

    # ---- reporting ----------------------------------------------------------------------------

    def record(self, *, only_urgent: bool = False) -> None:
        """Put on record what was heard of each run."""
        for bench in list(self._benches.values()):
            if not only_urgent or bench.is_urgent():
                self._report(bench)

    def _report(self, bench: Bench) -> None:
        """Put it on record, then tell everybody concerned."""
        heard = bench.take()
        everything = [*bench.book.take(), *heard]
        if not everything:
            return
        try:
            recorded = self._counter.report(bench.run_id, everything)
        except PautaError:
            bench.put_back(everything)
            raise
        for item in heard:
            if isinstance(item, EndOfAttempt):
                self._heart.let_go(Lease(bench.run_id, item.stage, item.fence))
                self.feed.hint()
        self._acknowledge(bench, heard)
        self._show(bench, recorded)
        late = late_attempts(bench.run_id, everything, recorded.refused)
        for hand in [h for h in self._hands.values() if h.run_id == bench.run_id]:
            if {g.order.stage for g in hand.queue}.intersection(recorded.stop):
                hand.stop("cancelled", grace_seconds=GRACE_SECONDS)
            elif late.intersection(hand.leases):
                hand.kill("killed")
        self._wind_up(bench, recorded)

    def _acknowledge(self, bench: Bench, heard: Sequence[Heard]) -> None:
        words = [word for item in heard if (word := acknowledgement(item)) is not None]
        hands = [h for h in self._hands.values() if h.run_id == bench.run_id] if words else []
        for word in words:
            for hand in hands:
                if hand.queue and hand.queue[0].has_effects and word.step in hand.queue[0].steps:
                    hand.process.send(word)

    def tell(self, recorded: Recorded) -> None:
        """Something was put on record by somebody else: whoever looks on is told."""
        self._show(self._bench(recorded.run_id), recorded)

    def _show(self, bench: Bench, recorded: Recorded) -> None:
        for retry in recorded.retries:
            if retry.next_at is not None:
                self._retry_at = min(self._retry_at or retry.next_at, retry.next_at)
            bench.watcher.step_retries(retry.step, retry.problem, retry.next_at, retry.attempt)
        for call in recorded.calls:
            bench.watcher.call_ended(call)
        for step in recorded.steps:
            bench.watcher.step_ended(step)

    def _wind_up(self, bench: Bench, recorded: Recorded) -> None:
        """When nothing of a run is left here, its processes leave and what was kept of it goes."""
        bench.over = bench.over or recorded.over
        if not bench.over:
            return
        hands = [h for h in self._hands.values() if h.run_id == bench.run_id]
        if any(hand.queue for hand in hands) or any(waiting is bench for waiting, _ in self._waiting):
            return
        for hand in hands:
            self._see_off(hand)
        if not bench.book.has_lines:
            self._benches.pop(bench.run_id, None)

    def _see_off(self, hand: Hand) -> None:
        del self._hands[hand.process]
        self._place.departing.see_off(hand.process, hand.folder)

    def _tidy(self) -> None:
        """Let go of runs that have nothing here any more: they may end at another worker, and nobody tells this one."""
        clock = time.monotonic()
        if clock < self._tidy_at:
            return
        self._tidy_at = clock + LONGEST_PAUSE
        for hand in list(self._hands.values()):
            if not hand.queue and not hand.leaving and clock - hand.idle_since >= _LINGER_SECONDS:
                self._see_off(hand)
        needed = {hand.run_id for hand in self._hands.values()} | {bench.run_id for bench, _ in self._waiting}
        for bench in list(self._benches.values()):
            if bench.run_id not in needed and not bench.has_news:
                del self._benches[bench.run_id]

    # ---- time and orders from elsewhere -------------------------------------------------------

    def _stop_late(self) -> None:
        clock = time.monotonic()
        for hand in self._hands.values():
            if hand.deadline is not None and clock >= hand.deadline:
                hand.deadline = None
                hand.stop("timeout", grace_seconds=GRACE_SECONDS)

    def _obey_heart(self) -> None:
        renewal = self._heart.take()
        if not renewal.lost and not renewal.stop:
            return
        lost, stop = set(renewal.lost), set(renewal.stop)
        for hand in self._hands.values():
            if lost.intersection(hand.leases):
                hand.kill("killed")
            elif stop.intersection(hand.leases):
                hand.stop("cancelled", grace_seconds=GRACE_SECONDS)
        self._give_back("released", only=lost)
        self._give_back("cancelled", only=stop)

    def stop(self, cause: str, *, now: bool) -> None:
        """Ask all processes to end, or end them; what waits for one is given back."""
        self._give_back(cause)
        for hand in self._hands.values():
            if now:
                hand.kill(cause)
            else:
                hand.stop(cause, grace_seconds=GRACE_SECONDS)

    def close(self) -> None:
        """See everybody off and stop renewing."""
        self.feed.close()
        self._heart.close()
        for hand in list(self._hands.values()):
            self._see_off(hand)
        self._hiring.close()
        os.close(self._wake)
