"""The door: finds out who is calling, and lets nobody through who may not do what a route does."""

from __future__ import annotations

import asyncio
import math
import time
from datetime import timedelta

import anyio.to_thread
from starlette.types import Scope

from pauta.domain.access import Permission, Token
from pauta.domain.problems import Problem
from pauta.server.errors import Refused
from pauta.server.hosts import network_of, same_origin
from pauta.server.throttle import GUESSES_A_MINUTE, Throttle
from pauta.server.visit import Visit
from pauta.services.access import SESSION, TOKEN, Forbidden, Unauthorized, caller_of, digest_of, identify, is_valid
from pauta.services.control import Control

FRESH_SECONDS = 1.0
"""So long a token is believed without asking the store again: the longest a revoked one lives on."""

_USED = timedelta(minutes=1)
_MOST_KNOWN = 10_000
_OPEN = frozenset({Permission.PUBLIC, Permission.SIGNED})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Door:
    """Knows the tokens that were shown lately. `cookie` is the name of the session's cookie."""

    def __init__(self, control: Control, *, cookie: str) -> None:
        self._control = control
        self.cookie = cookie
        self._known: dict[str, tuple[Token, float]] = {}
        self._guesses = Throttle(GUESSES_A_MINUTE)
        self._one_at_a_time = asyncio.Lock()

    def look(self, visit: Visit) -> None:
        """Note what was given as a credential, if anything: a bearer token before a cookie.

        Raises:
            Unauthorized: AUT-002 when the header Authorization is of another kind.
        """
        given = visit.headers.get(b"authorization")
        if given is not None:
            scheme, _, text = given.decode("latin-1").partition(" ")
            if scheme.lower() != "bearer":
                raise Unauthorized(Problem("AUT-002", variant="scheme"))
            visit.credential = text
        elif (cookie := _cookie(visit.headers.get(b"cookie", b""), self.cookie.encode())) is not None:
            visit.credential, visit.by_cookie = cookie, True
        if visit.credential is not None:
            visit.digest = digest_of(visit.credential)

    def knows(self, digest: str) -> bool:
        """Whether this credential was good before."""
        return digest in self._known

    async def admit(self, scope: Scope, visit: Visit, permission: Permission | None) -> None:
        """Find out who is calling and whether they may; None asks for anybody who is known.

        Raises:
            Unauthorized: Nobody, or nobody we know.
            Forbidden: Somebody who may not.
            Refused: 429 AUT-007 after too many wrong credentials from one address.
        """
        if permission in _OPEN:
            return
        if visit.credential is None:
            raise Unauthorized(Problem("AUT-001"))
        token = await self._token(visit.credential, visit)
        visit.caller = caller = caller_of(token)
        if visit.by_cookie and scope["method"] not in _SAFE and not same_origin(visit.headers):
            raise Forbidden(Problem("AUT-006"))
        if permission is not None and not caller.holds(permission):
            raise Forbidden(Problem("AUT-004", {"role": caller.role.value, "permission": permission.value}))

    def forget(self, token: Token) -> None:
        """Ask the store again about this token: it was revoked."""
        self._known.pop(token.digest, None)

    def guess(self, peer: str) -> None:
        """Count a try with a credential that was never good from this address.

        Raises:
            Refused: 429 AUT-007 after too many.
        """
        wait = self._guesses.take(network_of(peer))
        if wait:
            seconds = math.ceil(wait)
            raise Refused(429, Problem("AUT-007", {"seconds": seconds}), {"Retry-After": str(seconds)})

    def good(self, peer: str) -> None:
        """The last try was none of the wrong ones."""
        self._guesses.give_back(network_of(peer))

    async def _token(self, text: str, visit: Visit) -> Token:
        known = self._known.get(visit.digest)
        if known is None:
            async with self._one_at_a_time:  # else many good tokens at once look like guesses until they are known
                return await self._first_time(text, visit)
        token, checked = known
        if time.monotonic() - checked > FRESH_SECONDS:
            self._known[visit.digest] = (token, time.monotonic())  # others need not ask at the same time
            return await self._look_up(text, visit)
        if not is_valid(token, now=self._control.now()):
            raise Unauthorized(Problem("AUT-003"))
        return token

    async def _first_time(self, text: str, visit: Visit) -> Token:
        if known := self._known.get(visit.digest):
            return known[0]
        self.guess(visit.peer)
        try:
            token = await self._look_up(text, visit)
        except Unauthorized:
            raise
        except BaseException:
            self.good(visit.peer)  # no guess was tried: the store could not be asked, or the caller is gone
            raise
        self.good(visit.peer)
        return token

    async def _look_up(self, text: str, visit: Visit) -> Token:
        kind = SESSION if visit.by_cookie else TOKEN
        try:
            token = await anyio.to_thread.run_sync(self._identify, text, kind)
        except BaseException:
            self._known.pop(visit.digest, None)
            raise
        self._known[visit.digest] = (token, time.monotonic())
        if len(self._known) > _MOST_KNOWN:
            self._known.pop(next(iter(self._known)))
        return token

    def _identify(self, text: str, kind: str) -> Token:
        now = self._control.now()
        token = identify(self._control.store, text, now=now, kinds=(kind,))
        if token.last_used_at is None or now - token.last_used_at >= _USED:
            with self._control.store.transaction() as tx:
                tx.tokens.used(token.id, at=now)
        return token


def _cookie(header: bytes, name: bytes) -> str | None:
    if name not in header:
        return None
    for part in header.split(b";"):
        key, found, value = part.strip().partition(b"=")
        if found and key == name:
            return value.decode("latin-1")
    return None
