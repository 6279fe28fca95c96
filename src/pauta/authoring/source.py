"""A script's bytes become text, and its text a syntax tree: read, never run."""

from __future__ import annotations

import ast
import codecs
import re
import threading
import warnings
from dataclasses import dataclass

from pauta.authoring.nodes import line_starts
from pauta.domain.problems import InvalidInput, Place, Problem, Scalar, shorten

_BOM = codecs.BOM_UTF8
_WIDE = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_PARSING = threading.Lock()
"""One thread at a time: Python counts the depth of trees for all threads together, and so it does with warnings."""
_NO_CODE = re.compile(rb"^[ \t\f]*(?:#.*)?$")


@dataclass(frozen=True, slots=True)
class Parsed:
    """A script's text and its syntax tree."""

    text: str
    tree: ast.Module

    def place(self, node: ast.AST, file: str) -> Place:
        """Where a node begins; the tree counts columns in bytes, people in characters."""
        line, offset = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
        before = _line(self.text, line).encode()[:offset].decode(errors="ignore")
        return Place(file=file, line=line, column=len(before) + 1)


def parse_source(source: bytes, *, file: str) -> Parsed:
    """The syntax tree of a script.

    Args:
        source: Its bytes: UTF-8, with or without BOM, or as its coding line says.
        file: How messages name it.

    Raises:
        InvalidInput: SCR-003 when the bytes are not the text they should be, SCR-010 for a syntax error.
    """
    text = decode_source(source, file=file)
    try:
        with _PARSING, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the user's code; shown when it runs
            tree = ast.parse(text, filename=file)
            compile(tree, file, "exec", dont_inherit=True)  # finds a return outside of a function, for one
    except SyntaxError as error:
        raise InvalidInput(_syntax_problem(error, text, file)) from error
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        raise InvalidInput(Problem("SCR-010", variant="deep", place=Place(file=file))) from error
    return Parsed(text, tree)


def decode_source(source: bytes, *, file: str) -> str:
    """The text of a script.

    Raises:
        InvalidInput: SCR-003.
    """
    wide = next((name for mark, name in _WIDE.items() if source.startswith(mark)), None)
    if wide:
        raise InvalidInput(_bad_byte(source, 0, file=file, variant="wide", encoding=wide))
    nul = source.find(b"\0")
    if nul >= 0:
        raise InvalidInput(_bad_byte(source, nul, file=file, variant="nul"))
    body = source.removeprefix(_BOM)
    encoding = "utf-8" if len(body) < len(source) else _declared(body)
    try:
        return body.decode(encoding)
    except UnicodeDecodeError as error:
        at = len(source) - len(body) + error.start
        usual = codecs.lookup(encoding).name == "utf-8"
        variant = "" if usual else "cookie"
        raise InvalidInput(_bad_byte(source, at, file=file, variant=variant, encoding=encoding)) from error
    except (LookupError, UnicodeError) as error:
        values = {"encoding": shorten(encoding)}
        raise InvalidInput(Problem("SCR-003", values, variant="unknown", place=Place(file=file, line=1))) from error


def encoding_of(source: bytes) -> str:
    """What the bytes of a script are written in, by their BOM or coding line; else ``utf-8``."""
    return "utf-8" if source.startswith(_BOM) else _declared(source)


def _declared(source: bytes) -> str:
    """The encoding of PEP 263's coding line, one of the first two lines; else UTF-8."""
    for line in source.splitlines()[:2]:
        match = _COOKIE.match(line)
        if match:
            return match.group(1).decode("ascii", "replace")
        if not _NO_CODE.match(line):
            break
    return "utf-8"


def _bad_byte(source: bytes, at: int, *, file: str, variant: str, encoding: str = "") -> Problem:
    line = source.count(b"\n", 0, at) + 1
    values: dict[str, Scalar] = {"byte": f"0x{source[at]:02x}", "line": line, "encoding": shorten(encoding)}
    return Problem("SCR-003", values, variant=variant, place=Place(file=file, line=line))


def _syntax_problem(error: SyntaxError, text: str, file: str) -> Problem:
    line = error.lineno or 1
    column = max(error.offset or 1, 1)
    values = {"reason": shorten(error.msg or "invalid syntax", 200), "source": shorten(_line(text, line).strip())}
    return Problem("SCR-010", values, place=Place(file=file, line=line, column=column))


def _line(text: str, number: int) -> str:
    """One line, as Python counts lines."""
    starts = [*line_starts(text), len(text)]
    return text[starts[number - 1] : starts[number]] if number < len(starts) else ""
