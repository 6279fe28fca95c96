"""Which environment variables are settings, which belong to the program otherwise, and which are slips."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from pauta.assembly.settings_names import names

PREFIX = "PAUTA_"
SHORT = {"PAUTA_API_URL": "worker.server", "PAUTA_TOKEN": "worker.token"}
"""Shorter names of two settings that commands elsewhere need; the long name has more to say."""

OTHERS = frozenset({
    "PAUTA_LANG", "PAUTA_DEBUG",  # the command line's own
    "PAUTA_RUN", "PAUTA_STEP", "PAUTA_ATTEMPT", "PAUTA_KEY", "PAUTA_PROCESS",  # what a script is told
    "PAUTA_TEST_SCALE", "PAUTA_BENCH_FOLDER", "PAUTA_SETUP_ALONE",  # tests, benchmarks, tools
})  # fmt: skip
"""Variables of the program that are no settings."""

# A service called "pauta" in Kubernetes (or a linked container) sets these in every container beside it.
_LINKS = (
    (r"PAUTA_(\w+_)?SERVICE_(HOST|PORT(_\w+)?)", r"[0-9a-fA-F.:]+"),
    (r"PAUTA_(\w+_)?PORT(_\d+_(TCP|UDP|SCTP))?", r"(tcp|udp|sctp)://\S+"),
    (r"PAUTA_(\w+_)?PORT_\d+_(TCP|UDP|SCTP)_(PROTO|PORT|ADDR)", r"\S+"),
)


def variable_of(name: str) -> str:
    """The variable of a setting: ``PAUTA_QUEUE_LEASE_SECONDS`` of ``queue.lease_seconds``."""
    return PREFIX + name.replace(".", "_").upper()


@cache
def variables() -> Mapping[str, str]:
    """Variable → setting."""
    return {**{variable_of(name): name for name in names()}, **SHORT}


def read_environment(environ: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """The settings in an environment: (setting, variable, value), the long name of a setting before its short one.

    An empty variable says nothing.
    """
    known = variables()
    for variable in sorted(environ, key=lambda name: (name in SHORT, name)):
        if variable in known and environ[variable] and not _is_link(variable, environ[variable]):
            yield known[variable], variable, environ[variable]


def unknown_variables(environ: Mapping[str, str], *, named: frozenset[str]) -> list[str]:
    """Variables that look like ours and are not.

    Args:
        environ: The environment.
        named: Variables that the settings themselves name, as ``env:NAME``.
    """
    known = variables()
    return [
        variable
        for variable in sorted(environ)
        if variable.startswith(PREFIX)
        and variable not in known
        and variable not in OTHERS
        and variable not in named
        and not _is_link(variable, environ[variable])
    ]


def _is_link(variable: str, value: str) -> bool:
    """Whether Kubernetes or a container engine made it for a service of our name."""
    return any(re.fullmatch(name, variable) and re.fullmatch(form, value) for name, form in _LINKS)
