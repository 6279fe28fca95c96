"""Texts of flows as files: reading, checking (FLW-050 to FLW-069)."""

from __future__ import annotations

from pauta.domain.messages.text import Bilingual, both

_KINDS: dict[str, tuple[str, str]] = {
    "task": ("task", "a tarefa"),
    "flow": ("flow", "o fluxo"),
    "function": ("function", "a função"),
    "name": ("name", "o nome"),
}

_ENTRIES: dict[str, Bilingual] = {
    "FLW-050": both('no function "{name}" (found: {found})', 'não há função "{name}" (encontradas: {found})'),
    "FLW-050.near": both(
        'no function "{name}"; did you mean "{suggestion}"? (found: {found})',
        'não há função "{name}"; seria "{suggestion}"? (encontradas: {found})',
    ),
    "FLW-050.none": both(
        'no function "{name}", nor any other function', 'não há função "{name}", nem outra função qualquer'
    ),
    "FLW-050.not_callable": both('"{name}" is {found}, not a function', '"{name}" é {found}, não uma função'),
    "FLW-050.unseen": both(
        'what "{name}" takes cannot be seen without running the file',
        'sem executar o arquivo não se vê o que "{name}" recebe',
        do="Name a function that is written there, or write a pipeline document with a step that calls it.",
        faca="Indique uma função escrita ali, ou escreva um documento de pipeline com uma etapa que a chame.",
    ),
    "FLW-051": both(
        "there are several flows: {found}",
        "há vários fluxos: {found}",
        do="Say which one: {example}",
        faca="Diga qual: {example}",
    ),
    "FLW-051.tasks": both(
        "there is no flow; it has these tasks: {found}",
        "não há fluxo; as tarefas são: {found}",
        do='Write a flow that calls them ("@flow" over a function), or run one alone: {example}',
        faca='Escreva um fluxo que as chame ("@flow" acima de uma função) ou execute uma sozinha: {example}',
    ),
    "FLW-051.functions": both(
        "there is no flow; it has these functions: {found}",
        "não há fluxo; as funções são: {found}",
        do='Put "@flow" over the one that is to run (from pauta import flow), or name one: {example}',
        faca='Ponha "@flow" acima da que deve rodar (from pauta import flow) ou indique uma: {example}',
    ),
    "FLW-051.none": both(
        "there is no flow, nor any function",
        "não há fluxo, nem função alguma",
        do='Write one: "from pauta import flow", and "@flow" over a function.',
        faca='Escreva um: "from pauta import flow" e "@flow" acima de uma função.',
    ),
    "FLW-052": both(
        'option "{option}" of task "{name}" is only known when the file is run: for this step it is not seen',
        'a opção "{option}" da tarefa "{name}" só se conhece ao executar o arquivo: para esta etapa ela não é vista',
        do="Write it as a number or text, or give it in the pipeline document.",
        faca="Escreva-a como número ou texto, ou informe-a no documento do pipeline.",
    ),
    "FLW-052.flow": both(
        'option "{option}" of flow "{name}" is only known when the file is run: for the flow as a whole it is not seen',
        'a opção "{option}" do fluxo "{name}" só se conhece ao executar o arquivo: para o fluxo como um todo ela não '
        "é vista",
        do="Write it as a number or text, or give it in the pipeline document.",
        faca="Escreva-a como número ou texto, ou informe-a no documento do pipeline.",
    ),
    "FLW-053.flow": both(
        'flow "{name}" is a generator: calling it would run none of its body',
        'o fluxo "{name}" é um gerador: chamá-lo não executaria nada do seu corpo',
        do="Collect the values in a list and return it.",
        faca="Junte os valores numa lista e devolva-a.",
    ),
    "FLW-053.task": both(
        'task "{name}" is a generator: calling it would run none of its body',
        'a tarefa "{name}" é um gerador: chamá-la não executaria nada do seu corpo',
        do="Collect the values in a list and return it.",
        faca="Junte os valores numa lista e devolva-a.",
    ),
}

