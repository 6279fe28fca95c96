"""On whose behalf something is done: what stands in the records, what they may touch, where their audit rows go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from pauta.ports.store import Transaction


class Note(Protocol):
    """Adds an audit row inside the transaction of what it tells of."""

    def __call__(self, tx: Transaction, action: str, target: str, **details: Any) -> None:
        """`action` as ``pool.pause``; details are JSON, never a secret."""
        ...


def _allow_all(pipeline: str) -> None:
    del pipeline


def _note_nothing(tx: Transaction, action: str, target: str, **details: Any) -> None:
    del tx, action, target, details


@dataclass(frozen=True, slots=True)
class Behalf:
    """Somebody.

    Attributes:
        name: As it stands in records.
        allow: Raises when they may not touch this pipeline.
        note: Leaves their audit rows.
    """

    name: str
    allow: Callable[[str], None] = _allow_all
    note: Note = _note_nothing
