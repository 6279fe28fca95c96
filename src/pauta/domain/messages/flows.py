"""Texts of flows and tasks themselves (FLW-001 to FLW-049)."""

from __future__ import annotations

from pauta.domain.messages.text import Bilingual

FLOWS: dict[str, Bilingual] = {}
