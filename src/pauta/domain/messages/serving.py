"""Texts of a server's start and end (SRV-…)."""

from __future__ import annotations

from pauta.domain.messages.text import Bilingual, both

SERVING: dict[str, Bilingual] = {
    "SRV-001": both(
        "cannot listen on {address}: {detail}",
        "não é possível escutar em {address}: {detail}",
        do="choose another port with --port, or end what listens there",
        faca="escolha outra porta com --port, ou encerre o que escuta ali",
    ),
}
