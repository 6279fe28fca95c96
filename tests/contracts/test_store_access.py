"""Tokens and the audit log, on every store."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from pauta.domain.access import AuditRow, Role, Token
from pauta.domain.problems import StoreFault
from pauta.ports.store import Store
from store_samples import NOON, ODD_TEXT, SECOND


def token(number: int = 1, **changes: Any) -> Token:
    given: dict[str, Any] = {
        "id": f"t{number}", "name": "n", "role": Role.VIEWER, "digest": f"d{number}", "created_at": NOON,
        "created_by": "ana", **changes,
    }  # fmt: skip
    return Token(**given)


def line(seq: int, **changes: Any) -> AuditRow:
    given: dict[str, Any] = {"actor": "ana", "action": "a", "target": "t", "mac": f"m{seq}", **changes}
    return AuditRow(seq, NOON + seq * SECOND, **given)


def test_every_field_of_a_token_comes_back(store: Store) -> None:
    full = Token(
        ODD_TEXT, ODD_TEXT, Role.WORKER, "digest", NOON, "ana", "session", ("gpu", "é"), ("p",), NOON + SECOND,
        NOON + 2 * SECOND, NOON + 3 * SECOND,
    )  # fmt: skip
    with store.transaction() as tx:
        assert tx.tokens.add(full)
        assert tx.tokens.add(token())
    with store.transaction() as tx:
        assert tx.tokens.get(full.id) == full
        assert tx.tokens.by_digest("digest") == full
        assert tx.tokens.by_digest("d1") == token()
        assert tx.tokens.by_digest("other") is None
        assert tx.tokens.get("other") is None


def test_an_id_or_a_digest_is_given_once(store: Store) -> None:
    with store.transaction() as tx:
        assert tx.tokens.add(token(1))
        assert not tx.tokens.add(token(1, digest="other"))
        assert not tx.tokens.add(token(2, digest="d1"))
        assert tx.tokens.all() == [token(1)]


def test_tokens_come_newest_first(store: Store) -> None:
    made = [token(n, created_at=NOON + n * SECOND) for n in range(3)]
    with store.transaction() as tx:
        for one in made:
            assert tx.tokens.add(one)
        assert tx.tokens.all() == made[::-1]


def test_of_two_that_revoke_a_token_one_has_done_it(store: Store, rival: Store) -> None:
    with store.transaction() as tx:
        assert tx.tokens.add(token())
        assert not tx.tokens.revoke("other", at=NOON)
        assert tx.tokens.revoke("t1", at=NOON)
    with rival.transaction() as tx:
        assert not tx.tokens.revoke("t1", at=NOON + SECOND)
        tx.tokens.used("t1", at=NOON + SECOND)
        tx.tokens.used("other", at=NOON)
        assert tx.tokens.get("t1") == token(revoked_at=NOON, last_used_at=NOON + SECOND)


def test_sessions_and_links_that_are_over_are_forgotten_tokens_are_not(store: Store) -> None:
    over, later = {"expires_at": NOON}, {"expires_at": NOON + SECOND}
    made = [
        token(1, **over), token(2, kind="session", **over), token(3, kind="link", revoked_at=NOON, **later),
        token(4, kind="session", **later), token(5, kind="link"), token(6, revoked_at=NOON),
    ]  # fmt: skip
    with store.transaction() as tx:
        for one in made:
            assert tx.tokens.add(one)
        assert tx.tokens.forget(expired_before=NOON) == 0
        assert tx.tokens.forget(expired_before=NOON + SECOND) == 2
        assert [t.id for t in tx.tokens.all()] == ["t1", "t4", "t5", "t6"]


def test_the_audit_log_comes_back_in_order_with_its_tip(store: Store) -> None:
    full = line(1, actor=ODD_TEXT, details={"a": [1, 2.5, None, "é"]})
    with store.transaction() as tx:
        assert tx.audit.noted_tip() is None
        assert tx.audit.tip() is None
        assert tx.audit.noted_tip() is None
        tx.audit.append(full)
        tx.audit.append(line(2))
        tx.audit.append(line(3))
    with store.transaction() as tx:
        assert tx.audit.tip() == line(3)
        assert tx.audit.noted_tip() == (3, "m3")
        assert tx.audit.read() == [full, line(2), line(3)]
        assert tx.audit.read(after=1, limit=1) == [line(2)]


def test_a_number_of_the_audit_log_is_given_once(store: Store) -> None:
    with store.transaction() as tx:
        tx.audit.append(line(1))
    with pytest.raises(StoreFault, match="DB-011"), store.transaction() as tx:
        tx.audit.append(line(1))
    with store.transaction() as tx:
        assert tx.audit.noted_tip() == (1, "m1")


def test_writers_of_the_audit_log_come_one_after_the_other(store: Store, rival: Store) -> None:
    start = threading.Barrier(4)

    def write(through: Store) -> None:
        start.wait(10)
        for _ in range(10):
            with through.transaction() as tx:
                tip = tx.audit.tip()
                tx.audit.append(line(tip.seq + 1 if tip else 1))

    threads = [threading.Thread(target=write, args=((store, rival)[n % 2],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with store.transaction() as tx:
        assert tx.audit.read() == [line(n) for n in range(1, 41)]
        assert tx.audit.noted_tip() == (40, "m40")
