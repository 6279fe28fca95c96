"""The words of flows: calls, what waits for people, the commands that answer. Part of the table in `words`."""

from __future__ import annotations

CALLS_WORDS: dict[str, tuple[str, str]] = {
    # ---- calls
    "calls.completed": ("{count} completed", "{count} concluídas"),
    "calls.failed": ("{count} failed", "{count} com falha"),
    "calls.running": ("{count} running", "{count} executando"),
    "calls.pending": ("{count} pending", "{count} pendentes"),
    "calls.paused": ("{count} waiting", "{count} esperando"),
    "calls.cancelled": ("{count} cancelled", "{count} canceladas"),
    "calls.cached": ("{count} from the cache", "{count} do cache"),
    "calls.one": ("1 call", "1 chamada"),
    "calls.many": ("{count} calls", "{count} chamadas"),
    "calls.rest": ("Not shown: {calls} more; --json lists all.", "Não mostradas: mais {calls}; --json lista todas."),
    "calls.by": ("by {name}", "por {name}"),
    "calls.until": ("until {time}", "até {time}"),
    "calls.child": ("run {run}", "execução {run}"),
    "problem.call": ("Call {call} failed", "A chamada {call} falhou"),
    # ---- runs of flows
    "run.child_of": ("Begun by run {run}.", "Iniciada pela execução {run}."),
    "run.said": ("It says: {message}", "Ela diz: {message}"),
    "run.paused_for_person": (
        "Paused after {time}: it waits for a person.",
        "Pausada após {time}: espera uma pessoa.",
    ),
    "run.paused_until": ("Paused after {time}: it waits until {until}.", "Pausada após {time}: espera até {until}."),
    "run.paused": ("Paused after {time}: it waits.", "Pausada após {time}: está esperando."),
    "run.paused_for_run": (
        "Paused after {time}: it waits for run {run}.",
        "Pausada após {time}: espera a execução {run}.",
    ),
    # ---- what waits for people
    "waiting.none": ("Nothing waits for a person.", "Nada espera uma pessoa."),
    "waiting.title": ("Waits for a person:", "Espera uma pessoa:"),
    "waiting.approval": ("{call} asks for a yes or no", "{call} pede um sim ou não"),
    "waiting.input": ("{call} asks for a value", "{call} pede um valor"),
    "waiting.run": ("{call} waits for run {run}", "{call} espera a execução {run}"),
    "waiting.sleep": ("{call} waits", "{call} espera"),
    "waiting.roles": ("for {roles}", "para {roles}"),
    "waiting.until": ("until {time}", "até {time}"),
    "waiting.fields": ("fields: {names}", "campos: {names}"),
    "waiting.begun_by": ("begun by run {run}", "iniciada pela execução {run}"),
    "waiting.elsewhere": ("in run {run}", "na execução {run}"),
    # ---- what was answered
    "answer.done": ("{call} of run {run} has its answer.", "{call} da execução {run} tem a resposta."),
    "answer.approved": ("{call} of run {run} is approved.", "{call} da execução {run} foi aprovada."),
    "answer.rejected": ("{call} of run {run} is rejected.", "{call} da execução {run} foi rejeitada."),
    "answer.goes_on": ("Its flow goes on by itself.", "O fluxo continua sozinho."),
    "answer.ask": ("{name} ({kind})", "{name} ({kind})"),
    "answer.default": ("[{value}]", "[{value}]"),
    "answer.optional": ("may be left empty", "pode ficar vazio"),
    "answer.whole": ("answer", "resposta"),
    "answer.given_up": ("Nothing was answered.", "Nada foi respondido."),
    "next.answer": ("give the value", "dar o valor"),
    "next.approve": ("say yes", "dizer sim"),
    "next.reject": ("say no", "dizer não"),
    "next.go_on": ("go on after the answer", "continuar depois da resposta"),
    "next.child": ("the run that it began", "a execução que ela iniciou"),
    "next.from_call": ("as it was, from this call on", "como estava, a partir desta chamada"),
    "next.mended_flow": ("when it is mended", "depois de corrigir"),
    # ---- help
    "help.group.people": ("What waits for you", "O que espera por você"),
    "cmd.waiting": ("List what waits for a person.", "Lista o que espera uma pessoa."),
    "cmd.waiting.more": (
        "Flows ask with pause_for_input and approval; while they wait they hold no worker.",
        "Fluxos perguntam com pause_for_input e approval; enquanto esperam, não ocupam um processo.",
    ),
    "cmd.answer": ("Give a flow the value that it asks for.", "Dá a um fluxo o valor que ele pede."),
    "cmd.answer.more": (
        "VALUE is JSON; where a text is asked for, the text as it is. Without VALUE you are asked, field by field. "
        "With one word after RUN it is the VALUE; with two they are CALL and VALUE.",
        "VALOR é JSON; onde um texto é pedido, o próprio texto. Sem VALOR, as perguntas são feitas campo a campo. "
        "Com uma palavra depois de EXECUÇÃO, ela é o VALOR; com duas, são CHAMADA e VALOR.",
    ),
    "cmd.approve": ("Approve what a flow wants to do.", "Aprova o que um fluxo quer fazer."),
    "cmd.reject": ("Reject what a flow wants to do.", "Rejeita o que um fluxo quer fazer."),
    "arg.call": (
        "Call that waits, by its name or number. Not needed when only one does.",
        "Chamada que espera, pelo nome ou número. Desnecessária quando só há uma.",
    ),
    "arg.waiting_run": (
        "Only what this run, and the runs that it began, wait for.",
        "Só o que esta execução, e as que ela iniciou, esperam.",
    ),
    "arg.answer": (
        "The value, or the call that waits and the value.",
        "O valor, ou a chamada que espera e o valor.",
    ),
    "opt.call": ("Call that waits, by its name or number.", "Chamada que espera, pelo nome ou número."),
    "opt.value_file": (
        "File with the value as JSON; - reads standard input.",
        "Arquivo com o valor em JSON; - lê a entrada padrão.",
    ),
    "opt.comment": ("Why; the flow gets it too.", "Por quê; o fluxo também recebe."),
    "opt.all_runs": (
        "Also runs that flows of other runs began.",
        "Também as execuções que fluxos de outras iniciaram.",
    ),
    "meta.CALL": ("CALL", "CHAMADA"),
    "meta.VALUE": ("VALUE", "VALOR"),
    "meta.ANSWER": ("[CALL] VALUE", "[CHAMADA] VALOR"),
}
