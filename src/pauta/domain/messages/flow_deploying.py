"""Texts of where flows come from and how they are deployed (FLW-070 to FLW-084)."""

from __future__ import annotations

from pauta.domain.messages.text import Bilingual

FLOW_DEPLOYING: dict[str, Bilingual] = {}
