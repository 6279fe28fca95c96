"""Texts of pipeline documents and parameters (RCP, PRM)."""

from __future__ import annotations

from pauta.domain.messages.text import Bilingual

AUTHORING: dict[str, Bilingual] = {}
