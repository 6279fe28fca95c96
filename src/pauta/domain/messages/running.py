"""Texts of runs, uploads, attempts and the command line (RUN, UPL, ATT, CLI, CFG)."""

from __future__ import annotations

from pauta.domain.messages.text import Bilingual, both

_LIST_RUNS = {"do": "`pauta runs` lists them", "faca": "`pauta runs` mostra a lista"}

RUNNING: dict[str, Bilingual] = {
    # ---- runs
    "RUN-001": both("there is no run {run}", "não existe a execução {run}", **_LIST_RUNS),
    "RUN-001.none": both(
        "there are no runs in this project yet",
        "ainda não há execuções neste projeto",
        do="`pauta run` makes one",
        faca="`pauta run` cria uma",
    ),
    "RUN-002": both(
        '"{run}" fits {count} runs: {matches}',
        '"{run}" serve para {count} execuções: {matches}',
        do="give more of the id",
        faca="informe mais caracteres do id",
    ),
    "RUN-003": both(
        'run {run} has no step "{step}"',
        'a execução {run} não tem a etapa "{step}"',
        do="its steps: {known}",
        faca="etapas que tem: {known}",
    ),
    "RUN-003.calls": both(
        'run {run} has neither a step nor a call "{step}"',
        'a execução {run} não tem nem a etapa nem a chamada "{step}"',
        do="it has: {known}",
        faca="ela tem: {known}",
    ),
    "RUN-004": both(
        'run {run} has no frame "{frame}"',
        'a execução {run} não tem o frame "{frame}"',
        do="its frames: {known}",
        faca="frames que tem: {known}",
    ),
    "RUN-005": both(
        "run {run} is {state}: there is nothing to cancel",
        "a execução {run} está no estado {state}: não há o que cancelar",
    ),
    "RUN-006": both(
        "run {run} is {state}: there is nothing to resume",
        "a execução {run} está no estado {state}: não há o que retomar",
        do="`pauta rerun {run}` runs it again, taking what did not change from the cache",
        faca="`pauta rerun {run}` repete a execução e tira do cache o que não mudou",
    ),
    "RUN-007": both(
        "run {run} is {state}: it has not ended yet",
        "a execução {run} está no estado {state}: ainda não terminou",
        do="`pauta run --resume {run}` goes on with it",
        faca="`pauta run --resume {run}` continua",
    ),
    "RUN-008": both(
        'step "{step}" of run {run} has no recorded inputs: it is {state}',
        'a etapa "{step}" da execução {run} não tem entradas registradas: está no estado {state}',
        do="replay a step that ran, or one whose inputs were made",
        faca="repita uma etapa que executou, ou uma cujas entradas foram feitas",
    ),
    "RUN-008.flow": both(
        'step "{step}" of run {run} is a flow; only scripts are replayed',
        'a etapa "{step}" da execução {run} é um fluxo; só scripts são repetidos assim',
        do="`pauta rerun {run} --from CALL` goes through it again from one of its calls on",
        faca="`pauta rerun {run} --from CHAMADA` percorre-o de novo a partir de uma das chamadas",
    ),
    "RUN-008.call": both(
        '"{call}" of run {run} is a call of a flow; only scripts are replayed',
        '"{call}" da execução {run} é uma chamada de um fluxo; só scripts são repetidos assim',
        do="`pauta rerun {run} --from {call}` makes it again, and all after it",
        faca="`pauta rerun {run} --from {call}` a faz de novo, e tudo o que vem depois",
    ),
    "RUN-008.child": both(
        '"{call}" of run {run} is a run of its own: {child}',
        '"{call}" da execução {run} é uma execução própria: {child}',
        do="`pauta show {child}` names its steps; `pauta replay {child} STEP` replays one",
        faca="`pauta show {child}` mostra as etapas dela; `pauta replay {child} ETAPA` repete uma",
    ),
    "RUN-009": both(
        '"{frame}" of run {run} is no table but a {kind}; only frames can be written to a table file',
        '"{frame}" da execução {run} não é uma tabela ({kind}); só frames vão para arquivo de tabela',
    ),
    "RUN-010": both('step "{step}" failed', 'a etapa "{step}" falhou'),
    "RUN-011": both(
        'step "{step}" died {deaths} times; the run is held',
        'a etapa "{step}" morreu {deaths} vezes; a execução está retida',
        do="when the cause is gone, `pauta run --resume {run}` tries it again",
        faca="resolvida a causa, `pauta run --resume {run}` tenta de novo",
    ),
    "RUN-012": both("the run was cancelled", "a execução foi cancelada"),
    "RUN-013": both(
        "records or objects of the run were lost: {detail}",
        "registros ou objetos da execução se perderam: {detail}",
    ),
    "RUN-030": both(
        '"{frame}" of run {run} has no profile',
        '"{frame}" da execução {run} não tem perfil',
        do="only frames that were stored have one",
        faca="só os frames armazenados têm",
    ),
    # ---- uploads and downloads of frames
    "UPL-001": both(
        "the file has more than the {most} bytes that may be sent",
        "o arquivo tem mais que os {most} bytes que podem ser enviados",
        do="send it in parts, or raise server.upload_limit_bytes",
        faca="envie em partes, ou aumente server.upload_limit_bytes",
    ),
    "UPL-002": both(
        "the file's content is too large: more than {most} MiB, or more than {times} times the file",
        "o conteúdo do arquivo é grande demais: mais que {most} MiB, ou mais que {times} vezes o arquivo",
        do="send it in parts, or let a run read it from a path",
        faca="envie em partes, ou deixe uma execução ler de um caminho",
    ),
    "UPL-003": both(
        "this server does not read or write table files",
        "este servidor não lê nem grava arquivos de tabela",
    ),
    "UPL-004": both(
        "the process that reads table files ended early",
        "o processo que lê arquivos de tabela terminou antes da hora",
        do="try again; if it happens again, the machine may be short of memory",
        faca="tente de novo; se repetir, pode faltar memória na máquina",
    ),
    "UPL-005": both(
        'name: "{name}" cannot be the name of a frame',
        'name: "{name}" não pode ser o nome de um frame',
        do="at most 200 characters, no path, nothing invisible, no space at its ends",
        faca="no máximo 200 caracteres, sem caminho, nada invisível, sem espaço nas pontas",
    ),
    "UPL-006": both(
        'format: found "{found}", expected one of {known}',
        'format: há "{found}", esperado um de {known}',
    ),
    "UPL-007": both(
        "there is not enough memory to read {file}: at most {most} MiB",
        "não há memória bastante para ler {file}: no máximo {most} MiB",
        do="split it, or read it in a script, part by part",
        faca="divida-o, ou leia-o num script, parte por parte",
    ),
    # ---- attempts
    "ATT-001": both(
        "attempt {attempt} was replaced by {current} at {at}; result discarded",
        "a tentativa {attempt} foi substituída pela {current} às {at}; resultado descartado",
    ),
    "ATT-002": both(
        "the run is {state}; the report of attempt {attempt} came too late",
        "a execução está no estado {state}; o relato da tentativa {attempt} chegou tarde demais",
    ),
    # ---- settings
    "CFG-001": both(
        'unknown setting "{name}"; did you mean "{nearest}"?',
        'configuração desconhecida "{name}"; quis dizer "{nearest}"?',
    ),
    "CFG-001.alone": both(
        'unknown setting "{name}"; known: {known}',
        'configuração desconhecida "{name}"; conhecidas: {known}',
    ),
    "CFG-002": both(
        'setting "{name}": found {found}, expected {expected}',
        'configuração "{name}": há {found}, esperado {expected}',
    ),
    "CFG-003": both(
        "{detail}",
        "{detail}",
        do="the settings file is TOML",
        faca="o arquivo de configuração é TOML",
    ),
    # ---- the command line: usage
    "CLI-001": both("{text}", "{text}", do="`{command} --help` tells more", faca="`{command} --help` explica"),
    "CLI-001.option": both(
        "`{command}` has no option {option}",
        "`{command}` não tem a opção {option}",
        do="`{command} --help` lists them",
        faca="`{command} --help` mostra a lista",
    ),
    "CLI-001.option_near": both(
        "`{command}` has no option {option}; did you mean {nearest}?",
        "`{command}` não tem a opção {option}; quis dizer {nearest}?",
    ),
    "CLI-001.command": both(
        'there is no command "{found}"',
        'não existe o comando "{found}"',
        do="`pauta --help` lists them",
        faca="`pauta --help` mostra a lista",
    ),
    "CLI-001.command_near": both(
        'there is no command "{found}"; did you mean "{nearest}"?',
        'não existe o comando "{found}"; quis dizer "{nearest}"?',
    ),
    "CLI-001.missing": both(
        "`{command}` needs {name}",
        "`{command}` precisa de {name}",
        do="`{command} --help` tells more",
        faca="`{command} --help` explica",
    ),
    "CLI-001.value": both("{name}: found {found}, expected {expected}", "{name}: há {found}, esperado {expected}"),
    "CLI-001.extra": both(
        "`{command}` takes no further argument: {found}",
        "`{command}` não aceita mais argumentos: {found}",
        do="`{command} --help` tells more",
        faca="`{command} --help` explica",
    ),
    "CLI-001.needs": both("option {option} needs a value", "a opção {option} precisa de um valor"),
    "CLI-001.together": both(
        "{first} and {second} cannot be used together",
        "{first} e {second} não podem ser usados juntos",
    ),
    # ---- the command line: what was given
    "CLI-002": both(
        '--input "{found}": expected name=file',
        '--input "{found}": esperado nome=arquivo',
        do="for example --input sales=sales.csv",
        faca="por exemplo --input vendas=vendas.csv",
    ),
    "CLI-002.twice": both('--input "{name}" is given twice', '--input "{name}" foi informado duas vezes'),
    "CLI-002.missing": both('--input "{name}": no file {file}', '--input "{name}": não há o arquivo {file}'),
    "CLI-003": both(
        '--param "{found}": expected name=value',
        '--param "{found}": esperado nome=valor',
        do="for example --param alpha=0.1",
        faca="por exemplo --param alpha=0.1",
    ),
    "CLI-003.twice": both('--param "{name}" is given twice', '--param "{name}" foi informado duas vezes'),
    "CLI-004": both(
        "no document given, and {folder} has no pipeline.json, pipeline.yaml or pipeline.yml",
        "nenhum documento informado, e {folder} não tem pipeline.json, pipeline.yaml nem pipeline.yml",
        do="give the document's path, or make a project with `pauta init`",
        faca="informe o caminho do documento, ou crie um projeto com `pauta init`",
    ),
    "CLI-005": both("there is no file {file}", "não há o arquivo {file}"),
    "CLI-005.near": both(
        'there is no file {file}; did you mean "{nearest}"?',
        'não há o arquivo {file}; quis dizer "{nearest}"?',
    ),
    "CLI-005.folder": both("there is no folder {file}", "não há a pasta {file}"),
    "CLI-007": both(
        "{file} exists already; nothing was written",
        "{file} já existe; nada foi gravado",
        do="choose another folder",
        faca="escolha outra pasta",
    ),
    "CLI-008": both(
        '"{file}": the ending tells the format; expected {expected}',
        '"{file}": a extensão diz o formato; esperado {expected}',
    ),
    "CLI-009": both(
        "{file} exists already; nothing was written",
        "{file} já existe; nada foi gravado",
        do="choose another name, or add --force",
        faca="escolha outro nome, ou acrescente --force",
    ),
    "CLI-009.secret": both(
        "{file} exists already; nothing was written",
        "{file} já existe; nada foi gravado",
        do="choose another name",
        faca="escolha outro nome",
    ),
    "CLI-010": both(
        "the file cannot be used: {detail}",
        "o arquivo não pode ser usado: {detail}",
    ),
    # ---- the command line: the end
    "CLI-900": both(
        "an error inside Pauta: {detail}",
        "um erro dentro do Pauta: {detail}",
        do="set PAUTA_DEBUG=1 to see where, and please report it",
        faca="defina PAUTA_DEBUG=1 para ver onde, e por favor relate",
    ),
    "CLI-901": both("interrupted", "interrompido"),
}
