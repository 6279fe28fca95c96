"""Texts of pipeline documents and parameters (RCP, PRM)."""

from __future__ import annotations

from pauta.domain.messages.text import Bilingual, both

# What was expected, in a word: the variants of RCP-003 and PRM-001 are named after the left column.
_KINDS: dict[str, tuple[str, str]] = {
    "text": ("text", "texto"),
    "list": ("list", "lista"),
    "object": ("object", "objeto"),
    "boolean": ("true or false", "true ou false"),
    "integer": ("whole number", "número inteiro"),
    "number": ("number", "número"),
    "date": ("date as 2025-08-31", "data como 2025-08-31"),
    "duration": ('seconds or text such as "30s", "5m", "1h30m"', 'segundos ou texto como "30s", "5m", "1h30m"'),
    "memory": ('bytes or text such as "2GiB", "500MB"', 'bytes ou texto como "2GiB", "500MB"'),
    "text_or_list": ("text or list", "texto ou lista"),
    "text_or_object": ("text or object", "texto ou objeto"),
    "default": ("default value or object", "valor padrão ou objeto"),
    "retries": ("whole number or object", "número inteiro ou objeto"),
    "variable": ("letters, digits and _, not beginning with a digit", "letras, dígitos e _, sem começar por dígito"),
}

_VALUES: dict[str, tuple[str, str]] = {
    "minimum": ("{found} is less than {limit}", "{found} é menor que {limit}"),
    "maximum": ("{found} is more than {limit}", "{found} é maior que {limit}"),
    "choice": ("expected one of {choices}, got {found}", "esperado um destes: {choices}; veio {found}"),
}

_TYPED: dict[str, Bilingual] = {
    f"{code}.{variant}": both(en, pt)
    for code in ("RCP-003", "PRM-001")
    for variant, (en, pt) in (
        _VALUES
        | {
            kind: (f"expected {en}, got {{found}}", f"esperado {pt}, veio {{found}}")
            for kind, (en, pt) in _KINDS.items()
        }
    ).items()
}

_SYNTAX: dict[str, Bilingual] = {
    "RCP-001.before": both("expected {expected} before {found}", "esperado {expected} antes de {found}"),
    "RCP-001.end": both("expected {expected} before the end", "esperado {expected} antes do fim"),
    "RCP-001.value": both("expected a value before {found}", "esperado um valor antes de {found}"),
    "RCP-001.value_end": both("expected a value before the end", "esperado um valor antes do fim"),
    "RCP-001.key": both(
        "expected a key in double quotes before {found}", "esperada uma chave entre aspas duplas antes de {found}"
    ),
    "RCP-001.key_end": both(
        "expected a key in double quotes before the end", "esperada uma chave entre aspas duplas antes do fim"
    ),
    "RCP-001.trailing": both(
        "',' without anything after it before {found}",
        "',' sem nada depois, antes de {found}",
        do="Remove the comma.",
        faca="Remova a vírgula.",
    ),
    "RCP-001.word": both(
        "{found} is not a JSON word; did you mean {suggestion}?",
        "{found} não é uma palavra de JSON; seria {suggestion}?",
    ),
    "RCP-001.quotes": both(
        "JSON texts stand in double quotes, not in single ones", "textos em JSON ficam entre aspas duplas, não simples"
    ),
    "RCP-001.comment": both(
        "JSON has no comments",
        "JSON não tem comentários",
        do="Remove it, or write the document in YAML.",
        faca="Remova-o ou escreva o documento em YAML.",
    ),
    "RCP-001.more": both("{found} after the end of the document", "{found} depois do fim do documento"),
    "RCP-001.open": both("text opened here never closes", "texto aberto aqui nunca fecha"),
    "RCP-001.control": both(
        "control character {found} inside a text",
        "caractere de controle {found} dentro de um texto",
        do="Write it with a backslash, as \\n or \\t.",
        faca="Escreva-o com barra invertida, como \\n ou \\t.",
    ),
    "RCP-001.escape": both("{found} is not a valid escape", "{found} não é uma sequência de escape válida"),
    "RCP-001.surrogate": both("{found} is half a character", "{found} é meio caractere"),
    "RCP-001.number": both("number {found} cannot be kept exactly", "o número {found} não pode ser guardado"),
    "RCP-001.bytes": both(
        "byte {byte}: not UTF-8",
        "byte {byte}: não é UTF-8",
        do="Save the document as UTF-8.",
        faca="Salve o documento como UTF-8.",
    ),
    "RCP-001.yaml": both("{reason}", "{reason}"),
    "RCP-001.tab": both(
        "a tab cannot indent YAML",
        "tabulação não serve de recuo em YAML",
        do="Use spaces.",
        faca="Use espaços.",
    ),
    "RCP-001.tag": both("tag {found} is not allowed", "a etiqueta {found} não é permitida"),
    "RCP-001.complex_key": both("a key must be text", "uma chave precisa ser texto"),
    "RCP-001.alias": both(
        'alias "*{found}" refers to nothing defined before it', 'a referência "*{found}" não aponta para nada anterior'
    ),
    "RCP-001.self": both('alias "*{found}" lies inside itself', 'a referência "*{found}" está dentro de si mesma'),
    "RCP-001.merge": both('"<<" takes an object or a list of objects', '"<<" recebe um objeto ou uma lista de objetos'),
    "RCP-001.documents": both("a second document begins here", "um segundo documento começa aqui"),
}

