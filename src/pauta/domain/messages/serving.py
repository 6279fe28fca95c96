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
    "SRV-002": both(
        "this server's secret is not the one with which the records were sealed",
        "o segredo deste servidor não é aquele com que os registros foram selados",
        do="give every server of one database the same server.secret (PAUTA_SERVER_SECRET), or the file .pauta/secret",
        faca="dê aos servidores de um banco o mesmo server.secret (PAUTA_SERVER_SECRET), ou o arquivo .pauta/secret",
    ),
}
