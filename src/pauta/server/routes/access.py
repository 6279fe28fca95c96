"""Who one is, tokens, the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Path, Query
from msgspec import Meta, Struct
from msgspec.structs import asdict

from pauta.domain.access import GRANTED, AuditRow, Permission, Role, Token
from pauta.domain.problems import NotFound, Problem
from pauta.server.caller import AuditDep, CallerDep, ControlDep, DoorDep
from pauta.server.routing import Routes
from pauta.services.access import LINK, LINK_LIVES, SESSION, Wanted, make_token, revoke
from pauta.services.audit import Head, Verdict, verify
from pauta.services.audit_heads import exported_heads

ROUTES = Routes("", tag="access")

Name = Annotated[str, Meta(min_length=1, max_length=100)]
TokenId = Annotated[str, Path(max_length=100)]


class Me(Struct, frozen=True):
    """Who a credential makes one."""

    id: str
    name: str
    role: Role
    kind: str
    permissions: list[Permission]
    pools: tuple[str, ...]
    pipelines: tuple[str, ...]


class TokenView(Struct, frozen=True):
    """A token without its secret."""

    id: str
    name: str
    role: Role
    kind: str
    created_at: datetime
    created_by: str
    pools: tuple[str, ...]
    pipelines: tuple[str, ...]
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


class MadeToken(Struct, frozen=True):
    """A new token; its text is told here and nowhere else. For a link, `text` is the path that signs in once."""

    id: str
    name: str
    role: Role
    kind: str
    expires_at: datetime | None
    text: str


class NewToken(Struct, frozen=True, forbid_unknown_fields=True):
    """A token to be made.

    Attributes:
        kind: ``token``, or ``link``: signs a browser in, once, within ten minutes.
        pools: For role worker: the pools it may claim from.
        pipelines: If not empty, the only pipelines it may operate on or edit.
    """

    name: Name
    role: Role
    kind: Literal["token", "link"] = "token"
    pools: tuple[Name, ...] = ()
    pipelines: tuple[Name, ...] = ()
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None


@ROUTES.add("GET", "/me", permission=Permission.READ, answers=Me, summary="Who the credential makes one")
def me(caller: CallerDep) -> Me:
    """Role, scope and permissions of whoever asks."""
    return Me(
        id=caller.id,
        name=caller.name,
        role=caller.role,
        kind=caller.kind,
        permissions=sorted(GRANTED[caller.role]),
        pools=caller.pools,
        pipelines=caller.pipelines,
    )


@ROUTES.add("POST", "/logout", permission=Permission.READ, status=204, summary="End a browser's session")
def logout(control: ControlDep, caller: CallerDep, audit: AuditDep, door: DoorDep) -> None:
    """The session is over at once, on all servers within a second."""
    if caller.kind != SESSION:
        raise NotFound(Problem("API-008"))
    with control.store.transaction() as tx:
        for token in revoke(tx, caller.id, now=control.now()):
            door.forget(token)
        audit.note(tx, "session.end", caller.id)


@ROUTES.add("GET", "/tokens", permission=Permission.ADMIN, answers=list[TokenView], summary="All tokens")
def list_tokens(control: ControlDep) -> list[TokenView]:
    """Tokens, sessions and links, newest first, without their secrets."""
    with control.store.transaction() as tx:
        return [_view(token) for token in tx.tokens.all()]


@ROUTES.add("POST", "/tokens", permission=Permission.ADMIN, answers=MadeToken, status=201, summary="Make a token")
def create_token(body: NewToken, control: ControlDep, caller: CallerDep, audit: AuditDep) -> MadeToken:
    """Make a token or a one-time link. Its text is in the answer, and never told again."""
    now = control.now()
    wanted = Wanted(**asdict(body))
    if body.kind == LINK:
        wanted = Wanted(**{**asdict(body), "expires_at": min(now + LINK_LIVES, body.expires_at or now + LINK_LIVES)})
    token, text = make_token(wanted, created_by=caller.actor, now=now, random_bits=control.random_bits)
    with control.store.transaction(durable=True) as tx:
        tx.tokens.add(token)
        audit.note(tx, "token.make", token.id, name=token.name, role=token.role.value, kind=token.kind)
    return MadeToken(
        id=token.id,
        name=token.name,
        role=token.role,
        kind=token.kind,
        expires_at=token.expires_at,
        text=f"/login?code={text}" if token.kind == LINK else text,
    )


@ROUTES.add("DELETE", "/tokens/{token_id}", permission=Permission.ADMIN, status=204, summary="Revoke a token")
def revoke_token(token_id: TokenId, control: ControlDep, audit: AuditDep, door: DoorDep) -> None:
    """The token is worth nothing at once, on all servers within a second; nor are sessions and links it made."""
    with control.store.transaction(durable=True) as tx:
        for token in revoke(tx, token_id, now=control.now()):
            door.forget(token)
        audit.note(tx, "token.revoke", token_id)


@ROUTES.add("GET", "/audit", permission=Permission.ADMIN, answers=list[AuditRow], summary="The audit log")
def read_audit(
    control: ControlDep,
    after: Annotated[int, Query(ge=0, le=2**62)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[AuditRow]:
    """Rows with a number above `after`, oldest first."""
    with control.store.transaction() as tx:
        return tx.audit.read(after=after, limit=limit)


@ROUTES.add("GET", "/audit/verify", permission=Permission.ADMIN, answers=Verdict, summary="Check the audit log")
def verify_audit(
    control: ControlDep,
    count: Annotated[int | None, Query(ge=0, le=2**62, description="Number of rows when the log was looked at")] = None,
    mac: Annotated[str | None, Query(max_length=64, description="The seal of the newest of them")] = None,
) -> Verdict:
    """Content, order, completeness. With a head that was kept elsewhere: whether the log still holds it."""
    given = [Head(count, mac or "")] if count is not None else []
    return verify(control.store, secret=control.secret, known=[*exported_heads(control), *given])


def _view(token: Token) -> TokenView:
    fields = asdict(token)
    del fields["digest"]
    return TokenView(**fields)
