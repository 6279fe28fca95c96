"""Cuts reports to a size that every server takes, and assignments to what is worth being fetched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import msgspec
from msgspec.structs import replace

from pauta.domain.ids import RunId
from pauta.domain.wire import Candidate
from pauta.domain.work import Assignment, EndOfAttempt, Heard, Lease, Lines, Recorded
from pauta.domain.work_requests import ReportAsked

MOST_BYTES = 400_000
"""Of one report: well below the smallest body limit that makes sense."""
MOST_CANDIDATE_BYTES = 32 * 1024 * 1024
"""Results that may stand in for a step are fetched on chance, up to this size for a whole stage."""

_encode = msgspec.json.Encoder().encode


def parcels(heard: Sequence[Heard]) -> Iterator[list[Heard]]:
    """The same reports in the same order, in pieces of at most `MOST_BYTES` each, if they can be cut so small."""
    parcel: list[Heard] = []
    size = 0
    for item in heard:
        for piece, weight in _cut(item):
            if parcel and size + weight > MOST_BYTES:
                yield parcel
                parcel, size = [], 0
            parcel.append(piece)
            size += weight
    if parcel:
        yield parcel


def _cut(item: Heard) -> Iterator[tuple[Heard, int]]:
    """An item whole, or log lines in several."""
    weight = len(_encode(item))
    if weight <= MOST_BYTES or not isinstance(item, Lines) or len(item.lines) < 2:
        yield item, weight
        return
    middle = len(item.lines) // 2
    yield from _cut(replace(item, lines=item.lines[:middle]))
    yield from _cut(replace(item, lines=item.lines[middle:]))


@dataclass(slots=True)
class Batch:
    """A report on its way, in parcels: those that have no answer yet, and the answers to the others."""

    items: list[Heard] = field(default_factory=list)
    unanswered: list[ReportAsked] = field(default_factory=list)
    answers: list[Recorded] = field(default_factory=list)

    def is_part_of(self, heard: Sequence[Heard]) -> bool:
        """Whether everything in it, these very items, is reported again."""
        told = {id(item) for item in heard}
        return all(id(item) in told for item in self.items)

    def add(self, heard: Sequence[Heard]) -> list[Heard]:
        """Note these items; those that were not in it before."""
        known = {id(item) for item in self.items}
        fresh = [item for item in heard if id(item) not in known]
        self.items.extend(fresh)
        return fresh


def merge(run_id: RunId, answers: Sequence[Recorded]) -> Recorded:
    """The answers to the pieces of a report as one."""
    if len(answers) == 1:
        return answers[0]
    return Recorded(
        run_id,
        steps=tuple(step for answer in answers for step in answer.steps),
        calls=tuple(call for answer in answers for call in answer.calls),
        retries=tuple(retry for answer in answers for retry in answer.retries),
        stop=tuple(stage for answer in answers for stage in answer.stop),
        refused=tuple(stage for answer in answers for stage in answer.refused),
        over=any(answer.over for answer in answers),
    )


def stages_in(heard: Sequence[Heard]) -> tuple[int, ...]:
    """The stages that reports speak of."""
    return tuple(dict.fromkeys(item.stage for item in heard if not isinstance(item, Lines)))


def ended_leases(run_id: RunId, heard: Sequence[Heard]) -> list[Lease]:
    """The leases that end with these reports."""
    return [Lease(run_id, h.stage, h.fence) for h in heard if isinstance(h, EndOfAttempt)]


def lighten(assignment: Assignment) -> Assignment:
    """The assignment without those candidates whose objects would cost more to fetch than they may save."""
    left = MOST_CANDIDATE_BYTES
    steps = []
    for step in assignment.order.steps:
        kept = []
        for candidate in step.candidates:
            size = _size(candidate)
            if size <= left:
                left -= size
                kept.append(candidate)
        steps.append(replace(step, candidates=tuple(kept)))
    return replace(assignment, order=replace(assignment.order, steps=tuple(steps)))


def _size(candidate: Candidate) -> int:
    output = candidate.output.size if candidate.output is not None and not candidate.output.inline else 0
    return output + sum(file.size for file in candidate.files)
