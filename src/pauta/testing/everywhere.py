"""Kills a flow at every point where something goes on record, and looks whether that changes anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from pauta.domain.calls import CallState
from pauta.flows.flow import Flow
from pauta.testing.harness import Harness
from pauta.testing.ran import Ran


def crash_everywhere(
    flow: Flow[..., Any], /, *args: Any, harness: Callable[[], Harness] = Harness, **kwargs: Any
) -> list[Ran]:
    """Run a flow once undisturbed, then again and again with its process killed after 0, 1, 2 … reports.

    Each time it must come to the same state and value, and no call that was on record as completed, or as failed
    in a body that went on, may be made again. A flow that fails this does something else the second time: it asks
    the time or chance outside of tasks.

    Args:
        flow: The flow.
        args, kwargs: Its arguments.
        harness: Makes the surroundings anew for each run: answers, faults, stand-ins.

    Returns:
        Every run, the undisturbed one first.

    Raises:
        AssertionError: Something differs, with the number of reports after which it was killed.
    """
    calm = harness().run(flow, *args, **kwargs)
    runs = [calm]
    while True:
        reports = len(runs) - 1
        killed = harness().run(flow, *args, crash_after=reports, **kwargs)
        if killed.attempts == calm.attempts:
            return runs
        runs.append(killed)
        where = f"killed after {reports} reports of its calls, flow {flow.name}"
        assert killed.state.kind == calm.state.kind, f"{where} is {killed.state!r}, not {calm.state!r}"  # noqa: S101
        if calm.state.is_completed():
            assert _same(killed.value, calm.value), f"{where} gave {killed.value!r}, not {calm.value!r}"  # noqa: S101
        repeated = Counter(killed.repeated)
        assert not repeated, f"{where} did again what was on record: {dict(repeated)}"  # noqa: S101
        done = Counter(call.name for call in killed.calls if call.state is CallState.COMPLETED)
        assert done == Counter(calm.names), f"{where} made other calls: {dict(done)}, not {dict(Counter(calm.names))}"  # noqa: S101


def _same(one: Any, other: Any) -> bool:
    """Whether two values are equal, frames included."""
    equals = getattr(one, "equals", None)
    return bool(equals(other)) if equals is not None else bool(one == other)
