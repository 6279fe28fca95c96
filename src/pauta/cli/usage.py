"""What a person typed wrongly, as problems like all others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import typer

from pauta.cli.help import meta
from pauta.cli.words import Words
from pauta.domain.languages import language_of
from pauta.domain.problems import InvalidInput, Problem, shorten

# Typer carries its parser inside or beside it, depending on its version; the class is the same either way.
UsageError: type[Exception] = typer.BadParameter.__mro__[1]

EVERYWHERE = ("--json", "--lang", "--project", "--help")


@dataclass(slots=True)
class Everywhere:
    """The options that every command takes, at any position before a ``--``."""

    as_json: bool = False
    language: str | None = None
    project: str | None = None


def take_everywhere(arguments: Sequence[str], found: Everywhere) -> list[str]:
    """Take the options that every command takes out of a command line, into `found`; the rest is given back.

    Raises:
        InvalidInput: CLI-001 when one lacks its value, or the language is none of ours.
    """
    rest: list[str] = []
    queue = list(arguments)
    found.as_json = "--json" in queue[: queue.index("--") if "--" in queue else None]
    while queue:
        word = queue.pop(0)
        if word == "--":
            return [*rest, word, *queue]
        name, equals, value = word.partition("=")
        if word == "--json":
            continue
        if name not in ("--lang", "--project"):
            rest.append(word)
            continue
        if not equals:
            if not queue:
                raise InvalidInput(Problem("CLI-001", {"option": name}, variant="needs"))
            value = queue.pop(0)
        if name == "--project":
            found.project = value
        else:
            found.language = _language(value)
    return rest


def _language(value: str) -> str:
    language = language_of(value)
    if language is None:
        values = {"name": "--lang", "found": f'"{shorten(value)}"', "expected": "en, pt"}
        raise InvalidInput(Problem("CLI-001", values, variant="value"))
    return language


def problem_of(error: Any, words: Words) -> Problem:
    """The parser's complaint as a problem, recognised by its class and its fields."""
    context = getattr(error, "ctx", None)
    command = str(getattr(context, "command_path", "pauta"))
    kind = type(error).__name__
    if kind == "NoSuchOption":
        return _unknown_option(error.option_name, command, context)
    if kind == "MissingParameter" and error.param is not None:
        name = meta(error.param, words) if error.param.param_type_name == "argument" else error.param.opts[0]
        return Problem("CLI-001", {"command": command, "name": name}, variant="missing")
    if kind == "BadOptionUsage":
        return Problem("CLI-001", {"option": error.option_name}, variant="needs")
    message = str(error.format_message())
    if "extra argument" in message:
        found = message[message.find("(", message.find("argument") + len("argument(s)")) + 1 : -1]
        return Problem("CLI-001", {"command": command, "found": shorten(found)}, variant="extra")
    return Problem("CLI-001", {"command": command, "text": shorten(message, 200)})


def _unknown_option(option: str, command: str, context: Any) -> Problem:
    parameters = context.command.params if context is not None else []
    known = [name for p in parameters if p.param_type_name == "option" for name in p.opts]
    near = get_close_matches(option, [*known, *EVERYWHERE], n=1, cutoff=0.6)
    values = {"command": command, "option": shorten(option)}
    if near:
        return Problem("CLI-001", {**values, "nearest": near[0]}, variant="option_near")
    return Problem("CLI-001", values, variant="option")
