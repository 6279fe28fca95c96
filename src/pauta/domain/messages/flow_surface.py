"""Texts of what is written at `@flow` and `@task`, and of their calls and states (FLW-001 to FLW-019)."""

from __future__ import annotations

from pauta.domain.messages.text import Bilingual, both

_UNKNOWN: dict[str, Bilingual] = {
    "FLW-001": both(
        '@{what} has no option "{option}"',
        '@{what} não tem a opção "{option}"',
        do="Its options are: {known}.",
        faca="As opções são: {known}.",
    ),
    "FLW-001.near": both(
        '@{what} has no option "{option}"; did you mean "{nearest}"?',
        '@{what} não tem a opção "{option}"; seria "{nearest}"?',
        do="Its options are: {known}.",
        faca="As opções são: {known}.",
    ),
    "FLW-001.of_tasks": both(
        '"{option}" is an option of tasks, and this is a flow',
        '"{option}" é uma opção de tarefas, e isto é um fluxo',
        do="Give it to the flow's tasks. The options of a flow are: {known}.",
        faca="Passe-a às tarefas do fluxo. As opções de um fluxo são: {known}.",
    ),
    "FLW-001.of_flows": both(
        '"{option}" is an option of flows, and this is a task',
        '"{option}" é uma opção de fluxos, e isto é uma tarefa',
        do="Give it to the flow that calls the task. The options of a task are: {known}.",
        faca="Passe-a ao fluxo que chama a tarefa. As opções de uma tarefa são: {known}.",
    ),
    "FLW-001.prefect": both(
        'Prefect\'s option "{option}" is written otherwise here',
        'a opção "{option}" do Prefect se escreve de outro modo aqui',
        do="Write {instead} instead.",
        faca="Escreva {instead} em seu lugar.",
    ),
    "FLW-001.prefect_none": both(
        'Prefect\'s option "{option}" has no counterpart here',
        'a opção "{option}" do Prefect não tem equivalente aqui',
        do="Leave it out: results are always kept, and runs carry the name of their flow. The options are: {known}.",
        faca="Retire-a: os resultados são sempre guardados, e as execuções levam o nome de seu fluxo. "
        "As opções são: {known}.",
    ),
}

_VALUES: dict[str, Bilingual] = {
    "FLW-002.name": both(
        "{option} is {found}: expected a text of 1 to 200 visible characters",
        "{option} é {found}: esperado um texto de 1 a 200 caracteres visíveis",
    ),
    "FLW-002.text": both("{option} is {found}: expected a text", "{option} é {found}: esperado um texto"),
    "FLW-002.flag": both("{option} is {found}: expected True or False", "{option} é {found}: esperado True ou False"),
    "FLW-002.retries": both(
        "{option} is {found}: expected a whole number from 0 to 1000",
        "{option} é {found}: esperado um número inteiro de 0 a 1000",
    ),
    "FLW-002.workers": both(
        "{option} is {found}: expected a whole number from 1 to 1000",
        "{option} é {found}: esperado um número inteiro de 1 a 1000",
    ),
    "FLW-002.share": both(
        "{option} is {found}: expected a number from 0 to 1",
        "{option} é {found}: esperado um número de 0 a 1",
    ),
    "FLW-002.duration": both(
        "{option} is {found}: expected more than 0 seconds, as a number or a timedelta",
        "{option} é {found}: esperado mais de 0 segundos, como número ou timedelta",
    ),
    "FLW-002.delay": both(
        "{option} is {found}: expected seconds (a number or a timedelta, not negative), a list of them, or a function",
        "{option} é {found}: esperados segundos (número ou timedelta, não negativo), uma lista deles ou uma função",
        do="For waits that double, write exponential_backoff(1, maximum=60).",
        faca="Para esperas que dobram, escreva exponential_backoff(1, maximum=60).",
    ),
    "FLW-002.names": both(
        "{option} is {found}: expected a text, or a list of texts, of 1 to 200 visible characters",
        "{option} é {found}: esperado um texto, ou uma lista de textos, de 1 a 200 caracteres visíveis",
    ),
    "FLW-002.limit": both(
        "{option} is {found}: expected a name of letters, digits and . _ - :, up to 100, or a list of such",
        "{option} é {found}: esperado um nome com letras, algarismos e . _ - :, até 100, ou uma lista deles",
        do="those that begin with pool: or deployment: count by themselves",
        faca="os que começam com pool: ou deployment: contam sozinhos",
    ),
    "FLW-002.hooks": both(
        "{option} is {found}: expected a function, or a list of functions",
        "{option} é {found}: esperada uma função, ou uma lista de funções",
    ),
    "FLW-002.cache": both(
        "{option} is {found}: expected True, False, or a function that gives a key for the arguments",
        "{option} é {found}: esperado True, False ou uma função que dê uma chave para os argumentos",
    ),
    "FLW-002.executor": both(
        '{option} is {found}: expected "thread" or "process"',
        '{option} é {found}: esperado "thread" ou "process"',
    ),
    "FLW-002.memory": both(
        '{option} is {found}: expected a number of bytes, or a text such as "2GiB" or "500MB"',
        '{option} é {found}: esperado um número de bytes, ou um texto como "2GiB" ou "500MB"',
    ),
    "FLW-002.result": both(
        "{option} is {found}: expected a type, or a Codec",
        "{option} é {found}: esperado um tipo ou um Codec",
    ),
    "FLW-003.twice": both(
        '"{option}" and "{other}" are the same option, and both are given',
        '"{option}" e "{other}" são a mesma opção, e ambas foram dadas',
    ),
    "FLW-003.cached_effects": both(
        "a task with effects cannot take its result from the cache: then it would not have them",
        "uma tarefa com efeitos não pode tirar seu resultado do cache: então não os teria",
        do="Remove effects=True or the cache.",
        faca="Retire effects=True ou o cache.",
    ),
    "FLW-003.not_cached": both(
        '"{option}" is given without "{other}"',
        '"{option}" foi dado sem "{other}"',
        do="Add cache=True.",
        faca="Acrescente cache=True.",
    ),
    "FLW-003.not_apart": both(
        '"{option}" is given, but the task runs within the flow\'s process',
        '"{option}" foi dado, mas a tarefa roda dentro do processo do fluxo',
        do='Add executor="process" or a pool; or limit the memory of the flow.',
        faca='Acrescente executor="process" ou um pool; ou limite a memória do fluxo.',
    ),
}

