"""Help and version, in both languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from answers import Answer

from pauta import __version__
from pauta.cli.app import app
from pauta.cli.later import LATER, load

Call = Callable[..., Answer]
NOUNS = {noun: getattr(load(noun), "commands", {}) for noun in LATER}
COMMANDS = [
    *(str(command.name) for command in app.registered_commands),
    *NOUNS,
    *(f"{noun} {name}" for noun, names in NOUNS.items() for name in names),
]


def test_help_in_portuguese_is_portuguese_throughout(call: Call) -> None:
    out = call("--lang", "pt", "run", "--help").out
    for piece in ("Uso: pauta run [DOCUMENTO] [OPÇÕES]", "Opções", "Mostra esta ajuda.", "Exemplos", "nome=arquivo"):
        assert piece in out
    for english in ("Usage", "Options", "Show this", "required", "default"):
        assert english not in out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_of_every_command_is_explained_in_both_languages(call: Call, command: str) -> None:
    words = command.split()
    english, portuguese = call(*words, "--help"), call(*words, "--help", "--lang", "pt")
    assert english.code == portuguese.code == 0
    assert english.out != portuguese.out
    assert "opt." not in english.out + portuguese.out
    assert "arg." not in english.out + portuguese.out
    for option in ("--json", "--lang", "--project", "--help"):
        assert option in english.out
    assert all(len(line) <= 80 for line in english.out.splitlines())


def test_the_locale_chooses_the_language(call: Call) -> None:
    assert "Começar e executar" in call("--help", LANG="pt_BR.UTF-8").out
    assert "Begin and run" in call("--help", LANG="pt_BR.UTF-8", PAUTA_LANG="en").out


def test_no_words_at_all_show_the_help(call: Call) -> None:
    answer = call()
    assert answer.code == 0
    assert "Usage: pauta COMMAND" in answer.out


def test_the_version_is_told(call: Call) -> None:
    assert call("--version").out == f"pauta {__version__}\n"
    assert call("--version", "--json").json == {"version": __version__}


def test_words_after_two_dashes_are_never_options(call: Call) -> None:
    answer = call("check", "--", "--json")
    assert answer.code == 2
    assert "CLI-005" in answer.err
    assert answer.out == ""
