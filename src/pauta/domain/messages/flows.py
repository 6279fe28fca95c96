"""Texts of flows and tasks themselves (FLW-001 to FLW-049)."""

from __future__ import annotations

from pauta.domain.messages.text import Bilingual, both

_KEPT: dict[str, Bilingual] = {
    "FLW-020": both(
        "{what} is of type {found}, which cannot be kept on record",
        "{what} é do tipo {found}, que não pode ficar registrado",
        do="Give what it holds instead: JSON values, frames, arrays, fitted models, tuples, sets, times, decimals, "
        "bytes or paths.",
        faca="Dê em vez disso o que ele contém: valores JSON, tabelas, arrays, modelos treinados, tuplas, conjuntos, "
        "datas e horas, decimais, bytes ou caminhos.",
    ),
    "FLW-020.unnamed": both(
        "{what} is of type {found}, which the annotation does not name, so it could not be read back",
        "{what} é do tipo {found}, que a anotação não menciona, e por isso não poderia ser lido de volta",
        do="Name the class in the annotation: -> {found}, or list[{found}] and the like; or give its fields as a dict.",
        faca="Mencione a classe na anotação: -> {found}, ou list[{found}] e assim por diante; ou dê seus campos como "
        "dict.",
    ),
    "FLW-020.lazy": both(
        "{what} is of type {found}, whose items can be had only once and are not there yet",
        "{what} é do tipo {found}, cujos itens só podem ser obtidos uma vez e ainda não existem",
        do="Give a list: list(…); of a coroutine what it gives: await it.",
        faca="Dê uma lista: list(…); de uma corrotina, o que ela dá: use await.",
    ),
    "FLW-020.deep": both(
        "{what} is nested too deeply, or contains itself",
        "{what} tem níveis demais, ou contém a si mesmo",
        do="Give it flat: a list of records, a frame.",
        faca="Dê-o em forma plana: uma lista de registros, uma tabela.",
    ),
}

_ENTRIES: dict[str, Bilingual] = {
    "FLW-021": both(
        'the script has no function "{entry}" once it is loaded; nearest: {nearest}',
        'o script, uma vez carregado, não tem a função "{entry}"; mais próximas: {nearest}',
        do="Define it at the script's top level, under this name.",
        faca="Defina-a no nível principal do script, com esse nome.",
    ),
    "FLW-022": both(
        '"{entry}" is a {found}, not a flow or a function',
        '"{entry}" é um {found}, e não um flow ou uma função',
        do="Give the function another name than that {found}.",
        faca="Dê à função um nome diferente do desse {found}.",
    ),
    "FLW-022.task": both(
        '"{entry}" is a {found}, not a task',
        '"{entry}" é um {found}, e não uma task',
        do="Decorate it with @task at the script's top level, under the name that it is called by.",
        faca="Decore-a com @task no nível principal do script, com o nome pelo qual é chamada.",
    ),
    "FLW-024": both(
        "the flow was cancelled: it returned the state {state}{said}",
        "o flow foi cancelado: devolveu o estado {state}{said}",
    ),
}

FLOWS: dict[str, Bilingual] = {**_KEPT, **_ENTRIES}
