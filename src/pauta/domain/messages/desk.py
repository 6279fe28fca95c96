"""Texts of the desk: claims, races, workers that are gone (RUN-014 and on)."""

from __future__ import annotations

from pauta.domain.messages.text import Bilingual, both

DESK: dict[str, Bilingual] = {
    "RUN-014": both(
        "the worker that ran it is gone ({owner})",
        "o processo que a executava não existe mais ({owner})",
    ),
    "RUN-015": both(
        "run {run} is being changed by others all the time; nothing was recorded",
        "a execução {run} está sendo alterada por outros o tempo todo; nada foi registrado",
        do="try again",
        faca="tente de novo",
    ),
    "RUN-016": both(
        "there is nothing to run: the document has no steps for this part ({only})",
        "não há o que executar: o documento não tem etapas para esta parte ({only})",
        do="add steps, or leave out --only",
        faca="acrescente etapas, ou retire --only",
    ),
    "RUN-017": both(
        "a run with the same id exists; nothing was recorded",
        "já existe uma execução com o mesmo id; nada foi registrado",
        do="try again",
        faca="tente de novo",
    ),
    "RUN-018": both(
        "another process works on this project and does not know this request: {detail}",
        "outro processo trabalha neste projeto e não conhece este pedido: {detail}",
        do="wait until it has ended",
        faca="espere até que ele termine",
    ),
    "RUN-019": both(
        "it was given back before any of it began",
        "foi devolvida antes de começar",
    ),
}
