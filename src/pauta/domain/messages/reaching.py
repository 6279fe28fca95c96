"""Texts of reaching a server from a command (API-1…), and of the deployments in ``pauta.toml`` (DPL)."""

from __future__ import annotations

from pauta.domain.messages.text import Bilingual, both

REACHING: dict[str, Bilingual] = {
    "API-101": both(
        "the server at {url} cannot be reached: {detail}",
        "o servidor em {url} não pode ser alcançado: {detail}",
        do="is it running? `pauta server` starts one; PAUTA_API_URL says where commands look for it",
        faca="ele está executando? `pauta server` inicia um; PAUTA_API_URL diz onde os comandos o procuram",
    ),
    "API-102": both(
        "what answers at {url} is no Pauta server: {detail}",
        "o que responde em {url} não é um servidor do Pauta: {detail}",
        do="check PAUTA_API_URL: address and port, without /api/v1",
        faca="confira PAUTA_API_URL: endereço e porta, sem /api/v1",
    ),
    "API-103": both(
        "the server at {url} did not answer within {seconds} s",
        "o servidor em {url} não respondeu em {seconds} s",
        do="what was asked may still happen: look before you ask again",
        faca="o que foi pedido ainda pode acontecer: confira antes de pedir de novo",
    ),
    "API-104": both(
        "`{command}` needs a server, and none runs in {folder}",
        "`{command}` precisa de um servidor, e nenhum executa em {folder}",
        do="start one with `pauta server` in another terminal, or set PAUTA_API_URL and PAUTA_TOKEN",
        faca="inicie um com `pauta server` em outro terminal, ou defina PAUTA_API_URL e PAUTA_TOKEN",
    ),
    "API-105": both(
        "the server had an error inside (status {status}, request {request})",
        "o servidor teve um erro interno (status {status}, pedido {request})",
        do="its log tells more under that number",
        faca="o log dele explica mais sob esse número",
    ),
    "API-106": both(
        "the certificate of {url} is not trusted: {detail}",
        "o certificado de {url} não é confiável: {detail}",
        do="SSL_CERT_FILE names a file with further certificates to trust",
        faca="SSL_CERT_FILE indica um arquivo com outros certificados confiáveis",
    ),
    "API-107": both(
        '"{found}" is no address of a server',
        '"{found}" não é um endereço de servidor',
        do="for example http://127.0.0.1:7311",
        faca="por exemplo http://127.0.0.1:7311",
    ),
    "API-108": both(
        "the server refuses it (status {status}): {detail}",
        "o servidor recusa (status {status}): {detail}",
    ),
    "API-109": both(
        "the server's answer cannot be understood: {detail}",
        "a resposta do servidor não pode ser entendida: {detail}",
        do="server and command may be of different versions: here {version}",
        faca="servidor e comando podem ser de versões diferentes: aqui {version}",
    ),
    "API-110": both(
        "step {step} can be replayed only where the objects of its run are: they are not on this machine",
        "a etapa {step} só pode ser repetida onde estão os objetos da execução: não estão nesta máquina",
        do="replay it in the project's folder on the server's machine",
        faca="repita na pasta do projeto, na máquina do servidor",
    ),
    "API-111": both(
        "{script} is not UTF-8: a server takes scripts as UTF-8 only",
        "{script} não é UTF-8: um servidor só recebe scripts em UTF-8",
        do="save it as UTF-8",
        faca="salve como UTF-8",
    ),
    "API-112": both(
        'no worker, or more than one, fits "{worker}"',
        'nenhum worker, ou mais de um, corresponde a "{worker}"',
        do="those at work: {known}; `pauta worker list` shows their ids",
        faca="em atividade: {known}; `pauta worker list` mostra os ids",
    ),
    "API-113": both(
        'script {script} has no form, or more than one, that begins with "{form}"',
        'o script {script} não tem forma, ou tem mais de uma, que comece com "{form}"',
        do="its forms: {known}",
        faca="formas que tem: {known}",
    ),
    # ---- deployments in pauta.toml
    "DPL-001": both(
        "there is no deployment in it",
        "não há nenhum deployment nele",
        do='a table [deployment.NAME] with document = "pipeline.json" or flow = "flows.py:full_flow" makes one',
        faca='uma tabela [deployment.NOME] com document = "pipeline.json" ou flow = "flows.py:full_flow" cria um',
    ),
    "DPL-002": both("{field}: expected a table", "{field}: esperada uma tabela"),
    "DPL-003": both(
        "give one of document and flow (published first) and pipeline (published already)",
        "informe um destes: document ou flow (publicados primeiro), ou pipeline (já publicado)",
    ),
    "DPL-004": both(
        'there is no deployment "{name}" in it',
        'não há nele o deployment "{name}"',
        do="it has: {known}",
        faca="há: {known}",
    ),
    "DPL-005": both(
        'unknown key "{key}"', 'chave desconhecida "{key}"', do="known: {known}", faca="conhecidas: {known}"
    ),
    "DPL-006": both('it has no name = "…"', 'falta name = "…"'),
    "DPL-006.twice": both('two deployments are called "{name}"', 'dois deployments se chamam "{name}"'),
    "DPL-007": both("{field}: expected text", "{field}: esperado um texto"),
}