_FUNCTIONS: dict[str, Bilingual] = {
    "FLW-004.again": both(
        '"{found}" is a task or flow already',
        '"{found}" já é uma tarefa ou um fluxo',
        do="Remove this decorator; with_options gives the same function other options.",
        faca="Retire este decorador; with_options dá outras opções à mesma função.",
    ),
    "FLW-004.class": both(
        'the class "{found}" cannot be decorated with @{what}',
        'a classe "{found}" não pode ser decorada com @{what}',
        do="Decorate a function or a method.",
        faca="Decore uma função ou um método.",
    ),
    "FLW-004.wrapped": both(
        "@{what} stands above @staticmethod, @classmethod or @property",
        "@{what} está acima de @staticmethod, @classmethod ou @property",
        do="Put @{what} directly above the function, below the other decorator.",
        faca="Ponha @{what} logo acima da função, abaixo do outro decorador.",
    ),
    "FLW-004.text": both(
        '@{what}("{found}"): the name is given as name="{found}"',
        '@{what}("{found}"): o nome se dá como name="{found}"',
    ),
    "FLW-004.not_function": both(
        "{found} cannot be decorated with @{what}: it is not a function",
        "{found} não pode ser decorado com @{what}: não é uma função",
        do="Write a function with def that calls it.",
        faca="Escreva uma função com def que o chame.",
    ),
    "FLW-004.generator": both(
        '"{found}" is a generator: what it yields could not be kept',
        '"{found}" é um gerador: o que ele produz não poderia ser guardado',
        do="Return a list instead of using yield.",
        faca="Devolva uma lista em vez de usar yield.",
    ),
    "FLW-004.lambda": both(
        "a lambda has no name by which its calls could be on record",
        "uma lambda não tem nome com que suas chamadas possam ser registradas",
        do='Give it one with name="...", or write def.',
        faca='Dê-lhe um com name="...", ou escreva def.',
    ),
    "FLW-004.taken": both(
        '"{found}" has a parameter "{taken}", which means something else in a call',
        '"{found}" tem um parâmetro "{taken}", que significa outra coisa em uma chamada',
        do="Give the parameter another name.",
        faca="Dê outro nome ao parâmetro.",
    ),
}

