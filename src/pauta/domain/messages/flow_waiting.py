"""Texts of flows that wait, and the runs that they begin (FLW-085 to FLW-099)."""

from __future__ import annotations

from pauta.domain.messages.text import Bilingual

FLOW_WAITING: dict[str, Bilingual] = {}
