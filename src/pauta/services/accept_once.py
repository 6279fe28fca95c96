"""The same idempotency key gives the same run: for a week, and for the same request only (B67)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from blake3 import blake3

from pauta.domain.ids import RunId
from pauta.domain.problems import Conflict, InvalidInput, Problem, shorten
from pauta.domain.runs import Run
from pauta.ports.store import Transaction
from pauta.services.accept_asked import Asked

KEPT = timedelta(days=7)
_LIMIT = 200
_KEY = re.compile(r"[!-~](?:[ -~]{0,198}[!-~])?", re.ASCII).fullmatch


def check_key(key: str | None) -> None:
    """Whether this can be an idempotency key.

    Raises:
        InvalidInput: IDM-002.
    """
    if key is not None and not _KEY(key):
        raise InvalidInput(Problem("IDM-002", {"limit": _LIMIT}))


def parts_of(asked: Asked) -> dict[str, str]:
    """A digest of each part of a request, by the part's name; parts of which nothing was said are left out."""
    said: dict[str, Any] = {
        name: getattr(asked, name)
        for name in ("pipeline", "deployment", "version", "only", "use_cache", "pool", "priority")
    }
    said["limits"] = list(asked.limits) or None
    said |= {f"parameters.{name}": value for name, value in asked.parameters.items()}
    said |= {f"inputs.{name}": value for name, value in asked.inputs.items()}
    return {name: _digest(value) for name, value in said.items() if value is not None or "." in name}


def earlier_run(tx: Transaction, key: str, parts: Mapping[str, str], *, now: datetime) -> RunId | None:
    """The run that was accepted under this key within the week.

    Raises:
        Conflict: IDM-001 when that was another request, with the first difference.
    """
    run, _ = _newest(tx, key)
    if run is None or run.created_at <= now - KEPT:
        return None
    before = run.options.asked or {}
    for name in dict.fromkeys((*parts, *before)):
        if parts.get(name) != before.get(name):
            values = {"key": shorten(key), "run": run.id, "difference": shorten(name)}
            raise Conflict(Problem("IDM-001", values))
    return run.id


def free_key(tx: Transaction, key: str, *, now: datetime) -> str:
    """What the next run accepted under this key is to be recorded with: no two runs share it."""
    run, number = _newest(tx, key)
    if run is None or run.created_at > now - KEPT:
        return _numbered(key, number)
    return _numbered(key, number + 1)


def _newest(tx: Transaction, key: str) -> tuple[Run | None, int]:
    """The newest run under a key, and which it is; 1 when there is none."""
    found, number = tx.runs.by_key(key), 1
    while found is not None and (newer := tx.runs.by_key(_numbered(key, number + 1))) is not None:
        found, number = newer, number + 1
    return found, number


def _numbered(key: str, number: int) -> str:
    """Keys are printable, so a line end cannot be part of one."""
    return key if number == 1 else f"{key}\n{number}"


def _digest(value: Any) -> str:
    return str(blake3(json.dumps(value, sort_keys=True, default=list).encode("utf-8", "replace")).hexdigest()[:20])
