"""Every problem is told in English and Portuguese, with the same values, and stands in the reference."""

from __future__ import annotations

import re
import string

import pytest

from pauta.domain.messages import MESSAGES
from pauta.domain.messages.text import Text

CODE = re.compile(r"[A-Z]{1,3}-(\d{3}|[A-Z]+)(\.[a-z_0-9]+)?")


def placeholders(text: Text) -> set[str]:
    """Names in braces of a text and its remedy."""
    both = f"{text.what} {text.remedy}"
    return {name for _, name, _, _ in string.Formatter().parse(both) if name is not None}


def test_there_are_messages() -> None:
    assert MESSAGES


@pytest.mark.parametrize("key", sorted(MESSAGES))
def test_a_message_is_in_both_languages_with_the_same_values(key: str) -> None:
    message = MESSAGES[key]
    assert CODE.fullmatch(key), "a key is a code, or CODE.variant"
    assert message.en.what.strip()
    assert message.pt.what.strip()
    assert placeholders(message.en) == placeholders(message.pt)
    assert bool(message.en.remedy) == bool(message.pt.remedy), "a remedy in one language only"


@pytest.mark.parametrize("key", sorted(MESSAGES))
def test_a_message_names_its_values_and_formats_none_of_them(key: str) -> None:
    message = MESSAGES[key]
    for text in (message.en.what, message.en.remedy, message.pt.what, message.pt.remedy):
        for _, name, spec, conversion in string.Formatter().parse(text):
            if name is not None:
                assert name.isidentifier(), text
                assert not spec, f"{text}: give the value ready to be shown"
                assert not conversion, f"{text}: give the value ready to be shown"
