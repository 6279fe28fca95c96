"""Which stored objects a record refers to. An inline value is in its record and has no object."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pauta.domain.calls import Call, objects_of_call
from pauta.domain.ids import Address, is_address
from pauta.domain.outputs import FileRef, Kind, ModelRecord, Output
from pauta.domain.plan import Plan
from pauta.domain.runs import CacheEntry, Run, StepRecord


def _of_output(output: Output | None) -> Iterator[Address]:
    if output is not None and not output.inline and output.kind is not Kind.NOTHING and output.address:
        yield output.address


def _of_outputs(outputs: Iterable[Output | None]) -> Iterator[Address]:
    for output in outputs:
        yield from _of_output(output)


def _of_files(files: Sequence[FileRef], models: Sequence[ModelRecord]) -> Iterator[Address]:
    for file in files:
        yield file.address
    for model in models:
        for file in model.files:
            yield file.address


def of_inputs(run: Run) -> set[Address]:
    """The frames that a run takes in."""
    return set(_of_outputs(run.inputs.values()))


def of_run(run: Run, plan: Plan) -> set[Address]:
    """The frames that a run takes in, and the sources of its scripts and their modules."""
    found = of_inputs(run)
    for step in plan.steps:
        found.add(step.script.source)
        found.update(step.script.modules.values())
        if step.arguments is not None:
            found.update(_of_outputs((step.arguments.value, *step.arguments.objects)))
    return found


def of_result(record: StepRecord | CacheEntry) -> set[Address]:
    """What a step gave: its output, its files, its models' files."""
    if record.output is None and not record.files and not record.models and not record.objects:
        return set()
    return {*_of_outputs((record.output, *record.objects)), *_of_files(record.files, record.models)}


def of_call(call: Call) -> set[Address]:
    """What a call of a flow gave: the objects of its value, its frames, its files."""
    if call.result is None and not call.outputs and not call.files:
        return set()
    return {*_of_outputs(objects_of_call(call)), *_of_files(call.files, ())}


def of_import(output: Mapping[str, Any]) -> Address | None:
    """The object of a remembered import."""
    address = output.get("address")
    return Address(address) if isinstance(address, str) and address and not output.get("inline") else None


def of_deployment(body: Mapping[str, Any]) -> list[Address]:
    """The frames that a deployment takes by address; the others are files by path."""
    return [Address(place) for place in body.get("inputs", {}).values() if is_address(place)]


def pairs(run_id: str, addresses: Iterable[Address]) -> list[dict[str, str]]:
    """Rows that say that a run refers to these objects, in a fixed order so that writers never wait in a ring."""
    return [{"run_id": run_id, "address": address} for address in sorted(addresses)]
