"""Parts of the engine that are imported when they are first needed.

Futures are waited for by what knows futures, and asyncio, which costs more to import than all the rest, is only loaded
for async flows.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


def waiting() -> Any:
    """`pauta.flows.waiting`."""
    return import_module("pauta.flows.waiting")


def asynchronous() -> Any:
    """`pauta.flows.asynchronous`."""
    return import_module("pauta.flows.asynchronous")
