"""Texts of settings and of the checks at the start (CFG)."""

from __future__ import annotations

from pauta.domain.messages.text import Bilingual, both

_WANTED: dict[str, tuple[str, str]] = {
    "text": ("a text", "um texto"),
    "switch": ("true or false", "true ou false"),
    "list": ("a list of texts", "uma lista de textos"),
    "whole": ("a whole number", "um número inteiro"),
    "whole_least": ("a whole number of at least {least}", "um número inteiro a partir de {least}"),
    "whole_range": ("a whole number from {least} to {most}", "um número inteiro de {least} a {most}"),
    "number": ("a number", "um número"),
    "number_range": ("a number from {least} to {most}", "um número de {least} a {most}"),
    "number_above": ("a number above {least}, at most {most}", "um número acima de {least}, até {most}"),
    "choice": ("one of {choices}", "um destes: {choices}"),
    "table": ("a table", "uma tabela"),
    "networks": ("networks such as 10.1.0.0/16", "redes como 10.1.0.0/16"),
}

CONFIGURING: dict[str, Bilingual] = {
    **{
        f"CFG-002.{variant}": both(
            f'setting "{{name}}": found {{found}}, expected {en}',
            f'configuração "{{name}}": há {{found}}, esperado {pt}',
        )
        for variant, (en, pt) in _WANTED.items()
    },
    "CFG-004": both(
        "{path} holds a secret, and everybody on this machine can read it (mode {mode})",
        "{path} guarda um segredo, e todos nesta máquina podem lê-lo (modo {mode})",
        do="chmod 600 {path}",
        faca="chmod 600 {path}",
    ),
    "CFG-004.literal": both(
        '{path} holds the secret "{name}" itself, and everybody on this machine can read it (mode {mode})',
        '{path} guarda o próprio segredo "{name}", e todos nesta máquina podem lê-lo (modo {mode})',
        do='Write "env:NAME" or "file:PATH" in its place; or chmod 600 {path}',
        faca='Escreva "env:NOME" ou "file:CAMINHO" no lugar dele; ou chmod 600 {path}',
    ),
    "CFG-005": both(
        'setting "{name}": the environment variable {variable} is not set',
        'configuração "{name}": a variável de ambiente {variable} não está definida',
        do="Set it where the program is started.",
        faca="Defina-a onde o programa é iniciado.",
    ),
    "CFG-005.file": both(
        'setting "{name}": the file {path} cannot be read: {detail}',
        'configuração "{name}": o arquivo {path} não pode ser lido: {detail}',
        do="Put the secret there, readable by you alone.",
        faca="Coloque o segredo ali, legível só por você.",
    ),
    "CFG-006": both(
        'settings "{first}" and "{second}" go together: only "{first}" is set',
        'as configurações "{first}" e "{second}" andam juntas: só "{first}" está definida',
        do="Set both or neither.",
        faca="Defina as duas ou nenhuma.",
    ),
    "CFG-007": both(
        'there is no setting "{name}"',
        'não existe a configuração "{name}"',
        do="`pauta config` lists all.",
        faca="`pauta config` lista todas.",
    ),
    "CFG-007.near": both(
        'there is no setting "{name}"; did you mean "{nearest}"?',
        'não existe a configuração "{name}"; quis dizer "{nearest}"?',
        do="`pauta config` lists all.",
        faca="`pauta config` lista todas.",
    ),
    # ---- checks at the start
    "CFG-010": both(
        "queue.lease_seconds is {lease}, less than three heartbeats of {heartbeat} seconds: a worker that misses "
        "one would lose its work",
        "queue.lease_seconds é {lease}, menos que três batimentos de {heartbeat} segundos: um worker que perca um "
        "deles perderia seu trabalho",
        do="Set queue.lease_seconds to {least} or more, or queue.heartbeat_seconds to {most} or less.",
        faca="Defina queue.lease_seconds como {least} ou mais, ou queue.heartbeat_seconds como {most} ou menos.",
    ),
    "CFG-012": both(
        "SQLite {version} can damage a database that several connections write to",
        "o SQLite {version} pode danificar um banco de dados em que várias conexões escrevem",
        do="Use SQLite {fixed} or newer, or PostgreSQL (PAUTA_DATABASE_URL).",
        faca="Use o SQLite {fixed} ou mais novo, ou PostgreSQL (PAUTA_DATABASE_URL).",
    ),
    "CFG-013": both(
        "the object store {where} cannot be written to: {detail}",
        "o armazém de objetos {where} não pode ser escrito: {detail}",
        do="Check who owns it, what you are allowed to do there, and the space left.",
        faca="Verifique quem é o dono, o que você tem permissão de fazer ali e o espaço livre.",
    ),
    "CFG-014": both(
        "the clock says {now}, but the newest event was recorded at {last}",
        "o relógio diz {now}, mas o evento mais novo foi registrado em {last}",
        do="Set the clock. Schedules wait until it has passed their last firing; nothing fires twice.",
        faca="Acerte o relógio. Os agendamentos esperam até ele passar do último disparo; nada dispara duas vezes.",
    ),
    "CFG-015": both(
        "server.host is {host}: others could reach it, and nothing encrypts what they send",
        "server.host é {host}: outros poderiam alcançá-lo, e nada cifra o que enviam",
        do="Set server.tls_certificate and server.tls_key, or server.behind_proxy = true where a proxy does TLS; "
        "or listen on 127.0.0.1.",
        faca="Defina server.tls_certificate e server.tls_key, ou server.behind_proxy = true se um proxy faz TLS; "
        "ou escute em 127.0.0.1.",
    ),
    "CFG-016": both(
        "the connection to PostgreSQL at {host} may go unencrypted (sslmode={mode})",
        "a conexão com o PostgreSQL em {host} pode ir sem cifra (sslmode={mode})",
        do="Add ?sslmode=verify-full to database.url.",
        faca="Acrescente ?sslmode=verify-full a database.url.",
    ),
    "CFG-016.password": both(
        "PostgreSQL at {host} is asked without a password",
        "o PostgreSQL em {host} é acessado sem senha",
        do="Give the user a password, or a client certificate.",
        faca="Dê uma senha ao usuário, ou um certificado de cliente.",
    ),
    "CFG-017": both(
        "the broker at {host} has no password: whoever reaches it can read and drop messages",
        "o broker em {host} não tem senha: quem o alcança pode ler e apagar mensagens",
        do="Set requirepass there, and celery.broker_url = redis://:PASSWORD@{host}/0",
        faca="Defina requirepass nele, e celery.broker_url = redis://:SENHA@{host}/0",
    ),
    "CFG-017.tls": both(
        "the connection to the broker at {host} is not encrypted",
        "a conexão com o broker em {host} não é cifrada",
        do="Use rediss:// in celery.broker_url.",
        faca="Use rediss:// em celery.broker_url.",
    ),
    "CFG-018": both(
        "the broker at {host} may drop messages when its memory is full (maxmemory-policy {policy})",
        "o broker em {host} pode apagar mensagens quando a memória encher (maxmemory-policy {policy})",
        do="Set maxmemory-policy noeviction there; work is announced again, but later.",
        faca="Defina maxmemory-policy noeviction nele; o trabalho é anunciado de novo, porém mais tarde.",
    ),
    # ---- notifications
    "CFG-020": both(
        "a notification cannot go to {address}: {detail}",
        "uma notificação não pode ir para {address}: {detail}",
    ),
    "CFG-020.inside": both(
        "a webhook may not go to {address}: {found} is no public address",
        "um webhook não pode ir para {address}: {found} não é um endereço público",
        do="If it is meant, the administrator names its network in server.webhook_networks.",
        faca="Se for de propósito, o administrador indica a rede em server.webhook_networks.",
    ),
    "CFG-020.form": both(
        "a notification cannot go to {address}: its address has a form that is not allowed",
        "uma notificação não pode ir para {address}: o endereço tem uma forma não permitida",
        do="A webhook has the form https://host/path, without user and password; others are as apprise reads them.",
        faca="Um webhook tem a forma https://host/caminho, sem usuário nem senha; outros, como o apprise os lê.",
    ),
    "CFG-020.scheme": both(
        "a webhook goes to http:// or https://, not to {address}",
        "um webhook vai para http:// ou https://, não para {address}",
    ),
    "CFG-021": both(
        "notifications of kind apprise need a package that is not installed",
        "notificações do tipo apprise precisam de um pacote que não está instalado",
        do="pip install 'pauta[notify]'",
        faca="pip install 'pauta[notify]'",
    ),
    # ---- backup and upgrade
    "CFG-031": both(
        "{path} holds no whole backup",
        "{path} não contém um backup íntegro",
        do="Name the folder that `pauta db backup` wrote; one that was interrupted is of no use.",
        faca="Indique a pasta que `pauta db backup` gravou; um que foi interrompido não serve.",
    ),
    "CFG-032": both(
        "{path} has records already; nothing was changed",
        "{path} já tem registros; nada foi mudado",
        do="`--force` moves them aside first.",
        faca="`--force` antes os põe de lado.",
    ),
    "CFG-033": both(
        "a server works on this project ({url}); nothing was changed",
        "um servidor trabalha neste projeto ({url}); nada foi mudado",
        do="End it first.",
        faca="Encerre-o antes.",
    ),
    "CFG-034": both(
        "the records are in memory: there is nothing to back up",
        "os registros estão na memória: não há o que guardar em backup",
    ),
    "CFG-035": both(
        "there are no records in {path}",
        "não há registros em {path}",
        do="`pauta run` makes them; `--project` names another folder.",
        faca="`pauta run` os cria; `--project` indica outra pasta.",
    ),
    "CFG-030": both(
        "{path} exists already",
        "{path} já existe",
        do="Name a path that does not exist yet.",
        faca="Indique um caminho que ainda não existe.",
    ),
}
