"""Completes an order with what only its worker knows: folders, secrets, files that need not be hashed again."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec.structs

from pauta.domain import wire
from pauta.domain.ids import Address
from pauta.domain.problems import Problem
from pauta.domain.work import Assignment
from pauta.ports.objects import Identity, Objects
from pauta.services.secrets import missing_secrets, reveal, values_in
from pauta.worker.bundle import lay_out
from pauta.worker.place import Place

_MOST_BUNDLES = 256


class Orders:
    """Completes orders; remembers where it laid out scripts."""

    def __init__(self, place: Place, objects: Objects) -> None:
        self._place = place
        self._objects = objects
        self._laid_out: dict[int, tuple[Mapping[str, Address], str]] = {}

    def complete(self, assignment: Assignment, *, trusted: Mapping[Address, Identity]) -> wire.RunStage:
        """The order as its process gets it. `trusted`: files that this worker saw being written."""
        return msgspec.structs.replace(
            assignment.order,
            objects=str(self._place.objects),
            bundle=self._bundle(assignment.scripts),
            steps=tuple(self._step(step, trusted) for step in assignment.order.steps),
        )

    def secrets(self, assignment: Assignment) -> list[str]:
        """The values of the secrets that its steps are given."""
        look_up = self._place.secret
        return [value for step in assignment.order.steps if step.kwargs for value in values_in(step.kwargs, look_up)]

    def missing(self, assignment: Assignment) -> tuple[int, Problem] | None:
        """The first step that declares a secret which is not set where this worker runs, and what to tell of it."""
        for step in assignment.order.steps:
            problems = missing_secrets(step.kwargs, self._place.secret) if step.kwargs else []
            if problems:
                return step.no, problems[0]
        return None

    def _bundle(self, scripts: Mapping[str, Address]) -> str:
        known = self._laid_out.get(id(scripts))
        if known is not None and known[0] is scripts:
            return known[1]
        path = str(lay_out(scripts, root=self._place.bundles, objects=self._objects))
        if len(self._laid_out) >= _MOST_BUNDLES:
            self._laid_out.clear()
        self._laid_out[id(scripts)] = scripts, path
        return path

    def _step(self, step: wire.StepOrder, trusted: Mapping[Address, Identity]) -> wire.StepOrder:
        if step.kwargs:
            step = msgspec.structs.replace(step, kwargs=reveal(step.kwargs, self._place.secret))
        if not any(take.output is not None and take.output.address in trusted for take in step.takes):
            return step
        takes = tuple(
            msgspec.structs.replace(take, trusted=trusted.get(take.output.address)) if take.output is not None else take
            for take in step.takes
        )
        return msgspec.structs.replace(step, takes=takes)