_CALLS: dict[str, Bilingual] = {
    "FLW-005.unknown": both(
        '{name}() has no parameter "{given}"; its parameters are: {known}',
        '{name}() não tem o parâmetro "{given}"; seus parâmetros são: {known}',
    ),
    "FLW-005.near": both(
        '{name}() has no parameter "{given}"; did you mean "{nearest}"? Its parameters are: {known}',
        '{name}() não tem o parâmetro "{given}"; seria "{nearest}"? Seus parâmetros são: {known}',
    ),
    "FLW-005.none": both(
        '{name}() takes nothing, but is given "{given}"',
        '{name}() não recebe nada, mas recebeu "{given}"',
    ),
    "FLW-005.missing": both(
        '{name}() is called without "{given}"; its parameters are: {known}',
        '{name}() é chamado sem "{given}"; seus parâmetros são: {known}',
    ),
    "FLW-005.doubled": both(
        '{name}() is given "{given}" twice: by its place and by its name',
        '{name}() recebe "{given}" duas vezes: pela posição e pelo nome',
    ),
    "FLW-005.too_many": both(
        "{name}() takes at most {most} without a name, but is given {given}; its parameters are: {known}",
        "{name}() recebe no máximo {most} sem nome, mas recebeu {given}; seus parâmetros são: {known}",
    ),
    "FLW-005.by_place": both(
        '{name}() takes "{given}" by its place only, not by its name',
        '{name}() recebe "{given}" apenas pela posição, não pelo nome',
    ),
    "FLW-006": both(
        "{name}(): {parameter} is {found}, which does not fit {expected}: {reason}",
        "{name}(): {parameter} é {found}, o que não cabe em {expected}: {reason}",
    ),
    "FLW-007": both(
        '{name}(): the annotation {annotation} of "{parameter}" speaks of "{missing}", which does not exist '
        "where the function is defined",
        '{name}(): a anotação {annotation} de "{parameter}" fala de "{missing}", que não existe onde a função '
        "é definida",
        do="Import it outside of `if TYPE_CHECKING:`, or write @flow(validate=False).",
        faca="Importe-o fora de `if TYPE_CHECKING:`, ou escreva @flow(validate=False).",
    ),
    "FLW-007.unusable": both(
        '{name}(): nothing can be checked by the annotation {annotation} of "{parameter}": {reason}',
        '{name}(): nada pode ser verificado pela anotação {annotation} de "{parameter}": {reason}',
        do="Write another annotation, or @flow(validate=False).",
        faca="Escreva outra anotação, ou @flow(validate=False).",
    ),
}

_STATES: dict[str, Bilingual] = {
    "FLW-008.encode": both(
        'task "{name}": its codec cannot write {found}: {reason}',
        'tarefa "{name}": seu codec não consegue escrever {found}: {reason}',
    ),
    "FLW-008.decode": both(
        'task "{name}": its codec cannot read a result that is on record: {reason}',
        'tarefa "{name}": seu codec não consegue ler um resultado registrado: {reason}',
    ),
    "FLW-009": both(
        'the hook "{hook}" of "{name}" raised {reason}; this does not change the state',
        'o gancho "{hook}" de "{name}" lançou {reason}; isso não muda o estado',
    ),
    "FLW-010.task": both('task "{name}" is {state}: {said}', 'a tarefa "{name}" está em {state}: {said}'),
    "FLW-010.task_silent": both('task "{name}" is {state}', 'a tarefa "{name}" está em {state}'),
    "FLW-010.flow": both('flow "{name}" is {state}: {said}', 'o fluxo "{name}" está em {state}: {said}'),
    "FLW-010.flow_silent": both('flow "{name}" is {state}', 'o fluxo "{name}" está em {state}'),
    "FLW-010.state": both("the state is {state}: {said}", "o estado é {state}: {said}"),
    "FLW-010.state_silent": both("the state is {state}", "o estado é {state}"),
    "FLW-011": both(
        "{count} of {total} did not complete: {which}",
        "{count} de {total} não foram concluídos: {which}",
    ),
    "FLW-012": both(
        "{count} of the submitted tasks did not complete, and nobody asked for their results: {which}",
        "{count} das tarefas submetidas não foram concluídas, e ninguém pediu seus resultados: {which}",
        do="Return their futures, call result() on them, or return Completed() if that is all right.",
        faca="Devolva seus futures, chame result() neles, ou devolva Completed() se está bem assim.",
    ),
    "FLW-013": both(
        'task "{name}": retry_delay gave {found} for retry {retry}: expected seconds or a timedelta, not negative',
        'tarefa "{name}": retry_delay deu {found} para a tentativa {retry}: esperados segundos ou um timedelta, '
        "não negativo",
    ),
    "FLW-014": both(
        '"{name}" gave a generator, which cannot be kept',
        '"{name}" deu um gerador, que não pode ser guardado',
        do="Return a list.",
        faca="Devolva uma lista.",
    ),
    "FLW-014.coroutine": both(
        '"{name}" gave a coroutine that nobody awaited',
        '"{name}" deu uma corrotina que ninguém aguardou',
        do="Write await before the call, in an async function.",
        faca="Escreva await antes da chamada, em uma função async.",
    ),
    "FLW-015": both(
        '"{name}" returned the state {state}, which is not final',
        '"{name}" devolveu o estado {state}, que não é final',
        do="Return Completed, Failed, Cancelled or Crashed; to wait, call pause_for_input, approval or sleep_until.",
        faca="Devolva Completed, Failed, Cancelled ou Crashed; para esperar, chame pause_for_input, approval ou "
        "sleep_until.",
    ),
}

FLOW_SURFACE: dict[str, Bilingual] = {**_UNKNOWN, **_VALUES, **_FUNCTIONS, **_CALLS, **_STATES}
