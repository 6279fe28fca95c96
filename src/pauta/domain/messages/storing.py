"""Texts of databases and object stores (DB, OBJ, STO, E-DISK)."""

from __future__ import annotations

from pauta.domain.messages.text import Bilingual

STORING: dict[str, Bilingual] = {}
