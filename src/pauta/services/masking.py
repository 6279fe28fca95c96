"""Masks secrets by their value in whatever comes from a script's process, before it is stored or shown (S15)."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, TypeVar

import msgspec.structs
from msgspec import Struct

from pauta.domain.problems import Place, Problem
from pauta.services.masking_forms import LEAST, forms_of, values_to_mask

MASK = "***"
T = TypeVar("T")

_HEAD = 8
_LEAST_DIGITS = 6
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]")
_BASE64_END = re.compile(r"[A-Za-z0-9+/_-]?={0,2}")
_CUTS = re.compile(r" ?\[?… ?[\d.,]* ?(?:bytes left out)?\]?|\.{3}")
"""Where a text was shortened: what stands beside it may be a piece of a secret."""


class Masker:
    """Masks the values of secrets, in all forms that `masking_forms` knows. Safe to use from several threads.

    A masker without values gives everything back as it is.
    """

    def __init__(self, values: Iterable[str]) -> None:
        secrets = {text for value in values for text in values_to_mask(value) if len(text) >= LEAST}
        found: dict[str, bool] = {}
        for secret in secrets:
            for form, is_base64 in forms_of(secret).items():
                found[form] = found.get(form, False) or is_base64
        self._forms = _smallest(found)
        self._numbers = frozenset(s for s in secrets if s.isdecimal() and len(s) >= _LEAST_DIGITS)
        self._by_head: dict[str, list[str]] = {}
        for form in self._forms:
            self._by_head.setdefault(form[:_HEAD], []).append(form)
        self._search = _searcher(self._by_head)
        self._find_begun = _searcher({form[:LEAST]: [] for form in self._forms})
        self._longest = max(map(len, self._forms), default=0)
        self._within = {form[i : i + LEAST] for form in self._forms for i in range(1, len(form) - LEAST + 1)}

    def __bool__(self) -> bool:
        """Whether there is anything to mask."""
        return self._search is not None

    def mask_text(self, text: str) -> str:
        """The text with every form of every secret, and every piece of one beside a cut, replaced by `MASK`."""
        if self._search is None or len(text) < LEAST:
            return text
        spans = self.find(text)
        return covered(text, spans) if spans else text

    def mask_value(self, value: T) -> T:
        """The value with all texts in it masked: names and values of mappings, members of lists, fields of records.

        Whole numbers within JSON values are masked when they are a secret of six digits or more.
        """
        if self._search is None:
            return value
        masked: T = self._mask(value)
        return masked

    def mask_problem(self, problem: Problem) -> Problem:
        """The problem with its values, place and traceback masked."""
        return self.mask_value(problem)

    def _mask(self, value: Any) -> Any:
        match value:
            case str():
                # A word of ours that is also a text (a state, a kind) stays the word it is.
                masked: Any = self.mask_text(value) if type(value) is str else value
            case Problem() | Place():
                masked = _with_changes(value, self._mask)
            case Struct():
                masked = self._mask_struct(value)
            case Mapping():
                masked = {self._mask(key): self._mask_json(inner) for key, inner in value.items()}
            case list():
                masked = [self._mask_json(inner) for inner in value]
            case tuple():
                masked = tuple(self._mask(inner) for inner in value)
            case _:
                masked = value
        return masked

    def _mask_json(self, value: Any) -> Any:
        """A member of a JSON value: only there a number can stand for anything."""
        if self._numbers and type(value) is int and str(value) in self._numbers:
            return MASK
        return self._mask(value)

    def _mask_struct(self, value: Struct) -> Struct:
        changes = {
            name: after
            for name in value.__struct_fields__
            if (after := self._mask(before := getattr(value, name))) is not before and after != before
        }
        return msgspec.structs.replace(value, **changes) if changes else value

    # ---- finding ------------------------------------------------------------------------------

    def find(self, text: str) -> list[tuple[int, int]]:
        """Where forms, and pieces of forms beside a cut, stand in a text; they may overlap."""
        found: list[tuple[int, int]] = []
        if self._search is None:
            return found
        position = 0
        while (hit := self._search(text, position)) is not None:
            start = hit.start()
            position = start + 1
            for form in self._by_head[hit[0]]:
                if text.startswith(form, start):
                    found.append(self._widened(text, start, start + len(form), form))
        if "…" in text or "..." in text:
            found += self._beside_cuts(text)
        return found

    def _widened(self, text: str, start: int, end: int, form: str) -> tuple[int, int]:
        if start and self._forms[form] and _BASE64.match(text, start - 1):
            start -= 1
        return start, self._end(text, end, form)

    def _end(self, text: str, end: int, form: str) -> int:
        """Where the piece of a form ends in a text: a base64 text has a letter more, and its padding."""
        rest = _BASE64_END.match(text, end) if self._forms[form] else None
        return rest.end() if rest else end

    def _beside_cuts(self, text: str) -> list[tuple[int, int]]:
        spans = []
        for cut in _CUTS.finditer(text):
            if size := self.begun_in(text[: cut.start()]):
                spans.append((cut.start() - size, cut.start()))
            if size := self.ended_in(text[cut.end() :]):
                spans.append((cut.end(), cut.end() + size))
        return spans

    def begun_in(self, text: str) -> int:
        """How many characters at the end of a text are the beginning of a form; 0 when they are too few to tell."""
        if self._find_begun is None:
            return 0
        position = max(0, len(text) - self._longest)
        while (hit := self._find_begun(text, position)) is not None:
            rest = text[hit.start() :]
            if any(form.startswith(rest) for form in self._forms):
                return len(rest)
            position = hit.start() + 1
        return 0

    def ended_in(self, text: str) -> int:
        """How many characters at the beginning of a text are the end of a form; 0 when they are too few to tell."""
        head = text[:LEAST]
        if len(head) < LEAST:
            return 0
        best = 0
        for form in self._forms:
            at = form.find(head, 1)
            while at >= 0:
                rest = form[at:]
                if len(rest) > best and text.startswith(rest):
                    best = len(rest)
                at = form.find(head, at + 1)
        return best

    def continued_in(self, text: str, *, after: str) -> int:
        """How many characters at the beginning of a text go on with a form that began at the end of `after`."""
        best = 0
        tail = after[-self._longest :]
        for form in self._forms:
            for size in range(min(len(tail), len(form) - 1), 0, -1):
                # The text may end within the form too, when that goes on over many lines.
                rest = form[size : size + len(text)]
                if len(rest) > best and tail.endswith(form[:size]) and text.startswith(rest):
                    best = self._end(text, len(rest), form) if size + len(rest) == len(form) else len(rest)
        return best

    def may_continue(self, text: str) -> bool:
        """Whether the first letters of a text stand somewhere within a form."""
        return text[:LEAST] in self._within


class MaskedLines:
    """Masks lines one by one, also where a secret goes on from one line to the next.

    The end of a line that is the beginning of a secret is masked at once: nothing is held back.
    """

    def __init__(self, masker: Masker) -> None:
        self._masker = masker
        self._before = ""
        self._has_begun = False

    def mask(self, line: str, *, is_kept: bool = True) -> str:
        """The line, masked.

        Args:
            line: One line without its end, or a part of a line that was cut.
            is_kept: False for a state of a bar that is drawn over: the next line does not go on from it.
        """
        masker = self._masker
        if not masker:
            return line
        spans = masker.find(line)
        size = 0
        if self._has_begun or (self._before and masker.may_continue(line)):
            size = masker.continued_in(line, after=self._before)
            if not size and _CUTS.search(self._before[-40:]):
                size = masker.ended_in(line)
            if size:
                spans.append((0, size))
        begun = masker.begun_in(line)
        if begun:
            spans.append((len(line) - begun, len(line)))
        if is_kept:
            # A long secret may go on over many lines: what they had of it so far is remembered together.
            goes_on = 0 < size == len(line)
            self._before = self._before + line if goes_on else line
            self._has_begun = goes_on or begun > 0
        return covered(line, spans)


@lru_cache(maxsize=64)
def masker_of(values: tuple[str, ...]) -> Masker:
    """The masker of these values; made once, as making it takes about a millisecond."""
    return Masker(values)


def _smallest(forms: Mapping[str, bool]) -> dict[str, bool]:
    """The forms that contain no other: where those are found, the others are too."""
    kept: dict[str, bool] = {}
    for form in sorted(forms, key=len):
        if not any(other in form for other in kept):
            kept[form] = forms[form]
    return kept


def _searcher(by_head: dict[str, list[str]]) -> Callable[..., re.Match[str] | None] | None:
    """Finds the next head. Heads that begin with another are put under that one.

    Alternatives that share their first letters are written as a tree: a plain list of them is ten times slower.
    """
    if not by_head:
        return None
    heads = sorted(by_head, key=len)
    for head in heads:
        shorter = next((h for h in heads if h != head and head.startswith(h) and h in by_head), None)
        if shorter is not None:
            by_head[shorter].extend(by_head.pop(head))
    tree: dict[str, Any] = {}
    for head in by_head:
        node = tree
        for letter in head:
            node = node.setdefault(letter, {})
    return re.compile(_pattern(tree)).search


def _pattern(tree: Mapping[str, Any]) -> str:
    branches = [re.escape(letter) + _pattern(inner) for letter, inner in tree.items()]
    return branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})" if branches else ""


def covered(text: str, spans: list[tuple[int, int]]) -> str:
    """The text with these spans, which may overlap, replaced."""
    if not spans:
        return text
    parts: list[str] = []
    position = 0
    for start, end in sorted(spans):
        if start > position or not parts:
            parts += (text[position:start], MASK)
        position = max(position, end)
    parts.append(text[position:])
    return "".join(parts)


def _with_changes(value: Any, mask: Callable[[Any], Any]) -> Any:
    fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    changes = {name: after for name, before in fields.items() if (after := mask(before)) != before}
    return dataclasses.replace(value, **changes) if changes else value
