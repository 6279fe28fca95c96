"""Reads JSON and remembers where everything stood.

The standard library's reader forgets positions, takes the last of two equal keys and stops at the first
mistake. This one keeps offsets, reports every duplicate key, and reads on after a missing or a spare comma.
"""

from __future__ import annotations

import re
from json.decoder import JSONDecodeError, scanstring  # type: ignore[attr-defined]
from typing import Any

from pauta.authoring.findings import Findings, Stop
from pauta.authoring.nodes import BROKEN, MAX_DEPTH, MAX_VALUES, Node, Path
from pauta.domain.problems import shorten

_SPACE = re.compile(r"[ \t\n\r]*").match
_PLAIN_TEXT = re.compile(r'"([^"\\\x00-\x1f]*)"').match
_PLAIN_KEY = re.compile(r'"([^"\\\x00-\x1f]*)"[ \t\n\r]*:[ \t\n\r]*').match
_COMMA = re.compile(r"[ \t\n\r]*,[ \t\n\r]*(?=[^\]}\s])").match
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?").match
_FOUND = re.compile(r'"(?:[^"\\\n]|\\.)*"|[^\s,:{}\[\]"]+|.', re.DOTALL).match
_BLANKS = frozenset(" \t\n\r")
_WORDS = {"true": True, "false": False, "null": None}
_ALMOST = {"True": "true", "False": "false", "None": "null", "TRUE": "true", "FALSE": "false", "NULL": "null"}
_SURROGATE = re.compile("[\ud800-\udfff]")
_INT64 = (-(2**63), 2**63 - 1)


def read_json(findings: Findings) -> Node:
    """The root value of the document.

    Raises:
        Stop: When reading cannot go on; why is in the findings.
    """
    return _JsonReader(findings).read()


def number_of(text: str, *, whole: bool) -> int | float | None:
    """The number, or None when it does not fit 64 bits: it could not be handed on unchanged."""
    if whole:
        value = int(text) if len(text) <= 20 else _INT64[1] + 1
        return value if _INT64[0] <= value <= _INT64[1] else None
    number = float(text)
    return number if -1.8e308 < number < 1.8e308 else None


