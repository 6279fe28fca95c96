"""Texts of data coming in and going out (CSV, DAT, FRM)."""

from __future__ import annotations

from pauta.domain.messages.text import Bilingual

FRAMES: dict[str, Bilingual] = {}
