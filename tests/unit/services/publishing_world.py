"""A server's hold of a project in memory, and pipelines to publish in it."""

from __future__ import annotations

import itertools
import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pauta.adapters.memory_objects import MemoryObjects
from pauta.domain.deploying import Deployment
from pauta.domain.problems import PautaError, Problem
from pauta.ports.store import Store, Transaction
from pauta.services.accept import Accepted, Asked, accept
from pauta.services.behalf import Behalf
from pauta.services.control import Control
from pauta.services.desk import Desk, Machine
from pauta.services.publish import publish
from pauta.services.publish_checks import Sent
from pauta.services.view_pipelines import PublishedView
from pauta.storage.memory import MemoryStore

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SCRIPT = b"def execute(alpha=1):\n    return {'alpha': alpha}\n"


class RememberingBell:
    """A bell that only remembers what was rung."""

    def __init__(self) -> None:
        self.rung: list[str] = []

    def ring(self, subject: str) -> None:
        self.rung.append(subject)

    def wait(self, subject: str, *, seen: int, timeout: float) -> int:
        raise AssertionError("nobody waits in these tests")

    def close(self) -> None:
        pass


class World:
    """A control, its clock, and what was noted in the audit log."""

    def __init__(self, folder: Path, store: Store | None = None) -> None:
        self.time = NOON
        self.noted: list[tuple[str, str, Mapping[str, Any]]] = []
        self.bell = RememberingBell()
        self.environment: dict[str, str] = {}
        bits = itertools.count(1)
        records = folder / ".pauta"
        records.mkdir()
        kept = store or MemoryStore()
        objects = MemoryObjects(lambda: self.time)
        self.control = Control(
            folder=folder,
            records=records,
            store=kept,
            objects=objects,
            desk=Desk(
                kept,
                objects,
                machine=Machine(now=lambda: self.time, chance=lambda: 0.5, random_bits=secrets.randbits),
                runtime="py",
            ),
            bell=self.bell,
            now=lambda: self.time,
            random_bits=lambda _: next(bits),
            secret=b"s" * 32,
            look_up=self.environment.get,
            runtime="py",
            version="0",
            own_pools=frozenset({"default"}),
            own_worker="own",
        )
        self.me = Behalf("me", note=self._note)

    def _note(self, tx: Transaction, action: str, target: str, **details: Any) -> None:
        del tx
        self.noted.append((action, target, details))

    @property
    def actions(self) -> list[str]:
        return [action for action, _, _ in self.noted]

    def passes(self, **time: float) -> None:
        self.time += timedelta(**time)

    def publish(self, document: Mapping[str, Any] | None = None, **more: Any) -> PublishedView:
        """Publish a document, with a script for each of its steps unless others are given."""
        scripts = more.pop("scripts", None)
        kept = dict(document or pipeline())
        return publish(self.control, sent(kept, scripts), behalf=more.pop("behalf", self.me), **more)

    def transaction(self) -> Any:
        return self.control.store.transaction()

    def runs(self) -> list[Any]:
        with self.transaction() as tx:
            return list(tx.runs.newest(limit=1000))

    def close(self) -> None:
        self.control.objects.close()  # type: ignore[attr-defined]


@contextmanager
def world(folder: Path) -> Iterator[World]:
    made = World(folder)
    try:
        yield made
    finally:
        made.close()


def pipeline(name: str = "p", **more: Any) -> dict[str, Any]:
    """A document of one step without frames."""
    return {"model_name": name, "prediction_steps": [{"name": "a", "file_path": "a.py", "output": "x"}], **more}


def taking(*frames: str, **more: Any) -> dict[str, Any]:
    """A document whose one step takes these frames."""
    step = {"name": "a", "file_path": "takes.py", "dataframes": list(frames), "output": "x"}
    return {"model_name": "p", "prediction_steps": [step], **more}


def sent(document: Mapping[str, Any], scripts: Mapping[str, bytes] | None = None, file: str = "p.json") -> Sent:
    if scripts is None:
        steps = [s for part in ("prediction_steps", "training_steps", "predict_steps") for s in document.get(part, ())]
        scripts = {s["file_path"]: _taker(s) for s in steps}
    return Sent(file, json.dumps(document).encode(), scripts)


def _taker(step: Mapping[str, Any]) -> bytes:
    names = [*step.get("dataframes", ()), *step.get("kwargs", ())]
    return f"def execute({', '.join(names)}):\n    return None\n".encode()


def deployment(name: str = "d", pipeline: str = "p", **more: Any) -> Deployment:
    return Deployment(name, pipeline, NOON, NOON, "nobody", **more)


def ask(at: World, pipeline: str | None = "p", **more: Any) -> Accepted:
    return accept(at.control, Asked(pipeline=pipeline, **more), behalf=at.me)


def declaring(**parameters: Any) -> dict[str, Any]:
    """A document whose one step takes all its parameters."""
    kwargs = {name: {"param": name} for name in parameters}
    step = {"name": "a", "file_path": "a.py", "kwargs": kwargs}
    return {"model_name": "p", "prediction_steps": [step], "parameters": parameters}


def problems_of(act: Callable[[], Any], kind: type[PautaError] = PautaError) -> list[Problem]:
    """The problems that something raises."""
    with pytest.raises(kind) as caught:
        act()
    return list(caught.value.problems)


def codes_of(act: Callable[[], Any], kind: type[PautaError] = PautaError) -> list[str]:
    return [problem.code for problem in problems_of(act, kind)]
