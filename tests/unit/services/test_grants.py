"""Grants of attempts (S21)."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest

from pauta.services.access import Forbidden
from pauta.services.grants import check, grant

NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)
SOON = NOON + timedelta(minutes=1)
SECRET = b"s" * 32


def test_a_grant_tells_what_it_is_for() -> None:
    found = check(SECRET, grant(SECRET, "run1", stage=3, fence=7, expires=SOON, owner="w"), now=NOON)
    assert (found.run, found.stage, found.fence, found.owner) == ("run1", 3, 7, "w")


def test_a_grant_ends() -> None:
    text = grant(SECRET, "run1", stage=3, fence=7, expires=SOON)
    with pytest.raises(Forbidden):
        check(SECRET, text, now=SOON)


def test_a_grant_of_another_server_is_worth_nothing() -> None:
    with pytest.raises(Forbidden):
        check(SECRET, grant(b"t" * 32, "run1", stage=3, fence=7, expires=SOON), now=NOON)


def test_a_changed_grant_is_worth_nothing() -> None:
    text = grant(SECRET, "run1", stage=3, fence=7, expires=SOON)
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    for place in range(len(raw)):
        changed = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        with pytest.raises(Forbidden):
            check(SECRET, base64.urlsafe_b64encode(changed).decode().rstrip("="), now=NOON)


@pytest.mark.parametrize("text", ["", "x", "ä", "a" * 10_000, "====", "!!!!"])
def test_what_is_no_grant_is_refused(text: str) -> None:
    with pytest.raises(Forbidden):
        check(SECRET, text, now=NOON)
