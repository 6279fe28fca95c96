"""How a call of a flow becomes a row and comes back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from pauta.domain.calls import Call
from pauta.storage import codec

CALL_COLUMNS = ("run_id", "no", "state", "kind", "body", "metrics")

_decode = msgspec.json.Decoder(Call).decode


def call_row(call: Call) -> dict[str, Any]:
    """All columns of a call."""
    whole = call
    if call.metrics:
        # They have a column, as JSON has no word for numbers that are not finite.
        whole = replace(whole, metrics={})
    if _elsewhere(call.started_at) or _elsewhere(call.ended_at):
        whole = replace(whole, started_at=_in_utc(call.started_at), ended_at=_in_utc(call.ended_at))
    return {
        "run_id": call.run_id,
        "no": call.no,
        "state": call.state.value,
        "kind": call.kind.value,
        "body": codec.to_json(whole),
        "metrics": codec.from_metrics(call.metrics),
    }


def to_call(row: Sequence[Any]) -> Call:
    """The call of a row with the last two of `CALL_COLUMNS`."""
    body, metrics = row
    call = _decode(body)
    return replace(call, metrics=codec.to_metrics(metrics)) if metrics else call


def _elsewhere(at: datetime | None) -> bool:
    return at is not None and at.tzinfo is not UTC


def _in_utc(at: datetime | None) -> datetime | None:
    return None if at is None else at.astimezone(UTC)
