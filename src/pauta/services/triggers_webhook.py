"""Deliveries to webhooks: a signed body starts a run, once.

A caller signs ``TIMESTAMP.BODY`` with HMAC-SHA256 under the trigger's secret and sends
``Pauta-Signature: t=TIMESTAMP,v1=HEX``. A timestamp more than five minutes away from the server's clock is refused.
The body is empty or a JSON object; of it `id` and `parameters` are read. A delivery is known by its `id`, or else by
its signature, and is never followed twice.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import timedelta
from typing import Any

import msgspec
from msgspec import Struct

from pauta.domain.deploying import Switch, Trigger, TriggerKind
from pauta.domain.ids import RunId
from pauta.domain.problems import Conflict, InvalidInput, Problem, shorten
from pauta.services.access import Unauthorized
from pauta.services.behalf import Behalf
from pauta.services.control import Control
from pauta.services.schedules import SERVER
from pauta.services.triggers import secret_of
from pauta.services.triggers_off import is_new, set_off

TOLERANCE = timedelta(minutes=5)
_HEADER = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})")
_LONGEST_ID = 200


class _Body(Struct, frozen=True):
    """Of a body only this is read: callers may send more."""

    id: str | None = None
    parameters: dict[str, Any] = {}


def sign(secret: str, *, timestamp: int, body: bytes) -> str:
    """The header value for a body, as a caller makes it."""
    return f"t={timestamp},v1={_mac(secret, str(timestamp), body)}"


def deliver(control: Control, trigger_id: str, *, body: bytes, signature: str | None, behalf: Behalf = SERVER) -> RunId:
    """Start the run that a delivery asks for.

    Raises:
        Unauthorized: TRG-010 signature, timestamp or trigger are not right: which of them is not told.
        InvalidInput: TRG-011 the body, TRG-012 parameters that it may not give; PRM-….
        Conflict: TRG-013 the delivery was received before, TRG-014 the trigger is paused; DEP-004, SCH-004.
    """
    with control.store.transaction() as tx:
        trigger = tx.triggers.get(trigger_id)
    mac = _verified(control, trigger_id, body=body, signature=signature)
    if trigger is None or trigger.kind is not TriggerKind.WEBHOOK:
        raise Unauthorized(Problem("TRG-010"))
    if trigger.state is not Switch.ACTIVE:
        raise Conflict(Problem("TRG-014", {"name": trigger.name}))
    said = _read(body, trigger)
    event = f"delivery {said.id}" if said.id else f"signature {mac}"
    run_id = None
    if is_new(control, trigger, event):
        run_id = set_off(control, trigger, event, parameters=said.parameters, behalf=behalf)
    if run_id is None:
        raise Conflict(Problem("TRG-013", {"delivery": shorten(said.id or mac[:16])}))
    return run_id


def _verified(control: Control, trigger_id: str, *, body: bytes, signature: str | None) -> str:
    """The signature of a body that was signed lately with this trigger's secret."""
    found = _HEADER.fullmatch(signature or "")
    stamp, given = (found[1], found[2]) if found else ("0", "0" * 64)
    expected = _mac(secret_of(control, trigger_id), stamp, body)
    fresh = abs(control.now().timestamp() - int(stamp)) <= TOLERANCE.total_seconds()
    if not (hmac.compare_digest(expected, given) and fresh and found is not None):
        raise Unauthorized(Problem("TRG-010"))
    return expected


def _mac(secret: str, stamp: str, body: bytes) -> str:
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _read(body: bytes, trigger: Trigger) -> _Body:
    if not body.strip():
        return _Body()
    try:
        said = msgspec.json.decode(body, type=_Body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise InvalidInput(Problem("TRG-011", {"detail": shorten(error)})) from None
    if said.id is not None and not (said.id.isprintable() and 0 < len(said.id) <= _LONGEST_ID):
        raise InvalidInput(Problem("TRG-011", {"most": _LONGEST_ID}, variant="id"))
    allowed = trigger.settings["allow"]
    strange = [name for name in said.parameters if name not in allowed]
    if strange:
        values = {"found": shorten(", ".join(sorted(strange))), "allowed": ", ".join(allowed) or "-"}
        raise InvalidInput(Problem("TRG-012", values))
    return said
