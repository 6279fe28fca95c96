"""Identifiers, each with a type of its own so that one cannot be given for another."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NewType

RunId = NewType("RunId", str)
Address = NewType("Address", str)
"""Content address: the BLAKE3 hash of an object's bytes, 64 lower-case hexadecimal digits."""

_HEX = frozenset("0123456789abcdef")
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_TIME_DIGITS = 9
_RANDOM_DIGITS = 7


def is_address(text: str) -> bool:
    """Whether this is a content address, and not perhaps a path of somebody's choice."""
    return len(text) == 64 and _HEX.issuperset(text)


def _base32(number: int, digits: int) -> str:
    out = []
    for _ in range(digits):
        number, digit = divmod(number, 32)
        out.append(_ALPHABET[digit])
    return "".join(reversed(out))


def new_run_id(now: datetime, random_bits: Callable[[int], int]) -> RunId:
    """An id that sorts by time of creation and cannot be guessed: 16 characters, no vowels that mislead.

    Args:
        now: The time of creation, aware.
        random_bits: Gives a random integer of so many bits, as ``secrets.randbits`` does.
    """
    milliseconds = int(now.timestamp() * 1000)
    return RunId(_base32(milliseconds, _TIME_DIGITS) + _base32(random_bits(35), _RANDOM_DIGITS))
