"""Texts of schedules (SCH) and triggers (TRG)."""

from __future__ import annotations

from pauta.domain.messages.text import Bilingual, both

_FIVE_EN = "five fields: minute hour day month weekday, as in 0 6 * * 1-5"
_FIVE_PT = "cinco campos: minuto hora dia mês dia-da-semana, como em 0 6 * * 1-5"

SCHEDULING: dict[str, Bilingual] = {
    "SCH-001.minute": both("minute {found}: {low} to {high}", "minuto {found}: {low} a {high}"),
    "SCH-001.hour": both("hour {found}: {low} to {high}", "hora {found}: {low} a {high}"),
    "SCH-001.day": both(
        "day {found}: {low} to {high}, or L for the last of the month",
        "dia {found}: {low} a {high}, ou L para o último do mês",
    ),
    "SCH-001.month": both("month {found}: {low} to {high}, or JAN to DEC", "mês {found}: {low} a {high}, ou JAN a DEC"),
    "SCH-001.weekday": both(
        "weekday {found}: {low} to {high} (0 and 7 are Sunday), or SUN to SAT",
        "dia da semana {found}: {low} a {high} (0 e 7 são domingo), ou SUN a SAT",
    ),
    "SCH-001.step": both(
        "{found}: the step must be 1 to {high}, within its field",
        "{found}: o passo deve ser de 1 a {high}, dentro do seu campo",
        do="for other periods use an interval",
        faca="para outros períodos use um intervalo",
    ),
    "SCH-001.backwards": both(
        "{found} goes backwards",
        "{found} anda para trás",
        do="write {first}-{high},{low}-{last}",
        faca="escreva {first}-{high},{low}-{last}",
    ),
    "SCH-001.count": both(
        "{found} fields in '{text}', 5 are expected",
        "{found} campos em '{text}', são esperados 5",
        do="write " + _FIVE_EN,
        faca="escreva " + _FIVE_PT,
    ),
    "SCH-001.seconds": both(
        "{found} fields in '{text}', 5 are expected: there is no field for seconds",
        "{found} campos em '{text}', são esperados 5: não há campo de segundos",
        do="write " + _FIVE_EN + "; for seconds use an interval",
        faca="escreva " + _FIVE_PT + "; para segundos use um intervalo",
    ),
    "SCH-001.reboot": both(
        "@reboot is no time of the day or week: a server that starts again must not run anything by that",
        "@reboot não é um horário: um servidor que reinicia não deve executar nada só por isso",
        do="write " + _FIVE_EN,
        faca="escreva " + _FIVE_PT,
    ),
    "SCH-001.nickname": both(
        "{found} is not known",
        "{found} não é conhecido",
        do="known are {known}, or write " + _FIVE_EN,
        faca="são conhecidos {known}, ou escreva " + _FIVE_PT,
    ),
    "SCH-001.other": both("'{text}' cannot be read: {detail}", "não dá para ler '{text}': {detail}"),
    "SCH-001.long": both(
        "the text has {length} characters, at most {most} are read",
        "o texto tem {length} caracteres, são lidos no máximo {most}",
    ),
    "SCH-001.rule": both(
        "'{part}' cannot be used in a rule",
        "'{part}' não pode ser usado em uma regra",
        do="write it as RFC 5545 says, as in FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=6;BYMINUTE=0",
        faca="escreva como diz o RFC 5545, como em FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=6;BYMINUTE=0",
    ),
    "SCH-001.freq": both("the rule has no FREQ: {known}", "a regra não tem FREQ: {known}"),
    "SCH-001.interval": both(
        "interval {found}: {low} to {high} seconds", "intervalo {found}: de {low} a {high} segundos"
    ),
    "SCH-002": both(
        "'{text}' never fires in 5 years",
        "'{text}' não dispara nenhuma vez em 5 anos",
        do="check day and month",
        faca="confira dia e mês",
    ),
    "SCH-002.between": both(
        "'{text}' never fires between its start and its end",
        "'{text}' não dispara nenhuma vez entre o início e o fim",
        do="move the start or the end",
        faca="mude o início ou o fim",
    ),
    "SCH-003": both(
        "time zone '{zone}' is not known",
        "o fuso horário '{zone}' não é conhecido",
        do="did you mean {near}?",
        faca="você quis dizer {near}?",
    ),
    "SCH-003.abbreviation": both(
        "'{zone}' is an abbreviation, which says nothing of clock changes",
        "'{zone}' é uma abreviação, que nada diz sobre mudanças de horário",
        do="write the zone's name: {near}",
        faca="escreva o nome do fuso: {near}",
    ),
    "SCH-003.none": both(
        "time zone '{zone}' is not known",
        "o fuso horário '{zone}' não é conhecido",
        do="write a name such as America/Sao_Paulo or UTC",
        faca="escreva um nome como America/Sao_Paulo ou UTC",
    ),
    "SCH-005.missed": both(
        "missed limit {found}: 1 to {high}",
        "limite de perdidas {found}: de 1 a {high}",
    ),
    "SCH-005": both("{field} {found}: {low} to {high} seconds", "{field} {found}: de {low} a {high} segundos"),
    "SCH-005.date": both("{field} in the year {found}: {low} to {high}", "{field} no ano {found}: de {low} a {high}"),
    "SCH-005.order": both(
        "it starts at {start}, not before it ends at {end}", "começa em {start}, não antes do fim em {end}"
    ),
    "SCH-005.text": both(
        "an interval has seconds and no text",
        "um intervalo tem segundos e nenhum texto",
        do="leave the text out",
        faca="retire o texto",
    ),
    "SCH-005.seconds": both(
        "only an interval has seconds", "só um intervalo tem segundos", do="leave them out", faca="retire-os"
    ),
    "SCH-006": both(
        "there is no schedule {schedule}",
        "não há agendamento {schedule}",
        do="`pauta schedule list` lists them",
        faca="`pauta schedule list` os lista",
    ),
    "SCH-007": both(
        'deployment "{deployment}" has a schedule "{name}" already',
        'o deployment "{deployment}" já tem um agendamento "{name}"',
        do="choose another name, or change that one",
        faca="escolha outro nome, ou altere aquele",
    ),
    "SCH-008": both(
        "schedule '{name}' was changed by somebody else meanwhile; nothing was changed",
        "o agendamento '{name}' foi alterado por outra pessoa nesse meio-tempo; nada foi alterado",
        do="look at it and try again",
        faca="olhe de novo e tente outra vez",
    ),
    "SCH-009": both(
        "name '{name}': 1 to 100 letters, digits, spaces and . _ -",
        "nome '{name}': de 1 a 100 letras, algarismos, espaços e . _ -",
    ),
    "SCH-010": both(
        "the run could not be prepared: {detail}",
        "não foi possível preparar a execução: {detail}",
        do="the server's log tells more",
        faca="o log do servidor diz mais",
    ),
    "TRG-001": both(
        "settings of a {kind} trigger: {detail}",
        "configuração de um gatilho {kind}: {detail}",
        do="known are {known}",
        faca="são conhecidos {known}",
    ),
    "TRG-001.allow": both(
        "at most {most} parameters can be allowed", "no máximo {most} parâmetros podem ser permitidos"
    ),
    "TRG-002": both(
        'there is no folder "{folder}" that can be read in the project\'s folder',
        'não há pasta "{folder}" que possa ser lida na pasta do projeto',
        do="make it, or name another",
        faca="crie-a, ou informe outra",
    ),
    "TRG-002.outside": both(
        'folder "{folder}" is outside the project\'s folder, or among its records',
        'a pasta "{folder}" está fora da pasta do projeto, ou entre os seus registros',
        do="watch a folder inside the project",
        faca="observe uma pasta dentro do projeto",
    ),
    "TRG-002.many": both(
        'folder "{folder}" holds more than {most} files; none of them is looked at',
        'a pasta "{folder}" tem mais de {most} arquivos; nenhum deles é olhado',
        do="move away what is done with, or choose a narrower pattern",
        faca="mova o que já foi processado, ou escolha um padrão mais estreito",
    ),
    "TRG-002.input": both(
        'no step of pipeline "{pipeline}" takes a frame "{input}"',
        'nenhuma etapa do pipeline "{pipeline}" recebe um frame "{input}"',
    ),
    "TRG-003": both("state {found}: known are {known}", "estado {found}: são conhecidos {known}"),
    "TRG-003.circle": both(
        'deployment "{other}" is set off by the end of "{deployment}" in turn: they would run for ever',
        'o deployment "{other}" é disparado por sua vez pelo fim de "{deployment}": executariam para sempre',
    ),
    "TRG-005": both(
        'deployment "{deployment}" has a trigger "{name}" already',
        'o deployment "{deployment}" já tem um gatilho "{name}"',
    ),
    "TRG-006": both("there is no trigger {trigger}", "não há gatilho {trigger}"),
    "TRG-007": both(
        'trigger "{name}" was changed meanwhile; nothing was changed',
        'o gatilho "{name}" foi alterado entretanto; nada foi alterado',
        do="try again",
        faca="tente de novo",
    ),
    "TRG-010": both(
        "the signature does not fit, is too old, or there is no such webhook",
        "a assinatura não confere, é antiga demais, ou não há tal webhook",
        do="sign TIMESTAMP.BODY with the trigger's secret and send Pauta-Signature: t=TIMESTAMP,v1=HMAC-SHA256",
        faca="assine TIMESTAMP.CORPO com o segredo do gatilho e envie Pauta-Signature: t=TIMESTAMP,v1=HMAC-SHA256",
    ),
    "TRG-011": both(
        "the body is not what a webhook takes: {detail}", "o corpo não é o que um webhook recebe: {detail}"
    ),
    "TRG-011.id": both("the delivery's id has 1 to {most} characters", "o id da entrega tem de 1 a {most} caracteres"),
    "TRG-012": both(
        "the body may not give parameters {found}; allowed are {allowed}",
        "o corpo não pode dar os parâmetros {found}; são permitidos {allowed}",
    ),
    "TRG-013": both("delivery {delivery} was received before", "a entrega {delivery} já foi recebida"),
    "TRG-014": both('trigger "{name}" is paused', 'o gatilho "{name}" está pausado'),
}
