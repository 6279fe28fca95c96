"""Texts of where flows come from and how they are deployed (FLW-070 to FLW-084)."""

from __future__ import annotations

from pauta.domain.messages.text import Bilingual, both

_SOURCES: dict[str, Bilingual] = {
    "FLW-070": both(
        'source "{found}": this is no place that flows come from',
        'origem "{found}": não é um lugar de onde vêm fluxos',
        do="A folder (./flows), a git repository (https://host/name.git#branch, git@host:name.git, /path/name.git), a "
        "bucket (s3://bucket/prefix), or a published pipeline (store://name@3).",
        faca="Uma pasta (./flows), um repositório git (https://host/nome.git#branch, git@host:nome.git, "
        "/caminho/nome.git), um bucket (s3://bucket/prefixo), ou um pipeline publicado (store://nome@3).",
    ),
    "FLW-070.folder": both(
        "there is no folder {found}",
        "não existe a pasta {found}",
        do="A folder is looked for from where the program was started; in pauta.toml, from that file.",
        faca="A pasta é procurada a partir de onde o programa foi iniciado; no pauta.toml, a partir desse arquivo.",
    ),
    "FLW-070.file": both(
        "{found} is a file; a source is the folder in which the flow's file lies",
        "{found} é um arquivo; a origem é a pasta em que está o arquivo do fluxo",
        do='Name the file in the entrypoint: source="./flows", entrypoint="tools.py:full_flow".',
        faca='Informe o arquivo no entrypoint: source="./flows", entrypoint="tools.py:full_flow".',
    ),
    "FLW-070.ref": both(
        '"{found}" cannot be the name of a branch, tag or commit',
        '"{found}" não pode ser o nome de um branch, tag ou commit',
    ),
    "FLW-070.stray_ref": both(
        'ref "{found}": {source} is no git repository',
        'ref "{found}": {source} não é um repositório git',
        do="A repository's address begins with https://, ssh:// or git@, or ends in .git.",
        faca="O endereço de um repositório começa com https://, ssh:// ou git@, ou termina em .git.",
    ),
    "FLW-071": both(
        'entrypoint "{found}": expected the file, a colon and the function, such as flows.py:full_flow',
        'entrypoint "{found}": esperado o arquivo, dois-pontos e a função, como flows.py:full_flow',
        do="The file's path is relative to the source and ends in .py.",
        faca="O caminho do arquivo é relativo à origem e termina em .py.",
    ),
    "FLW-071.no_flow": both(
        "{found} is a function, but no flow",
        "{found} é uma função, mas não um fluxo",
        do="Write @flow above it (from pauta import flow).",
        faca="Escreva @flow acima dela (from pauta import flow).",
    ),
    "FLW-072": both(
        "git could not get {source}: {detail}",
        "o git não conseguiu obter {source}: {detail}",
        do="Try `git ls-remote` with the same address here. Git is asked without a terminal: it takes keys from the "
        "SSH agent and passwords from a credential helper.",
        faca="Tente `git ls-remote` com o mesmo endereço aqui. O git é chamado sem terminal: usa chaves do agente SSH "
        "e senhas de um credential helper.",
    ),
    "FLW-072.missing": both(
        "{source} is a git repository, and the program git is not installed here",
        "{source} é um repositório git, e o programa git não está instalado aqui",
        do="Install git, or deploy from a folder.",
        faca="Instale o git, ou faça o deploy a partir de uma pasta.",
    ),
    "FLW-072.ref": both(
        '{source} has no branch, tag or commit "{ref}"',
        '{source} não tem branch, tag ou commit "{ref}"',
        do="`git ls-remote` lists those it has.",
        faca="`git ls-remote` lista os que ele tem.",
    ),
    "FLW-072.slow": both(
        "git did not get {source} within {seconds} seconds",
        "o git não obteve {source} em {seconds} segundos",
        do="Try again, or name a branch or tag, which is fetched alone.",
        faca="Tente de novo, ou informe um branch ou tag, que é obtido sozinho.",
    ),
    "FLW-073": both(
        "{source} could not be read: {detail}",
        "não foi possível ler {source}: {detail}",
        do="Set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION; AWS_ENDPOINT_URL for a store other than AWS.",
        faca="Defina AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY e AWS_REGION; AWS_ENDPOINT_URL se não for a AWS.",
    ),
    "FLW-073.extra": both(
        "{source} is a bucket, and the extra for them is not installed",
        "{source} é um bucket, e o extra para eles não está instalado",
        do="pip install 'pauta[s3]'",
        faca="pip install 'pauta[s3]'",
    ),
    "FLW-073.empty": both(
        "there is no Python file below {source}",
        "não há arquivo Python abaixo de {source}",
        do="Name the prefix below which the flow's file lies: s3://bucket/prefix.",
        faca="Informe o prefixo abaixo do qual está o arquivo do fluxo: s3://bucket/prefixo.",
    ),
    "FLW-074": both(
        'flow "{flow}" is not in a file: it was made at a prompt or in a notebook, where no worker can read it',
        'o fluxo "{flow}" não está em um arquivo: foi feito no terminal ou em um notebook, onde nenhum worker o lê',
        do='Save it as a .py file, then {flow}.from_source(source=".", entrypoint="file.py:{flow}").deploy(…)',
        faca='Salve-o em um arquivo .py e use {flow}.from_source(source=".", entrypoint="arquivo.py:{flow}").deploy(…)',
    ),
    "FLW-074.inner": both(
        'flow "{flow}" is made inside of a function: {found}',
        'o fluxo "{flow}" é criado dentro de uma função: {found}',
        do="A flow that is deployed stands at the top of its file, under the name of its function.",
        faca="Um fluxo para deploy fica no nível superior do arquivo, com o nome da sua função.",
    ),
    "FLW-075": both(
        "{source} holds {files} Python files, {megabytes} MB; at most {most_files} and {most_megabytes} MB are read",
        "{source} tem {files} arquivos Python, {megabytes} MB; são lidos no máximo {most_files} e {most_megabytes} MB",
        do="Name a smaller folder, prefix or repository as the source.",
        faca="Informe como origem uma pasta, prefixo ou repositório menor.",
    ),
}

