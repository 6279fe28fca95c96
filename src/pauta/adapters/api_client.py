"""A Pauta server as commands and programs see it: one method for each route, by subject."""

from __future__ import annotations

from contextlib import AbstractContextManager

import urllib3
from urllib3.util import Timeout

from pauta.adapters.api_calls import CallsApi
from pauta.adapters.api_catalogue import DeploymentsApi, PipelinesApi
from pauta.adapters.api_connection import Connection
from pauta.adapters.api_house import HouseApi, PlacesApi
from pauta.adapters.api_runs import RunsApi
from pauta.adapters.api_times import SchedulesApi, TriggersApi


class ApiClient(AbstractContextManager["ApiClient"]):
    """All routes of one server, with one token.

    Args:
        url: The server's address without a path, such as ``http://127.0.0.1:7311``.
        token: The credential; empty for none.
        language: Of problems and reasons: ``en`` or ``pt``.

    Raises:
        InvalidInput: API-107 when the address is none.
    """

    def __init__(self, url: str, token: str = "", language: str = "en") -> None:
        self._speak_over(Connection(url, token, language=language))

    @classmethod
    def over(cls, connection: Connection) -> ApiClient:
        """The same routes over a connection that is there already."""
        made = cls.__new__(cls)
        made._speak_over(connection)
        return made

    def _speak_over(self, connection: Connection) -> None:
        self.connection = connection
        self.url = connection.url
        self.runs = RunsApi(self.connection)
        self.calls = CallsApi(self.connection)
        self.pipelines = PipelinesApi(self.connection)
        self.deployments = DeploymentsApi(self.connection)
        self.schedules = SchedulesApi(self.connection)
        self.triggers = TriggersApi(self.connection)
        self.places = PlacesApi(self.connection)
        self.house = HouseApi(self.connection)

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self.connection.close()


def answers(url: str, *, patience: float = 2.0) -> bool:
    """Whether anything takes connections at this address; one that is slow to answer does."""
    timeout = Timeout(connect=patience, read=patience)
    with urllib3.PoolManager(retries=False, timeout=timeout) as pool:
        try:
            return pool.request("GET", f"{url.rstrip('/')}/health", redirect=False).status < 500
        except urllib3.exceptions.ReadTimeoutError:
            return True
        except urllib3.exceptions.HTTPError:
            return False
