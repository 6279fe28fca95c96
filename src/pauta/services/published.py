"""Published versions as they are run: read from the store once, checked, kept in memory, planned for each run."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from threading import Lock

from blake3 import blake3

from pauta.authoring.document import parse_document
from pauta.authoring.selection import PREDICTION
from pauta.domain.ids import Address
from pauta.domain.pipeline import Pipeline
from pauta.domain.pipelines import PipelineHead, PipelineVersion
from pauta.domain.problems import InvalidInput, NotFound, Problem, Scalar, shorten
from pauta.ports.objects import Objects
from pauta.ports.store import Transaction
from pauta.services.accept_terms import recordable
from pauta.services.prepare import Checked, check

_MOST_VERSIONS = 2**31 - 1
_MOST_STEPS = 20_000
"""Steps of checked versions that are kept in memory, all versions together."""


def digest_of(document: Address, *, file: str, scripts: Mapping[str, Address]) -> str:
    """Names a version by its bytes: the document's, how it is to be read, and the scripts' with their paths."""
    ending = file.rpartition(".")[2].lower()
    return str(blake3(json.dumps([document, ending, sorted(scripts.items())]).encode()).hexdigest())


def sources_of(pipeline: Pipeline) -> set[str]:
    """Names of the inputs for which the document says where their data is."""
    return {name for name, spec in pipeline.inputs.items() if spec.source is not None}


def find_version(tx: Transaction, name: str, version: int | None) -> PipelineVersion:
    """A version of a pipeline; the active one when none is named.

    Raises:
        NotFound: PIP-001 no such pipeline, PIP-002 no such version, PIP-003 none is active.
    """
    head = find_head(tx, name)
    number = head.active if version is None else version
    found = tx.pipelines.get(name, number) if 0 < number <= _MOST_VERSIONS else None
    if found is not None:
        return found
    if version is None:
        raise NotFound(Problem("PIP-003", {"pipeline": shorten(name)}))
    raise no_version(head, version)


def find_head(tx: Transaction, name: str) -> PipelineHead:
    """A pipeline by name.

    Raises:
        NotFound: PIP-001.
    """
    head = tx.pipelines.head(name) if recordable(name) else None
    if head is None:
        raise NotFound(Problem("PIP-001", {"pipeline": shorten(name)}))
    return head


def no_version(head: PipelineHead, version: object) -> NotFound:
    """PIP-002: a pipeline has no such version."""
    values: dict[str, Scalar] = {"pipeline": shorten(head.name), "version": shorten(version), "newest": head.newest}
    return NotFound(Problem("PIP-002", values))


def checked_version(
    version: PipelineVersion, *, objects: Objects, given: frozenset[str] = frozenset(), only: str | None = None
) -> Checked:
    """A published version, checked for a run that is given these frames.

    Raises:
        InvalidInput: It cannot run with these frames (RCP-006), or this program finds more wrong with it than the
            one that published it did.
        StoreFault: Its document or a script is lost.
    """
    return _kept.get((version.digest, only, given), lambda: _check(version, objects, given, only))


def checked_document(version: PipelineVersion, objects: Objects) -> tuple[Pipeline, tuple[str, ...]]:
    """A version's document, and the frames that each run of it has to be given.

    Raises:
        StoreFault: Its document or a script is lost.
    """
    parts = (None, PREDICTION)
    try:
        found = [checked_version(version, objects=objects, only=only) for only in parts]
    except InvalidInput:  # it was published by a program that allowed more
        return parse_document(objects.read(version.document), file=version.file), ()
    required = dict.fromkeys(name for checked in found if checked.steps for name in checked.required_inputs)
    return found[0].pipeline, tuple(required)


def _check(version: PipelineVersion, objects: Objects, given: frozenset[str], only: str | None) -> Checked:
    pipeline = parse_document(objects.read(version.document), file=version.file)
    scripts = {path: objects.read(address) for path, address in version.scripts.items()}
    checked, _, problems = check(pipeline, root=scripts, supplied=given | sources_of(pipeline), only=only)
    if problems:
        raise InvalidInput(problems)
    return checked


_Key = tuple[str, str | None, frozenset[str]]


class _Kept:
    """What was checked lately. A key names bytes that never change, so what is kept is never out of date."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._checked: OrderedDict[_Key, Checked] = OrderedDict()
        self._steps = 0

    def get(self, key: _Key, make: Callable[[], Checked]) -> Checked:
        with self._lock:
            found = self._checked.get(key)
            if found is not None:
                self._checked.move_to_end(key)
                return found
        made = make()
        with self._lock:
            if key not in self._checked:
                self._checked[key] = made
                self._steps += _weight(made)
            while self._steps > _MOST_STEPS and len(self._checked) > 1:
                self._steps -= _weight(self._checked.popitem(last=False)[1])
        return made


def _weight(checked: Checked) -> int:
    return len(checked.pipeline.steps) + 10


_kept = _Kept()
