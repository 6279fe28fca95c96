"""The launcher's connection to the warm parent of scripts' processes."""

from __future__ import annotations

import array
import json
import os
import select
import socket
import subprocess
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from pauta.adapters.process_environment import allowed, with_own_package
from pauta.domain.problems import Problem, StoreFault

_PACKET = 1 << 20
_START = "from pauta.runtime.zygote import main; main()"
_TOKEN = "0" * 32
_ROOM_FOR_NAME = 64
_ANSWER_SECONDS = 60.0
_END_SECONDS = 10.0


class LinkLost(Exception):
    """The warm parent is gone."""


class Link:
    """A warm parent, started with this object."""

    def __init__(self, *, environ: Mapping[str, str], preload: Sequence[str], python: str) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        # The mark comes first and has its full length: its place is written over in each forked process.
        environment = {"PAUTA_PROCESS": _TOKEN, **with_own_package(allowed(environ))}
        arguments = [python, "-P", "-c", _START, str(theirs.fileno()), ",".join(preload), " " * _ROOM_FOR_NAME]
        try:
            self._process = subprocess.Popen(
                arguments,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:
            ours.close()
            raise cannot_start(error.strerror or str(error)) from error
        finally:
            theirs.close()
        self._socket = ours
        self._socket.setblocking(False)
        self._answers: deque[dict[str, Any]] = deque()
        self.lost = False

    @property
    def pid(self) -> int:
        """The warm parent's process."""
        return self._process.pid

    def fileno(self) -> int:
        """For selectors: can be read when an answer is there."""
        return self._socket.fileno()

    def send(self, order: Mapping[str, Any], descriptors: Sequence[int] = ()) -> None:
        """Send an order.

        Raises:
            LinkLost: Nobody is there to take it.
        """
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
        data = json.dumps(order).encode()
        while True:
            try:
                self._socket.sendmsg([data], rights)
            except BlockingIOError:
                select.select((), (self._socket,), (), _ANSWER_SECONDS)
                continue
            except OSError as error:
                self.lost = True
                raise LinkLost(str(error)) from error
            return

    def answers(self) -> list[dict[str, Any]]:
        """What has come, without waiting. `lost` tells afterwards whether more can come."""
        while not self.lost:
            try:
                data = self._socket.recv(_PACKET)
            except BlockingIOError:
                break
            except OSError:
                data = b""
            if not data:
                self.lost = True
                break
            self._answers.append(json.loads(data))
        found = list(self._answers)
        self._answers.clear()
        return found

    def wait(self) -> None:
        """Wait until an answer is there, or none can come.

        Raises:
            LinkLost: None came for long.
        """
        if not select.select((self._socket,), (), (), _ANSWER_SECONDS)[0]:
            raise LinkLost("no answer")

    def answer_to(self, *keys: str) -> dict[str, Any]:
        """Wait for the answer that has one of these keys; others are kept for `answers`.

        Raises:
            LinkLost: None came.
        """
        deadline = time.monotonic() + _ANSWER_SECONDS
        others: list[dict[str, Any]] = []
        try:
            while True:
                for answer in self.answers():
                    if any(key in answer for key in keys):
                        wanted = answer
                        keys = ()
                    else:
                        others.append(answer)
                if not keys:
                    return wanted
                if self.lost or time.monotonic() > deadline:
                    raise LinkLost("no answer")
                select.select((self._socket,), (), (), max(0.0, deadline - time.monotonic()))
        finally:
            self._answers.extendleft(reversed(others))

    def close(self) -> None:
        """Have it end everything and itself; by force if it does not answer."""
        self._socket.close()
        self.lost = True
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, 9)
            self._process.wait()


def cannot_start(reason: str) -> StoreFault:
    """LCH-001."""
    return StoreFault(Problem("LCH-001", {"reason": reason}))
