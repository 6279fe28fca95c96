"""A flow that is called outside of any run: it runs right here, in memory, and nothing is recorded."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from pauta.domain.calls import Arguments
from pauta.domain.ids import Address
from pauta.domain.outputs import Kind, Output
from pauta.domain.wire import CachedCall
from pauta.flows import late
from pauta.flows.delays import delay_before
from pauta.flows.run import run_flow
from pauta.flows.site import Packed, Site
from pauta.flows.states import State

_NOWHERE: AbstractContextManager[None] = nullcontext()


class LivingParcels:
    """Implements `flows.site.Parcels` by passing values on as they are."""

    def pack(self, value: Any, *, name: str, hint: Any = None) -> Packed:
        """The value itself."""
        return Packed(Arguments(Output(Kind.VALUE, Address(""), 0, value=value, inline=True)), value)

    def unpack(self, arguments: Arguments, *, hint: Any = None) -> Any:
        """The value itself."""
        return arguments.value.value

    def digest(self, value: Any) -> str:
        """Nothing: no call is looked for."""
        return ""


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
    site, tried = memory_site(), 0
    while True:
        state = run_flow(flow, bound, site, will_retry=tried < flow.options.retries, timeout=flow.options.timeout)
        assert isinstance(state, State)  # noqa: S101 - this site keeps its worker
        if state.is_completed() or tried == flow.options.retries:
            return state if return_state else state.result()
        tried += 1
        site.clock.sleep(delay_before(flow.options, tried, chance=site.chance(), name=flow.name))


async def _awaited(flow: Any, bound: Mapping[str, Any], return_state: bool) -> Any:
    from asyncio import sleep

    site, tried = memory_site(), 0
    while True:
        state = await late.asynchronous().run_flow_here(flow, bound, site, will_retry=tried < flow.options.retries)
        if state.is_completed() or tried == flow.options.retries:
            return state if return_state else state.result()
        tried += 1
        await sleep(delay_before(flow.options, tried, chance=site.chance(), name=flow.name))


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
        suspends=False,
    )


def _forget(told: object) -> None:
    """Nothing is on record."""


def _recall_nothing(keys: Sequence[str]) -> Mapping[str, CachedCall]:
    return {}


def _chance() -> float:
    return int.from_bytes(os.urandom(6)) / (1 << 48)
