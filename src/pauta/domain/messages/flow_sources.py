"""Texts of flows as files: reading, checking (FLW-050 to FLW-069)."""

from __future__ import annotations

from pauta.domain.messages.text import Bilingual

FLOW_SOURCES: dict[str, Bilingual] = {}
