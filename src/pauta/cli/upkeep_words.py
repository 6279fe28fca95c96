"""The words of ``config`` and ``db``, in both languages, by key. Part of the table in `words`."""

from __future__ import annotations

UPKEEP_WORDS: dict[str, tuple[str, str]] = {
    # ---- config
    "cmd.config": ("Show the settings, and where each comes from.", "Mostra as configurações e de onde vem cada uma."),
    "cmd.config.more": (
        "A setting comes from a command's option, else from an environment variable, else from pauta.toml, else "
        "it has its default. Secrets are not shown. Without a further word it lists all.",
        "Uma configuração vem da opção de um comando, senão de uma variável de ambiente, senão de pauta.toml, senão "
        "vale o padrão. Segredos não são mostrados. Sem outra palavra, lista todas.",
    ),
    "cmd.config.list": ("List all settings.", "Lista todas as configurações."),
    "cmd.config.get": ("Print the value of one setting.", "Imprime o valor de uma configuração."),
    "arg.setting": ("Full name of the setting, as queue.lease_seconds.", "Nome completo, como queue.lease_seconds."),
    "opt.changed": ("Only settings that are not at their default.", "Só configurações que não estão no padrão."),
    "meta.SETTING": ("SETTING", "CONFIGURAÇÃO"),
    "head.setting": ("Setting", "Configuração"),
    "head.source": ("From", "De"),
    "config.default": ("default", "padrão"),
    "config.none": ("none", "nenhum"),
    "config.all_default": ("Every setting is at its default.", "Todas as configurações estão no padrão."),
    "config.over": ("{where}, over {others}", "{where}, acima de {others}"),
    "config.over_one": ("{where} ({value})", "{where} ({value})"),
    # ---- retention
    "cmd.retention": (
        "Keep to the budgets: tell what is too old or too much, or remove it.",
        "Mantém os orçamentos: diz o que é velho ou demais, ou remove.",
    ),
    "cmd.retention.more": (
        "The budgets are the settings [retention]; a server keeps to them by itself. Runs that have not ended, the "
        "newest of each pipeline, and what runs that stay refer to are never removed. Without --yes it only tells.",
        "Os orçamentos são as configurações [retention]; um servidor os mantém sozinho. Nunca são removidas "
        "execuções não terminadas, as mais novas de cada pipeline, nem aquilo a que as que ficam se referem. Sem "
        "--yes, só diz.",
    ),
    "runs.age": ("too old", "fora do prazo"),
    "runs.space": ("over the budget of bytes", "acima do orçamento de bytes"),
    "runs.kept_active": ("kept: not ended", "mantidas: não terminaram"),
    "runs.kept_newest": ("kept: among the newest of the pipeline", "mantidas: entre as mais novas do pipeline"),
    "runs.kept_referenced": ("kept: other runs refer to them", "mantidas: outras execuções se referem a elas"),
    "runs.kept_young": ("kept: within the budgets", "mantidas: dentro dos orçamentos"),
    # ---- db
    "cmd.db": (
        "Look after the records: check, back up, restore, upgrade.",
        "Cuida dos registros: confere, faz backup.",
    ),
    "cmd.db.check": ("Check that the records are whole.", "Confere se os registros estão íntegros."),
    "cmd.db.backup": ("Write a backup of the records and objects.", "Grava um backup dos registros e objetos."),
    "cmd.db.backup.more": (
        "It may be made while a server runs; what was acknowledged before it began is in it.",
        "Pode ser feito com o servidor em execução; o que foi confirmado antes de ele começar está nele.",
    ),
    "cmd.db.restore": ("Put the records of a backup in place.", "Coloca no lugar os registros de um backup."),
    "cmd.db.restore.more": (
        "The project must have no records, and no server may run. Present records are moved aside with --force.",
        "O projeto não pode ter registros nem servidor em execução. Com --force, os atuais são postos de lado.",
    ),
    "cmd.db.upgrade": (
        "Bring the records of an older version up to date.",
        "Atualiza os registros de uma versão mais antiga.",
    ),
    "arg.to": ("Folder to write the backup to; it must not exist.", "Pasta do backup; ainda não pode existir."),
    "arg.from": ("Folder with the backup.", "Pasta com o backup."),
    "opt.only_tell": ("Only tell what would be done.", "Só diz o que seria feito."),
    "opt.move_aside": ("Move present records aside first.", "Antes, põe de lado os registros atuais."),
    "meta.TO": ("TO", "DESTINO"),
    "meta.FROM": ("FROM", "ORIGEM"),
    "db.whole": (
        "The records are whole; they refer to {objects}, all there.",
        "Os registros estão íntegros; referem-se a {objects}, nada falta.",
    ),
    "db.missing": (
        "The records are whole, but {count} of the {all} objects that they refer to are not there.",
        "Os registros estão íntegros, mas faltam {count} dos {all} objetos a que se referem.",
    ),
    "db.backups": ("Backups that can be put in place:", "Backups que podem ser restaurados:"),
    "db.no_backups": ("There is no backup among the records.", "Não há backup entre os registros."),
    "db.backed_up": ("Backup written to {path} ({size}).", "Backup gravado em {path} ({size})."),
    "db.damaged": (
        "{count} objects are damaged or gone and are not in it.",
        "{count} objetos estão danificados ou sumiram e não estão nele.",
    ),
    "db.restored": ("Records restored from {path}.", "Registros restaurados de {path}."),
    "db.aside": ("The former records are in {path}.", "Os registros anteriores estão em {path}."),
    "db.current": ("The records are up to date.", "Os registros estão em dia."),
    "db.would_upgrade": (
        "Would bring the records from version {found} to {version}:",
        "Levaria os registros da versão {found} à {version}:",
    ),
    # ---- store
    "cmd.store": ("Look after where objects are kept.", "Cuida de onde os objetos são guardados."),
    "cmd.store.check": (
        "Try what the object store can do, and how long it takes.",
        "Experimenta o que o armazenamento de objetos consegue fazer, e quanto demora.",
    ),
    "cmd.store.check.more": (
        "Writes, reads, lists and removes one small object. Without conditional writes a store serves all the same.",
        "Grava, lê, lista e remove um objeto pequeno. Sem gravações condicionais, um armazenamento também serve.",
    ),
    "cmd.store.migrate": ("Copy all objects to another store.", "Copia todos os objetos para outro armazenamento."),
    "cmd.store.migrate.more": (
        "Each object is read again where it arrives and checked by its hash. Interrupted, it goes on where it was; "
        "called again, it copies what is new. Nothing is removed where the objects were. Stop the server first, or "
        "call it once more when it has stopped.",
        "Cada objeto é lido de novo onde chega e conferido pelo hash. Interrompido, continua de onde parou; chamado "
        "de novo, copia o que é novo. Nada é removido de onde os objetos estavam. Pare o servidor antes, ou chame "
        "mais uma vez depois que ele parar.",
    ),
    "opt.store_url": (
        "Another store than the project's: s3://bucket/prefix, gridfs://host/database, file:///folder.",
        "Outro armazenamento que o do projeto: s3://bucket/prefixo, gridfs://servidor/banco, file:///pasta.",
    ),
    "opt.store_to": (
        "The other store: s3://bucket/prefix, gridfs://host/database, file:///folder.",
        "O outro armazenamento: s3://bucket/prefixo, gridfs://servidor/banco, file:///pasta.",
    ),
    "head.ability": ("Asked to", "Pedido"),
    "head.works": ("Works", "Funciona"),
    "store.write": ("write an object", "gravar um objeto"),
    "store.read": ("read it", "ler o objeto"),
    "store.list": ("list objects", "listar objetos"),
    "store.conditional": ("write only what is not there", "gravar só o que não existe"),
    "store.delete": ("delete it", "apagar o objeto"),
    "store.works": ("yes", "sim"),
    "store.fails": ("no", "não"),
    "store.optional": ("no, not needed", "não, nem é preciso"),
    "store.moving": ("{done} of {all} objects, {size}", "{done} de {all} objetos, {size}"),
    "store.moved": (
        "{objects} ({size}) are at {where}, each checked by its hash; {copied} copied now.",
        "{objects} ({size}) em {where}, conferidos um a um pelo hash; {copied} copiados agora.",
    ),
    "store.now_set": (
        "Now set store.url in pauta.toml, or PAUTA_STORE_URL, to that address, and start the server again.",
        "Agora defina store.url em pauta.toml, ou PAUTA_STORE_URL, com esse endereço e inicie o servidor de novo.",
    ),
    "db.upgraded": ("The records were brought from {found} to {version}.", "Registros levados de {found} a {version}."),
}
