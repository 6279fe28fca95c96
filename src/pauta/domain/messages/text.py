"""The shape of a message."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """What happened, and what to do about it."""

    what: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Bilingual:
    """The same message in both languages."""

    en: Text
    pt: Text


def both(en: str, pt: str, *, do: str = "", faca: str = "") -> Bilingual:
    """A message in both languages with its remedies (``do`` in English, ``faca`` in Portuguese)."""
    return Bilingual(Text(en, do), Text(pt, faca))
