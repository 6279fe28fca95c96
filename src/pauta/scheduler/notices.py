"""Sends the notifications that are due."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from pauta.domain.deploying import Notice
from pauta.domain.ids import RunId
from pauta.domain.problems import Problem
from pauta.domain.states import StepState
from pauta.ports.store import Transaction
from pauta.services.control import Control
from pauta.services.notify import (
    NotDelivered,
    Postman,
    Undeliverable,
    claimed,
    delivered,
    signing_key,
    undelivered,
)
from pauta.services.notify_letters import Letter, letter_of

_log = logging.getLogger("pauta.notices")
_AT_ONCE = 20
_VARIABLE = "env:"
_TELLING = (StepState.FAILED, StepState.HELD)
_MOST_STEPS = 5


class NoticeSender:
    """Sends what is due, in turn. Several servers share the work: each takes what it sends."""

    def __init__(
        self,
        control: Control,
        postmen: Mapping[str, Postman],
        *,
        link: Callable[[str], str | None],
        language: str = "en",
    ) -> None:
        """Make a sender.

        Args:
            control: The server.
            postmen: Kind of notification → who delivers it.
            link: Where people see a run.
            language: Of the messages: ``en`` or ``pt``.
        """
        self._control = control
        self._postmen = postmen
        self._link = link
        self._language = language

    def send_due(self) -> int:
        """Try every notice that is due, once; the number of those delivered."""
        sent = 0
        while taken := self._take():
            sent += sum(self._try(notice, letter) for notice, letter in taken)
        return sent

    def _take(self) -> list[tuple[Notice, Letter | None]]:
        """Notices that are due, which nobody else tries meanwhile."""
        now = self._control.now()
        with self._control.store.transaction() as tx:
            due = tx.notices.due(now=now, limit=_AT_ONCE)
            for notice in due:
                tx.notices.put(claimed(notice, now))
            return [(notice, self._letter(tx, notice)) for notice in due]

    def _letter(self, tx: Transaction, notice: Notice) -> Letter | None:
        run = tx.runs.get(RunId(notice.run_id))
        if run is None:
            return None
        failed = [step for step in tx.steps.of_run(run.id) if step.state in _TELLING] if run.problem else []
        return letter_of(
            notice,
            run,
            failed=failed[:_MOST_STEPS],
            link=self._link(run.id),
            key=signing_key(self._control.secret, run.deployment or run.pipeline),
            language=self._language,
            now=self._control.now(),
        )

    def _try(self, notice: Notice, letter: Letter | None) -> bool:
        try:
            if letter is None:
                raise Undeliverable(Problem("RUN-001", {"run": notice.run_id}))
            self._deliver(notice, letter)
            after = delivered(notice, self._control.now())
        except NotDelivered as error:
            after = undelivered(notice, error, self._control.now())
            _log.warning("notice %s was not delivered (try %s): %s", notice.id, after.tries, after.error)
        with self._control.store.transaction() as tx:
            tx.notices.put(after)
        return after.sent_at is not None

    def _deliver(self, notice: Notice, letter: Letter) -> None:
        postman = self._postmen.get(notice.kind)
        if postman is None:
            values = {"address": notice.kind, "detail": notice.kind}
            raise Undeliverable(Problem("CFG-020", values))
        address = notice.address
        if address.startswith(_VARIABLE):
            variable = address.removeprefix(_VARIABLE)
            found = self._control.look_up(variable)
            if not found:
                raise NotDelivered(Problem("CFG-005", {"name": "notifications", "variable": variable}))
            address = found
        try:
            postman.deliver(address, letter)
        except NotDelivered:
            raise
        except Exception as error:
            # Whatever a foreign package raises: its text may hold the address, and with it a password.
            _log.debug("notice %s", notice.id, exc_info=True)
            values = {"address": notice.kind, "detail": type(error).__name__}
            raise NotDelivered(Problem("CFG-020", values)) from error
