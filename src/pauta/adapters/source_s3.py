"""A bucket as a flow's source: the Python files below a prefix, of any store that speaks S3."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pauta.adapters.source_git import too_much
from pauta.authoring.source_address import SourceAddress
from pauta.domain.problems import InvalidInput, Problem, shorten
from pauta.ports.flow_source import MOST_BYTES, MOST_FILES, Fetched

_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
_KEYS = {
    "access_key_id": "AWS_ACCESS_KEY_ID",
    "secret_access_key": "AWS_SECRET_ACCESS_KEY",
    "session_token": "AWS_SESSION_TOKEN",
}
_STATUS = re.compile(r"status code: (\d{3} [A-Za-z][A-Za-z ]+)").search
_AT_A_TIME = 8
_MOST_KEYS = 100_000
_PATIENCE = {"timeout": "30s", "connect_timeout": "10s"}
_RETRY = {"max_retries": 2}


class S3Source:
    """A bucket and a prefix. Keys, region and endpoint come from the usual AWS variables.

    Args:
        address: ``s3://bucket/prefix``.
        environment: Where those variables stand.
    """

    def __init__(self, address: SourceAddress, *, environment: Mapping[str, str]) -> None:
        self._address = address
        self._environment = environment
        self._bucket, _, prefix = address.address.removeprefix("s3://").partition("/")
        self._prefix = f"{prefix}/" if prefix else ""

    def fetch(self) -> Fetched:
        """See `FlowSource`.

        Raises:
            InvalidInput: FLW-073 when the extra is not installed, the bucket cannot be read or holds no Python
                there; FLW-075.
        """
        try:
            import obstore
        except ImportError:
            raise self._wrong("extra") from None
        store = self._store()
        sizes = self._asked(lambda: self._listed(obstore, store))
        if not sizes:
            raise self._wrong("empty")
        total = sum(sizes.values())
        if len(sizes) > MOST_FILES or total > MOST_BYTES:
            raise too_much(str(self._address), files=len(sizes), size=total)

        def get(key: str) -> bytes:
            return bytes(obstore.get(store, key).bytes())

        with ThreadPoolExecutor(_AT_A_TIME) as threads:
            files = self._asked(lambda: dict(zip(sizes, threads.map(get, sizes), strict=True)))
        return Fetched({key.removeprefix(self._prefix): data for key, data in files.items()})

    def _store(self) -> Any:
        from obstore.store import S3Store

        endpoint = next((self._environment[name] for name in _ENDPOINTS if self._environment.get(name)), None)
        options: dict[str, Any] = {"client_options": dict(_PATIENCE), "retry_config": dict(_RETRY)}
        if endpoint is not None:
            options["endpoint"] = endpoint
            options["client_options"]["allow_http"] = endpoint.startswith("http://")
        options |= {name: self._environment[known] for name, known in _KEYS.items() if self._environment.get(known)}
        region = self._environment.get("AWS_REGION") or self._environment.get("AWS_DEFAULT_REGION")
        if region:
            options["region"] = region
        return S3Store(self._bucket, **options)

    def _listed(self, obstore: Any, store: Any) -> dict[str, int]:
        """Size by key of the Python files."""
        found: dict[str, int] = {}
        seen = 0
        for page in obstore.list(store, prefix=self._prefix or None):
            seen += len(page)
            found |= {item["path"]: int(item["size"]) for item in page if item["path"].endswith(".py")}
            if seen > _MOST_KEYS or len(found) > MOST_FILES:
                raise too_much(str(self._address), files=max(seen, len(found)), size=sum(found.values()))
        return found

    def _asked(self, act: Callable[[], Any]) -> Any:
        from obstore.exceptions import BaseError

        try:
            return act()
        except (BaseError, OSError) as error:
            raise self._wrong("", detail=_told(error)) from error

    def _wrong(self, variant: str, **values: str) -> InvalidInput:
        return InvalidInput(Problem("FLW-073", {"source": shorten(self._address, 200), **values}, variant=variant))


def _told(error: Exception) -> str:
    """What the store answered, or why it did not: not the whole request once more."""
    text = str(error)
    status = _STATUS(text)
    if status is not None:
        return status[1]
    return shorten(text.partition("\n")[0].rpartition(" - ")[2] or type(error).__name__, 200)
