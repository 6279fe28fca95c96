"""Requests to a Pauta server: kept-alive connections, time-outs, and answers that are either good or a problem."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO, TypeVar
from urllib.parse import urlencode, urlsplit

import msgspec
import urllib3
from urllib3.util import Retry, Timeout

from pauta import __version__
from pauta.adapters.api_problems import Unreachable, error_of
from pauta.domain.problems import InvalidInput, Problem, shorten

T = TypeVar("T")

PREFIX = "/api/v1"
CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
_CHUNK = 1 << 16

# What asks again by itself never repeats an effect: only questions are asked twice, and only when a kept
# connection turned out to be closed, or the server asked for a little patience.
_RETRY = Retry(
    total=3,
    connect=1,
    read=1,
    redirect=0,
    other=0,
    allowed_methods=frozenset({"GET", "HEAD"}),
    backoff_factor=0.05,
    raise_on_redirect=False,
    raise_on_status=False,
    retry_after_max=10,
)

_SPEAKS_PAUTA = re.compile(r"https?://[^/\s?#]+/?", re.IGNORECASE).fullmatch


class Connection:
    """One server, as one caller with one token.

    Args:
        url: Its address without a path, such as ``http://127.0.0.1:7311``.
        token: The credential; empty for none.
        language: Of the problems it tells: ``en`` or ``pt``.
        connections: How many are kept open: as many as threads ask at a time.

    Raises:
        InvalidInput: API-107 when the address is none.
    """

    def __init__(self, url: str, token: str, *, language: str = "en", connections: int = 4) -> None:
        if not _SPEAKS_PAUTA(url) or not urlsplit(url).hostname:
            raise InvalidInput(Problem("API-107", {"found": shorten(url)}))
        self.url = url.rstrip("/")
        self._headers = {
            "accept": "application/json",
            "accept-language": language,
            "user-agent": f"pauta/{__version__}",
        }
        if token:
            self._headers["authorization"] = f"Bearer {token}"
        self._pool = urllib3.PoolManager(num_pools=1, maxsize=connections, retries=_RETRY)

    def close(self) -> None:
        """Let go of the connections."""
        self._pool.clear()

    def ask(
        self,
        method: str,
        path: str,
        kind: type[T],
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        patience: float = READ_SECONDS,
    ) -> T:
        """Ask for a JSON answer.

        Args:
            method: The HTTP verb.
            path: Path below ``/api/v1``, quoted already.
            kind: What the answer is decoded into.
            query: Parameters; None values are left out, sequences repeat.
            body: Sent as JSON unless None.
            headers: Further headers.
            patience: Seconds to wait for the answer.

        Raises:
            PautaError: What the server tells, by the class of its status; `Unreachable` (API-1…) when it
                does not answer, or not as one of ours.
        """
        sent = dict(headers or {})
        data = None
        if body is not None:
            sent["content-type"] = "application/json"
            data = msgspec.json.encode(body)
        with self.opened(method, path, query=query, data=data, headers=sent, patience=patience) as answer:
            content = self._whole(answer, patience)
        return self._decode(content, kind)

    def send_file(self, path: str, file: BinaryIO, size: int, *, query: Mapping[str, Any], kind: type[T]) -> T:
        """POST the bytes of a file; see `ask`."""
        headers = {"content-type": "application/octet-stream", "content-length": str(size)}
        with self.opened("POST", path, query=query, data=file, headers=headers, patience=600.0) as answer:
            content = self._whole(answer, 600.0)
        return self._decode(content, kind)

    def fetch(self, path: str, to: BinaryIO, *, query: Mapping[str, Any]) -> None:
        """GET bytes into an open file; see `ask`."""
        with self.opened("GET", path, query=query, patience=600.0) as answer, self._naming_faults(600.0):
            for chunk in answer.stream(_CHUNK):
                to.write(chunk)

    @contextmanager
    def opened(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
        patience: float = READ_SECONDS,
    ) -> Iterator[urllib3.BaseHTTPResponse]:
        """An answer that is read while it comes. See `ask` for arguments and errors."""
        given = {k: v for k, v in (query or {}).items() if v is not None and v != ()}
        target = f"{self.url}{PREFIX}{path}" + (f"?{urlencode(given, doseq=True)}" if given else "")
        with self._naming_faults(patience):
            answer = self._pool.request(
                method,
                target,
                body=data,
                headers={**self._headers, **(headers or {})},
                preload_content=False,
                timeout=Timeout(connect=CONNECT_SECONDS, read=patience),
            )
        try:
            if answer.status >= 300:
                with self._naming_faults(patience):
                    raise error_of(answer.status, answer.read(), url=self.url)
            yield answer
        finally:
            # One that was read to its end has given its connection back already; others cannot be kept.
            answer.close()

    def _whole(self, answer: urllib3.BaseHTTPResponse, patience: float) -> bytes:
        """All of an answer; one that breaks off is none."""
        with self._naming_faults(patience):
            return answer.read()

    def _decode(self, content: bytes, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(content or b"null", type=kind)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            values = {"detail": shorten(error, 200), "version": __version__}
            raise Unreachable(Problem("API-109", values)) from error

    @contextmanager
    def _naming_faults(self, patience: float) -> Iterator[None]:
        try:
            yield
        except urllib3.exceptions.HTTPError as error:
            raise Unreachable(self._fault(error, patience)) from error

    def _fault(self, error: Exception, patience: float) -> Problem:
        reason = getattr(error, "reason", None)
        cause = reason if isinstance(reason, Exception) else error
        if isinstance(cause, urllib3.exceptions.ReadTimeoutError):
            return Problem("API-103", {"url": self.url, "seconds": f"{patience:g}"})
        if isinstance(cause, urllib3.exceptions.SSLError):
            return Problem("API-106", {"url": self.url, "detail": shorten(_innermost(cause), 200)})
        return Problem("API-101", {"url": self.url, "detail": shorten(_innermost(cause), 200)})


def _innermost(error: BaseException) -> str:
    """What the operating system says, without the wrappings around it."""
    while error.__cause__ is not None or error.__context__ is not None:
        error = error.__cause__ or error.__context__ or error
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
