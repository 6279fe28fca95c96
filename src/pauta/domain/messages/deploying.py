"""Texts of publishing, of accepting runs, of deployments and work pools (PIP, SCR-040, ASK, IDM, SCH-004, DEP, POL)."""

from __future__ import annotations

from pauta.domain.messages.text import Bilingual, both

_PUBLISHING: dict[str, Bilingual] = {
    "PIP-001": both(
        'there is no pipeline "{pipeline}"',
        'não existe o pipeline "{pipeline}"',
        do="`pauta pipeline list` lists those that are published; `pauta pipeline publish` adds one",
        faca="`pauta pipeline list` lista os publicados; `pauta pipeline publish` acrescenta um",
    ),
    "PIP-002": both(
        'pipeline "{pipeline}" has no version {version}',
        'o pipeline "{pipeline}" não tem a versão {version}',
        do="the newest is {newest}",
        faca="a mais nova é {newest}",
    ),
    "PIP-003": both(
        'pipeline "{pipeline}" has no active version',
        'o pipeline "{pipeline}" não tem versão ativa',
        do="activate one, or name the version to run",
        faca="ative uma, ou informe a versão a executar",
    ),
    "PIP-004": both(
        'pipeline "{pipeline}" is being published by others all the time; nothing was recorded',
        'o pipeline "{pipeline}" está sendo publicado por outros o tempo todo; nada foi registrado',
        do="try again",
        faca="tente de novo",
    ),
    "PIP-005": both('no pipeline has a script "{script}"', 'nenhum pipeline tem o script "{script}"'),
    "PIP-005.version": both(
        'version {version} of pipeline "{pipeline}" has no script "{script}"',
        'a versão {version} do pipeline "{pipeline}" não tem o script "{script}"',
    ),
    "PIP-006": both(
        '"{path}" cannot be the path of a script',
        '"{path}" não pode ser o caminho de um script',
        do="Paths are relative to the document, with / between names, and lead nowhere else.",
        faca="Caminhos são relativos ao documento, com / entre os nomes, e não levam a outro lugar.",
    ),
    "PIP-006.folder": both(
        '"{path}" is both a file and a folder',
        '"{path}" é ao mesmo tempo arquivo e pasta',
    ),
    "PIP-007": both("{found} scripts; the limit is {limit}", "{found} scripts; o limite é {limit}"),
    "PIP-008": both(
        '"{file}" cannot be the name of a document',
        '"{file}" não pode ser o nome de um documento',
        do="It ends in .json, .yaml or .yml and has no folder.",
        faca="Ele termina em .json, .yaml ou .yml e não tem pasta.",
    ),
    "PIP-009": both("this is not Base64: {reason}", "isto não é Base64: {reason}"),
    "SCR-040": both(
        "based on v{based_on}, current is v{current}",
        "baseado na v{based_on}, a atual é a v{current}",
        do="What changed meanwhile:\n{diff}",
        faca="O que mudou entretanto:\n{diff}",
    ),
    "SCR-040.gone": both(
        "based on v{based_on}, which does not exist; current is v{current}",
        "baseado na v{based_on}, que não existe; a atual é a v{current}",
    ),
}

