"""What deploying tells whoever ran it, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import join

from pauta.assembly.deploying import Change, Deployed
from pauta.domain.runs import DEFAULT_POOL

_SHOWN_OF_HASH = 16

_WORDS: dict[str, tuple[str, str]] = {
    "published": (
        "Version {version} of {pipeline} was published, hash {digest}.",
        "A versão {version} de {pipeline} foi publicada, hash {digest}.",
    ),
    "files_changed": ("  changed: {files}", "  mudaram: {files}"),
    "files_added": ("  new: {files}", "  novos: {files}"),
    "files_removed": ("  gone: {files}", "  saíram: {files}"),
    "created": ("Deployment {name} was made: it runs {runs}.", "O deployment {name} foi criado: executa {runs}."),
    "changed": ("Deployment {name} was changed: {fields}.", "O deployment {name} foi alterado: {fields}."),
    "same": (
        "Nothing has changed: deployment {name} runs {runs}.",
        "Nada mudou: o deployment {name} executa {runs}.",
    ),
    "schedule_created": ('Its schedule "{of}" was made: {fields}.', 'Seu agendamento "{of}" foi criado: {fields}.'),
    "schedule_changed": (
        'Its schedule "{of}" was changed: {fields}.',
        'Seu agendamento "{of}" foi alterado: {fields}.',
    ),
    "schedule_removed": ('Its schedule "{of}" was removed.', 'Seu agendamento "{of}" foi removido.'),
    "schedule_paused": ('Its schedule "{of}" is paused.', 'Seu agendamento "{of}" está pausado.'),
    "paused": (
        "Deployment {name} is paused: `{resume}` lets it go on.",
        "O deployment {name} está pausado: `{resume}` o faz continuar.",
    ),
    "version": ("version {version} of {pipeline}", "a versão {version} de {pipeline}"),
    "active": ("{pipeline}, its active version", "{pipeline}, na versão ativa"),
    "next": ("Next: {times}", "A seguir: {times}"),
    "no_next": (
        "It has no schedule: `{run}` runs it.",
        "Não tem agendamento: `{run}` o executa.",
    ),
    "worker": (
        "A worker of pool {pool} runs it: `{worker}`",
        "Um worker do pool {pool} o executa: `{worker}`",
    ),
    "server": (
        "`pauta server` in {folder} fires and runs it; none runs now.",
        "`pauta server` em {folder} dispara e executa; nenhum executa agora.",
    ),
    "ignored": (
        "Without effect in Pauta: {names}. Workers run what is installed on their machine.",
        "Sem efeito no Pauta: {names}. Workers executam o que está instalado na máquina deles.",
    ),
    "serving": (
        "Serving {names} (Ctrl-C ends it). The deployments stay: `pauta server` or the next start goes on with them.",
        "Servindo {names} (Ctrl-C encerra). Os deployments ficam: `pauta server` ou o próximo início os retoma.",
    ),
    "works": (
        "This process works for {url}, in pool {pools} (Ctrl-C ends it).",
        "Este processo trabalha para {url}, no pool {pools} (Ctrl-C encerra).",
    ),
}


def word(key: str, language: str, **values: object) -> str:
    """One sentence."""
    return _WORDS[key][1 if language == "pt" else 0].format(**values)


def told(deployed: Deployed, *, language: str) -> Iterator[str]:
    """What came of a deployment, line by line.

    Args:
        deployed: What came of it.
        language: ``en`` or ``pt``.
    """
    key = "active" if deployed.version is None else "version"
    runs = word(key, language, version=deployed.version, pipeline=deployed.pipeline)
    for change in deployed.changes:
        yield _line(change, deployed, runs=runs, language=language)
        if change.what == "published":
            drift = deployed.drift
            for key, files in (("changed", drift.changed), ("added", drift.added), ("removed", drift.removed)):
                if files:
                    yield word(f"files_{key}", language, files=", ".join(files))
    if deployed.next:
        yield word("next", language, times=", ".join(local for _, local in deployed.next))
    else:
        yield word("no_next", language, run=join(["pauta", "deployment", "run", deployed.name]))


def starting(deployed: Deployed, *, language: str, folder: str | None) -> Iterator[str]:
    """What has to be started for it to run, line by line.

    Args:
        deployed: What came of it.
        language: ``en`` or ``pt``.
        folder: The project's folder when no server runs for it, else None.
    """
    if folder is not None:
        yield word("server", language, folder=folder)
    if deployed.pool != DEFAULT_POOL:
        worker = join(["pauta", "worker", "start", "-p", deployed.pool])
        yield word("worker", language, pool=deployed.pool, worker=worker)


def _line(change: Change, deployed: Deployed, *, runs: str, language: str) -> str:
    return word(
        change.what,
        language,
        name=deployed.name,
        pipeline=deployed.pipeline,
        version=deployed.version,
        digest=deployed.digest[:_SHOWN_OF_HASH],
        of=change.of,
        fields=", ".join(change.told),
        runs=runs,
        resume=join(["pauta", "deployment", "resume", deployed.name]),
    )
