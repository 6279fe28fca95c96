"""Texts of steps that fail or die while they run (SCR-020, 021, 030, 031) and of processes that cannot start (LCH)."""

from __future__ import annotations

from pauta.domain.messages.text import Bilingual, both

DYING: dict[str, Bilingual] = {
    "SCR-020": both(
        'No module named "{module}"',
        'Não existe módulo chamado "{module}"',
        do="Install the package in the environment that runs Pauta, or put the module beside the script.",
        faca="Instale o pacote no ambiente que executa o Pauta, ou ponha o módulo ao lado do script.",
    ),
    "SCR-020.raised": both(
        "{type} while the script was being loaded: {message}",
        "{type} enquanto o script era carregado: {message}",
        do="What stands outside of functions runs when the script is loaded; correct it there.",
        faca="O que está fora de funções é executado quando o script é carregado; corrija ali.",
    ),
    "SCR-020.no_execute": both(
        'the script has no function "execute" once loaded',
        'o script não tem a função "execute" depois de carregado',
        do="Define `def execute(...)` at the top level of the script.",
        faca="Defina `def execute(...)` no nível mais alto do script.",
    ),
    "SCR-021": both("{type}: {message}", "{type}: {message}"),
    "SCR-021.plain": both("{type}", "{type}"),
    "SCR-021.exit": both(
        "the script called sys.exit({message}) instead of returning",
        "o script chamou sys.exit({message}) em vez de retornar",
        do="Return from execute to end well; raise an exception to end in failure.",
        faca="Retorne de execute para terminar bem; lance uma exceção para terminar em falha.",
    ),
    "SCR-030": both(
        "killed by {signal}",
        "morto por {signal}",
        do="The last log lines of the step may tell why.",
        faca="As últimas linhas do log da etapa podem dizer por quê.",
    ),
    "SCR-030.sigkill": both(
        "killed by {signal}, peak {peak}",
        "morto por {signal}, pico {peak}",
        do="Somebody killed it, or the machine ran out of memory; a limit under `memory` makes that a clear case.",
        faca="Alguém o matou, ou faltou memória na máquina; um limite em `memory` deixa o caso claro.",
    ),
    "SCR-030.memory": both(
        "killed by SIGKILL, memory limit {limit}, peak {peak}",
        "morto por SIGKILL, limite de memória {limit}, pico {peak}",
        do="Raise the step's `memory`, or let the script hold less at a time.",
        faca="Aumente `memory` da etapa, ou faça o script manter menos dados de cada vez.",
    ),
    "SCR-030.code": both(
        "ended with code {code} before returning",
        "terminou com código {code} antes de retornar",
        do="Something in the script ends the process, as os._exit does; return from execute instead.",
        faca="Algo no script encerra o processo, como faz os._exit; em vez disso, retorne de execute.",
    ),
    "SCR-030.channel": both(
        "ended because the script closed or overwrote the connection to Pauta",
        "encerrado porque o script fechou ou sobrescreveu a conexão com o Pauta",
        do="Let the script leave alone the file descriptors that it did not open.",
        faca="Não mexa, no script, em descritores de arquivo que ele não abriu.",
    ),
    "SCR-030.processes": both(
        "killed by SIGKILL, more than {limit} processes and threads",
        "morto por SIGKILL, mais de {limit} processos e threads",
        do="Find what in the script starts processes without end.",
        faca="Procure o que no script inicia processos sem fim.",
    ),
    "SCR-030.parent": both(
        "killed because the process that starts scripts was killed",
        "morto porque o processo que inicia os scripts foi morto",
        do="A script of this or another step may have killed it; it was started anew.",
        faca="Um script desta ou de outra etapa pode tê-lo matado; ele foi iniciado de novo.",
    ),
    "SCR-030.asked": both("ended on request ({cause})", "encerrado a pedido ({cause})"),
    "SCR-031": both(
        "stopped after {seconds} s (TERM at {term}, KILL at {kill})",
        "parado depois de {seconds} s (TERM aos {term}, KILL aos {kill})",
        do="Raise the step's `timeout`, or find out where the script waits.",
        faca="Aumente `timeout` da etapa, ou descubra onde o script fica parado.",
    ),
    "SCR-031.term": both(
        "stopped after {seconds} s (TERM at {term})",
        "parado depois de {seconds} s (TERM aos {term})",
        do="Raise the step's `timeout`, or find out where the script waits.",
        faca="Aumente `timeout` da etapa, ou descubra onde o script fica parado.",
    ),
    "LCH-001": both(
        "no process for scripts can be started: {reason}",
        "nenhum processo para scripts pode ser iniciado: {reason}",
        do="Look at the machine's memory and its limits on processes and open files, then run again.",
        faca="Verifique a memória da máquina e os limites de processos e arquivos abertos, e execute de novo.",
    ),
}
