"""Texts of object stores elsewhere: buckets and databases (OBJ-006 and above)."""

from __future__ import annotations

from pauta.domain.messages.text import Bilingual, both

DEPOTS: dict[str, Bilingual] = {
    "OBJ-006": both(
        "the object store {where} does not answer: {detail}",
        "o armazenamento de objetos {where} não responde: {detail}",
        do="Nothing is lost: what was made is kept in the project's folder and sent when the store is back. "
        "See what works: pauta store check",
        faca="Nada se perdeu: o que foi feito fica na pasta do projeto e é enviado quando o armazenamento voltar. "
        "Veja o que funciona: pauta store check",
    ),
    "OBJ-006.refused": both(
        "the object store {where} refuses: {detail}",
        "o armazenamento de objetos {where} recusa: {detail}",
        do="Check the key or user, what it may do there, and that the bucket or database exists. "
        "See what works: pauta store check",
        faca="Verifique a chave ou o usuário, o que pode fazer ali e se o bucket ou banco existe. "
        "Veja o que funciona: pauta store check",
    ),
    "OBJ-006.extra": both(
        "objects at {where} need a package that is not installed",
        "objetos em {where} precisam de um pacote que não está instalado",
        do="pip install 'pauta[{extra}]'",
        faca="pip install 'pauta[{extra}]'",
    ),
    "OBJ-007": both(
        "the object {address} was removed from {where} while it was read",
        "o objeto {address} foi removido de {where} enquanto era lido",
        do="Somebody deletes objects there by other means than Pauta. The step that made it can be run again: "
        "pauta rerun RUN --from STEP",
        faca="Alguém apaga objetos ali por outros meios que não o Pauta. O passo que o fez pode ser executado de "
        "novo: pauta rerun EXECUÇÃO --from PASSO",
    ),
    "OBJ-008": both(
        "{url} is no address of an object store: {detail}",
        "{url} não é um endereço de armazenamento de objetos: {detail}",
        do="Write file:///folder, s3://bucket/prefix or gridfs://host/database.",
        faca="Escreva file:///pasta, s3://bucket/prefixo ou gridfs://servidor/banco.",
    ),
    "OBJ-009": both(
        "{count} objects could not be moved; the first one: {address}",
        "{count} objetos não puderam ser levados; o primeiro: {address}",
        do="They are damaged or gone where they were. What runs made of them can be made again by pauta rerun; "
        "all others are in place, so the setting may be changed.",
        faca="Estão danificados ou sumiram de onde estavam. O que as execuções fizeram pode ser refeito com "
        "pauta rerun; todos os outros estão no lugar, então a configuração pode ser mudada.",
    ),
}
