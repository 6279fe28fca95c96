"""Texts of scripts, before and while they run (SCR)."""

from __future__ import annotations

from pauta.domain.messages.text import Bilingual, both

_PLACES: dict[str, Bilingual] = {
    "SCR-001": both(
        'script "{script}" is outside the project\'s scripts',
        'o script "{script}" está fora dos scripts do projeto',
        do="Put it into the scripts' folder, or name another folder with --scripts.",
        faca="Ponha-o na pasta dos scripts ou indique outra pasta com --scripts.",
    ),
    "SCR-001.step": both(
        'step "{step}": script "{script}" is outside the project\'s scripts',
        'etapa "{step}": o script "{script}" está fora dos scripts do projeto',
        do="Put it into the scripts' folder, or name another folder with --scripts.",
        faca="Ponha-o na pasta dos scripts ou indique outra pasta com --scripts.",
    ),
    "SCR-002": both(
        'script "{script}" not found in {root}; nearest: {nearest}',
        'script "{script}" não encontrado em {root}; mais próximos: {nearest}',
    ),
    "SCR-002.step": both(
        'step "{step}": script "{script}" not found in {root}; nearest: {nearest}',
        'etapa "{step}": script "{script}" não encontrado em {root}; mais próximos: {nearest}',
    ),
    "SCR-002.nothing": both(
        'script "{script}" not found in {root}, where nothing has a name like it',
        'script "{script}" não encontrado em {root}, onde nada tem nome parecido',
        do="Say with --scripts where the scripts are.",
        faca="Indique com --scripts onde estão os scripts.",
    ),
    "SCR-002.step_nothing": both(
        'step "{step}": script "{script}" not found in {root}, where nothing has a name like it',
        'etapa "{step}": script "{script}" não encontrado em {root}, onde nada tem nome parecido',
        do="Say with --scripts where the scripts are.",
        faca="Indique com --scripts onde estão os scripts.",
    ),
}

_BYTES: dict[str, Bilingual] = {
    "SCR-003": both(
        'byte {byte} at line {line}: not UTF-8; save as UTF-8 or add "# -*- coding: latin-1 -*-"',
        'byte {byte} na linha {line}: não é UTF-8; salve como UTF-8 ou acrescente "# -*- coding: latin-1 -*-"',
    ),
    "SCR-003.cookie": both(
        "byte {byte} at line {line}: not {encoding}, which the script says it is written in",
        "byte {byte} na linha {line}: não é {encoding}, a codificação que o script declara",
    ),
    "SCR-003.unknown": both('unknown encoding "{encoding}"', 'codificação desconhecida: "{encoding}"'),
    "SCR-003.wide": both(
        "byte {byte} at line {line}: this is {encoding}; save as UTF-8",
        "byte {byte} na linha {line}: isto é {encoding}; salve como UTF-8",
    ),
    "SCR-003.nul": both(
        "byte 0x00 at line {line}: a script holds text only",
        "byte 0x00 na linha {line}: um script contém apenas texto",
    ),
    "SCR-004": both("{found} bytes; the limit is {limit} bytes", "{found} bytes; o limite é {limit} bytes"),
    "SCR-005": both("cannot be read: {reason}", "não pode ser lido: {reason}"),
}

_SHAPE: dict[str, Bilingual] = {
    "SCR-010": both("{reason}", "{reason}", do="The line is: {source}", faca="A linha é: {source}"),
    "SCR-010.deep": both("nested too deeply for Python", "aninhado demais para o Python"),
    "SCR-011": both('no function "execute" (found: {found})', 'falta a função "execute" (encontradas: {found})'),
    "SCR-011.none": both('no function "execute"', 'falta a função "execute"'),
    "SCR-011.not_callable": both('"execute" is {found}, not a function', '"execute" é {found}, não uma função'),
    "SCR-011.async": both(
        'function "execute" is async, which is not supported',
        'a função "execute" é async, o que não é suportado',
        do='Write "def execute"; inside it, asyncio.run(…) may be called.',
        faca='Escreva "def execute"; dentro dela pode-se chamar asyncio.run(…).',
    ),
    "SCR-011.async_other": both(
        'function "{name}" is async, which only a flow or a task may be',
        'a função "{name}" é async, o que só um fluxo ou uma tarefa pode ser',
        do='Put "@flow" or "@task" over it (from pauta import flow, task).',
        faca='Ponha "@flow" ou "@task" acima dela (from pauta import flow, task).',
    ),
    "SCR-012.missing": both(
        '{execute}: recipe gives no value for "{name}" ({script})',
        '{execute}: a receita não dá valor para "{name}" ({script})',
        do='Add "{name}" to the step\'s dataframes or kwargs, or give the parameter a default.',
        faca='Acrescente "{name}" a dataframes ou kwargs da etapa, ou dê ao parâmetro um valor padrão.',
    ),
    "SCR-012.extra": both(
        '{execute}: recipe gives "{name}", which it does not take ({script})',
        '{execute}: a receita dá "{name}", que ela não recebe ({script})',
    ),
    "SCR-012.near": both(
        '{execute}: recipe gives "{name}", which it does not take; did you mean "{suggestion}"? ({script})',
        '{execute}: a receita dá "{name}", que ela não recebe; seria "{suggestion}"? ({script})',
    ),
    "SCR-012.positional": both(
        '{execute}: "{name}" can only be given by position, but frames and kwargs are given by name',
        '{execute}: "{name}" só pode ser dado por posição, mas DataFrames e kwargs são dados por nome',
        do='Remove the "/" from its parameters.',
        faca='Remova o "/" dos parâmetros.',
    ),
}

SCRIPTS: dict[str, Bilingual] = {**_PLACES, **_BYTES, **_SHAPE}
