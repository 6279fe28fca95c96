"""Tokens, sessions and links (S6, B70)."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime, timedelta

import pytest

from pauta.domain.access import GRANTED, Permission, Role, Token
from pauta.domain.problems import InvalidInput, NotFound
from pauta.ports.store import Store
from pauta.services.access import (
    LINK,
    LINK_LIVES,
    SESSION,
    SESSION_LIVES,
    TOKEN,
    Caller,
    Forbidden,
    Unauthorized,
    Wanted,
    actor_of,
    change_link,
    digest_of,
    examine,
    first_link,
    identify,
    make_token,
    revoke,
)
from pauta.storage.memory import MemoryStore

NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def store() -> Store:
    return MemoryStore()


def kept(store: Store, role: Role = Role.OPERATOR, **wanted: object) -> tuple[Token, str]:
    created_by = str(wanted.pop("created_by", "test"))
    made = make_token(
        Wanted(role=role, name="ana", **wanted),  # type: ignore[arg-type]
        created_by=created_by,
        now=NOON,
        random_bits=secrets.randbits,
    )
    with store.transaction() as tx:
        assert tx.tokens.add(made[0])
    return made


def code_of(error: pytest.ExceptionInfo[Unauthorized]) -> tuple[str, str]:
    problem = error.value.problems[0]
    return problem.code, problem.variant


def test_a_token_is_found_by_its_text_and_only_its_hash_is_kept(store: Store) -> None:
    token, text = kept(store)
    assert re.fullmatch(r"pauta_\w{10}_\w{43}_\w{6}", text, re.ASCII)
    assert identify(store, text, now=NOON) == token
    assert text.split("_")[2] not in repr(token)
    assert token.digest == digest_of(text)


def test_the_secret_of_a_token_has_256_bits() -> None:
    asked: list[int] = []

    def bits(count: int) -> int:
        asked.append(count)
        return (1 << count) - 1

    _, text = make_token(Wanted(role=Role.ADMIN, name="x"), created_by="x", now=NOON, random_bits=bits)
    assert 256 in asked
    assert len(text.split("_")[2]) == 43


@pytest.mark.parametrize(
    ("spoil", "variant"),
    [
        (lambda t: t + " ", "pasted"),
        (lambda t: " " + t, "pasted"),
        (lambda t: f'"{t}"', "pasted"),
        (lambda t: f"'{t}'", "pasted"),
        (lambda t: f"“{t}”", "pasted"),
        (lambda t: t[:20] + "\n" + t[20:], "pasted"),
        (lambda t: t[:-1], "damaged"),
        (lambda t: t + "A", "damaged"),
        (lambda t: t[:30] + ("a" if t[30] != "a" else "b") + t[31:], "damaged"),
        (lambda t: t.swapcase(), ""),
        (lambda t: "sk-" + "a" * 40, ""),
        (lambda t: "", ""),
    ],
)
def test_b70_a_damaged_text_is_told_from_a_wrong_one_without_asking_the_store(spoil, variant: str) -> None:  # type: ignore[no-untyped-def]
    _, text = make_token(Wanted(role=Role.ADMIN, name="x"), created_by="x", now=NOON, random_bits=secrets.randbits)
    with pytest.raises(Unauthorized) as error:
        examine(spoil(text))
    assert code_of(error) == ("AUT-002", variant)


def test_b70_unknown_expired_and_revoked_are_not_told_apart(store: Store) -> None:
    _, expired = kept(store, expires_at=NOON + SECOND)
    gone, revoked = kept(store)
    with store.transaction() as tx:
        revoke(tx, gone.id, now=NOON)
    _, unknown = make_token(Wanted(role=Role.ADMIN, name="x"), created_by="x", now=NOON, random_bits=secrets.randbits)
    answers = []
    for text in (expired, revoked, unknown):
        with pytest.raises(Unauthorized) as error:
            identify(store, text, now=NOON + SECOND)
        answers.append(error.value.problems)
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0].code == "AUT-003"


def test_a_link_and_a_session_are_no_tokens(store: Store) -> None:
    for kind in (LINK, SESSION):
        _, text = kept(store, kind=kind)
        with pytest.raises(Unauthorized):
            identify(store, text, now=NOON, kinds=(TOKEN,))


def test_a_link_is_changed_for_a_session_once(store: Store) -> None:
    code = first_link(store, now=NOON, random_bits=secrets.randbits)
    with store.transaction() as tx:
        session, text = change_link(tx, code, now=NOON + SECOND, random_bits=secrets.randbits)
    assert (session.kind, session.role) == (SESSION, Role.ADMIN)
    assert session.expires_at == NOON + SECOND + SESSION_LIVES
    assert identify(store, text, now=NOON + SECOND).id == session.id
    with pytest.raises(Unauthorized) as error, store.transaction() as tx:
        change_link(tx, code, now=NOON + SECOND, random_bits=secrets.randbits)
    assert code_of(error) == ("AUT-008", "")


def test_a_link_lives_ten_minutes(store: Store) -> None:
    code = first_link(store, now=NOON, random_bits=secrets.randbits)
    with pytest.raises(Unauthorized), store.transaction() as tx:
        change_link(tx, code, now=NOON + LINK_LIVES, random_bits=secrets.randbits)


def test_a_token_is_no_link(store: Store) -> None:
    _, text = kept(store)
    with pytest.raises(Unauthorized), store.transaction() as tx:
        change_link(tx, text, now=NOON, random_bits=secrets.randbits)


def test_a_session_ends_with_its_time(store: Store) -> None:
    _, text = kept(store, kind=SESSION, expires_at=NOON + SESSION_LIVES)
    identify(store, text, now=NOON + SESSION_LIVES - SECOND)
    with pytest.raises(Unauthorized):
        identify(store, text, now=NOON + SESSION_LIVES)


def test_sessions_and_links_end_with_the_token_that_made_them(store: Store) -> None:
    token, _ = kept(store)
    maker = actor_of(token.name, token.id)
    session, _ = kept(store, kind=SESSION, created_by=maker)
    link, _ = kept(store, kind=LINK, created_by=maker)
    other, _ = kept(store, kind=SESSION)
    made, _ = kept(store, created_by=maker)
    with store.transaction() as tx:
        assert {t.id for t in revoke(tx, token.id, now=NOON)} == {token.id, session.id, link.id}
        assert revoke(tx, token.id, now=NOON) == []
        for untouched in (other, made):
            assert tx.tokens.get(untouched.id).revoked_at is None  # type: ignore[union-attr]


def test_revoking_what_never_was_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound), store.transaction() as tx:
        revoke(tx, "nothing", now=NOON)


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(role=Role.WORKER, name="w"),
        Wanted(role=Role.ADMIN, name="a", pools=("default",)),
        Wanted(role=Role.ADMIN, name=" "),
        Wanted(role=Role.ADMIN, name="a\nb"),
        Wanted(role=Role.ADMIN, name="a" * 101),
        Wanted(role=Role.ADMIN, name="a", expires_at=NOON),
    ],
)
def test_a_token_that_makes_no_sense_is_not_made(wanted: Wanted) -> None:
    with pytest.raises(InvalidInput) as error:
        make_token(wanted, created_by="x", now=NOON, random_bits=secrets.randbits)
    assert error.value.problems[0].code == "AUT-009"


def test_the_scope_of_a_token_is_its_pipelines() -> None:
    free, bound = Caller("1", "a", Role.EDITOR), Caller("2", "b", Role.EDITOR, pipelines=("daily",))
    assert free.may("any")
    assert bound.may("daily")
    with pytest.raises(Forbidden):
        bound.need("other")


def test_a_worker_is_for_its_pools() -> None:
    worker = Caller("1", "w", Role.WORKER, pools=("gpu",))
    worker.need_pool("gpu")
    with pytest.raises(Forbidden):
        worker.need_pool("default")


def test_s21_a_worker_may_work_and_nothing_else_and_nobody_else_may() -> None:
    assert GRANTED[Role.WORKER] == {Permission.WORK}
    assert not any(Permission.WORK in held for role, held in GRANTED.items() if role is not Role.WORKER)