_DEPLOYMENTS: dict[str, Bilingual] = {
    "FLW-076": both(
        'the source of deployment "{deployment}" is not what was deployed any more; changed: {changed}; new: {added}; '
        "gone: {removed}",
        'a origem do deployment "{deployment}" não é mais a que foi publicada; mudaram: {changed}; novos: {added}; '
        "saíram: {removed}",
        do="It still runs version {version} of {pipeline}. Deploy it again, and it runs what the source holds now.",
        faca="Ele ainda executa a versão {version} de {pipeline}. Faça o deploy de novo para que execute o que a "
        "origem contém agora.",
    ),
    "FLW-077": both(
        'deployment "{deployment}" names no source: it was made of the published pipeline {pipeline}',
        'o deployment "{deployment}" não informa uma origem: foi feito do pipeline publicado {pipeline}',
        do="`pauta pipeline diff {pipeline} A B` compares published versions.",
        faca="`pauta pipeline diff {pipeline} A B` compara versões publicadas.",
    ),
    "FLW-078": both(
        'deployment "{deployment}" runs {present} already, not {wanted}',
        'o deployment "{deployment}" já executa {present}, e não {wanted}',
        do="Names of deployments are unique: choose another one, or `pauta deployment remove {deployment}`.",
        faca="Nomes de deployments são únicos: escolha outro, ou `pauta deployment remove {deployment}`.",
    ),
    "FLW-079": both(
        'there is no work pool "{pool}" yet; nothing was deployed',
        'ainda não existe o pool "{pool}"; nada foi publicado',
        do="`pauta work-pool create --type process {pool}` makes it. There are: {known}.",
        faca="`pauta work-pool create --type process {pool}` o cria. Existem: {known}.",
    ),
    "FLW-080": both(
        "{field}: expected {expected}, got {found}",
        "{field}: esperado {expected}, veio {found}",
    ),
    "FLW-080.together": both(
        "say when to run in one way: {first} or {second}",
        "informe quando executar de um só modo: {first} ou {second}",
        do="Several times go into schedules=[…].",
        faca="Vários horários vão em schedules=[…].",
    ),
    "FLW-080.ways": both(
        "a schedule has exactly one of cron, interval and rrule; found: {found}",
        "um agendamento tem exatamente um destes: cron, interval e rrule; veio: {found}",
    ),
    "FLW-080.key": both(
        'a schedule has no "{key}"; known: {known}',
        'um agendamento não tem "{key}"; conhecidos: {known}',
    ),
    "FLW-080.twice": both(
        'two schedules are called "{name}"',
        'dois agendamentos se chamam "{name}"',
    ),
    "FLW-081": both(
        '"{name}" is nothing that a deployment has; known: {known}',
        '"{name}" não é algo que um deployment tenha; conhecidos: {known}',
    ),
    "FLW-081.near": both(
        '"{name}" is nothing that a deployment has; did you mean {nearest}?',
        '"{name}" não é algo que um deployment tenha; seria {nearest}?',
    ),
    "FLW-081.value": both(
        "{name}: expected {expected}, got {found}",
        "{name}: esperado {expected}, veio {found}",
    ),
    "FLW-081.both": both(
        "{first} and {second} say the same thing; give one of them",
        "{first} e {second} dizem a mesma coisa; informe um deles",
    ),
    "FLW-081.image": both(
        "image: Pauta starts no container by itself; flows run where their worker was started",
        "image: o Pauta não inicia contêineres por si; fluxos executam onde seu worker foi iniciado",
        do="Leave image out, and start the worker in it: `docker run {image} pauta worker start -p {pool}`.",
        faca="Omita image e inicie o worker nela: `docker run {image} pauta worker start -p {pool}`.",
    ),
    "FLW-081.job_variables": both(
        "job_variables: Pauta's workers take none",
        "job_variables: os workers do Pauta não recebem nenhuma",
        do="Set variables where the worker is started (`KEY=value pauta worker start -p {pool}`), secrets as "
        'parameters with `"secret": true`.',
        faca="Defina variáveis onde o worker é iniciado (`CHAVE=valor pauta worker start -p {pool}`), segredos como "
        'parâmetros com `"secret": true`.',
    ),
}

