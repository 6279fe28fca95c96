"""Everything the command line says on its own, in English and Brazilian Portuguese, by key.

Problems have their texts in `domain.messages`; here are headings, hints, sentences and help.
Placeholders in braces are the same in both languages (a test compares them).
"""

from __future__ import annotations

from pauta.cli.calls_words import CALLS_WORDS
from pauta.cli.help_words import HELP_WORDS
from pauta.cli.served_help import SERVED_HELP
from pauta.cli.served_words import SERVED_WORDS
from pauta.cli.upkeep_words import UPKEEP_WORDS

WORDS: dict[str, tuple[str, str]] = {
    # ---- states and actions
    "state.scheduled": ("scheduled", "agendada"),
    "state.pending": ("pending", "pendente"),
    "state.running": ("running", "executando"),
    "state.paused": ("paused", "pausada"),
    "state.idle": ("to be resumed", "a retomar"),
    "state.held": ("held", "retida"),
    "state.completed": ("completed", "concluída"),
    "state.failed": ("failed", "falhou"),
    "state.crashed": ("crashed", "interrompida"),
    "state.cancelled": ("cancelled", "cancelada"),
    "state.skipped": ("skipped", "pulada"),
    "action.cached": ("cached", "cache"),
    "action.run": ("run", "executa"),
    "action.depends": ("depends", "depende"),
    # ---- headings of tables
    "head.step": ("Step", "Etapa"),
    "head.state": ("State", "Estado"),
    "head.time": ("Time", "Tempo"),
    "head.rows": ("Rows", "Linhas"),
    "head.rows_in": ("Rows in", "Entram"),
    "head.rows_out": ("Rows out", "Saem"),
    "head.note": ("Note", "Nota"),
    "head.run": ("Run", "Execução"),
    "head.pipeline": ("Pipeline", "Pipeline"),
    "head.created": ("Created", "Criada"),
    "head.model": ("Model", "Modelo"),
    "head.metric": ("Metric", "Métrica"),
    "head.value": ("Value", "Valor"),
    "head.frame": ("Frame", "Frame"),
    "head.kind": ("Kind", "Tipo"),
    "head.columns": ("Columns", "Colunas"),
    "head.size": ("Size", "Tamanho"),
    "head.made_by": ("Made by", "Feito por"),
    "head.column": ("Column", "Coluna"),
    "head.type": ("Type", "Tipo"),
    "head.nulls": ("Nulls", "Nulos"),
    "head.min": ("Min", "Mín."),
    "head.mean": ("Mean", "Média"),
    "head.max": ("Max", "Máx."),
    "head.spread": ("Spread", "Distribuição"),
    "head.action": ("Action", "Ação"),
    "head.reason": ("Why", "Por quê"),
    "head.scripts": ("Scripts", "Scripts"),
    "head.parameters": ("Parameters", "Parâmetros"),
    "head.parameter": ("Parameter", "Parâmetro"),
    "head.steps": ("Steps", "Etapas"),
    "head.frames": ("Frames", "Frames"),
    "head.metrics": ("Metrics", "Métricas"),
    "head.files": ("Files", "Arquivos"),
    "head.difference": ("Difference", "Diferença"),
    # ---- a run while it goes and after
    "run.cached": ("cached", "cache"),
    "run.attempts": ("{count} attempts", "{count} tentativas"),
    "steps.one": ("1 step", "1 etapa"),
    "steps.many": ("{count} steps", "{count} etapas"),
    "stages.one": ("1 stage", "1 estágio"),
    "stages.many": ("{count} stages", "{count} estágios"),
    "runs.one": ("1 run", "1 execução"),
    "runs.many": ("{count} runs", "{count} execuções"),
    "objects.one": ("1 object", "1 objeto"),
    "objects.many": ("{count} objects", "{count} objetos"),
    "rows.one": ("1 row", "1 linha"),
    "rows.many": ("{count} rows", "{count} linhas"),
    "columns.one": ("1 column", "1 coluna"),
    "columns.many": ("{count} columns", "{count} colunas"),
    "run.progress": ("{done} of {total} steps", "{done} de {total} etapas"),
    "run.and_running": ("and {count} more running", "e mais {count} executando"),
    "run.retry": (
        "{step}: attempt {attempt} failed, next one {when}: {problem}",
        "{step}: a tentativa {attempt} falhou, a próxima {when}: {problem}",
    ),
    "run.retry_now": ("at once", "é imediata"),
    "run.retry_at": ("at {time}", "é às {time}"),
    "run.cancelling": (
        "Cancelling: running steps are asked to stop. Press Ctrl-C again to kill them.",
        "Cancelando: as etapas em execução devem parar. Aperte Ctrl-C de novo para encerrá-las à força.",
    ),
    "run.killing": ("Killing the running steps.", "Encerrando à força as etapas em execução."),
    "run.waiting": (
        "Waiting for {holder}, which is using this project (Ctrl-C to give up).",
        "Aguardando {holder}, que está usando este projeto (Ctrl-C para desistir).",
    ),
    "run.title": ("Run {run} of {pipeline}", "Execução {run} de {pipeline}"),
    "run.again_of": ("Runs {run} again.", "Repete a execução {run}."),
    "run.completed": ("Completed: {steps} in {time}.", "Concluída: {steps} em {time}."),
    "run.completed_some_cached": (
        "Completed: {steps} in {time}, {cached} of them from the cache.",
        "Concluída: {steps} em {time}, {cached} do cache.",
    ),
    "run.completed_some_not": (
        "Completed in {time}: {completed} of {steps}; the others were allowed to fail.",
        "Concluída em {time}: {completed} de {steps}; as outras podiam falhar.",
    ),
    "run.all_cached": (
        "Nothing had changed: everything ({steps}) came from the cache, in {time}.",
        "Nada mudou: tudo ({steps}) veio do cache, em {time}.",
    ),
    "run.failed": ("Failed after {time}.", "Falhou após {time}."),
    "run.held": (
        "Held after {time}: a step died more than once. Nothing is lost.",
        "Retida após {time}: uma etapa morreu mais de uma vez. Nada se perdeu.",
    ),
    "run.cancelled": ("Cancelled after {time}.", "Cancelada após {time}."),
    "run.crashed": ("Its records or data were lost; it cannot go on.", "Registros ou dados se perderam; não continua."),
    "run.unfinished": ("Not finished yet; {time} so far.", "Ainda não terminou; {time} até agora."),
    "run.idle": (
        "Nobody works on it: it goes on when you resume it.",
        "Ninguém trabalha nela: continua quando você a retomar.",
    ),
    "run.answered": (
        "Answered: it goes on when you resume it.",
        "Respondida: continua quando você a retomar.",
    ),
    "run.not_begun": ("Not begun yet.", "Ainda não começou."),
    "run.skipped": ("Skipped because of it: {steps}", "Puladas por causa disso: {steps}"),
    "run.and_more": ("{steps} and {count} more", "{steps} e mais {count}"),
    "run.records": ("Records: {folder}", "Registros: {folder}"),
    "run.rest_of_steps": (
        "Not shown: {steps} more; --json lists all.",
        "Não mostradas: mais {steps}; --json lista todas.",
    ),
    "run.same_problem": ("… and {steps} more that failed.", "… e mais {steps} com falha."),
    "next.title": ("Next:", "A seguir:"),
    "next.show": ("the run again", "a execução de novo"),
    "next.frame": ("look into a frame", "olhar um frame por dentro"),
    "next.logs": ("what the scripts wrote", "o que os scripts escreveram"),
    "next.replay": ("that step alone, in a debugger", "só essa etapa, no depurador"),
    "next.mended": ("when it is mended: the rest comes from the cache", "depois de corrigir: o resto vem do cache"),
    "next.wait": ("wait until it ends", "esperar até que termine"),
    "next.resume": ("go on where it stopped", "continuar de onde parou"),
    "next.run": ("run it", "executar"),
    "next.plan": ("what a run would do", "o que uma execução faria"),
    # ---- check, plan
    "check.fine": (
        "{file} is fine: {steps} in {stages}.",
        "{file} está em ordem: {steps} em {stages}.",
    ),
    "check.inputs": ("Inputs: {names}", "Entradas: {names}"),
    "check.required": (
        "Still to be supplied when it runs: {names} (--input {first}=FILE)",
        "Ainda a fornecer na execução: {names} (--input {first}=ARQUIVO)",
    ),
    "plan.sentence": (
        "To run: {run}. From the cache: {cached}. Depending on what runs before: {depends}.",
        "A executar: {run}. Do cache: {cached}. Dependem do que executa antes: {depends}.",
    ),
    "plan.nothing": (
        "Nothing has changed: everything ({steps}) would come from the cache.",
        "Nada mudou: tudo ({steps}) viria do cache.",
    ),
    # ---- lists
    "runs.none": ("No runs yet.", "Nenhuma execução ainda."),
    "frames.none": ("This run has no frames.", "Esta execução não tem frames."),
    "logs.none": ("No log lines.", "Nenhuma linha de log."),
    "logs.of_child": (
        "{call} is a run of its own; its lines: {command}",
        "{call} é uma execução própria; as linhas dela: {command}",
    ),
    "frame.summary": ("{rows}, {columns}, {size}", "{rows}, {columns}, {size}"),
    "frame.of_input": ("an input of the run", "uma entrada da execução"),
    "frame.of_step": ("made by {step}", "feito por {step}"),
    "frame.wide": ("And {columns} more: {names}", "E mais {columns}: {names}"),
    "frame.sampled": ("Figures from {rows}, evenly spread.", "Números de {rows}, espalhadas por igual."),
    "stat.nulls": ("nulls", "nulos"),
    "stat.nans": ("NaN", "NaN"),
    "stat.mean": ("mean", "média"),
    "stat.std": ("spread", "desvio"),
    "stat.min": ("min", "mín."),
    "stat.max": ("max", "máx."),
    "stat.distinct": ("different values", "valores distintos"),
    "stat.psi": ("PSI", "PSI"),
    "stat.ks": ("KS", "KS"),
    "stat.new": ("new", "novos"),
    "stat.vanished": ("gone", "sumiram"),
    "frame.preview": ("Rows", "Linhas"),
    "frame.preview_short": (
        "The preview holds {some}; --to FILE writes all {rows}.",
        "A prévia tem {some}; --to ARQUIVO grava todas as {rows}.",
    ),
    "frame.no_preview": ("There is no preview of it.", "Não há prévia disso."),
    "frame.written": ("Wrote {rows} to {file}.", "Gravado em {file}: {rows}."),
    "diff.same": ("The two runs do not differ.", "As duas execuções não diferem."),
    "diff.same_frames": ("The same in both: {names}", "Iguais nas duas: {names}"),
    "diff.added": ("new column {name}", "coluna nova {name}"),
    "diff.removed": ("column {name} gone", "coluna {name} sumiu"),
    "diff.retyped": ("column {name}: {before} → {after}", "coluna {name}: {before} → {after}"),
    "diff.rows": ("rows {before} → {after}", "linhas {before} → {after}"),
    "diff.values": ("other values", "outros valores"),
    "diff.absent": ("not there", "não há"),
    # ---- what was done
    "cancel.done": ("Run {run} is {state}.", "Execução {run}: {state}."),
    "cancel.asked": (
        "Run {run} is asked to stop; it is {state} until its steps have ended.",
        "A execução {run} foi avisada para parar; está no estado {state} até suas etapas terminarem.",
    ),
    "gc.would": (
        "Would remove {runs} and {objects} ({size}); what stays: {kept} ({kept_size}).",
        "Removeria {runs} e {objects} ({size}); o que fica: {kept} ({kept_size}).",
    ),
    "gc.did": (
        "Removed {runs} and {objects} ({size}); what stays: {kept} ({kept_size}).",
        "Removido: {runs} e {objects} ({size}); o que fica: {kept} ({kept_size}).",
    ),
    "gc.would_logs": (
        "Would remove the log lines of {runs} that stay ({size}).",
        "Removeria as linhas de log de {runs} que ficam ({size}).",
    ),
    "gc.did_logs": (
        "Removed the log lines of {runs} that stay ({size}).",
        "Removidas as linhas de log de {runs} que ficam ({size}).",
    ),
    "gc.nothing": ("Nothing to remove.", "Nada a remover."),
    "gc.ask": ("Remove them?", "Remover?"),
    "gc.yes_letters": ("y", "s"),
    "gc.kept": ("Nothing was removed.", "Nada foi removido."),
    "init.done": ("A project was made in {folder}:", "Um projeto foi criado em {folder}:"),
    "replay.done": (
        "Step {step} ended without an error, in {time}.",
        "A etapa {step} terminou sem erro, em {time}.",
    ),
    "replay.failed": (
        "Step {step} failed after {time}: {error}",
        "A etapa {step} falhou depois de {time}: {error}",
    ),
    "replay.same": ("It gave the same as in the run.", "Deu o mesmo que na execução."),
    "replay.other": ("It gave something else than in the run.", "Deu algo diferente da execução."),
    # ---- problems
    "problem.many": ("{count} problems", "{count} problemas"),
    "problem.rest": ("… and {count} more; --json lists all.", "… e mais {count}; --json lista todos."),
    "problem.line": ("line {line}", "linha {line}"),
    "problem.column": ("column {column}", "coluna {column}"),
    "problem.script": ("In the script:", "No script:"),
    "problem.step": ("Step {step} failed", "A etapa {step} falhou"),
    "problem.step_held": ("Step {step} is held", "A etapa {step} está retida"),
    **CALLS_WORDS,
    **HELP_WORDS,
    **SERVED_WORDS,
    **SERVED_HELP,
    **UPKEEP_WORDS,
}


class Words:
    """The words of one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._index = 1 if language == "pt" else 0

    def __call__(self, key: str, /, **values: object) -> str:
        """The text of a key, with its placeholders filled."""
        text = WORDS[key][self._index]
        return text.format(**values) if values else text

    def has(self, key: str) -> bool:
        """Whether the key exists."""
        return key in WORDS

    def counted(self, thing: str, count: int) -> str:
        """So many of a thing: ``1 step``, ``1,200 steps``."""
        return self(f"{thing}.one") if count == 1 else self(f"{thing}.many", count=self.number(count))

    def number(self, value: float, digits: int | None = None) -> str:
        """A number as people of this language write it: 1,234.5 or 1.234,5."""
        text = f"{value:,}" if digits is None else f"{value:,.{digits}f}"
        return text.translate(_SWAP) if self._index else text


_SWAP = str.maketrans(",.", ".,")
