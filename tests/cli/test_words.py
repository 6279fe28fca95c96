"""Both languages say the same things."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

import pauta.cli
from pauta.cli.app import app
from pauta.cli.help import EXAMPLES, GROUPS
from pauta.cli.later import LATER, load
from pauta.cli.words import WORDS, Words
from pauta.domain.languages import from_environment
from pauta.domain.messages.running import RUNNING
from pauta.domain.states import RunState, StepState

SOURCES = "\n".join(p.read_text(encoding="utf-8") for p in Path(pauta.cli.__path__[0]).glob("*.py"))


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("key", sorted(WORDS))
def test_both_languages_have_a_text_with_the_same_placeholders(key: str) -> None:
    english, portuguese = WORDS[key]
    assert english.strip()
    assert portuguese.strip()
    assert placeholders(english) == placeholders(portuguese)


@pytest.mark.parametrize("key", sorted(RUNNING))
def test_problems_have_the_same_placeholders_in_both_languages(key: str) -> None:
    text = RUNNING[key]
    assert placeholders(text.en.what) == placeholders(text.pt.what)
    assert placeholders(text.en.remedy) == placeholders(text.pt.remedy)
    assert bool(text.en.remedy) == bool(text.pt.remedy)


def test_long_texts_are_not_left_in_english() -> None:
    same = [key for key, (english, portuguese) in WORDS.items() if english == portuguese and len(english) > 25]
    assert same == []


def test_every_word_that_the_code_asks_for_exists() -> None:
    asked = set(re.findall(r'words\(\s*"([a-z_]+\.[A-Za-z_.]+)"', SOURCES))
    asked |= set(re.findall(r'"((?:opt|arg|head|next|problem)\.[a-z_]+)"', SOURCES))
    assert len(asked) > 60
    assert asked <= set(WORDS)


def test_every_word_is_asked_for_somewhere() -> None:
    by_name = (
        "state.",
        "action.",
        "cmd.",
        "meta.",
        "run.",
        "steps.",
        "stages.",
        "runs.",
        "objects.",
        "rows.",
        "columns.",
        "stat.",
        "switch.",
        "firing.",
        "status.",
        "deploy.",
        "calls.",
        "waiting.",
        "answer.",
        "store.",
    )
    used = re.findall(r"""["']([a-z]+\.[A-Za-z_.]+)["'](?!: \()""", SOURCES)
    unused = [key for key in WORDS if not key.startswith(by_name) and key not in used]
    assert unused == []


def test_every_state_has_a_word() -> None:
    assert {f"state.{state}" for state in (*RunState, *StepState)} <= set(WORDS)


def test_every_command_stands_in_the_help_and_has_its_line() -> None:
    commands = {str(command.name) for command in app.registered_commands} | set(LATER)
    below = {f"{noun}.{name}" for noun in LATER for name in getattr(load(noun), "commands", ())}
    assert {name for _, names in GROUPS for name in names} == commands
    assert {f"cmd.{name}" for name in commands | below} <= set(WORDS)
    assert set(EXAMPLES) <= commands | below | {"pauta"}


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "pt_BR.UTF-8"}, "pt"),
        ({"LANG": "pt_BR.UTF-8", "LC_MESSAGES": "C"}, "en"),
        ({"LC_ALL": "pt_PT", "LANG": "de_DE.UTF-8"}, "pt"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"PAUTA_LANG": "pt", "LC_ALL": "en_US.UTF-8"}, "pt"),
        ({"PAUTA_LANG": "xx", "LANG": "pt_BR"}, "pt"),
    ],
)
def test_the_language_is_that_of_the_environment(environment: dict[str, str], language: str) -> None:
    assert from_environment(environment) == language


def test_numbers_are_written_as_the_language_writes_them() -> None:
    assert Words("en").number(1234567) == "1,234,567"
    assert Words("pt").number(1234567) == "1.234.567"
    assert Words("pt").number(1234.5, 2) == "1.234,50"


def test_one_of_a_thing_is_singular() -> None:
    assert Words("en").counted("steps", 1) == "1 step"
    assert Words("pt").counted("steps", 1200) == "1.200 etapas"
