"""Texts of flows that wait, and the runs that they begin (FLW-085 to FLW-099)."""

from __future__ import annotations

from pauta.domain.messages.text import Bilingual, both

_ANSWERS: dict[str, Bilingual] = {
    "FLW-085": both(
        "{name} does not wait for an answer; it is {state}",
        "{name} não espera uma resposta; está no estado {state}",
        do="`pauta waiting` lists what does",
        faca="`pauta waiting` lista o que espera",
    ),
    "FLW-085.answered": both(
        "{name} was answered already, by {by}",
        "{name} já foi respondida, por {by}",
    ),
    "FLW-085.when": both(
        "{name} was answered already: by {by}, at {at}",
        "{name} já foi respondida: por {by}, em {at}",
    ),
    "FLW-085.run": both(
        "{name} does not wait for an answer any more: its run is {state}",
        "{name} não espera mais uma resposta: sua execução está no estado {state}",
    ),
    "FLW-086": both("run {run} has no call {call}", "a execução {run} não tem a chamada {call}"),
    "FLW-086.known": both(
        "run {run} has no call {call}; it has: {known}",
        "a execução {run} não tem a chamada {call}; tem: {known}",
    ),
    "FLW-086.none": both(
        "nothing of run {run} waits for an answer",
        "nada da execução {run} espera uma resposta",
        do="`pauta waiting` lists what does",
        faca="`pauta waiting` lista o que espera",
    ),
    "FLW-086.several": both(
        "several calls of run {run} wait: {known}",
        "várias chamadas da execução {run} esperam: {known}",
        do="say which one, by its name or number",
        faca="diga qual, pelo nome ou pelo número",
    ),
    "FLW-087": both("expected {expected}, got {found}", "esperado {expected}, recebido {found}"),
    "FLW-087.missing": both("is missing", "está faltando"),
    "FLW-087.unknown": both(
        "is not asked for",
        "não foi pedido",
        do="asked for are: {known}",
        faca="foram pedidos: {known}",
    ),
    "FLW-087.json": both(
        "the answer is not JSON: {reason}",
        "a resposta não é JSON: {reason}",
        do="texts stand in quotes: '\"like this\"'; --value-file takes a file",
        faca="textos ficam entre aspas: '\"assim\"'; --value-file aceita um arquivo",
    ),
    "FLW-087.large": both(
        "the answer has {size} bytes; {most} are the most",
        "a resposta tem {size} bytes; o máximo são {most}",
        do="store it where the flow can read it, and answer with its name",
        faca="guarde-a onde o fluxo possa lê-la e responda com o nome",
    ),
    "FLW-087.schema": both(
        "the flow asks with a JSON Schema that is none: {reason}",
        "o fluxo pergunta com um JSON Schema que não é válido: {reason}",
        do="mend the flow and cancel this run",
        faca="corrija o fluxo e cancele esta execução",
    ),
    "FLW-088": both(
        "{call} of run {run} asks for a yes or no, not for a value",
        "{call} da execução {run} pede um sim ou não, e não um valor",
        do="pauta approve {run}, or pauta reject {run}",
        faca="pauta approve {run}, ou pauta reject {run}",
    ),
    "FLW-088.value": both(
        "{call} of run {run} asks for a value, not for a yes or no",
        "{call} da execução {run} pede um valor, e não um sim ou não",
        do="pauta answer {run} VALUE",
        faca="pauta answer {run} VALOR",
    ),
    "FLW-089": both(
        "{call} of run {run} is for {roles} to answer; this token has the role {role}",
        "{call} da execução {run} cabe a {roles} responder; este token tem o papel {role}",
        do="ask somebody who has that role",
        faca="peça a alguém que tenha esse papel",
    ),
}

_RUNS: dict[str, Bilingual] = {
    "FLW-090": both(
        'no pipeline "{name}" is published',
        'nenhum pipeline "{name}" está publicado',
        do="`pauta pipeline publish DOCUMENT` publishes one; `pauta pipeline list` lists those that are",
        faca="`pauta pipeline publish DOCUMENTO` publica um; `pauta pipeline list` lista os publicados",
    ),
    "FLW-090.near": both(
        'no pipeline "{name}" is published; did you mean "{suggestion}"?',
        'nenhum pipeline "{name}" está publicado; você quis dizer "{suggestion}"?',
        do="`pauta pipeline list` lists those that are published",
        faca="`pauta pipeline list` lista os publicados",
    ),
    "FLW-090.document": both(
        'pipeline "{name}" is not published; its document is {file}',
        'o pipeline "{name}" não está publicado; o documento dele é {file}',
        do="publish it, then run this again: pauta pipeline publish {file}",
        faca="publique-o e execute de novo: pauta pipeline publish {file}",
    ),
    "FLW-090.path": both(
        "{name} is a file; a flow runs published pipelines, by their names",
        "{name} é um arquivo; um fluxo executa pipelines publicados, pelo nome",
        do='publish it with `pauta pipeline publish {file}` and write run_pipeline("{called}")',
        faca='publique-o com `pauta pipeline publish {file}` e escreva run_pipeline("{called}")',
    ),
    "FLW-090.deployment": both(
        'there is no deployment "{name}"',
        'não existe o deployment "{name}"',
        do="`pauta deployment list` lists them; `pauta deployment create` makes one",
        faca="`pauta deployment list` os lista; `pauta deployment create` cria um",
    ),
    "FLW-090.deployment_near": both(
        'there is no deployment "{name}"; did you mean "{suggestion}"?',
        'não existe o deployment "{name}"; você quis dizer "{suggestion}"?',
        do="`pauta deployment list` lists them",
        faca="`pauta deployment list` os lista",
    ),
    "FLW-090.nowhere": both(
        '"{name}" cannot be run here: nothing is published where this flow runs',
        '"{name}" não pode ser executado aqui: nada está publicado onde este fluxo é executado',
        do='in a test, give it: pipelines={{"{name}": …}}',
        faca='em um teste, informe-o: pipelines={{"{name}": …}}',
    ),
    "FLW-091": both(
        "run {run} of {name}, which this flow began, is {state}",
        "a execução {run} de {name}, que este fluxo iniciou, está no estado {state}",
        do="`pauta show {run}` tells why",
        faca="`pauta show {run}` mostra por quê",
    ),
}

FLOW_WAITING: dict[str, Bilingual] = {**_ANSWERS, **_RUNS}
