"""Texts of calls while a flow runs: where they are made, what is on record, what is waited for (FLW-030 to FLW-049)."""

from __future__ import annotations

from pauta.domain.messages.text import Bilingual, both

_CALLS: dict[str, Bilingual] = {
    "FLW-030": both(
        'task "{name}" is called outside of any flow',
        'a tarefa "{name}" foi chamada fora de qualquer fluxo',
        do="call it in a function with @flow; for the plain function without any of this: {fn}.fn(...)",
        faca="chame-a em uma função com @flow; para a função simples, sem nada disso: {fn}.fn(...)",
    ),
    "FLW-030.forked": both(
        "a process that was forked off in a flow calls a task or flow; only the flow's own process can",
        "um processo criado por fork em um fluxo chamou uma tarefa ou fluxo; só o processo do próprio fluxo pode",
        do='for a process of its own for each call: @task(executor="process")',
        faca='para um processo próprio em cada chamada: @task(executor="process")',
    ),
    "FLW-031": both(
        "this flow makes more than {most} calls",
        "este fluxo faz mais de {most} chamadas",
        do="give each call more to do, or call subflows by run_deployment",
        faca="dê mais trabalho a cada chamada, ou chame subfluxos com run_deployment",
    ),
    "FLW-032": both(
        'call {nth} of this body is now "{now}", on record it is "{recorded}": the flow goes another way than before',
        'a chamada {nth} deste corpo agora é "{now}", mas no registro é "{recorded}": o fluxo segue outro caminho',
        do="what decides which tasks are called must come from tasks: put the time, chance and the world outside into "
        "tasks",
        faca="o que decide quais tarefas são chamadas deve vir de tarefas: ponha a hora, o acaso e o mundo externo em "
        "tarefas",
    ),
    "FLW-032.arguments": both(
        'call {nth} of this body, "{name}", is given something else than on record: {arguments}',
        'a chamada {nth} deste corpo, "{name}", recebe algo diferente do que está registrado: {arguments}',
        do="what a flow gives to its tasks must follow from its parameters and from results of tasks",
        faca="o que um fluxo dá às suas tarefas deve vir de seus parâmetros e de resultados de tarefas",
    ),
    "FLW-032.given": both(
        'call {nth} of this body, "{name}", is given something else than on record',
        'a chamada {nth} deste corpo, "{name}", recebe algo diferente do que está registrado',
        do="what a flow gives to its tasks must follow from its parameters and from results of tasks",
        faca="o que um fluxo dá às suas tarefas deve vir de seus parâmetros e de resultados de tarefas",
    ),
    "FLW-032.left": both(
        '"{name}" came to its end without {count} calls that are on record: {calls}',
        '"{name}" chegou ao fim sem {count} chamadas que estão no registro: {calls}',
        do="what decides which tasks are called should come from tasks",
        faca="o que decide quais tarefas são chamadas deve vir de tarefas",
    ),
    "FLW-033.task": both(
        'task "{name}" took longer than {seconds} s',
        'a tarefa "{name}" demorou mais de {seconds} s',
        do='give it more time, @task(timeout=…); a call that waits in C can be ended with executor="process"',
        faca='dê mais tempo a ela, @task(timeout=…); uma chamada que espera em C só termina com executor="process"',
    ),
    "FLW-033.flow": both(
        'flow "{name}" took longer than {seconds} s',
        'o fluxo "{name}" demorou mais de {seconds} s',
        do="give it more time: @flow(timeout=…)",
        faca="dê mais tempo a ele: @flow(timeout=…)",
    ),
    "FLW-034": both(
        "calls lie more than {most} deep within each other: {cycle}",
        "há mais de {most} chamadas uma dentro da outra: {cycle}",
        do="end the recursion, or let the inner calls be plain functions",
        faca="termine a recursão, ou faça das chamadas internas funções simples",
    ),
    "FLW-035": both(
        'thread "{thread}" goes on after task "{name}", in which it was started; what it does is on no record',
        'a thread "{thread}" continua depois da tarefa "{name}", em que começou; o que ela faz não fica registrado',
        do="wait for it in the task: join()",
        faca="espere por ela na tarefa: join()",
    ),
    "FLW-036": both(
        "the arguments of {name}.map have different lengths: {lengths}",
        "os argumentos de {name}.map têm comprimentos diferentes: {lengths}",
        do="make them equally long; what all calls are to get whole goes into unmapped(...)",
        faca="deixe-os com o mesmo comprimento; o que todas as chamadas devem receber inteiro vai em unmapped(...)",
    ),
    "FLW-036.none": both(
        "none of the arguments of {name}.map is a list",
        "nenhum dos argumentos de {name}.map é uma lista",
        do="give a list, or another thing with elements; for one call: {name}.submit(...)",
        faca="dê uma lista, ou outra coisa que tenha elementos; para uma só chamada: {name}.submit(...)",
    ),
    "FLW-039": both(
        'task "{name}" was not run, because "{upstream}", whose result it needs, failed: {said}',
        'a tarefa "{name}" não foi executada, porque "{upstream}", de cujo resultado ela precisa, falhou: {said}',
        do="to run it all the same: allow_failure(...)",
        faca="para executá-la mesmo assim: allow_failure(...)",
    ),
    "FLW-039.silent": both(
        'task "{name}" was not run, because "{upstream}", whose result it needs, failed',
        'a tarefa "{name}" não foi executada, porque "{upstream}", de cujo resultado ela precisa, falhou',
        do="to run it all the same: allow_failure(...)",
        faca="para executá-la mesmo assim: allow_failure(...)",
    ),
}

