"""The living children of the zygote: their limits, their ends, and whatever they leave behind."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from pauta.runtime import kin
from pauta.runtime.newborn import Birth

_SAMPLE_SECONDS = 0.05
_CROWD_SECONDS = 0.1
_SWEEP_AGAIN_SECONDS = 0.002
_SWEEP_SECONDS = 5.0
_GROUPS_AT_ONCE = 64


@dataclass
class Child:
    """A script's process, and how it ended once it did.

    Attributes:
        limit: Bytes of memory allowed.
        peak: Most bytes seen while there was a limit.
        kill_at: When it is to be killed.
        over, crowded: It was killed for its memory, for the number of its processes.
        reaped: Code, signal, and largest resident bytes, once it has ended.
        sweep_until: Until when its descendants are hunted before its end is told anyway.
        groups: Process groups of what it left behind.
        clean_looks: How often in a row nothing was found.
    """

    birth: Birth
    pid: int
    limit: int | None = None
    peak: int = 0
    kill_at: float | None = None
    over: bool = False
    crowded: bool = False
    reaped: tuple[int | None, int | None, int] | None = None
    sweep_until: float = 0.0
    groups: set[int] = field(default_factory=set)
    clean_looks: int = 0


class Brood:
    """All children. Times are seconds of the monotonic clock."""

    def __init__(self) -> None:
        self._children: dict[int, Child] = {}
        self._by_pid: dict[int, Child] = {}
        self._self = os.getpid()
        self._sample_at = 0.0
        self._crowd_at = 0.0
        self._threads_before = 0

    def add(self, birth: Birth, pid: int) -> None:
        """A child was forked."""
        if not self._children:
            self._threads_before = kin.threads_on_machine()
        self._children[birth.number] = self._by_pid[pid] = Child(birth, pid)

    def limit(self, number: int, limit: int | None) -> None:
        """From now on its memory and that of its descendants is watched."""
        if child := self._children.get(number):
            child.limit = limit
            self._sample_at = 0.0

    def stop(self, number: int, *, until: float) -> None:
        """Ask it and its descendants to end, and end them at this time."""
        if (child := self._children.get(number)) and child.reaped is None:
            child.kill_at = until
            self._signal(self._family(child), signal.SIGTERM)

    def kill(self, number: int) -> None:
        """End it and its descendants now."""
        if child := self._children.get(number):
            self._signal(self._family(child), signal.SIGKILL)

    def pause(self, now: float) -> float | None:
        """How long `tend` may wait at most, None while there is nothing to watch."""
        if not self._children:
            return None
        due = [self._crowd_at]
        for child in self._children.values():
            if child.reaped is not None:
                return _SWEEP_AGAIN_SECONDS
            if child.kill_at is not None:
                due.append(child.kill_at)
            if child.limit is not None:
                due.append(self._sample_at)
        return max(0.0, min(due) - now)

    def tend(self, now: float) -> Iterator[dict[str, Any]]:
        """Reap, watch, kill what is due; yields an account of each child that is gone with all it left behind."""
        self._reap(now)
        self._watch_memory(now)
        self._watch_crowds(now)
        for child in list(self._children.values()):
            if child.reaped is None:
                if child.kill_at is not None and now >= child.kill_at:
                    child.kill_at = now + _SAMPLE_SECONDS
                    self._signal(self._family(child), signal.SIGKILL)
                continue
            if self._sweep(child, now) and now < child.sweep_until:
                continue
            del self._children[child.birth.number]
            yield _account(child)
        if self._children:
            return
        self._signal(self._strays(), signal.SIGKILL)

    def end_all(self) -> None:
        """Kill everything that descends from here and wait until it is gone."""
        while True:
            self._signal(kin.descendants(kin.children(self._self)), signal.SIGKILL)
            try:
                os.wait4(-1, 0)
            except ChildProcessError:
                return

    def sweep_marked(self, tokens: set[str]) -> None:
        """Kill all processes of the machine with one of these marks, wherever they hang now."""
        for _ in range(_GROUPS_AT_ONCE):
            found = [pid for pid in kin.everyone() if kin.mark(pid) in tokens and kin.session(pid) is not None]
            if not found:
                return
            self._signal(found, signal.SIGKILL)

    def _reap(self, now: float) -> None:
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            child = self._by_pid.pop(pid, None)
            if child is None:
                continue
            code = os.waitstatus_to_exitcode(status)
            child.reaped = (code if code >= 0 else None, -code if code < 0 else None, usage.ru_maxrss * 1024)
            child.sweep_until = now + _SWEEP_SECONDS

    def _watch_memory(self, now: float) -> None:
        watched = [child for child in self._children.values() if child.limit is not None and child.reaped is None]
        if not watched or now < self._sample_at:
            return
        self._sample_at = now + _SAMPLE_SECONDS
        for child in watched:
            family = self._family(child)
            used = sum(kin.memory(pid) for pid in family)
            if len(family) > 1 and child.limit is not None and used > child.limit:
                # Forked processes share pages; here each page counts once over all of them.
                used = sum(kin.fair_memory(pid) for pid in family)
            child.peak = max(child.peak, used)
            if child.limit is not None and used > child.limit:
                child.over = True
                self._signal(family, signal.SIGKILL)

    def _watch_crowds(self, now: float) -> None:
        if now < self._crowd_at or not self._children:
            return
        self._crowd_at = now + _CROWD_SECONDS
        grown = kin.threads_on_machine() - self._threads_before
        for child in self._children.values():
            most = child.birth.max_processes
            if most is None or grown <= most or child.reaped is not None:
                continue
            family = self._family(child)
            if sum(kin.thread_count(pid) for pid in family) > most:
                child.crowded = True
                self._signal(family, signal.SIGKILL)

    def _family(self, child: Child) -> list[int]:
        """The child and all its descendants, those that were cut loose included."""
        roots = [pid for pid in self._orphans() if self._is_of(pid, child)]
        if child.reaped is None:
            roots.insert(0, child.pid)
        return kin.descendants(roots)

    def _sweep(self, child: Child, now: float) -> bool:
        """Kill what an ended child left behind; whether there may still be anything.

        The kernel's list of children can miss one that changes its parent just now. So once something was found,
        only the second look that finds nothing counts.
        """
        self._reap(now)
        orphans = self._orphans()
        left = [pid for pid in self._family(child) if kin.session(pid) is not None]
        child.groups.update(group for pid in left if (group := kin.group(pid)))
        for group in child.groups:
            with suppress(OSError):
                os.killpg(group, signal.SIGKILL)
        self._signal(left, signal.SIGKILL)
        # One that is just ending has lost its mark, but may still have children to hand over.
        unclear = bool(left) or any(kin.is_ending(pid) for pid in orphans)
        if unclear:
            child.clean_looks = 0
        elif child.groups and child.clean_looks < 1:
            child.clean_looks += 1
            return True
        return unclear

    def _orphans(self) -> list[int]:
        """Processes that hang here because whoever started them is gone."""
        return [pid for pid in kin.children(self._self) if pid not in self._by_pid]

    def _strays(self) -> list[int]:
        """Orphans that belong to nobody alive: they wiped their environment and left their session."""
        return kin.descendants(pid for pid in self._orphans() if kin.session(pid) is not None)

    @staticmethod
    def _is_of(pid: int, child: Child) -> bool:
        return kin.session(pid) == child.pid or kin.mark(pid) == child.birth.token

    def _signal(self, pids: Iterable[int], number: signal.Signals) -> None:
        """Signal whole groups first: the kernel does that in one step, in which no member can fork away."""
        group_of: dict[int, int] = {}
        for pid in pids:
            with suppress(OSError):
                group_of[pid] = os.getpgid(pid)
        # A newborn is in the zygote's own group for an instant.
        groups = set(group_of.values()) - {os.getpgrp()}
        for group in groups:
            with suppress(OSError):
                os.killpg(group, number)
        for pid, group in group_of.items():
            if group not in groups and pid != self._self:
                with suppress(OSError):
                    os.kill(pid, number)


def _account(child: Child) -> dict[str, Any]:
    code, number, resident = child.reaped or (None, None, 0)
    return {
        "exited": child.birth.number,
        "code": code,
        "signal": number,
        "peak": child.peak if child.over else max(child.peak, resident),
        "over": child.over,
        "crowded": child.crowded,
    }