_RUNNING: dict[str, Bilingual] = {
    "FLW-082": both(
        "work pool {pool} is of type {kind}: its stages are run by Celery's own workers",
        "o pool {pool} é do tipo {kind}: seus estágios são executados pelos workers do próprio Celery",
        do="`celery -A pauta.celery worker -Q {queue}` starts one.",
        faca="`celery -A pauta.celery worker -Q {queue}` inicia um.",
    ),
    "FLW-082.type": both(
        "work pool {pool} is of type {kind}, not {found}",
        "o pool {pool} é do tipo {kind}, e não {found}",
        do="Leave --type out: the pool's own type counts.",
        faca="Omita --type: vale o tipo do próprio pool.",
    ),
    "FLW-083": both(
        "{url} does not let this token make one for a worker",
        "{url} não permite que este token crie um para um worker",
        do="Ask for one of role worker (`pauta token create NAME --role worker --pool {pool}`), then set "
        "PAUTA_WORKER_TOKEN.",
        faca="Peça um de papel worker (`pauta token create NOME --role worker --pool {pool}`) e defina "
        "PAUTA_WORKER_TOKEN.",
    ),
    "FLW-084": both(
        "there is nothing to serve",
        "não há nada para servir",
        do='flow.serve("name", cron="0 */2 * * *"), or serve(a.to_deployment("a"), b.to_deployment("b"))',
        faca='fluxo.serve("nome", cron="0 */2 * * *"), ou serve(a.to_deployment("a"), b.to_deployment("b"))',
    ),
}

FLOW_DEPLOYING: dict[str, Bilingual] = {**_SOURCES, **_DEPLOYMENTS, **_RUNNING}
