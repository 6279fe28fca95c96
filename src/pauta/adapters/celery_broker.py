"""Asks a broker how it is set up, before it is trusted with messages (S25)."""

from __future__ import annotations

from urllib.parse import urlsplit

import redis

from pauta.domain.problems import Problem, StoreFault, shorten

_PATIENCE_SECONDS = 1.0


def policy_of(url: str) -> str:
    """What a broker does when its memory is full (``maxmemory-policy``); empty when it does not tell.

    Args:
        url: Such as ``redis://:password@host:6379/0``.

    Raises:
        StoreFault: CEL-001 when it does not answer.
    """
    if urlsplit(url).scheme not in ("redis", "rediss"):
        return ""
    try:
        with redis.Redis.from_url(
            url, socket_connect_timeout=_PATIENCE_SECONDS, socket_timeout=_PATIENCE_SECONDS
        ) as broker:
            answer = broker.config_get("maxmemory-policy")
    except redis.exceptions.ResponseError:
        return ""  # it does not tell everybody how it is set up
    except (redis.exceptions.RedisError, OSError, ValueError) as error:
        raise StoreFault(Problem("CEL-001", {"reason": shorten(error)})) from error
    return str(dict(answer).get("maxmemory-policy", ""))
