"""Texts of scripts, before and while they run (SCR)."""

from __future__ import annotations

from pauta.domain.messages.text import Bilingual

SCRIPTS: dict[str, Bilingual] = {}
