"""What the worker says, handed to whoever waits for it: the loop of the process, and any thread of a flow."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping

from pauta.domain.wire import Acknowledge, CachedCall, Leave, Order, Recalled
from pauta.runtime.channel import Channel, ChannelLost

_Lease = tuple[int, int]


class Left(BaseException):
    """The worker wants no more of this process."""


class Orders:
    """Orders as they come. Of the threads that wait one reads, and hands out what is for the others."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._changed = threading.Condition()
        self._is_read = False
        self._lost: ChannelLost | None = None
        self._kept: deque[Order] = deque()
        self._left = False
        self._acknowledged: dict[_Lease, int] = {}
        self._flow: _Lease = (-1, -1)
        self._words: Counter[int] = Counter()
        self._asked: deque[_Question] = deque()

    def next(self) -> Order:
        """The next order that nobody waits for.

        Raises:
            ChannelLost: There will be none.
        """
        self._wait(lambda: bool(self._kept))
        return self._kept.popleft()

    def wait_for(self, *, stage: int, fence: int, step: int) -> None:
        """Wait until the reports up to this step are acknowledged.

        Raises:
            Left: The worker gives up instead.
            ChannelLost: It is gone.
        """
        self._wait(lambda: self._acknowledged.get((stage, fence), -1) >= step, leaving=True)

    # ---- for flows ----------------------------------------------------------------------------

    def begin(self, *, stage: int, fence: int) -> None:
        """A flow of this stage begins: words on calls of others are not waited for any more."""
        with self._changed:
            self._flow = (stage, fence)
            self._words.clear()
            self._asked.clear()

    def expect(self, call: int) -> None:
        """A report of this call was sent, and the word is to come that it is on record."""
        with self._changed:
            self._words[call] += 1

    def wait_for_call(self, call: int) -> None:
        """Wait until every report of this call of which the word was expected is on record.

        Raises:
            Left: The worker gives up instead.
            ChannelLost: It is gone.
        """
        self._wait(lambda: self._words[call] <= 0, leaving=True)

    def ask(self, send: Callable[[], None]) -> Mapping[str, CachedCall]:
        """What the cache holds: `send` asks, and questions are answered in the order in which they are asked.

        Raises:
            Left: The worker gives up instead.
            ChannelLost: It is gone.
        """
        question = _Question()
        with self._changed:
            self._asked.append(question)
            send()
        self._wait(lambda: question.answer is not None, leaving=True)
        return question.answer or {}

    # ---- reading ------------------------------------------------------------------------------

    def _wait(self, is_there: Callable[[], bool], *, leaving: bool = False) -> None:
        with self._changed:
            while not is_there():
                if leaving and self._left:
                    raise Left
                if self._lost is not None:
                    raise self._lost
                if self._is_read:
                    self._changed.wait()
                else:
                    self._read()

    def _read(self) -> None:
        """Let the others in while waiting for the next order, and sort that."""
        self._is_read = True
        self._changed.release()
        order: Order | None = None
        lost: ChannelLost | None = None
        try:
            order = self._channel.receive()
        except ChannelLost as error:
            lost = error
        finally:
            self._changed.acquire()
            self._is_read = False
            self._lost = lost
            self._changed.notify_all()
        if order is not None:
            self._sort(order)

    def _sort(self, order: Order) -> None:
        match order:
            case Acknowledge(call=None):
                # Later attempts and stages have other keys; only the newest is of use.
                self._acknowledged = {(order.stage, order.fence): order.step}
            case Acknowledge(call=int(call)):
                if (order.stage, order.fence) == self._flow:
                    self._words[call] -= 1
            case Recalled():
                if self._asked:
                    self._asked.popleft().answer = order.found
            case _:
                self._left = self._left or isinstance(order, Leave)
                self._kept.append(order)


class _Question:
    """What one thread asked, and the answer once it is there."""

    def __init__(self) -> None:
        self.answer: Mapping[str, CachedCall] | None = None
