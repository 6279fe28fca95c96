"""Cleans up by the budgets, every so many hours, whichever of several servers comes first."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from pauta.domain.settings import RetentionSettings
from pauta.services.control import Control
from pauta.services.retain import retain
from pauta.services.views import CollectView

_log = logging.getLogger("pauta.retention")
_LAST = "retention.last"
_GONE = timedelta(days=7)
_SLACK = timedelta(minutes=1)


class Cleaning:
    """Retention as a duty of the server."""

    def __init__(self, control: Control, budget: RetentionSettings) -> None:
        self._control = control
        self._budget = budget

    def clean_when_due(self) -> CollectView | None:
        """Clean up if nobody did for so many hours; what was done, or None."""
        now = self._control.now()
        if not self._is_mine(now):
            return None
        view = retain(
            store=self._control.store, objects=self._control.objects, now=now, dry_run=False, budget=self._budget
        )
        self._forget_the_gone(now)
        _log.info(
            "retention: %d runs, %d objects (%d bytes) and the log lines of %d runs (%d bytes) removed; "
            "%d objects (%d bytes) stay; %s",
            len(view.runs),
            view.objects,
            view.bytes,
            view.log_runs,
            view.log_bytes,
            view.kept_objects,
            view.kept_bytes,
            ", ".join(f"{count} {reason}" for reason, count in view.reasons.items()) or "no runs",
        )
        return view

    def _is_mine(self, now: datetime) -> bool:
        """Whether the time has come; the next one who asks is told no."""
        with self._control.store.transaction() as tx:
            last = tx.meta.get(_LAST)
            due = timedelta(hours=self._budget.every_hours) - _SLACK
            if last is not None and now - due < datetime.fromisoformat(last) <= now:
                return False
            tx.meta.put(_LAST, now.isoformat())
        return True

    def _forget_the_gone(self, now: datetime) -> None:
        """Workers that left, sessions and links that are over."""
        with self._control.store.transaction() as tx:
            tx.workers.forget(seen_before=now - _GONE)
            tx.tokens.forget(expired_before=now - _GONE)
