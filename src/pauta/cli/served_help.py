"""Help of the commands that need a server. Everything as in `help_words`."""

from __future__ import annotations

SERVED_HELP: dict[str, tuple[str, str]] = {
    "help.commands": ("Commands", "Comandos"),
    "help.group.itself": ("Run by itself", "Executar sozinho"),
    "help.group.where": ("Where it runs", "Onde executa"),
    # ---- metavars
    "meta.CRON": ("CRON", "CRON"),
    "meta.DEPLOYMENT": ("DEPLOYMENT", "DEPLOYMENT"),
    "meta.FORM": ("FORM", "FORMA"),
    "meta.OTHER_FORM": ("FORM2", "FORMA2"),
    "meta.HOST": ("HOST", "ENDEREÇO"),
    "meta.ID": ("ID", "ID"),
    "meta.KEY": ("KEY", "CHAVE"),
    "meta.KIND": ("KIND", "TIPO"),
    "meta.PATH": ("PATH", "CAMINHO"),
    "meta.PATTERN": ("PATTERN", "PADRÃO"),
    "meta.PIPELINE": ("PIPELINE", "PIPELINE"),
    "meta.POLICY": ("POLICY", "REGRA"),
    "meta.PORT": ("PORT", "PORTA"),
    "meta.ROLE": ("ROLE", "PAPEL"),
    "meta.RRULE": ("RRULE", "RRULE"),
    "meta.STATES=WHOM": ("STATES=WHOM", "ESTADOS=QUEM"),
    "meta.TAG": ("TAG", "ETIQUETA"),
    "meta.TEXT": ("TEXT", "TEXTO"),
    "meta.TIME": ("TIME", "TEMPO"),
    "meta.URL": ("URL", "URL"),
    "meta.VERSION": ("VERSION", "VERSÃO"),
    "meta.OTHER_VERSION": ("VERSION2", "VERSÃO2"),
    "meta.WHEN": ("WHEN", "QUANDO"),
    "meta.WORKER": ("WORKER", "WORKER"),
    "meta.ZONE": ("ZONE", "FUSO"),
    # ---- commands
    "cmd.server": (
        "Serve this project: API, scheduler, clean-up and a worker in one process.",
        "Serve este projeto: API, agendador, limpeza e um worker em um só processo.",
    ),
    "cmd.server.more": (
        "It listens on this machine alone unless told otherwise, and prints a link that signs a browser in once. "
        "While it runs, commands in this folder go through it. `pauta config` shows its settings.",
        "Só escuta nesta máquina, salvo indicação contrária, e mostra um link que identifica um navegador uma vez. "
        "Enquanto executa, os comandos nesta pasta passam por ele. `pauta config` mostra sua configuração.",
    ),
    "cmd.worker": ("Processes that take stages and run them.", "Processos que pegam estágios e os executam."),
    "cmd.worker.start": (
        "Start a worker here, for a server here or elsewhere.",
        "Inicia um worker aqui, para um servidor daqui ou de outro lugar.",
    ),
    "cmd.worker.start.more": (
        "Where this folder's server runs, it lends the worker a token. For a server elsewhere it needs one of role "
        "worker for its pools (`pauta token create NAME --role worker --pool POOL`), from --token-file or PAUTA_TOKEN. "
        "Ctrl-C or TERM: it ends what it does and takes nothing new.",
        "Onde o servidor desta pasta executa, ele empresta um token ao worker. Para um servidor em outro lugar é "
        "preciso um com papel worker para seus pools (`pauta token create NOME --role worker --pool POOL`), de "
        "--token-file ou PAUTA_TOKEN. Ctrl-C ou TERM: termina o que faz e não pega nada novo.",
    ),
    "cmd.worker.list": ("List workers, and what they hold.", "Lista os workers e o que têm em mãos."),
    "cmd.worker.drain": (
        "Let a worker end what it does and take nothing new.",
        "Deixa um worker terminar o que faz sem pegar nada novo.",
    ),
    "cmd.work-pool": (
        "Work pools: which workers may take what, and how many at a time.",
        "Pools: quais workers pegam o quê, e quantos ao mesmo tempo.",
    ),
    "cmd.work-pool.create": ("Make a work pool.", "Cria um pool."),
    "cmd.work-pool.list": ("List work pools.", "Lista os pools."),
    "cmd.work-pool.show": ("Show one work pool.", "Mostra um pool."),
    "cmd.work-pool.pause": (
        "Nothing new starts in it; what runs goes on.",
        "Nada novo começa nele; o que executa continua.",
    ),
    "cmd.work-pool.resume": ("Let a paused one go on.", "Faz um pool pausado continuar."),
    "cmd.work-pool.remove": ("Remove a work pool.", "Remove um pool."),
    "cmd.work-pool.set-limit": (
        "Say how many stages it runs at a time, over all its workers.",
        "Diz quantos estágios ele executa ao mesmo tempo, somados os workers.",
    ),
    "cmd.limit": ("How much may go on at a time under a key.", "Quanto pode acontecer ao mesmo tempo sob uma chave."),
    "cmd.limit.set": ("Set or change a limit.", "Define ou altera um limite."),
    "cmd.limit.list": ("List limits, and how much of each is in use.", "Lista os limites e quanto está em uso."),
    "cmd.limit.remove": ("Lift a limit.", "Retira um limite."),
    "cmd.pipeline": (
        "Published pipelines: a document with its scripts, version by version.",
        "Pipelines publicados: um documento com seus scripts, versão a versão.",
    ),
    "cmd.pipeline.publish": (
        "Publish a document with its scripts as a new version, and make it the active one.",
        "Publica um documento com seus scripts como nova versão e a torna a ativa.",
    ),
    "cmd.pipeline.list": ("List pipelines.", "Lista os pipelines."),
    "cmd.pipeline.show": (
        "Show a pipeline; with --version, that version and its document.",
        "Mostra um pipeline; com --version, aquela versão e seu documento.",
    ),
    "cmd.pipeline.versions": ("List its versions, newest first.", "Lista suas versões, da mais nova à mais antiga."),
    "cmd.pipeline.activate": (
        "Make a version the one that runs from now on; an older one rolls back.",
        "Torna uma versão a que executa de agora em diante; uma antiga desfaz.",
    ),
    "cmd.pipeline.activations": ("Show which version ran from when on.", "Mostra qual versão valia desde quando."),
    "cmd.pipeline.diff": ("Show how two versions differ.", "Mostra como duas versões diferem."),
    "cmd.pipeline.scripts": (
        "List the scripts of a version, or show one of them.",
        "Lista os scripts de uma versão, ou mostra um deles.",
    ),
    "cmd.script": ("Scripts: every form each had, and who uses it.", "Scripts: cada forma que tiveram, e quem as usa."),
    "cmd.script.list": ("List the scripts of all pipelines.", "Lista os scripts de todos os pipelines."),
    "cmd.script.show": (
        "Show a script: its forms, the pipelines that use them, the text.",
        "Mostra um script: suas formas, os pipelines que as usam, o texto.",
    ),
    "cmd.script.diff": (
        "Show how two forms differ; without them: the newest and the one before.",
        "Mostra como duas formas diferem; sem elas: a mais nova e a anterior.",
    ),
    "cmd.submit": (
        "Ask for a run of a published pipeline or a deployment; prints its id at once.",
        "Pede uma execução de um pipeline publicado ou deployment; mostra o id na hora.",
    ),
    "cmd.submit.more": (
        "`pauta wait` waits for its end, `pauta logs --follow` shows what it writes. With --key the same request, "
        "repeated, gives the same run.",
        "`pauta wait` espera o fim, `pauta logs --follow` mostra o que escreve. Com --key, o mesmo pedido repetido "
        "dá a mesma execução.",
    ),
    "cmd.wait": ("Wait until a run ends.", "Espera uma execução terminar."),
    "cmd.wait.more": (
        "Exit code 0: completed; 1: failed, held or cancelled; 3: still going when --timeout was over.",
        "Código de saída 0: concluída; 1: falhou, retida ou cancelada; 3: continuava quando acabou o --timeout.",
    ),
    "cmd.status": ("Show how the server is.", "Mostra como está o servidor."),
    "cmd.deployment": (
        "Deployments: a pipeline with parameters, a work pool and a time plan.",
        "Deployments: um pipeline com parâmetros, um pool e horários.",
    ),
    "cmd.deployment.create": ("Make a deployment.", "Cria um deployment."),
    "cmd.deployment.list": ("List deployments.", "Lista os deployments."),
    "cmd.deployment.show": ("Show one deployment.", "Mostra um deployment."),
    "cmd.deployment.change": (
        "Change what is given; what is not given stays.",
        "Altera o que for informado; o que não for fica como está.",
    ),
    "cmd.deployment.pause": (
        "Its schedules and triggers rest; only people run it.",
        "Agendamentos e gatilhos descansam; só pessoas o executam.",
    ),
    "cmd.deployment.resume": ("Let a paused one go on.", "Faz um deployment pausado continuar."),
    "cmd.deployment.run": ("Run it now; prints the run's id at once.", "Executa agora; mostra o id na hora."),
    "cmd.deployment.check": (
        "Compare its source with what was deployed: which files differ?",
        "Compara sua origem com o que foi publicado: que arquivos diferem?",
    ),
    "cmd.deployment.check.more": (
        "The folder, repository or bucket it was deployed from is read again; nothing is changed. Exit code 0: the "
        "same; 2: something differs.",
        "A pasta, o repositório ou o bucket de onde veio é lido de novo; nada é alterado. Código de saída 0: igual; "
        "2: algo difere.",
    ),
    "cmd.deployment.remove": (
        "Remove it with its schedules and triggers; its runs stay.",
        "Remove com seus agendamentos e gatilhos; suas execuções ficam.",
    ),
    "cmd.deployment.history": ("Show all forms it ever had.", "Mostra todas as formas que já teve."),
    "cmd.deployment.webhook-key": (
        "Show the key with which its webhooks are signed, for their receiver.",
        "Mostra a chave que assina seus webhooks, para quem os recebe.",
    ),
    "cmd.deploy": (
        "Make the deployments that pauta.toml describes, and show what that changed.",
        "Cria os deployments que o pauta.toml descreve e mostra o que mudou.",
    ),
    "cmd.deploy.more": (
        'Each [deployment.NAME], or [[deployments]] with a name, has a flow ("flows.py:full_flow") or a document, '
        "which are published first, or a pipeline; for a flow perhaps a source (a folder, https://…git#branch, "
        "s3://…); and perhaps parameters, inputs, pool, priority, limit, tags, cron, interval or rrule with timezone, "
        "or [deployment.NAME.schedule.NAME] tables. What the file does not mention stays as it is. Without a server it "
        "goes into the project's own records.",
        'Cada [deployment.NOME], ou [[deployments]] com name, tem um flow ("flows.py:full_flow") ou um document, '
        "publicados primeiro, ou um pipeline; para um flow talvez um source (uma pasta, https://…git#branch, s3://…); "
        "e talvez parameters, inputs, pool, priority, limit, tags, cron, interval ou rrule com timezone, ou tabelas "
        "[deployment.NOME.schedule.NOME]. O que o arquivo não menciona fica como está. Sem servidor, vai para os "
        "registros do próprio projeto.",
    ),
    "cmd.schedule": ("Schedules: when deployments run.", "Agendamentos: quando os deployments executam."),
    "cmd.schedule.create": ("Make a schedule of a deployment.", "Cria um agendamento de um deployment."),
    "cmd.schedule.list": ("List schedules, and when each fires next.", "Lista os agendamentos e o próximo disparo."),
    "cmd.schedule.show": ("Show one schedule.", "Mostra um agendamento."),
    "cmd.schedule.preview": (
        "Show when a schedule fires next, or when a timing would; clock changes are marked.",
        "Mostra os próximos disparos de um agendamento, ou de um horário; mudanças de hora são marcadas.",
    ),
    "cmd.schedule.preview.more": (
        "Without an ID it needs no server: give --cron, --every or --rrule.",
        "Sem ID não precisa de servidor: informe --cron, --every ou --rrule.",
    ),
    "cmd.schedule.pause": ("Stop it from firing for a while.", "Suspende os disparos por um tempo."),
    "cmd.schedule.resume": ("Let a paused one fire again.", "Faz um agendamento pausado disparar de novo."),
    "cmd.schedule.remove": ("Remove a schedule.", "Remove um agendamento."),
    "cmd.schedule.firings": ("Show what became of its times.", "Mostra o que foi feito de cada horário."),
    "cmd.trigger": (
        "Triggers: a file, the end of another deployment's run, or a signed message runs a deployment.",
        "Gatilhos: um arquivo, o fim de outro deployment ou uma mensagem assinada executa um deployment.",
    ),
    "cmd.trigger.create": ("Make a trigger of a deployment.", "Cria um gatilho de um deployment."),
    "cmd.trigger.list": ("List triggers.", "Lista os gatilhos."),
    "cmd.trigger.pause": ("Nothing follows from it for a while.", "Nada resulta dele por um tempo."),
    "cmd.trigger.resume": ("Let a paused one go on.", "Faz um gatilho pausado continuar."),
    "cmd.trigger.remove": ("Remove a trigger.", "Remove um gatilho."),
    "cmd.token": ("Tokens of people, programs and workers.", "Tokens de pessoas, programas e workers."),
    "cmd.token.create": ("Make a token; its text is shown once.", "Cria um token; o texto é mostrado uma só vez."),
    "cmd.token.link": (
        "Make a link that signs a browser in, once, within ten minutes.",
        "Cria um link que identifica um navegador, uma vez, em até dez minutos.",
    ),
    "cmd.token.list": ("List tokens, without their secrets.", "Lista os tokens, sem seus segredos."),
    "cmd.token.revoke": ("Make a token worthless at once.", "Faz um token perder o valor na hora."),
    "cmd.audit": ("Show who did what; check that nobody altered it.", "Mostra quem fez o quê; confere a integridade."),
    "cmd.audit.more": (
        "Without --after the newest lines are shown. With --verify the exit code is 1 when a line was changed, moved, "
        "or cut off.",
        "Sem --after mostra as linhas mais novas. Com --verify o código de saída é 1 se uma linha foi alterada, movida "
        "ou cortada.",
    ),
    # ---- arguments
    "arg.deploy_names": ("Only these of the file.", "Só estes do arquivo."),
    "arg.deployment": ("Name of the deployment.", "Nome do deployment."),
    "arg.form": ("Beginning of the form's hash.", "Começo do hash da forma."),
    "arg.other_form": ("The form to compare it with.", "A forma com que comparar."),
    "arg.limit_key": (
        "What is counted: pool:NAME, deployment:NAME, or a key of your own.",
        "O que se conta: pool:NOME, deployment:NOME, ou uma chave sua.",
    ),
    "opt.per": (
        "At most so many begin within any such time: 1s, 1m, 1h. Without it: at most so many at a time.",
        "No máximo tantos começam em qualquer tempo assim: 1s, 1m, 1h. Sem ela: no máximo tantos ao mesmo tempo.",
    ),
    "arg.most": ("At most so many at a time; none lifts it.", "No máximo tantos ao mesmo tempo; none retira."),
    "arg.pipeline": ("Name of the pipeline.", "Nome do pipeline."),
    "arg.version": ("Number of the version.", "Número da versão."),
    "arg.other_version": ("The version to compare it with.", "A versão com que comparar."),
    "arg.pool": ("Name of the work pool.", "Nome do pool."),
    "arg.schedule": ("Id of the schedule, or DEPLOYMENT/NAME.", "Id do agendamento, ou DEPLOYMENT/NOME."),
    "arg.schedule_name": ("A name for it, within the deployment.", "Um nome para ele, dentro do deployment."),
    "arg.script": ("The script's path in its pipeline.", "Caminho do script no pipeline."),
    "arg.token": ("Id of the token.", "Id do token."),
    "arg.token_name": ("Whose it is, for lists and the audit log.", "De quem é, para listas e auditoria."),
    "arg.trigger": ("Id of the trigger, or DEPLOYMENT/NAME.", "Id do gatilho, ou DEPLOYMENT/NOME."),
    "arg.trigger_name": ("A name for it, within the deployment.", "Um nome para ele, dentro do deployment."),
    "arg.worker": ("Name or id of the worker.", "Nome ou id do worker."),
    # ---- options
    "opt.host": ("Address to listen on.", "Endereço em que escutar."),
    "opt.port": ("Port to listen on; 0 takes a free one.", "Porta em que escutar; 0 pega uma livre."),
    "opt.no_worker": ("Do not run stages here.", "Não executa estágios aqui."),
    "opt.no_scheduler": ("Fire no schedules, watch no triggers.", "Não dispara agendamentos nem observa gatilhos."),
    "opt.no_reaper": ("Do not rescue the work of lost workers.", "Não resgata o trabalho de workers perdidos."),
    "opt.no_retention": ("Do not clean up by itself.", "Não limpa por conta própria."),
    "opt.worker_slots": (
        "Processes at a time; without: one for each core.",
        "Processos ao mesmo tempo; sem: um por núcleo.",
    ),
    "opt.worker_pool": ("Work pool to take stages from.", "Pool de que pegar estágios."),
    "opt.server_url": ("Where the server is.", "Onde está o servidor."),
    "opt.token_file": ("File with the token.", "Arquivo com o token."),
    "opt.tag": ("What this worker offers, for lists.", "O que este worker oferece, para listas."),
    "opt.worker_name": ("Its name; without: this machine's.", "Seu nome; sem: o desta máquina."),
    "opt.worker_type": (
        "The pool's type, to be sure: process or celery.",
        "O tipo do pool, para conferir: process ou celery.",
    ),
    "opt.pool_type": ("process or celery.", "process ou celery."),
    "opt.queue": (
        "Name of Celery's queue; without: the pool's name.",
        "Nome da fila do Celery; sem: o do pool.",
    ),
    "opt.pool_limit": (
        "Most stages at a time over all workers.",
        "Máximo de estágios ao mesmo tempo, somados os workers.",
    ),
    "opt.description": ("What it is for.", "Para que serve."),
    "opt.version_of": ("This version, not the active one.", "Esta versão, e não a ativa."),
    "opt.note": ("What is said about this version.", "O que se diz desta versão."),
    "opt.why": ("Why, for the history.", "Por quê, para o histórico."),
    "opt.based_on": (
        "Refuse when another version than this was published meanwhile.",
        "Recusa se outra versão que não esta foi publicada nesse meio-tempo.",
    ),
    "opt.no_activate": ("Publish only; the active version stays.", "Só publica; a versão ativa continua."),
    "opt.script_path": ("Show this script.", "Mostra este script."),
    "opt.form": ("This form, by the beginning of its hash.", "Esta forma, pelo começo do hash."),
    "opt.deployment": ("Run this deployment, on its terms.", "Executa este deployment, nos termos dele."),
    "opt.key": ("The same key gives the same run, however often.", "A mesma chave dá a mesma execução, sempre."),
    "opt.pool": ("Work pool whose workers may take it.", "Pool cujos workers podem pegá-la."),
    "opt.priority": ("Higher numbers come first; usual is 0.", "Números maiores vêm antes; o usual é 0."),
    "opt.limit_key": ("Count it under this limit key, too.", "Conta também sob esta chave de limite."),
    "opt.of_pipeline": ("Name of the published pipeline.", "Nome do pipeline publicado."),
    "opt.deployment_limit": ("Most stages of it at a time.", "Máximo de estágios dele ao mesmo tempo."),
    "opt.notify": (
        "Whom to tell when a run reaches a state: failed,held=webhook:https://… or failed=apprise:env:NAME.",
        "Quem avisar quando uma execução chega a um estado: failed,held=webhook:https://… ou failed=apprise:env:NOME.",
    ),
    "opt.deploy_dry_run": ("Only show what would change.", "Só mostra o que mudaria."),
    "opt.watch": ("Follow the run until it ends.", "Acompanha a execução até o fim."),
    "opt.only_deployment": ("Only those of this deployment.", "Só os deste deployment."),
    "opt.cron": (
        'Five fields: minute, hour, day, month, weekday: "0 6 * * 1-5".',
        'Cinco campos: minuto, hora, dia, mês, dia da semana: "0 6 * * 1-5".',
    ),
    "opt.every": ("An interval: 15m, 2h, 1d.", "Um intervalo: 15m, 2h, 1d."),
    "opt.rrule": (
        'A rule of RFC 5545: "FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=9;BYMINUTE=0;BYSECOND=0".',
        'Uma regra da RFC 5545: "FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=9;BYMINUTE=0;BYSECOND=0".',
    ),
    "opt.zone": ("Time zone, as America/Sao_Paulo; usual is UTC.", "Fuso, como America/Sao_Paulo; o usual é UTC."),
    "opt.gap": (
        "For a local time that a clock change leaves out: run_after or skip.",
        "Para uma hora local que a mudança de hora elimina: run_after ou skip.",
    ),
    "opt.fold": (
        "For a local time that a clock change repeats: first, last or both.",
        "Para uma hora local que a mudança de hora repete: first, last ou both.",
    ),
    "opt.missed": (
        "For times that nobody could fire: latest, all or none.",
        "Para horários que ninguém pôde disparar: latest, all ou none.",
    ),
    "opt.missed_limit": ("With all: at most so many, the newest.", "Com all: no máximo tantos, os mais novos."),
    "opt.missed_window": ("Older ones are not caught up: 1d.", "Mais antigos não são recuperados: 1d."),
    "opt.jitter": ("Put each off by a random time up to this: 5m.", "Adia cada um por um tempo ao acaso, até: 5m."),
    "opt.starts": ("Nothing fires before.", "Nada dispara antes."),
    "opt.until": ("Nothing fires from then on.", "Nada dispara a partir daí."),
    "opt.preview_count": ("How many.", "Quantos."),
    "opt.trigger_folder": (
        "A file that arrives in this folder of the project runs it.",
        "Um arquivo que chega a esta pasta do projeto o executa.",
    ),
    "opt.trigger_pattern": ('Only files whose name fits: "*.csv".', 'Só arquivos cujo nome combine: "*.csv".'),
    "opt.trigger_frame": ("The input that the file becomes.", "A entrada em que o arquivo se torna."),
    "opt.trigger_after": (
        "The end of a run of this deployment runs it.",
        "O fim de uma execução deste deployment o executa.",
    ),
    "opt.trigger_state": (
        "With --after: which end; usual is completed.",
        "Com --after: qual fim; o usual é completed.",
    ),
    "opt.trigger_webhook": ("A message with a signed body runs it.", "Uma mensagem com corpo assinado o executa."),
    "opt.role": (
        "viewer, operator, editor, approver, admin or worker.",
        "viewer, operator, editor, approver, admin ou worker.",
    ),
    "opt.all_tokens": ("Also those revoked or over.", "Também os revogados ou vencidos."),
    "opt.token_to": (
        "Write its text to this new file, for your eyes only.",
        "Grava seu texto neste arquivo novo, que só você pode ler.",
    ),
    "opt.token_pool": ("For a worker: a pool it may take from.", "Para um worker: um pool de que pode pegar."),
    "opt.token_pipeline": (
        "Only this pipeline may be run or changed.",
        "Só este pipeline pode ser executado ou alterado.",
    ),
    "opt.expires": ("When it ends: 30d, 12h, or a date.", "Quando termina: 30d, 12h, ou uma data."),
    "opt.verify": (
        "Check that nothing was changed, moved or cut off.",
        "Confere que nada foi alterado, movido ou cortado.",
    ),
    "opt.audit_after": ("Only lines after this number.", "Só linhas depois deste número."),
    "opt.audit_limit": ("Most lines shown.", "Máximo de linhas mostradas."),
    "opt.wait_timeout": ("Wait no longer than this: 10m.", "Não espera mais que isto: 10m."),
}
