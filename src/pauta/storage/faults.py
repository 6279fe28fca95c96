"""Faults of the store, made in one way."""

from __future__ import annotations

from pauta.domain.problems import Problem, Scalar, StoreFault, shorten


def fault(code: str, variant: str = "", **values: Scalar) -> StoreFault:
    """The fault with this code. Values that are text are shortened to one line of 200 characters."""
    told = {name: shorten(value, 200) if isinstance(value, str) else value for name, value in values.items()}
    return StoreFault(Problem(code, values=told, variant=variant))
