"""Short-lived signed grants: what the worker of one attempt may fetch and store, and for how long (S21).

A grant is no row anywhere: the server signs it, hands it out with the stage, and believes it when it comes back.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from datetime import datetime

import msgspec

from pauta.domain.problems import Problem
from pauta.services.access import Forbidden

_SEAL_BYTES = 32


class Grant(msgspec.Struct, frozen=True, array_like=True):
    """What a grant is for. `expires` is seconds since 1970."""

    run: str
    stage: int
    fence: int
    expires: int
    owner: str = ""


def grant(secret: bytes, run: str, *, stage: int, fence: int, expires: datetime, owner: str = "") -> str:
    """A grant for one attempt of a stage, to be handed to the worker that holds its lease.

    Args:
        secret: The server's secret.
        run: Id of the run.
        stage: Number of the stage.
        fence: Of the attempt; a grant of an attempt that was replaced is told by it.
        expires: When it ends.
        owner: The worker that it is for.
    """
    body = msgspec.json.encode(Grant(run, stage, fence, int(expires.timestamp()), owner))
    return base64.urlsafe_b64encode(_seal(secret, body) + body).decode().rstrip("=")


def check(secret: bytes, text: str, *, now: datetime) -> Grant:
    """What a grant is for.

    Raises:
        Forbidden: AUT-005 when it is not ours, was changed, or is over.
    """
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise _refusal() from None
    seal, body = raw[:_SEAL_BYTES], raw[_SEAL_BYTES:]
    if not hmac.compare_digest(seal, _seal(secret, body)):
        raise _refusal()
    found = msgspec.json.decode(body, type=Grant)
    if now.timestamp() >= found.expires:
        raise _refusal()
    return found


def _seal(secret: bytes, body: bytes) -> bytes:
    key = hmac.digest(secret, b"pauta grants", hashlib.sha256)
    return hmac.digest(key, body, hashlib.sha256)


def _refusal() -> Forbidden:
    return Forbidden(Problem("AUT-005", variant="grant"))
