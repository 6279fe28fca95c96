"""Who is asking: tokens, sessions of browsers, one-time links. There are no passwords.

A credential's text is ``pauta_<id>_<secret>_<check>``: 256 random bits that are shown once and kept as their
SHA-256 only, a prefix by which scanners find it where it does not belong, and check digits, so that a damaged
copy is told from a wrong one without asking the store.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import zlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from pauta.domain.access import GRANTED, Permission, Role, Token
from pauta.domain.problems import InvalidInput, NotFound, PautaError, Place, Problem, shorten
from pauta.ports.store import Store, Transaction
from pauta.services.audit import Witness

TOKEN, SESSION, LINK = "token", "session", "link"
LINK_LIVES = timedelta(minutes=10)
SESSION_LIVES = timedelta(hours=12)

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ID_DIGITS = 10
_SECRET_DIGITS = 43  # 62**43 > 2**256
_CHECK_DIGITS = 6
_SHAPE = re.compile(
    rf"pauta_[0-9A-Za-z]{{{_ID_DIGITS}}}_[0-9A-Za-z]{{{_SECRET_DIGITS}}}_[0-9A-Za-z]{{{_CHECK_DIGITS}}}", re.ASCII
)
_NAME_LENGTH = 100


class Unauthorized(PautaError):
    """Nobody we know: no credential, or one that is worth nothing (401)."""


class Forbidden(PautaError):
    """Somebody we know, who may not do this (403)."""


class Caller(Struct, frozen=True):
    """Whoever made a request.

    Attributes:
        id: Of the token.
        pools: For workers: the pools they may claim from.
        pipelines: If not empty, the only pipelines it may operate on or edit.
    """

    id: str
    name: str
    role: Role
    kind: str = TOKEN
    pools: tuple[str, ...] = ()
    pipelines: tuple[str, ...] = ()

    @property
    def actor(self) -> str:
        """How the caller stands in records and in the audit log."""
        return actor_of(self.name, self.id)

    def holds(self, permission: Permission) -> bool:
        """Whether the role includes this permission."""
        return permission in GRANTED[self.role]

    def may(self, pipeline: str) -> bool:
        """Whether the token's scope includes operating on or editing this pipeline."""
        return not self.pipelines or pipeline in self.pipelines

    def need(self, pipeline: str) -> None:
        """Raises: Forbidden AUT-005 when the token's scope leaves this pipeline out."""
        if not self.may(pipeline):
            raise Forbidden(Problem("AUT-005", {"pipeline": shorten(pipeline)}))

    def need_pool(self, pool: str) -> None:
        """Raises: Forbidden AUT-005 when a worker's token is not for this pool."""
        if pool not in self.pools:
            raise Forbidden(Problem("AUT-005", {"pool": shorten(pool)}, "pool"))


def actor_of(name: str, token_id: str) -> str:
    """A token in records: names may be used twice, ids not."""
    return f"{name} ({token_id})"


def caller_of(token: Token) -> Caller:
    """The caller that a token stands for."""
    return Caller(
        id=token.id,
        name=token.name,
        role=token.role,
        kind=token.kind,
        pools=token.pools,
        pipelines=token.pipelines,
    )


class Wanted(Struct, frozen=True):
    """A credential to be made. Fields as in `Token`."""

    role: Role
    name: str
    kind: str = TOKEN
    pools: tuple[str, ...] = ()
    pipelines: tuple[str, ...] = ()
    expires_at: datetime | None = None


def make_token(
    wanted: Wanted, *, created_by: str, now: datetime, random_bits: Callable[[int], int]
) -> tuple[Token, str]:
    """A new credential, not kept yet: `tx.tokens.add` keeps it.

    Returns:
        The row, and the text to be shown once.

    Raises:
        InvalidInput: AUT-009 when a worker has no pool, another role has some, or the name or end is no good.
    """
    _check(wanted, now=now)
    token_id = _base62(random_bits(59), _ID_DIGITS)
    body = f"pauta_{token_id}_{_base62(random_bits(256), _SECRET_DIGITS)}"
    text = f"{body}_{_check_digits(body)}"
    token = Token(
        id=token_id,
        name=wanted.name,
        role=wanted.role,
        digest=digest_of(text),
        created_at=now,
        created_by=created_by,
        kind=wanted.kind,
        pools=wanted.pools,
        pipelines=wanted.pipelines,
        expires_at=wanted.expires_at,
    )
    return token, text


