"""A flow that is called outside of any run: it runs right here, in memory, and nothing is recorded."""

from __future__ import annotations

import copy
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from hashlib import sha256
from typing import Any

from pauta.domain.calls import Arguments
from pauta.domain.ids import Address
from pauta.domain.outputs import Kind, Output
from pauta.domain.wire import CachedCall
from pauta.flows import late
from pauta.flows.delays import delay_before
from pauta.flows.run import run_flow
from pauta.flows.shelf import Shelf
from pauta.flows.site import Packed, Site
from pauta.flows.states import State

_PLAIN = frozenset({str, int, float, bool, bytes, type(None)})
_NOWHERE: AbstractContextManager[None] = nullcontext()


class LivingParcels:
    """Implements `flows.site.Parcels` by passing values on as they are; what is kept for another try is copied."""

    def pack(self, value: Any, *, name: str, hint: Any = None) -> Packed:
        """The value itself."""
        return Packed(Arguments(Output(Kind.VALUE, Address(""), 0, value=value, inline=True)), value)

    def unpack(self, arguments: Arguments, *, hint: Any = None) -> Any:
        """A copy of the value, which a body may change without changing what the next try is given."""
        return _copied(arguments.value.value)

    def isolate(self, value: Any) -> Any:
        """The value itself: nothing is on record, so that nothing can differ from that."""
        return value

    def digest(self, value: Any) -> str:
        """A hash over all that makes up the value; of one that cannot be looked through another one each time."""
        if type(value) in _PLAIN:
            return f"{type(value).__name__} {value!r}"
        from pickle import Pickler  # noqa: TID251 - only hashed: what it writes is neither kept nor read

        hashing = _Hashing()
        try:
            Pickler(hashing, protocol=5).dump(value)
        except Exception:
            return f"~{os.urandom(8).hex()}"
        return hashing.hash.hexdigest()


class _Hashing:
    """Takes bytes and keeps only their hash."""

    def __init__(self) -> None:
        self.hash = sha256()

    def write(self, data: Any) -> int:
        self.hash.update(data)
        return len(data)


def _copied(value: Any) -> Any:
    return value if type(value) in _PLAIN else copy.deepcopy(value)


def _keep(result: Arguments) -> Arguments | None:
    """A result as it is now, whatever the body makes of it."""
    try:
        value = _copied(result.value.value)
    except Exception:
        return None
    return Arguments(Output(Kind.VALUE, Address(""), 0, value=value, inline=True))


class WallClock:
    """Implements `flows.site.Clock` by the machine's clocks."""

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time()  # noqa: TID251 - there is nobody who could bring a clock

    def sleep(self, seconds: float) -> None:
        """Let the calling thread wait."""
        time.sleep(seconds)


def call_directly(flow: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], *, return_state: bool) -> Any:
    """Run a flow here and now, with its retries.

    Args:
        flow: The `Flow`.
        args, kwargs: Its arguments.
        return_state: Whether to give its final state instead of its value.

    Returns:
        That; of an async flow something to await for it.

    Raises:
        InvalidInput: FLW-005, FLW-006.
        Exception: What its body raised, or `FlowFailed`.
    """
    bound = flow.bound(args, kwargs)
    if flow.is_async:
        return _awaited(flow, bound, return_state)
    site, shelf, tried = memory_site(), _shelf_for(flow), 0
    while True:
        will_retry = tried < flow.options.retries
        state = run_flow(flow, bound, site, will_retry=will_retry, timeout=flow.options.timeout, shelf=shelf)
        assert isinstance(state, State)  # noqa: S101 - this site keeps its worker
        if state.is_completed() or tried == flow.options.retries:
            return state if return_state else state.result()
        tried += 1
        if shelf is not None:
            shelf.ask_again(None)
        site.clock.sleep(delay_before(flow.options, tried, chance=site.chance(), name=flow.name))


async def _awaited(flow: Any, bound: Mapping[str, Any], return_state: bool) -> Any:
    from asyncio import sleep

    site, shelf, tried = memory_site(), _shelf_for(flow), 0
    while True:
        will_retry = tried < flow.options.retries
        state = await late.asynchronous().run_flow_here(flow, bound, site, will_retry=will_retry, shelf=shelf)
        if state.is_completed() or tried == flow.options.retries:
            return state if return_state else state.result()
        tried += 1
        if shelf is not None:
            shelf.ask_again(None)
        await sleep(delay_before(flow.options, tried, chance=site.chance(), name=flow.name))


def _shelf_for(flow: Any) -> Shelf | None:
    """Where what was completed is kept, as it is on record for flows that are run otherwise."""
    return Shelf(()) if flow.options.retries else None


def memory_site() -> Site:
    """Surroundings in which nothing is kept."""
    return Site(
        stage=0,
        fence=0,
        step=0,
        recorded=(),
        tell=_forget,
        confirm=_forget,
        recall=_recall_nothing,
        parcels=LivingParcels(),
        clock=WallClock(),
        chance=_chance,
        within=lambda call: _NOWHERE,
        records=False,
        keep=_keep,
        suspends=False,
    )


def _forget(told: object) -> None:
    """Nothing is on record."""


def _recall_nothing(keys: Sequence[str]) -> Mapping[str, CachedCall]:
    return {}


def _chance() -> float:
    return int.from_bytes(os.urandom(6)) / (1 << 48)
