"""Texts of runs, attempts and the command line (RUN, ATT, CLI, CFG)."""

from __future__ import annotations

from pauta.domain.messages.text import Bilingual

RUNNING: dict[str, Bilingual] = {}