_STRUCTURE: dict[str, Bilingual] = {
    "RCP-002": both("unknown key", "chave desconhecida", do="Known here: {known}.", faca="Conhecidas aqui: {known}."),
    "RCP-002.near": both(
        'unknown key; did you mean "{suggestion}"?',
        'chave desconhecida; seria "{suggestion}"?',
    ),
    "RCP-003.required": both("required", "obrigatório"),
    "RCP-003.alias": both(
        '"{main}" and "{alias}" are two names of one key; give one of them',
        '"{main}" e "{alias}" são dois nomes da mesma chave; use um deles',
    ),
    "RCP-003.repeated": both("{found} is listed twice", "{found} aparece duas vezes na lista"),
    "RCP-003.no_steps": both("the document has no steps", "o documento não tem etapas"),
    "RCP-003.twice": both(
        'step "{step}": "{name}" is given both by dataframes and by kwargs',
        'etapa "{step}": "{name}" vem tanto de dataframes quanto de kwargs',
    ),
    "RCP-003.bounds": both(
        "minimum {minimum} is more than maximum {maximum}", "minimum {minimum} é maior que maximum {maximum}"
    ),
    "RCP-003.secret": both(
        "a secret must not stand in the document in plain",
        "um segredo não pode ficar às claras no documento",
        do='Remove its default and give it at the run as "env:VARIABLE".',
        faca='Remova o valor padrão e informe-o na execução como "env:VARIAVEL".',
    ),
    "RCP-004": both(
        'key "{key}" given twice (first on line {first})', 'chave "{key}" dada duas vezes (a primeira na linha {first})'
    ),
    "RCP-005": both('step "{name}" defined at {first} and {second}', 'etapa "{name}" definida em {first} e {second}'),
    "RCP-008.size": both(
        "{found} bytes; the limit is 1 MiB ({limit} bytes)", "{found} bytes; o limite é 1 MiB ({limit} bytes)"
    ),
    "RCP-008.depth": both(
        "nested deeper than {limit} levels; the limit is depth {limit}",
        "aninhado além de {limit} níveis; o limite é profundidade {limit}",
    ),
    "RCP-008.steps": both("{found} steps; the limit is {limit} steps", "{found} etapas; o limite é {limit} etapas"),
    "RCP-008.values": both(
        "more than {limit} values; the limit is {limit} values, anchors counted wherever they are used",
        "mais de {limit} valores; o limite é {limit} valores, com âncoras contadas a cada uso",
    ),
    "RCP-009.empty": both("empty", "vazio"),
    "RCP-009.blank": both("nothing but blanks", "só espaços"),
    "RCP-009.edge": both("{found} begins or ends with a blank", "{found} começa ou termina com espaço"),
    "RCP-009.dots": both('{found} contains ".." or is "."', '{found} contém ".." ou é "."'),
    "RCP-009.slash": both('{found} contains "/"', '{found} contém "/"'),
    "RCP-009.control": both(
        "{found} contains the control character {character}", "{found} contém o caractere de controle {character}"
    ),
    "RCP-009.bidi": both(
        "{found} contains the invisible direction control {character}",
        "{found} contém o controle de direção invisível {character}",
    ),
    "RCP-009.long": both(
        "{length} characters; at most {limit} are allowed", "{length} caracteres; são permitidos no máximo {limit}"
    ),
    "RCP-010": both(
        "{total} problems in all; the first {shown} are shown",
        "{total} problemas no total; os primeiros {shown} são mostrados",
    ),
    "RCP-011": both("cannot be read: {reason}", "não pode ser lido: {reason}"),
}

