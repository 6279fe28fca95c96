"""Texts of workers elsewhere and their attempts (ATT-…), and of Celery's broker (CEL-…)."""

from __future__ import annotations

from pauta.domain.messages.text import Bilingual, both

_AGAIN = "register again; `pauta worker start` does so by itself"
_DE_NOVO = "registre-se de novo; `pauta worker start` faz isso sozinho"

WORKING: dict[str, Bilingual] = {
    "ATT-001": both(
        "attempt {attempt} was replaced by {newer} at {at}; result discarded",
        "a tentativa {attempt} foi substituída pela {newer} em {at}; resultado descartado",
    ),
    "ATT-001.over": both(
        "attempt {attempt} has ended; result discarded",
        "a tentativa {attempt} já terminou; resultado descartado",
    ),
    "ATT-002": both(
        "attempt {attempt} of stage {stage} is not this worker's; nothing was recorded",
        "a tentativa {attempt} do estágio {stage} não é deste worker; nada foi registrado",
    ),
    "ATT-003": both(
        "object {address} is not in the store; nothing was recorded",
        "o objeto {address} não está no armazenamento; nada foi registrado",
        do="send the object first, then what refers to it",
        faca="envie primeiro o objeto, depois o que se refere a ele",
    ),
    "ATT-004": both(
        "this attempt does not take object {address}",
        "esta tentativa não recebe o objeto {address}",
    ),
    "ATT-005": both(
        "the run has no {what} {number} here; nothing was recorded",
        "a execução não tem aqui {what} {number}; nada foi registrado",
    ),
    "ATT-006": both(
        "the bytes received do not belong to the name {address}; they hash to {found}",
        "os bytes recebidos não correspondem ao nome {address}; o hash deles é {found}",
        do="send the object again",
        faca="envie o objeto de novo",
    ),
    "ATT-011": both(
        "no worker {owner} is registered with this token",
        "nenhum worker {owner} está registrado com este token",
        do=_AGAIN,
        faca=_DE_NOVO,
    ),
    "ATT-022": both(
        "the worker has no server address or no token",
        "o worker não tem endereço do servidor ou token",
        do="give --server and --token-file, or set PAUTA_API_URL and PAUTA_TOKEN; where `pauta server` runs in this "
        "folder, neither is needed",
        faca="informe --server e --token-file, ou defina PAUTA_API_URL e PAUTA_TOKEN; onde `pauta server` executa "
        "nesta pasta, nada disso é preciso",
    ),
    "CEL-001": both(
        "Celery's broker cannot be reached ({reason}); stages of its pools wait until the next try",
        "o broker do Celery está inacessível ({reason}); os estágios dos seus pools esperam a próxima tentativa",
        do="check PAUTA_CELERY_BROKER_URL and whether Redis or Valkey runs",
        faca="verifique PAUTA_CELERY_BROKER_URL e se o Redis ou Valkey está em execução",
    ),
    "CEL-005": both(
        "there is a pool of kind celery but no broker address",
        "há um pool do tipo celery mas nenhum endereço de broker",
        do="set PAUTA_CELERY_BROKER_URL, such as redis://127.0.0.1:6379/0",
        faca="defina PAUTA_CELERY_BROKER_URL, por exemplo redis://127.0.0.1:6379/0",
    ),
    "CEL-006": both(
        "Celery is not installed",
        "o Celery não está instalado",
        do="pip install 'pauta[celery]'",
        faca="pip install 'pauta[celery]'",
    ),
}