_NAMES: dict[str, Bilingual] = {
    "FLW-054": both('"{name}" is defined nowhere', '"{name}" não está definido em lugar nenhum'),
    "FLW-054.near": both(
        '"{name}" is defined nowhere; did you mean "{suggestion}"?',
        '"{name}" não está definido em lugar nenhum; seria "{suggestion}"?',
    ),
    "FLW-054.import": both(
        '"{name}" is defined nowhere', '"{name}" não está definido em lugar nenhum', do="{line}", faca="{line}"
    ),
    "FLW-054.import_near": both(
        '"{name}" is defined nowhere; did you mean "{suggestion}"?',
        '"{name}" não está definido em lugar nenhum; seria "{suggestion}"?',
        do="Or import it: {line}",
        faca="Ou importe: {line}",
    ),
    "FLW-055": both(
        '"{name}" has no value yet on this line: it gets its first one on line {line}',
        '"{name}" ainda não tem valor nesta linha: recebe o primeiro na linha {line}',
    ),
    **{
        f"FLW-055.hides_{kind}": both(
            f'"{{name}}" has no value yet on this line: line {{line}} assigns to it, which makes it a variable of '
            f'"{{function}}" and hides the {en} of that name (line {{outer}})',
            f'"{{name}}" ainda não tem valor nesta linha: a linha {{line}} o atribui, o que o torna variável de '
            f'"{{function}}" e esconde {pt} de mesmo nome (linha {{outer}})',
            do="Give the variable another name.",
            faca="Dê outro nome à variável.",
        )
        for kind, (en, pt) in _KINDS.items()
    },
    "FLW-056": both('there is no module "{name}" here', 'não há módulo "{name}" aqui', do="{line}", faca="{line}"),
    "FLW-056.near": both(
        'there is no module "{name}" here; did you mean "{suggestion}"?',
        'não há módulo "{name}" aqui; seria "{suggestion}"?',
    ),
    "FLW-056.member": both('"{module}" has no "{name}"', '"{module}" não tem "{name}"'),
    "FLW-056.member_near": both(
        '"{module}" has no "{name}"; did you mean "{suggestion}"?',
        '"{module}" não tem "{name}"; seria "{suggestion}"?',
    ),
}

_CALLS: dict[str, Bilingual] = {
    "FLW-057.extra": both('{call} does not take "{name}" ({where})', '{call} não recebe "{name}" ({where})'),
    "FLW-057.near": both(
        '{call} does not take "{name}"; did you mean "{suggestion}"? ({where})',
        '{call} não recebe "{name}"; seria "{suggestion}"? ({where})',
    ),
    "FLW-057.missing": both('{call} is given no "{name}" ({where})', '{call} não recebe valor para "{name}" ({where})'),
    "FLW-057.many": both(
        "{call} takes {most} by position, and is given {found} ({where})",
        "{call} recebe {most} por posição, e vêm {found} ({where})",
    ),
    "FLW-057.method": both(
        "{call} takes {most} by position besides the object itself, and is given {found} ({where})",
        "{call} recebe {most} por posição além do próprio objeto, e vêm {found} ({where})",
    ),
    "FLW-057.twice": both(
        '{call} is given "{name}" twice: by position and by name ({where})',
        '{call} recebe "{name}" duas vezes: por posição e por nome ({where})',
    ),
    "FLW-057.keyword": both(
        '"{method}" has no parameter "{name}"; did you mean "{suggestion}"?',
        '"{method}" não tem o parâmetro "{name}"; seria "{suggestion}"?',
    ),
    "FLW-057.removed": both(
        'DataFrames have no method "{method}" any more',
        'DataFrames não têm mais o método "{method}"',
        do="Write {instead}.",
        faca="Escreva {instead}.",
    ),
}

_HABITS: dict[str, Bilingual] = {
    "FLW-058": both(
        "this is an import from Prefect",
        "esta é uma importação do Prefect",
        do="Write: {line}",
        faca="Escreva: {line}",
    ),
    "FLW-058.other": both(
        '"{name}" of Prefect has no counterpart of that name',
        '"{name}" do Prefect não tem equivalente com esse nome',
        do='See "Coming from Prefect" in the documentation.',
        faca='Veja "Coming from Prefect" na documentação.',
    ),
    "FLW-059.task": both(
        'task "{name}" is called while the file is loaded, outside of any flow',
        'a tarefa "{name}" é chamada enquanto o arquivo é carregado, fora de qualquer fluxo',
        do="Call it inside a flow; {name}.fn(...) calls the plain function.",
        faca="Chame-a dentro de um fluxo; {name}.fn(...) chama a função comum.",
    ),
    "FLW-059.flow": both(
        'flow "{name}" is called while the file is loaded, so it would run each time somebody loads it',
        'o fluxo "{name}" é chamado enquanto o arquivo é carregado: rodaria a cada vez que alguém o carregasse',
        do='Put the call under: if __name__ == "__main__":',
        faca='Ponha a chamada sob: if __name__ == "__main__":',
    ),
    "FLW-060.format": both("this text cannot be formatted: {reason}", "este texto não pode ser formatado: {reason}"),
    "FLW-060.braces": both(
        'this text holds "{{{name}}}" but is not formatted: it stays as it is written',
        'este texto contém "{{{name}}}", mas não é formatado: fica como está escrito',
        do='Put an "f" before the quotes.',
        faca='Ponha um "f" antes das aspas.',
    ),
    **{
        f"FLW-060.twice_{kind}": both(
            f'{en} "{{name}}" is defined again on line {{line}}: only the later one counts',
            f'{pt} "{{name}}" é definida de novo na linha {{line}}: só vale a última'
            if pt.startswith("a ")
            else f'{pt} "{{name}}" é definido de novo na linha {{line}}: só vale o último',
            do="Give one of them another name.",
            faca="Dê outro nome a um deles.",
        )
        for kind, (en, pt) in _KINDS.items()
    },
}

FLOW_SOURCES: dict[str, Bilingual] = {**_ENTRIES, **_NAMES, **_CALLS, **_HABITS}