_GRAPH: dict[str, Bilingual] = {
    "RCP-006": both(
        'step "{step}": frame "{frame}" is not an input and no earlier step makes it',
        'etapa "{step}": o DataFrame "{frame}" não é uma entrada e nenhuma etapa anterior o produz',
        do='Declare it under "inputs", give it with --input {frame}=FILE, or make it in an earlier step.',
        faca='Declare-o em "inputs", informe --input {frame}=ARQUIVO ou produza-o numa etapa anterior.',
    ),
    "RCP-006.near": both(
        'step "{step}": frame "{frame}" is not an input and no earlier step makes it; did you mean "{suggestion}"?',
        'etapa "{step}": o DataFrame "{frame}" não é uma entrada e nenhuma etapa anterior o produz; '
        'seria "{suggestion}"?',
    ),
    "RCP-006.later": both(
        'step "{step}": frame "{frame}" is not an input and no earlier step makes it; '
        'step "{maker}" makes it, but later',
        'etapa "{step}": o DataFrame "{frame}" não é uma entrada e nenhuma etapa anterior o produz; '
        'a etapa "{maker}" o produz, mas depois',
        do='Put "{maker}" before "{step}", or declare "{frame}" under "inputs".',
        faca='Ponha "{maker}" antes de "{step}" ou declare "{frame}" em "inputs".',
    ),
    "RCP-006.after": both(
        'step "{step}": there is no step "{name}" to come after',
        'etapa "{step}": não há etapa "{name}" para vir antes',
    ),
    "RCP-006.after_near": both(
        'step "{step}": there is no step "{name}" to come after; did you mean "{suggestion}"?',
        'etapa "{step}": não há etapa "{name}" para vir antes; seria "{suggestion}"?',
    ),
    "RCP-006.parameter": both(
        'step "{step}": parameter "{name}" is not declared under "parameters"',
        'etapa "{step}": o parâmetro "{name}" não está declarado em "parameters"',
    ),
    "RCP-006.parameter_near": both(
        'step "{step}": parameter "{name}" is not declared under "parameters"; did you mean "{suggestion}"?',
        'etapa "{step}": o parâmetro "{name}" não está declarado em "parameters"; seria "{suggestion}"?',
    ),
    "RCP-006.unsupplied": both(
        'step "{step}": input "{frame}" was not given',
        'etapa "{step}": a entrada "{frame}" não foi informada',
        do='Add --input {frame}=FILE, or give it a source under "inputs".',
        faca='Acrescente --input {frame}=ARQUIVO ou dê-lhe uma origem ("source") em "inputs".',
    ),
    "RCP-007": both(
        "cycle: {cycle}",
        "ciclo: {cycle}",
        do='Remove one of the "after" entries on this path.',
        faca='Remova uma das entradas "after" desse caminho.',
    ),
}

_PARAMETERS: dict[str, Bilingual] = {
    "PRM-001.required": both("required", "obrigatório"),
    "PRM-001.none": both(
        "unknown parameter; the pipeline declares none",
        "parâmetro desconhecido; o pipeline não declara nenhum",
        do='Declare it under "parameters" in the document.',
        faca='Declare-o em "parameters" no documento.',
    ),
    "PRM-001.unknown": both(
        "unknown parameter", "parâmetro desconhecido", do="Known: {known}.", faca="Conhecidos: {known}."
    ),
    "PRM-001.near": both(
        'unknown parameter; did you mean "{suggestion}"?', 'parâmetro desconhecido; seria "{suggestion}"?'
    ),
    "PRM-001.secret": both(
        "a secret must not be given in plain",
        "um segredo não pode ser informado às claras",
        do='Put it into an environment variable and give its name: "env:VARIABLE".',
        faca='Ponha-o numa variável de ambiente e informe o nome dela: "env:VARIAVEL".',
    ),
    "PRM-002": both("{first} {start} is after {second} {end}", "{first} {start} é posterior a {second} {end}"),
    "PRM-003": both(
        "the secret env:{name} is not set",
        "o segredo env:{name} não está definido",
        do="Set the environment variable {name} for the command.",
        faca="Defina a variável de ambiente {name} para o comando.",
    ),
}

AUTHORING: dict[str, Bilingual] = {**_SYNTAX, **_TYPED, **_STRUCTURE, **_GRAPH, **_PARAMETERS}
