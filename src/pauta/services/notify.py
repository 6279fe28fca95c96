"""Notifications: which are due when a run reaches a state, and when one is tried again."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import Protocol

from msgspec.structs import replace

from pauta.domain.deploying import Deployment, Notice
from pauta.domain.problems import PautaError
from pauta.domain.runs import Run
from pauta.services.notify_letters import Letter

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""When a notice that was given up is tried next."""
GIVE_UP = timedelta(hours=24)
CLAIM = timedelta(minutes=2)
"""For so long nobody else tries a notice that one sender has taken."""

_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(hours=1)
_LONGEST_ERROR = 300


class NotDelivered(PautaError):
    """A message could not be delivered; it may be tried again."""


class Undeliverable(NotDelivered):
    """A message cannot be delivered, however often it is tried."""


class Postman(Protocol):
    """Delivers messages of one kind."""

    def deliver(self, address: str, letter: Letter) -> None:
        """Deliver one message. Takes seconds at most.

        Args:
            address: Where to, a secret perhaps: it may not stand in any error.
            letter: What to say.

        Raises:
            NotDelivered: CFG-020, to be tried again.
            Undeliverable: CFG-020, CFG-021, not to be tried again.
        """
        ...


def notices_for(run: Run, deployment: Deployment, now: datetime) -> list[Notice]:
    """The notices of a run that has reached its present state.

    Their ids follow from run, state and addressee: whoever records them twice records them once.
    """
    return [
        Notice(
            id=_id(run, notification.kind, notification.address),
            run_id=run.id,
            state=run.state.value,
            kind=notification.kind,
            address=notification.address,
            created_at=now,
            next_at=now,
        )
        for notification in deployment.notifications
        if run.state.value in notification.on
    ]


def _id(run: Run, kind: str, address: str) -> str:
    told = hashlib.sha256(f"{kind}\0{address}".encode()).hexdigest()[:16]
    return f"{run.id}-{run.state.value}-{told}"


def claimed(notice: Notice, now: datetime) -> Notice:
    """The notice as it stands while one sender tries it."""
    return replace(notice, next_at=now + CLAIM)


def delivered(notice: Notice, now: datetime) -> Notice:
    """The notice after it was delivered."""
    return replace(notice, tries=notice.tries + 1, sent_at=now, error=None)


def undelivered(notice: Notice, error: NotDelivered, now: datetime) -> Notice:
    """The notice after a try that failed: it waits, twice as long each time, and is given up after a day."""
    tries = notice.tries + 1
    wait = min(_FIRST_WAIT * 2 ** min(tries - 1, 16), _LONGEST_WAIT)
    over = isinstance(error, Undeliverable) or now + wait > notice.created_at + GIVE_UP
    text = error.problems[0].line()[:_LONGEST_ERROR]
    return replace(notice, tries=tries, next_at=NEVER if over else now + wait, error=text)


def signing_key(secret: bytes, deployment: str) -> str:
    """The key with which the webhooks of a deployment are signed: its receiver has to know it.

    Args:
        secret: The server's secret (`Control.secret`).
        deployment: Name of the deployment.
    """
    return hmac.digest(secret, b"pauta notifications\0" + deployment.encode(), hashlib.sha256).hex()
