"""What must hold of flows after a storm: their calls on record, held against what began and what the flow is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from storm_flows import CALLS, RETRIED
from storm_oracle import Told, nanoseconds

_FINAL = frozenset({"completed", "failed", "crashed", "cancelled"})


def faulty_flow(told: Told, begun: Mapping[str, Sequence[int]], clean: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with one run of the flow, which should have completed.

    Args:
        told: What is on record.
        begun: Label of a call → when it began.
        clean: The addresses of an undisturbed run.
    """
    run = told.view["run"]
    if told.view["state"] != "completed":
        yield f"P2: flow {run} is {told.view['state']}: {told.view['message']} {told.attempts}"
        return
    yield from _faulty_calls(told)
    yield from _faulty_attempts(told)
    for call in told.calls:
        if label(call) in begun:
            yield from _faulty_begins(told, call, begun[label(call)])
    if unknown := set(begun) - {label(call) for call in told.calls}:
        yield f"P3: flow {run} did what is not on record: {unknown}"
    if {name: told.addresses.get(name) for name in clean} != clean:
        yield f"P3: the data of flow {run} differ from an undisturbed run's: {told.addresses} {clean}"
    yield from _faulty_children(told)


def left_over(runs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Runs that nobody will ever end, theirs that flows began among them."""
    yield from (
        f"P2: run {line['run']} is left over as {line['state']}" for line in runs if line["state"] not in _FINAL
    )


def label(call: Mapping[str, Any]) -> str:
    """By what a call is known in the ledger."""
    return f"{call['name']}#{call['index']}"


def _faulty_calls(told: Told) -> Iterator[str]:
    run, names = told.view["run"], {call["call"]: label(call) for call in told.calls}
    recorded = Counter((label(call), names.get(call["parent"])) for call in told.calls)
    if recorded != Counter(CALLS.items()):
        yield f"P3: the calls on record of flow {run} are {dict(recorded)}"
    for call in told.calls:
        if call["state"] != "completed":
            yield f"P2: call {label(call)} of flow {run} is {call['state']}: {call['message']}"


def _faulty_attempts(told: Told) -> Iterator[str]:
    outcomes = Counter(attempt["outcome"] for attempt in told.attempts)
    if outcomes["completed"] != 1 or outcomes[None] or outcomes["cancelled"]:
        yield f"P4: attempts of flow {told.view['run']} ended as {dict(outcomes)}"


def _faulty_begins(told: Told, call: Mapping[str, Any], begun: Sequence[int]) -> Iterator[str]:
    """Begins that were one too many, or came after the call was on record as completed."""
    name = f"{label(call)} of flow {told.view['run']}"
    child = next((each for each in told.children if each.view["run"] == call["child"]), None)
    done = nanoseconds(call["ended_at"] if child is None else child.view["steps"][0]["ended_at"])
    if late := [at for at in begun if at > done]:
        yield f"P3: {name} began after it was completed: {call} {late} {told.attempts}"
    by = told if child is None else child
    # A flow that fails by itself has its calls on record before; only those still on their way are lost with a death.
    ends = Counter(attempt["outcome"] for attempt in by.attempts)
    most = 1 + ends["crashed"] + (label(call) == RETRIED)
    if len(begun) > most:
        yield f"P6: {name} began {len(begun)} times with {ends['crashed']} deaths: {by.attempts}"


def _faulty_children(told: Told) -> Iterator[str]:
    run = told.view["run"]
    asked = sorted(str(call["child"]) for call in told.calls if call["kind"] == "run")
    there = sorted(str(child.view["run"]) for child in told.children)
    if asked != there:
        yield f"P1: flow {run} waits for {asked}, and there are {there}"
    for child in told.children:
        if child.view["state"] != "completed":
            yield f"P2: {child.view['run']}, begun by flow {run}, is {child.view['state']}: {child.view['message']}"
        outcomes = Counter(attempt["outcome"] for attempt in child.attempts)
        if outcomes["completed"] != 1 or outcomes[None]:
            yield f"P4: attempts of {child.view['run']}, begun by flow {run}, ended as {dict(outcomes)}"
