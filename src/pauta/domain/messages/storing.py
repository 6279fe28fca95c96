"""Texts of databases and object stores (DB, OBJ, STO, E-DISK)."""

from __future__ import annotations

from pauta.domain.messages.text import Bilingual, both

STORING: dict[str, Bilingual] = {
    "DB-001": both(
        "the database {path} is damaged: {detail}",
        "o banco de dados {path} está danificado: {detail}",
        do="Nothing new was recorded. Put a backup in its place; keep the damaged file for a repair.",
        faca="Nada de novo foi registrado. Coloque um backup no lugar; guarde o arquivo danificado para um reparo.",
    ),
    "DB-001.backups": both(
        "the database {path} is damaged: {detail}; backups are in {backups}",
        "o banco de dados {path} está danificado: {detail}; há backups em {backups}",
        do="Nothing new was recorded. pauta db restore --force {newest} (the damaged file is moved aside, not lost)",
        faca="Nada de novo foi registrado. pauta db restore --force {newest} (o arquivo danificado é posto de lado)",
    ),
    "DB-002": both(
        "the database {where} has version {found}; this program knows versions up to {known}",
        "o banco de dados {where} tem a versão {found}; este programa conhece versões até {known}",
        do="A newer Pauta has used it. Install that version or a newer one: pip install --upgrade pauta",
        faca="Um Pauta mais novo já o usou. Instale aquela versão ou uma mais nova: pip install --upgrade pauta",
    ),
    "DB-002.foreign": both(
        "the database {where} has tables, but they are not Pauta's",
        "o banco de dados {where} tem tabelas, mas não são do Pauta",
        do="Name an empty database, or one that Pauta made.",
        faca="Indique um banco de dados vazio ou um criado pelo Pauta.",
    ),
    "DB-003": both(
        "the folder {folder} is in use by process {pid} ({command})",
        "a pasta {folder} está em uso pelo processo {pid} ({command})",
        do="Wait until it ends, or end it: one process at a time keeps the records of a folder.",
        faca="Espere que ele termine ou encerre-o: um processo por vez cuida dos registros de uma pasta.",
    ),
    "DB-004": both(
        "the folder {folder} lies on a network file system ({kind}), where SQLite can lose records",
        "a pasta {folder} está em um sistema de arquivos de rede ({kind}), onde o SQLite pode perder registros",
        do="Keep the records on a local disk, or use PostgreSQL.",
        faca="Mantenha os registros em um disco local ou use PostgreSQL.",
    ),
    "DB-005": both(
        "the PostgreSQL server {where} has synchronous_commit = off: a power cut would lose accepted runs",
        "o servidor PostgreSQL {where} tem synchronous_commit = off: uma queda de energia perderia execuções aceitas",
        do="Set synchronous_commit = on for this database or user.",
        faca="Defina synchronous_commit = on para este banco de dados ou usuário.",
    ),
    "DB-006": both(
        "the connection to {where} broke while a change was being recorded; whether it was is not known",
        "a conexão com {where} caiu enquanto uma mudança era registrada; não se sabe se ela foi registrada",
        do="Look at the run before you do it again: nothing is repeated by itself.",
        faca="Veja a execução antes de repetir: nada é repetido automaticamente.",
    ),
    "DB-007": both(
        "the disk failed under the database {path}: {detail}",
        "o disco falhou sob o banco de dados {path}: {detail}",
        do="Check the disk, then start again: what was recorded is checked at the start.",
        faca="Verifique o disco e inicie de novo: o que foi registrado é verificado no início.",
    ),
    "DB-008": both(
        "the connection to {where} broke; the change was undone",
        "a conexão com {where} caiu; a mudança foi desfeita",
        do="Do it again: nothing of it was recorded.",
        faca="Repita a operação: nada dela foi registrado.",
    ),
    "DB-008.unreachable": both(
        "the PostgreSQL server {where} cannot be reached: {detail}",
        "o servidor PostgreSQL {where} não pode ser alcançado: {detail}",
        do="Check that it runs, and its address, user and password.",
        faca="Verifique se ele está em execução, e o endereço, usuário e senha.",
    ),
    "DB-009": both(
        "the database {path} refused a statement: {detail}",
        "o banco de dados {path} recusou um comando: {detail}",
        do="Nothing was recorded. Please report this with the text above.",
        faca="Nada foi registrado. Por favor, relate isto com o texto acima.",
    ),
    "DB-010": both(
        "refused: a row of {what} would change after its end, or a fence would go back",
        "recusado: uma linha de {what} mudaria depois do seu fim, ou uma barreira voltaria atrás",
        do="Nothing was recorded. Please report this: it is a fault in Pauta.",
        faca="Nada foi registrado. Por favor, relate isto: é uma falha no Pauta.",
    ),
    "DB-011": both(
        "the records do not fit together: {detail}",
        "os registros não combinam: {detail}",
        do="Nothing was recorded. Please report this: it is a fault in Pauta.",
        faca="Nada foi registrado. Por favor, relate isto: é uma falha no Pauta.",
    ),
    "DB-011.missing": both(
        "there is no record of {what}",
        "não há registro de {what}",
        do="Its run may have been removed meanwhile; nothing was recorded.",
        faca="A execução pode ter sido removida nesse meio-tempo; nada foi registrado.",
    ),
    "DB-012": both(
        "a value cannot be recorded: {detail}",
        "um valor não pode ser registrado: {detail}",
        do="Use JSON values: text, numbers of at most 64 bits, true and false, null, lists, objects.",
        faca="Use valores JSON: texto, números de até 64 bits, true e false, null, listas, objetos.",
    ),
    "DB-012.large": both(
        "a profile of {size} bytes cannot be recorded: at most {limit} are kept",
        "um perfil de {size} bytes não pode ser registrado: no máximo {limit} são mantidos",
        do="Shorten its preview.",
        faca="Encurte a prévia.",
    ),
    "DB-013": both(
        "another program keeps the database {path} busy; the change was undone",
        "outro programa mantém o banco de dados {path} ocupado; a mudança foi desfeita",
        do="Close programs that have the database open for writing, then do it again.",
        faca="Feche os programas que têm o banco de dados aberto para escrita e repita.",
    ),
    "DB-014": both(
        "{path} cannot be opened for writing: {detail}",
        "{path} não pode ser aberto para escrita: {detail}",
        do="Check who owns it and what you are allowed to do there.",
        faca="Verifique quem é o dono e o que você tem permissão de fazer ali.",
    ),
    "DB-015": both(
        "PostgreSQL's driver is not installed: {detail}",
        "o driver do PostgreSQL não está instalado: {detail}",
        do="pip install 'pauta[postgres]'",
        faca="pip install 'pauta[postgres]'",
    ),
    "DB-016": both(
        "{path} exists already",
        "{path} já existe",
        do="Name a file that does not exist: a backup never takes the place of another.",
        faca="Indique um arquivo que não existe: um backup nunca toma o lugar de outro.",
    ),
    "DB-017": both(
        "{where} holds records already",
        "{where} já contém registros",
        do="Restore into an empty folder or database, or move what is there aside.",
        faca="Restaure em uma pasta ou banco de dados vazio, ou ponha de lado o que existe.",
    ),
    "DB-018": both(
        "{path} is not a whole backup: {detail}",
        "{path} não é um backup íntegro: {detail}",
        do="Nothing was restored. Use another backup.",
        faca="Nada foi restaurado. Use outro backup.",
    ),
    "E-DISK": both(
        "no space is left on the disk of {path}",
        "não há mais espaço no disco de {path}",
        do="Make room, then go on: what was recorded before is whole.",
        faca="Libere espaço e continue: o que foi registrado antes está íntegro.",
    ),
}
