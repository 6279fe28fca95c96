"""Reads ``pauta.toml`` into settings by their full names, and tells where in it each of them stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pauta.domain.problems import InvalidInput, Place, Problem, shorten

NAME = "pauta.toml"

OTHER_TABLES = ("deployment", "deployments")
"""Tables that are no settings: `pauta deploy` reads them."""

# Compiled when they are needed: most files have nothing to look for.
_HEAD = r"\s*\[\s*([^\[\]]+?)\s*\]\s*(?:#.*)?$"
_KEY = r"\s*((?:[\w-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[\w-]+|\"[^\"]*\"|'[^']*'))*)\s*="
_INNER = r"[{,]\s*([\w-]+)\s*="
_AT = r" \(at (?:line (\d+), column (\d+)|end of document)\)$"


def read_file(path: Path) -> tuple[dict[str, Any], str]:
    """The settings in a file by their full names, and its text. Both empty when there is no file.

    A table that is none of ours, or a value where a table belongs, comes under its own name.

    Raises:
        InvalidInput: CFG-003 when it cannot be read or is no TOML.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}, ""
    except (OSError, UnicodeDecodeError) as error:
        detail = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise InvalidInput(Problem("CFG-003", {"detail": detail}, place=Place(str(path)))) from error
    if not any(line.strip() and not line.lstrip().startswith("#") for line in text.splitlines()):
        return {}, text  # nothing but comments, as in a new project: the reader need not even be loaded
    import tomllib

    try:
        return dict(_flat(tomllib.loads(text))), text
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(_syntax(error, text, path)) from error


def _flat(document: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in document.items():
        if key in OTHER_TABLES:
            continue
        if isinstance(value, dict) and value:
            yield from ((f"{key}.{inner}", given) for inner, given in value.items())
        else:
            yield key, value


def _syntax(error: Exception, text: str, path: Path) -> Problem:
    message = str(error)
    at = re.search(_AT, message)
    line = int(at[1]) if at and at[1] else text.count("\n") + 1
    column = int(at[2]) if at and at[2] else None
    detail = shorten(message[: at.start()] if at else message, 200)
    return Problem("CFG-003", {"detail": detail}, place=Place(str(path), line, column))


def locate(name: str, text: str) -> tuple[int, int] | None:
    """Line and column of a setting (or table) in the file's text, counted from 1; None when it is not found."""
    table = ""
    string = ""
    for number, line in enumerate(text.splitlines(), 1):
        if string:  # within a text of several lines
            if string in line:
                string = ""
            continue
        string = _left_open(line)
        if head := re.match(_HEAD, line):
            table = _plain(head[1])
            if table == name:
                return number, head.start(1) + 1
        elif key := re.match(_KEY, line):
            full = f"{table}.{_plain(key[1])}" if table else _plain(key[1])
            if full == name:
                return number, key.start(1) + 1
            if name.startswith(f"{full}."):
                wanted = name.removeprefix(f"{full}.")
                inner = next((found for found in re.finditer(_INNER, line) if found[1] == wanted), None)
                if inner is not None:
                    return number, inner.start(1) + 1
    return None


def _left_open(line: str) -> str:
    """The mark that ends a text of several lines which begins in this line, or an empty text."""
    return next((mark for mark in ('"""', "'''") if line.count(mark) % 2), "")


def _plain(key: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in key.split("."))
