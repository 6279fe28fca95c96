"""Pauta: an orchestrator for machine-learning pipelines made of plain Python scripts."""

from __future__ import annotations

__version__ = "0.1.0"
