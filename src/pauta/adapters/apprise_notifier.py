"""Sends mail and chat messages through apprise, an optional package."""

from __future__ import annotations

from pauta.domain.problems import Problem
from pauta.services.notify import NotDelivered, Undeliverable
from pauta.services.notify_letters import Letter


class AppriseNotifier:
    """Delivers to what apprise calls an address: ``mailto://…``, ``slack://…``.

    The administrator gives it in the server's environment, never a deployment itself: it holds passwords, and may
    lead anywhere.
    """

    def deliver(self, address: str, letter: Letter) -> None:
        """See `Postman`."""
        try:
            import apprise
        except ImportError as error:
            raise Undeliverable(Problem("CFG-021")) from error
        scheme = address.partition(":")[0][:20] if "://" in address else "apprise"
        target = apprise.Apprise()
        if not target.add(address):
            raise Undeliverable(Problem("CFG-020", {"address": scheme}, variant="form"))
        if not target.notify(title=letter.title, body=letter.text):
            raise NotDelivered(Problem("CFG-020", {"address": scheme, "detail": "apprise"}))