_RUNS: dict[str, Bilingual] = {
    "ASK-001": both(
        "name either a pipeline or a deployment",
        "informe ou um pipeline ou um deployment",
    ),
    "ASK-002": both(
        'input "{input}": "{path}" is outside the project\'s folder',
        'entrada "{input}": "{path}" está fora da pasta do projeto',
        do="Paths are relative to the project's folder and stay in it.",
        faca="Caminhos são relativos à pasta do projeto e ficam dentro dela.",
    ),
    "ASK-003": both(
        'input "{input}": there is no file "{path}" in the project\'s folder',
        'entrada "{input}": não há o arquivo "{path}" na pasta do projeto',
    ),
    "ASK-004": both(
        'input "{input}": there is no object {address}',
        'entrada "{input}": não existe o objeto {address}',
        do="`POST /api/v1/frames` stores one and tells its address.",
        faca="`POST /api/v1/frames` guarda um e informa o endereço.",
    ),
    "ASK-004.kind": both(
        'input "{input}": object {address} is not a frame',
        'entrada "{input}": o objeto {address} não é um DataFrame',
    ),
    "ASK-005": both(
        'input "{input}": expected one of path, address, or run with frame',
        'entrada "{input}": esperado um destes: path, address, ou run com frame',
    ),
    "ASK-006": both(
        "expected training, prediction or nothing, got {found}",
        "esperado training, prediction ou nada, veio {found}",
    ),
    "ASK-007": both(
        "priority {found}: {least} to {most}",
        "prioridade {found}: de {least} a {most}",
    ),
    "ASK-008": both(
        'limit key "{key}" is not allowed',
        'a chave de limite "{key}" não é permitida',
        do="Letters, digits and . _ - : up to 100; those that begin with pool: or deployment: count by themselves.",
        faca="Letras, dígitos e . _ - : até 100; as que começam com pool: ou deployment: contam por si.",
    ),
    "ASK-008.many": both("{found} limit keys; the limit is {limit}", "{found} chaves de limite; o limite é {limit}"),
    "ASK-009": both(
        'parameter "{name}" is nested more than {limit} levels deep',
        'o parâmetro "{name}" tem mais de {limit} níveis',
    ),
    "ASK-009.value": both(
        'parameter "{name}" holds {found}, which cannot be recorded',
        'o parâmetro "{name}" contém {found}, que não pode ser registrado',
    ),
    "ASK-010": both(
        'no step takes a frame "{input}"',
        'nenhuma etapa recebe um DataFrame "{input}"',
        do="Frames that steps take: {known}.",
        faca="DataFrames que as etapas recebem: {known}.",
    ),
    "ASK-010.near": both(
        'no step takes a frame "{input}"; did you mean "{suggestion}"?',
        'nenhuma etapa recebe um DataFrame "{input}"; seria "{suggestion}"?',
    ),
    "IDM-001": both(
        'idempotency key "{key}" was used for run {run}, with another {difference}',
        'a chave de idempotência "{key}" já foi usada na execução {run}, com outro {difference}',
        do="use a new key for another request",
        faca="use outra chave para outro pedido",
    ),
    "IDM-002": both(
        "an idempotency key has 1 to {limit} printable ASCII characters",
        "uma chave de idempotência tem de 1 a {limit} caracteres ASCII imprimíveis",
    ),
    "SCH-004": both(
        'deployment "{deployment}" has {queued} runs waiting; no more are accepted before they are fewer',
        'o deployment "{deployment}" tem {queued} execuções esperando; não se aceitam mais enquanto não diminuírem',
        do="let them run, cancel some, or add workers to its pool",
        faca="espere que executem, cancele algumas, ou acrescente workers ao pool",
    ),
}

