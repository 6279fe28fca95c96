"""Texts of the door: credentials and rights (AUT-…), and requests that are no proper requests (API-0…)."""

from __future__ import annotations

from pauta.domain.messages.text import Bilingual, both

_CREDENTIALS: dict[str, Bilingual] = {
    "AUT-001": both(
        "this needs a token, and none was given",
        "isto exige um token, e nenhum foi enviado",
        do="send the header Authorization: Bearer pauta_…, or set PAUTA_TOKEN for commands",
        faca="envie o cabeçalho Authorization: Bearer pauta_…, ou defina PAUTA_TOKEN para os comandos",
    ),
    "AUT-002": both(
        "what was given is not a token: tokens begin with pauta_",
        "o que foi enviado não é um token: tokens começam com pauta_",
        do="give the whole text that was shown when the token was made",
        faca="envie o texto inteiro que foi mostrado quando o token foi criado",
    ),
    "AUT-002.pasted": both(
        "the token was pasted with spaces or quotes around or inside it",
        "o token foi colado com espaços ou aspas em volta ou no meio",
        do="give it without them",
        faca="envie-o sem eles",
    ),
    "AUT-002.damaged": both(
        "the token is incomplete or has a wrong character: its check digits do not fit",
        "o token está incompleto ou tem um caractere errado: os dígitos de verificação não conferem",
        do="copy the whole text that was shown when the token was made",
        faca="copie o texto inteiro que foi mostrado quando o token foi criado",
    ),
    "AUT-002.scheme": both(
        "the Authorization header is not of the kind Bearer",
        "o cabeçalho Authorization não é do tipo Bearer",
        do="send Authorization: Bearer pauta_…",
        faca="envie Authorization: Bearer pauta_…",
    ),
    "AUT-003": both(
        "this token is not valid, or not any more",
        "este token não é válido, ou deixou de ser",
        do="ask an administrator for another one, or sign in again",
        faca="peça outro a um administrador, ou entre de novo",
    ),
    "AUT-004": both(
        "the role {role} may not do this; it takes the permission {permission}",
        "o papel {role} não pode fazer isto; é preciso a permissão {permission}",
        do="ask an administrator for a token of another role",
        faca="peça a um administrador um token de outro papel",
    ),
    "AUT-005": both(
        "this token is not for pipeline {pipeline}",
        "este token não é para o pipeline {pipeline}",
    ),
    "AUT-005.pool": both(
        "this token is not for pool {pool}",
        "este token não é para o pool {pool}",
    ),
    "AUT-005.grant": both(
        "this grant is not for what was asked, or its time is over",
        "esta permissão não é para o que foi pedido, ou seu prazo acabou",
    ),
    "AUT-006": both(
        "a browser sent this from another site, or without saying from where",
        "um navegador enviou isto de outro site, ou sem dizer de onde",
        do="use the server's own pages, or a token",
        faca="use as páginas do próprio servidor, ou um token",
    ),
    "AUT-007": both(
        "too many wrong credentials from this address",
        "credenciais erradas demais vindas deste endereço",
        do="wait {seconds} seconds",
        faca="espere {seconds} segundos",
    ),
    "AUT-008": both(
        "this link is not valid, or not any more; a link works once and for ten minutes",
        "este link não é válido, ou deixou de ser; um link vale uma vez e por dez minutos",
        do="ask for another one; the server prints one when it starts",
        faca="peça outro; o servidor mostra um ao iniciar",
    ),
    "AUT-009": both(
        "a token cannot be made like this: {reason}",
        "não é possível criar um token assim: {reason}",
    ),
}

_FIELDS: dict[str, Bilingual] = {
    "API-001": both("expected {expected}, got {found}", "esperado {expected}, recebido {found}"),
    "API-001.missing": both("is missing", "está faltando"),
    "API-001.unknown": both(
        "is not known here",
        "não é conhecido aqui",
        do="known are: {known}",
        faca="são conhecidos: {known}",
    ),
    "API-001.stray": both("is not known here", "não é conhecido aqui"),
    "API-001.value": both("{reason}", "{reason}"),
    "API-002": both("the body is not JSON: {reason}", "o corpo não é JSON: {reason}"),
    "API-002.empty": both("the body is empty; JSON is expected", "o corpo está vazio; espera-se JSON"),
    "API-002.text": both("the body is not text in UTF-8", "o corpo não é texto em UTF-8"),
    "API-002.deep": both(
        "the body is nested deeper than {most} levels",
        "o corpo tem mais de {most} níveis de aninhamento",
    ),
    "API-003": both(
        "the content type is {found}; expected {expected}",
        "o tipo de conteúdo é {found}; esperado {expected}",
    ),
    "API-003.charset": both("the charset is {found}; expected utf-8", "o charset é {found}; esperado utf-8"),
    "API-003.encoding": both(
        "bodies with Content-Encoding {found} are not taken",
        "corpos com Content-Encoding {found} não são aceitos",
        do="send it uncompressed",
        faca="envie sem compressão",
    ),
}

_REQUESTS: dict[str, Bilingual] = {
    "API-004": both(
        "the body is larger than {most} bytes",
        "o corpo é maior que {most} bytes",
    ),
    "API-004.slow": both(
        "the body did not arrive within {seconds} seconds",
        "o corpo não chegou em {seconds} segundos",
    ),
    "API-005": both(
        "the headers are larger than {most} bytes",
        "os cabeçalhos são maiores que {most} bytes",
    ),
    "API-006": both(
        "this server does not answer under the name {host}",
        "este servidor não responde pelo nome {host}",
        do="add it to [server] hosts, if it is meant to",
        faca="acrescente-o a [server] hosts, se for o caso",
    ),
    "API-007": both(
        "too many requests",
        "requisições demais",
        do="wait {seconds} seconds",
        faca="espere {seconds} segundos",
    ),
    "API-008": both("there is nothing here", "não há nada aqui"),
    "API-009": both(
        "{method} is not possible here",
        "{method} não é possível aqui",
        do="possible are: {allowed}",
        faca="são possíveis: {allowed}",
    ),
    "API-010": both(
        "the header {header} was sent more than once",
        "o cabeçalho {header} foi enviado mais de uma vez",
    ),
    "API-010.missing": both("the header {header} is missing", "falta o cabeçalho {header}"),
    "API-010.bad": both("the header {header} cannot be read", "o cabeçalho {header} não pode ser lido"),
}

ACCESS: dict[str, Bilingual] = {**_CREDENTIALS, **_FIELDS, **_REQUESTS}
