"""The words of ``--help``, in both languages, by key. Part of the table in `words`."""

from __future__ import annotations

HELP_WORDS: dict[str, tuple[str, str]] = {
    "help.usage": ("Usage", "Uso"),
    "help.arguments": ("Arguments", "Argumentos"),
    "help.options": ("Options", "Opções"),
    "help.everywhere": ("With every command", "Em todo comando"),
    "help.examples": ("Examples", "Exemplos"),
    "help.group.begin": ("Begin and run", "Começar e executar"),
    "help.group.look": ("Look at runs", "Ver execuções"),
    "help.group.again": ("Again, or stop", "Repetir ou parar"),
    "help.group.house": ("The house", "A casa"),
    "help.default": ("[default: {value}]", "[padrão: {value}]"),
    "help.required": ("[required]", "[obrigatório]"),
    "help.repeat": ("(may be repeated)", "(pode se repetir)"),
    "help.opt.help": ("Show this help.", "Mostra esta ajuda."),
    "help.opt.json": (
        "Print one JSON value on standard output and nothing else there.",
        "Imprime um único valor JSON na saída padrão e nada mais nela.",
    ),
    "help.opt.lang": ("Language: en or pt.", "Idioma: en ou pt."),
    "help.opt.project": (
        "Project folder. Without it: the nearest folder upwards with a pauta.toml, else this one.",
        "Pasta do projeto. Sem ela: a pasta mais próxima, subindo, com um pauta.toml; senão, esta.",
    ),
    "help.opt.version": ("Show the version.", "Mostra a versão."),
    # ---- metavars
    "meta.COMMAND": ("COMMAND", "COMANDO"),
    "meta.OPTIONS": ("OPTIONS", "OPÇÕES"),
    "meta.DOCUMENT": ("DOCUMENT", "DOCUMENTO"),
    "meta.FOLDER": ("FOLDER", "PASTA"),
    "meta.DIR": ("DIR", "PASTA"),
    "meta.RUN": ("RUN", "EXECUÇÃO"),
    "meta.OTHER": ("RUN2", "EXECUÇÃO2"),
    "meta.STEP": ("STEP", "ETAPA"),
    "meta.NAME": ("NAME", "NOME"),
    "meta.N": ("N", "N"),
    "meta.DAYS": ("DAYS", "DIAS"),
    "meta.FILE": ("FILE", "ARQUIVO"),
    "meta.STATE": ("STATE", "ESTADO"),
    "meta.name=file": ("name=file", "nome=arquivo"),
    "meta.name=value": ("name=value", "nome=valor"),
    "meta.PART": ("training|prediction", "training|prediction"),
    "meta.LANG": ("en|pt", "en|pt"),
    # ---- commands: one line, and what else there is to say
    "cmd.pauta": (
        "Runs pipelines made of plain Python scripts, and records what they did.",
        "Executa pipelines feitos de scripts Python comuns e registra o que fizeram.",
    ),
    "cmd.init": ("Make a small project that runs at once.", "Cria um pequeno projeto que já executa."),
    "cmd.check": (
        "Check a pipeline document and its scripts; run nothing.",
        "Confere um documento de pipeline e seus scripts; nada executa.",
    ),
    "cmd.plan": (
        "Show what a run would do: what is cached, what would run, and why.",
        "Mostra o que uma execução faria: o que vem do cache, o que executa e por quê.",
    ),
    "cmd.run": ("Run a pipeline.", "Executa um pipeline."),
    "cmd.run.more": (
        "Steps whose script, inputs and parameters have not changed are taken from the cache. Ctrl-C cancels "
        "cleanly; pressed twice, it kills. Exit code 0: completed; 1: failed, held or cancelled; 2: invalid input.",
        "Etapas cujo script, entradas e parâmetros não mudaram vêm do cache. Ctrl-C cancela de forma limpa; duas "
        "vezes, encerra à força. Código de saída 0: concluída; 1: falhou, retida ou cancelada; 2: entrada inválida.",
    ),
    "cmd.runs": ("List runs, newest first.", "Lista as execuções, da mais nova à mais antiga."),
    "cmd.show": ("Show one run: steps, metrics, problems.", "Mostra uma execução: etapas, métricas, problemas."),
    "cmd.logs": ("Show what the scripts of a run wrote.", "Mostra o que os scripts de uma execução escreveram."),
    "cmd.frames": ("List the frames of a run.", "Lista os frames de uma execução."),
    "cmd.frame": (
        "Look into one frame: schema, profile, first rows; or write it to a file.",
        "Olha um frame por dentro: esquema, perfil, primeiras linhas; ou grava em arquivo.",
    ),
    "cmd.diff": (
        "Compare two runs: scripts, parameters, frames, metrics.",
        "Compara duas execuções: scripts, parâmetros, frames, métricas.",
    ),
    "cmd.rerun": (
        "Run a run again, with the same scripts, inputs and parameters.",
        "Repete uma execução, com os mesmos scripts, entradas e parâmetros.",
    ),
    "cmd.cancel": ("Cancel a run that has not ended.", "Cancela uma execução que não terminou."),
    "cmd.replay": (
        "Run one step again here, with that script version and its real inputs.",
        "Executa de novo uma etapa, aqui, com aquela versão do script e suas entradas reais.",
    ),
    "cmd.gc": ("Remove old runs and data that nothing needs.", "Remove execuções antigas e dados de que nada precisa."),
    "cmd.gc.more": (
        "Without --yes it only tells what it would remove, and on a terminal asks.",
        "Sem --yes só diz o que removeria e, num terminal, pergunta.",
    ),
    "cmd.schema": (
        "Print the JSON Schema of pipeline documents, for editors.",
        "Imprime o JSON Schema dos documentos de pipeline, para editores.",
    ),
    # ---- arguments and options
    "arg.document": (
        "Pipeline document (JSON or YAML), or a flow: flows.py:full_flow. Without it: pipeline.json, .yaml or .yml "
        "of the project.",
        "Documento do pipeline (JSON ou YAML), ou um fluxo: flows.py:full_flow. Sem ele: pipeline.json, .yaml ou .yml "
        "do projeto.",
    ),
    "arg.folder": ("Where to make it; made when missing.", "Onde criar; a pasta é criada se faltar."),
    "arg.run": ("Id of the run, its unique beginning, or latest.", "Id da execução, seu começo único, ou latest."),
    "arg.other": ("The run to compare it with.", "A execução com que comparar."),
    "arg.step": ("Name of the step.", "Nome da etapa."),
    "arg.frame": ("Name of the frame.", "Nome do frame."),
    "opt.scripts": ("Folder with the scripts.", "Pasta dos scripts."),
    "opt.input": (
        "Data of an input: a CSV, Parquet or Arrow file.",
        "Dados de uma entrada: arquivo CSV, Parquet ou Arrow.",
    ),
    "opt.param": ("Value of a parameter.", "Valor de um parâmetro."),
    "opt.only": ("Only the steps of this part.", "Só as etapas desta parte."),
    "opt.no_cache": ("Run every step, changed or not.", "Executa todas as etapas, tenham mudado ou não."),
    "opt.slots": ("Most stages at the same time.", "Máximo de estágios ao mesmo tempo."),
    "opt.resume": (
        "Go on with a run that did not end; completed steps are not run again.",
        "Continua uma execução que não terminou; etapas concluídas não executam de novo.",
    ),
    "opt.quiet": ("No progress, only the result.", "Sem progresso, só o resultado."),
    "opt.verbose": ("Show log lines while it runs.", "Mostra as linhas de log durante a execução."),
    "opt.limit": ("Most runs listed.", "Máximo de execuções na lista."),
    "opt.before": ("Only runs older than this one.", "Só execuções mais antigas que esta."),
    "opt.state": ("Only runs in this state.", "Só execuções neste estado."),
    "opt.pipeline": ("Only runs of this pipeline.", "Só execuções deste pipeline."),
    "opt.follow": ("Wait for new lines until the run ends.", "Espera novas linhas até a execução terminar."),
    "opt.step": ("Only this step.", "Só esta etapa."),
    "opt.to": (
        "Write all rows to this .csv, .parquet or .arrow file.",
        "Grava todas as linhas neste arquivo .csv, .parquet ou .arrow.",
    ),
    "opt.raw": (
        "In a CSV, leave cells as they are even where a spreadsheet would take them for formulas.",
        "No CSV, mantém as células como são, mesmo onde uma planilha as tomaria por fórmulas.",
    ),
    "opt.force": ("Overwrite the file if it exists.", "Sobrescreve o arquivo se já existir."),
    "opt.rows": ("Rows of the preview.", "Linhas da prévia."),
    "opt.from": (
        "Run from this step, or call of a flow, on, though nothing changed.",
        "Executa a partir desta etapa, ou chamada de um fluxo, mesmo sem mudanças.",
    ),
    "opt.pdb": ("Stop in the debugger where it fails.", "Para no depurador onde falhar."),
    "opt.yes": ("Remove without asking.", "Remove sem perguntar."),
    "opt.dry_run": ("Only tell what would be removed.", "Só diz o que seria removido."),
    "opt.keep_runs": ("Keep the newest N runs.", "Mantém as N execuções mais novas."),
    "opt.older_than": ("Remove only what is older than so many days.", "Remove só o que tem mais de tantos dias."),
}
