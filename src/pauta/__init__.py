"""Pauta: an orchestrator for machine-learning pipelines made of plain Python scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pauta.runtime.reporting import log_metric as log_metric
    from pauta.runtime.reporting import progress as progress

__version__ = "0.1.0"
__all__ = ["__version__", "log_metric", "progress"]

_HOMES = {"progress": "pauta.runtime.reporting", "log_metric": "pauta.runtime.reporting"}


def __getattr__(name: str) -> Any:
    """Public names are imported when they are first used, so that ``import pauta`` costs next to nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'pauta' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