_WAITS: dict[str, Bilingual] = {
    "FLW-037.input": both(
        'nobody gave "{name}" in time: {prompt}',
        'ninguém deu "{name}" a tempo: {prompt}',
        do="give more time, or catch TimedOut",
        faca="dê mais tempo, ou trate TimedOut",
    ),
    "FLW-037.approval": both(
        "nobody decided in time: {prompt}",
        "ninguém decidiu a tempo: {prompt}",
        do="give more time, or catch TimedOut",
        faca="dê mais tempo, ou trate TimedOut",
    ),
    "FLW-037.run": both(
        'the run of "{name}" did not end in time',
        'a execução de "{name}" não terminou a tempo',
        do="give more time, or catch TimedOut",
        faca="dê mais tempo, ou trate TimedOut",
    ),
    "FLW-038.task": both(
        'task "{task}" cannot wait for "{name}": only the body of a flow or subflow gives its worker back',
        'a tarefa "{task}" não pode esperar por "{name}": só o corpo de um fluxo ou subfluxo devolve seu worker',
        do="wait in the flow and give the task what came of it; in a task time.sleep is what it seems",
        faca="espere no fluxo e dê à tarefa o que veio; em uma tarefa time.sleep é o que parece",
    ),
    "FLW-038.outside": both(
        '"{name}" is waited for outside of any flow',
        '"{name}" é esperado fora de qualquer fluxo',
        do="wait in a function with @flow",
        faca="espere em uma função com @flow",
    ),
    "FLW-038.memory": both(
        '"{name}" can only come to a flow that is on record; this one runs in memory',
        '"{name}" só pode chegar a um fluxo que fica registrado; este está na memória',
        do="run it so that it is recorded: pauta run file.py:flow",
        faca="execute-o de modo que fique registrado: pauta run arquivo.py:fluxo",
    ),
    "FLW-038.apart": both(
        'task "{name}" is a run of its own, which no other task can wait for',
        'a tarefa "{name}" é uma execução própria, pela qual nenhuma outra tarefa pode esperar',
        do="call it in the flow's body; or take pool, limit and executor off it: {name}.with_options(...)",
        faca="chame-a no corpo do fluxo; ou tire pool, limit e executor dela: {name}.with_options(...)",
    ),
    "FLW-038.loop": both(
        'the future of "{name}" goes on only while the loop does, and this waits for it in the loop\'s thread',
        'o futuro de "{name}" só continua enquanto o laço continua, e aqui se espera por ele na thread do laço',
        do="await it: await future",
        faca="use await: await futuro",
    ),
    "FLW-038.nested": both(
        '"{name}" is async and is called in a synchronous body, in a thread in which a loop runs already',
        '"{name}" é async e foi chamado em um corpo síncrono, em uma thread em que um laço já está em execução',
        do="make the body that calls it async, and await it there",
        faca="torne async o corpo que o chama, e use await",
    ),
    "FLW-038.stuck": both(
        "nothing goes on any more, and these never end: {name}",
        "nada mais acontece, e estes nunca terminam: {name}",
        do="look for tasks that wait for each other",
        faca="procure tarefas que esperam umas pelas outras",
    ),
    "FLW-040": both(
        'what was given for "{name}" does not fit its model, {field}: {said}',
        'o que foi dado para "{name}" não corresponde ao seu modelo, {field}: {said}',
        do="ask again: run the flow anew",
        faca="pergunte de novo: execute o fluxo outra vez",
    ),
    "FLW-041": both(
        "rejected by {by}: {prompt}: {comment}",
        "rejeitado por {by}: {prompt}: {comment}",
    ),
    "FLW-041.silent": both(
        "rejected by {by}: {prompt}",
        "rejeitado por {by}: {prompt}",
    ),
    "FLW-043": both(
        '"{name}" failed with {wanted}, which cannot be made again from the record; {given} is raised instead',
        '"{name}" falhou com {wanted}, que não pode ser recriada a partir do registro; em seu lugar vem {given}',
        do="Define the exception at the top level of a module that the flow imports, or catch {given}.",
        faca="Defina a exceção no nível principal de um módulo que o fluxo importa, ou capture {given}.",
    ),
    "FLW-044.task": both(
        'argument "{argument}" was changed while task "{name}" ran; when the flow goes on after an interruption it is '
        "not changed again",
        'o argumento "{argument}" foi alterado enquanto a task "{name}" rodava; quando o fluxo continua depois de uma '
        "interrupção, ele não é alterado de novo",
        do="change a copy of it in the task, and return that",
        faca="altere na task uma cópia dele, e devolva a cópia",
    ),
    "FLW-044.flow": both(
        'argument "{argument}" was changed while flow "{name}" ran; when the outer flow goes on after an interruption '
        "it is not changed again",
        'o argumento "{argument}" foi alterado enquanto o fluxo "{name}" rodava; quando o fluxo externo continua '
        "depois de uma interrupção, ele não é alterado de novo",
        do="change a copy of it in the flow, and return that",
        faca="altere no fluxo uma cópia dele, e devolva a cópia",
    ),
    "FLW-042.moment": both(
        "a moment is needed here, this is {found}",
        "aqui é preciso um momento, isto é {found}",
        do="give a datetime with its time zone",
        faca="dê um datetime com seu fuso horário",
    ),
    "FLW-042.duration": both(
        "a duration is needed here, this is {found}",
        "aqui é preciso uma duração, isto é {found}",
        do="give a timedelta, or seconds that are not negative",
        faca="dê um timedelta, ou segundos que não sejam negativos",
    ),
}

FLOW_ENGINE: dict[str, Bilingual] = {**_CALLS, **_WAITS}