class _JsonReader:
    """Recursive descent; the depth limit keeps the recursion shallow."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self.text = findings.source.text
        self.at = 0
        self.values = 0

    def read(self) -> Node:
        root = self.value(None, 1)
        self.skip()
        if self.at < len(self.text):
            self.fail("more", found=self.found())
        return root

    def skip(self) -> None:
        match = _SPACE(self.text, self.at)
        if match:
            self.at = match.end()

    def found(self) -> str:
        """What stands here, for a message."""
        match = _FOUND(self.text, self.at)
        token = match.group() if match else ""
        return shorten(token if token[:1] == '"' else f"'{token}'")

    def complain(self, variant: str, *, at: int | None = None, path: Path = None, **values: str) -> None:
        self.findings.add("RCP-001", self.at if at is None else at, path=path, variant=variant, **values)

    def fail(self, variant: str, *, at: int | None = None, **values: str) -> None:
        """Note a mistake that reading cannot go on after."""
        self.findings.add("RCP-001", self.at if at is None else at, path=None, variant=variant, **values)
        raise Stop

    def value(self, path: Path, depth: int) -> Node:
        at = self.at
        if self.text[at : at + 1] in _BLANKS:
            self.skip()
            at = self.at
        self.values += 1
        if self.values > MAX_VALUES:
            self.findings.add("RCP-008", at, variant="values", limit=MAX_VALUES)
            raise Stop
        first = self.text[at : at + 1]
        if first == '"':
            return Node(self.string(path), at)
        if first in ("{", "["):
            if depth > MAX_DEPTH:
                self.findings.add("RCP-008", at, variant="depth", limit=MAX_DEPTH)
                raise Stop
            self.at = at + 1
            return self.object(path, depth, at) if first == "{" else self.array(path, depth, at)
        return Node(self.scalar(path), at)

    def string(self, path: Path) -> Any:
        match = _PLAIN_TEXT(self.text, self.at)
        if match:
            self.at = match.end()
            return match.group(1)
        start = self.at
        try:
            text, self.at = scanstring(self.text, start + 1, False)
        except JSONDecodeError as error:
            if error.msg.startswith("Unterminated"):
                self.fail("open", at=start)
            self.fail("escape", at=error.pos, found=shorten(self.text[error.pos : error.pos + 6].split('"')[0]))
        return self.checked(text, start, path)

    def checked(self, text: str, start: int, path: Path) -> Any:
        """The text, unless it has raw control characters or half characters."""
        for at in range(start, self.at):
            if self.text[at] < " ":
                self.complain("control", at=at, path=path, found=f"U+{ord(self.text[at]):04X}")
                if self.text[at] in "\n\r":  # most likely a forgotten quote: what follows would be nonsense
                    raise Stop
                return BROKEN
        half = _SURROGATE.search(text)
        if half:
            self.complain("surrogate", at=start, path=path, found=f"\\u{ord(half.group()):04x}")
            return BROKEN
        return text

    def scalar(self, path: Path) -> Any:
        start = self.at
        match = _NUMBER(self.text, start)
        token = _FOUND(self.text, start)
        word = token.group() if token else ""
        if match and match.end() == start + len(word):
            self.at = match.end()
            number = number_of(word, whole=match.group(1) is None and match.group(2) is None)
            if number is None:
                self.complain("number", at=start, path=path, found=shorten(word, 30))
                return BROKEN
            return number
        if word in _WORDS:
            self.at = start + len(word)
            return _WORDS[word]
        if word in _ALMOST:
            self.complain("word", path=path, found=f"'{word}'", suggestion=_ALMOST[word])
            self.at = start + len(word)
            return BROKEN
        self.not_a_value(word)
        return None

    def not_a_value(self, word: str) -> None:
        if not word:
            self.fail("value_end")
        if word[0] == "'":
            self.fail("quotes")
        if word.startswith(("//", "/*", "#")):
            self.fail("comment")
        self.fail("value", found=self.found())

    def array(self, path: Path, depth: int, at: int) -> Node:
        items: list[Node] = []
        node = Node(items, at)
        while self.more("]", bool(items), path):
            items.append(self.value((path, len(items)), depth + 1))
        return node

    def object(self, path: Path, depth: int, at: int) -> Node:
        members: dict[str, Node] = {}
        keys: dict[str, int] = {}
        node = Node(members, at, keys)
        any_member = False
        while self.more("}", any_member, path):
            any_member = True
            key_at = self.at
            key = self.key(path)
            value = self.value((path, key), depth + 1)
            if key in members:
                first, _ = self.findings.source.where(keys[key])
                self.findings.add("RCP-004", key_at, path=(path, key), key=shorten(key), first=first)
            elif key is not BROKEN:
                members[key] = value
                keys[key] = key_at
        return node

    def key(self, path: Path) -> Any:
        text = self.text
        match = _PLAIN_KEY(text, self.at)
        if match:
            self.at = match.end()
            return match.group(1)
        if text[self.at : self.at + 1] != '"':
            if self.at >= len(text):
                self.fail("key_end")
            if text[self.at] == "'":
                self.fail("quotes")
            if text.startswith(("//", "/*", "#"), self.at):
                self.fail("comment")
            self.fail("key", found=self.found())
        key = self.string(path)
        self.skip()
        if text[self.at : self.at + 1] != ":":
            self.expected("':'")
            if text[self.at : self.at + 1] in ("=", ""):
                raise Stop
        else:
            self.at += 1
        return key

    def expected(self, what: str) -> None:
        if self.at >= len(self.text):
            self.fail("end", expected=what)
        self.complain("before", expected=what, found=self.found())

    def more(self, closing: str, any_before: bool, path: Path) -> bool:
        """Whether another item follows. Leaves `at` on it, or behind the closing bracket."""
        text = self.text
        if any_before:
            match = _COMMA(text, self.at)
            if match:
                self.at = match.end()
                return True
        self.skip()
        character = text[self.at : self.at + 1]
        if character == closing:
            self.at += 1
            return False
        if not any_before:
            if not character:
                self.fail("end", expected=f"'{closing}'")
            return True
        if character == ",":
            comma = self.at
            self.at += 1
            self.skip()
            if text[self.at : self.at + 1] == closing:
                self.complain("trailing", at=comma, path=path, found=f"'{closing}'")
                self.at += 1
                return False
            return True
        if character == '"' or (character in ("{", "[") and closing == "]"):
            self.expected("','")  # the commonest slip: say so and read on as if it stood there
            return True
        if text.startswith(("//", "/*", "#"), self.at):
            self.fail("comment")
        self.expected("',' or '" + closing + "'" if character not in ("]", "}") else f"'{closing}'")
        raise Stop