def first_link(
    store: Store, *, now: datetime, random_bits: Callable[[int], int], witness: Witness | None = None
) -> str:
    """Make and keep a one-time link of role admin for the server's start; its text is the link's code.

    `witness` leaves the audit row of it.
    """
    wanted = Wanted(role=Role.ADMIN, name="first link", kind=LINK, expires_at=now + LINK_LIVES)
    link, text = make_token(wanted, created_by="server", now=now, random_bits=random_bits)
    with store.transaction() as tx:
        tx.tokens.add(link)
        if witness is not None:
            witness(tx)
    return text


def digest_of(text: str) -> str:
    """What is kept of a credential."""
    return hashlib.sha256(text.encode()).hexdigest()


def examine(text: str) -> str:
    """The digest of a credential that is whole.

    Raises:
        Unauthorized: AUT-002 when it was pasted with spaces or quotes, is damaged or no token of ours.
    """
    if _SHAPE.fullmatch(text):
        body, _, check = text.rpartition("_")
        if hmac.compare_digest(check, _check_digits(body)):
            return digest_of(text)
        raise Unauthorized(Problem("AUT-002", variant="damaged"))
    variant = ""
    if re.search(r"[^0-9A-Za-z_-]", text):
        variant = "pasted"
    elif text.startswith("pauta_"):
        variant = "damaged"
    raise Unauthorized(Problem("AUT-002", variant=variant))


def identify(store: Store, text: str, *, now: datetime, kinds: Sequence[str] = (TOKEN, SESSION)) -> Token:
    """The token that this text is the secret of.

    Raises:
        Unauthorized: AUT-002 as `examine`; AUT-003 when it is unknown, over or revoked: which of them is not told.
    """
    digest = examine(text)
    with store.transaction() as tx:
        token = tx.tokens.by_digest(digest)
    if token is None or not hmac.compare_digest(token.digest, digest) or token.kind not in kinds:
        raise Unauthorized(Problem("AUT-003"))
    if not is_valid(token, now=now):
        raise Unauthorized(Problem("AUT-003"))
    return token


def is_valid(token: Token, *, now: datetime) -> bool:
    """Whether it is neither revoked nor over."""
    return token.revoked_at is None and (token.expires_at is None or now < token.expires_at)


def change_link(tx: Transaction, code: str, *, now: datetime, random_bits: Callable[[int], int]) -> tuple[Token, str]:
    """Change a one-time link for a session. Of two that try at once, one has it.

    Raises:
        Unauthorized: AUT-002, or AUT-008 when the link is unknown, used or over.
    """
    link = tx.tokens.by_digest(examine(code))
    if link is None or link.kind != LINK or not is_valid(link, now=now):
        raise Unauthorized(Problem("AUT-008"))
    if not tx.tokens.revoke(link.id, at=now):
        raise Unauthorized(Problem("AUT-008"))
    wanted = Wanted(
        role=link.role,
        name=link.name,
        kind=SESSION,
        pools=link.pools,
        pipelines=link.pipelines,
        expires_at=now + SESSION_LIVES,
    )
    session, text = make_token(wanted, created_by=link.created_by, now=now, random_bits=random_bits)
    tx.tokens.add(session)
    return session, text


def revoke(tx: Transaction, token_id: str, *, now: datetime) -> list[Token]:
    """Revoke a token, and with it every session and link that it made.

    Returns:
        What was revoked now; empty when it all was before.

    Raises:
        NotFound: API-008 when there is no such token.
    """
    token = tx.tokens.get(token_id)
    if token is None:
        raise NotFound(Problem("API-008"))
    maker = actor_of(token.name, token.id)
    family = [token, *(t for t in tx.tokens.all() if t.created_by == maker and t.kind in (SESSION, LINK))]
    return [t for t in family if t.revoked_at is None and tx.tokens.revoke(t.id, at=now)]


def _check(wanted: Wanted, *, now: datetime) -> None:
    reason, where = "", "name"
    if not wanted.name.strip() or len(wanted.name) > _NAME_LENGTH or not wanted.name.isprintable():
        reason = f"1…{_NAME_LENGTH} printable characters"
    elif wanted.role is Role.WORKER and not wanted.pools:
        reason, where = "role worker: pools ≥ 1", "pools"
    elif wanted.role is not Role.WORKER and wanted.pools:
        reason, where = "pools: role worker", "pools"
    elif wanted.expires_at is not None and wanted.expires_at <= now:
        reason, where = f"expires_at > {now.isoformat(timespec='seconds')}", "expires_at"
    if reason:
        raise InvalidInput(Problem("AUT-009", {"reason": reason}, place=Place(field=where)))


def _check_digits(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), _CHECK_DIGITS)


def _base62(number: int, digits: int) -> str:
    out = []
    for _ in range(digits):
        number, digit = divmod(number, 62)
        out.append(_DIGITS[digit])
    return "".join(reversed(out))
