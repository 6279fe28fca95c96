"""Announces stages as messages in a queue of Celery's."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from celery import Celery
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from pauta.adapters.celery_app import TASK
from pauta.domain.problems import Problem, StoreFault, shorten

_AWAY = (KombuError, RedisError, OSError)


class CeleryAnnouncer:
    """`ports.announcer.Announcer` over a Celery application, with one connection that is made anew when it broke.

    Args:
        app: The application.
        expires_seconds: A message that nobody read by then is of no use: its stage was announced again.
    """

    def __init__(self, app: Celery, *, expires_seconds: float) -> None:
        self._app = app
        self._expires_seconds = expires_seconds
        self._connection: Any = None
        self._producer: Any = None

    def announce(self, queue: str, *, pool: str, hints: Sequence[str]) -> None:
        """See `Announcer`."""
        try:
            if self._connection is None:
                self._connection = self._app.connection_for_write()
                self._producer = self._app.amqp.Producer(self._connection)
            for hint in hints:
                self._app.send_task(
                    TASK,
                    kwargs={"pool": pool, "stage": hint},
                    queue=queue,
                    producer=self._producer,
                    expires=self._expires_seconds,
                    ignore_result=True,
                    retry=False,
                )
        except _AWAY as error:
            self._hang_up()
            raise StoreFault(Problem("CEL-001", {"reason": shorten(error)})) from error

    def close(self) -> None:
        """See `Announcer`."""
        self._hang_up()
        self._app.close()

    def _hang_up(self) -> None:
        connection, self._connection, self._producer = self._connection, None, None
        if connection is not None:
            with suppress(*_AWAY):
                connection.release()
