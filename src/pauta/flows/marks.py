"""Marks on an argument: `unmapped` for one value in all calls of a map, `allow_failure` for what may have failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Unmapped(Generic[T]):
    """A value that every call of a map gets as it is."""

    value: T


@dataclass(frozen=True, slots=True)
class AllowFailure(Generic[T]):
    """A future or state that may have failed: then the call gets the exception in place of the result."""

    value: T


def unmapped(value: T) -> Any:
    """Give a list to every call of `Task.map` whole, instead of one element to each."""
    return value if isinstance(value, Unmapped) else Unmapped(value)


def allow_failure(value: T) -> Any:
    """Let a call begin even if this future or state failed; it then gets the exception in place of the result."""
    return value if isinstance(value, AllowFailure) else AllowFailure(value)