_DEPLOYMENTS: dict[str, Bilingual] = {
    "DEP-001": both(
        'there is no deployment "{deployment}"',
        'não existe o deployment "{deployment}"',
        do="`pauta deployment list` lists them",
        faca="`pauta deployment list` os lista",
    ),
    "DEP-002": both('deployment "{deployment}" exists already', 'o deployment "{deployment}" já existe'),
    "DEP-003": both(
        'deployment "{deployment}" was changed by {by} meanwhile: it is at version {version}',
        'o deployment "{deployment}" foi alterado por {by} entretanto: está na versão {version}',
        do="look at it again, then repeat the change",
        faca="veja-o de novo e repita a alteração",
    ),
    "DEP-004": both(
        'deployment "{deployment}" is paused: it runs only when a person asks for it',
        'o deployment "{deployment}" está pausado: só executa quando uma pessoa pede',
    ),
    "DEP-005": both(
        '"{name}" cannot be a name',
        '"{name}" não pode ser um nome',
        do="A name has no / or \\, no two dots in a row, nothing invisible, and no blank at its ends.",
        faca="Um nome não tem / nem \\, nem dois pontos seguidos, nada invisível, nem espaço nas pontas.",
    ),
    "DEP-005.long": both(
        "a name of {found} bytes; the limit is {limit}",
        "um nome de {found} bytes; o limite é {limit}",
    ),
    "DEP-006": both(
        'unknown kind of notification "{found}": webhook or apprise',
        'tipo de notificação desconhecido "{found}": webhook ou apprise',
    ),
    "DEP-007": both(
        'unknown state "{found}"; known: {known}',
        'estado desconhecido "{found}"; conhecidos: {known}',
    ),
    "DEP-007.none": both("at least one state is needed", "é preciso ao menos um estado"),
    "DEP-008": both(
        'notification address "{found}": expected {expected}',
        'endereço de notificação "{found}": esperado {expected}',
    ),
    "DEP-009": both("{found}: from {least} to {most}, or nothing", "{found}: de {least} a {most}, ou nada"),
    "DEP-010": both("{found} characters; the limit is {limit}", "{found} caracteres; o limite é {limit}"),
    "DEP-010.text": both(
        "the text holds a character that cannot be recorded: {found}",
        "o texto contém um caractere que não pode ser registrado: {found}",
    ),
}

_POOLS: dict[str, Bilingual] = {
    "POL-001": both(
        'there is no work pool "{pool}"',
        'não existe o pool de trabalho "{pool}"',
        do="`pauta work-pool list` lists them; `pauta work-pool create {pool}` makes it",
        faca="`pauta work-pool list` os lista; `pauta work-pool create {pool}` o cria",
    ),
    "POL-002": both('work pool "{pool}" exists already', 'o pool de trabalho "{pool}" já existe'),
    "POL-003": both(
        'work pool "{pool}" has runs that have not ended: {count}',
        'o pool de trabalho "{pool}" tem execuções que não terminaram: {count}',
        do="wait until they have, or cancel them",
        faca="espere até que terminem, ou cancele-as",
    ),
    "POL-003.deployments": both(
        'deployments use work pool "{pool}": {names}',
        'há deployments que usam o pool de trabalho "{pool}": {names}',
        do="give them another pool first",
        faca="dê-lhes outro pool antes",
    ),
    "POL-003.default": both(
        'the work pool "{pool}" always exists',
        'o pool de trabalho "{pool}" existe sempre',
    ),
    "POL-004": both(
        'work pool "{pool}" was changed meanwhile',
        'o pool de trabalho "{pool}" foi alterado entretanto',
        do="look at it again, then repeat the change",
        faca="veja-o de novo e repita a alteração",
    ),
    "POL-005": both(
        "a pool of kind celery needs the name of its queue",
        "um pool do tipo celery precisa do nome da fila",
    ),
    "POL-005.process": both(
        "a pool of kind process has no queue",
        "um pool do tipo process não tem fila",
    ),
    "POL-005.name": both(
        'queue "{found}": letters, digits and . _ - up to 100',
        'fila "{found}": letras, dígitos e . _ - até 100',
    ),
    "POL-006": both('unknown kind of pool "{found}": {known}', 'tipo de pool desconhecido "{found}": {known}'),
    "POL-007": both(
        'the limit "{key}" belongs to a pool or a deployment; change it there',
        'o limite "{key}" pertence a um pool ou deployment; altere-o lá',
    ),
    "POL-008": both('there is no limit "{key}"', 'não existe o limite "{key}"'),
    "POL-009": both('there is no worker "{worker}"', 'não existe o worker "{worker}"'),
    "POL-010": both(
        'worker "{worker}" is {state}: it takes nothing any more',
        'o worker "{worker}" está no estado {state}: não aceita mais nada',
    ),
    "POL-011": both(
        "period of a limit {found}: from {least} to {most} seconds",
        "período de um limite {found}: de {least} a {most} segundos",
    ),
}

DEPLOYING: dict[str, Bilingual] = {**_PUBLISHING, **_RUNS, **_DEPLOYMENTS, **_POOLS}
