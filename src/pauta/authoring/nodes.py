"""A document as it was read: plain values that still know where they stand."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from typing import Any

from pauta.domain.problems import Place

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 64
MAX_STEPS = 5_000
MAX_VALUES = 250_000


class _Broken:
    """Stands for a value that was already complained about, so that nobody complains again."""


BROKEN = _Broken()


class Node:
    """A value of the document and the offset where it begins.

    Attributes:
        data: Text, number, True, False or None; a list of nodes; a dict of nodes by key; or `BROKEN`.
        at: Offset of its first character.
        keys: For a dict, the offset of each key's first character.
    """

    __slots__ = ("at", "data", "keys")

    def __init__(self, data: Any, at: int, keys: dict[str, int] | None = None) -> None:
        self.data = data
        self.at = at
        self.keys = keys

    def plain(self) -> Any:
        """The value without positions."""
        data = self.data
        if isinstance(data, dict):
            return {key: node.plain() for key, node in data.items()}
        if isinstance(data, list):
            return [node.plain() for node in data]
        return data


Path = tuple[Any, Any] | None
"""Where a value stands in the document: the path of what holds it, and its key or index there."""


def field_of(path: Path) -> str:
    """A path in words: ``training_steps[0].output_dataframes``."""
    keys: list[str | int] = []
    while path is not None:
        path, key = path
        keys.append(key)
    out = ""
    for key in reversed(keys):
        if isinstance(key, int):
            out += f"[{key}]"
        elif key.isprintable() and "." not in key and " " not in key and len(key) <= 80:
            out += f".{key}" if out else key
        else:
            shown = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in key[:79])
            out += f'["{shown}…"]' if len(key) > 79 else f'["{shown}"]'
    return out


class SourceText:
    """The document's text, with lines and columns counted when somebody asks."""

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self._starts: list[int] | None = None

    def where(self, at: int) -> tuple[int, int]:
        """Line and column, both from 1, of the character at this offset."""
        if self._starts is None:
            self._starts = line_starts(self.text)
        line = bisect_right(self._starts, at)
        return line, at - self._starts[line - 1] + 1

    def place(self, at: int, field: str = "") -> Place:
        """The place of the character at this offset."""
        line, column = self.where(at)
        return Place(file=self.file, line=line, column=column, field=field or None)


def line_starts(text: str) -> list[int]:
    """Offsets at which lines begin, as editors count them: after CR LF, LF or CR."""
    starts = [0]
    if "\r" not in text:
        at = text.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = text.find("\n", at + 1)
        return starts
    for at, character in enumerate(text):
        if character == "\n" or (character == "\r" and text[at + 1 : at + 2] != "\n"):
            starts.append(at + 1)
    return starts


class StepPlaces(Mapping[str, Place]):
    """Places of a step's values by key, worked out when asked for: few are ever looked at."""

    __slots__ = ("_field", "_main_names", "_node", "_source")

    def __init__(self, node: Node, *, source: SourceText, field: str, main_names: Mapping[str, str]) -> None:
        self._node = node
        self._source = source
        self._field = field
        self._main_names = main_names

    def _nodes(self) -> Iterator[tuple[str, str, Node]]:
        for written, node in self._node.data.items():
            key = self._main_names.get(written, written)
            yield key, f"{self._field}.{written}", node
            if isinstance(node.data, list):
                for index, item in enumerate(node.data):
                    yield f"{key}[{index}]", f"{self._field}.{written}[{index}]", item
            elif isinstance(node.data, dict):
                for name, item in node.data.items():
                    yield f"{key}.{name}", f"{self._field}.{written}.{name}", item

    def __getitem__(self, key: str) -> Place:
        for name, field, node in self._nodes():
            if name == key:
                return self._source.place(node.at, field)
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return (name for name, _, _ in self._nodes())

    def __len__(self) -> int:
        return sum(1 for _ in self._nodes())
