"""Looks at a broker before it is trusted with messages (S25)."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit

import redis

from pauta.domain.problems import Problem, shorten

_PATIENCE_SECONDS = 2.0
_SAFE_POLICY = "noeviction"


def findings(url: str) -> list[Problem]:
    """What is wrong with a broker: what its address tells, and what it tells itself when it answers.

    Args:
        url: Such as ``redis://:password@host:6379/0``.
    """
    parts = urlsplit(url)
    found = address_findings(parts)
    if parts.scheme in ("redis", "rediss"):
        found.extend(_policy_findings(url))
    return found


def address_findings(parts: SplitResult) -> list[Problem]:
    """What an address alone tells: off this machine there must be a password and TLS."""
    host = parts.hostname or "localhost"
    if parts.scheme not in ("redis", "rediss") or _is_loopback(host):
        return []
    found = []
    if not parts.password:
        found.append(Problem("CEL-003", {"host": shorten(host)}))
    if parts.scheme != "rediss":
        found.append(Problem("CEL-004", {"host": shorten(host)}))
    return found


def _policy_findings(url: str) -> list[Problem]:
    try:
        with redis.Redis.from_url(
            url, socket_connect_timeout=_PATIENCE_SECONDS, socket_timeout=_PATIENCE_SECONDS
        ) as broker:
            answer = broker.config_get("maxmemory-policy")
    except redis.exceptions.ResponseError:
        return []  # it does not tell everybody how it is set up
    except (redis.exceptions.RedisError, OSError) as error:
        return [Problem("CEL-001", {"reason": shorten(error)})]
    policy = str(dict(answer).get("maxmemory-policy", _SAFE_POLICY))
    return [] if policy == _SAFE_POLICY else [Problem("CEL-002", {"policy": shorten(policy)})]


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
