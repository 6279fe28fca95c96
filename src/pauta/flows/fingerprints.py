"""What a call was given, as hashes by which it is known again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from pauta.domain.problems import PautaError, StepFault
from pauta.flows.site import Parcels

_SHORT = 16
"""Digits of an address in `Call.given`."""


def fingerprint(parcels: Parcels, arguments: Mapping[str, Any]) -> tuple[str, dict[str, str], PautaError | None]:
    """What a call was given, as hashes.

    A value that cannot be stored, such as a connection, is known by its type only; an exception as one, because
    what stands for it when the flow goes on may be of a class further up.

    Returns:
        The hash of all; of each argument the first digits of its own; and what is wrong with the first argument
        that cannot be stored.
    """
    digests, given, fault = [], {}, None
    for name, value in arguments.items():
        try:
            digest = parcels.digest(value)
        except StepFault as error:
            digest, fault = "~" + _known_as(value), fault or error
        given[name] = digest[:_SHORT]
        digests.append(f"{name}={digest}")
    if digests and not any(given.values()):
        return "", {}, fault  # a site that keeps nothing compares nothing
    return hashlib.sha256("\0".join(digests).encode()).hexdigest(), given, fault


def cache_key(version: str, name: str, own_version: str, given: str) -> str:
    """Under what the cache holds what a task gave.

    Args:
        version: Of the flow's script.
        name: Of the task.
        own_version: The task's option.
        given: What it was given, as a hash or as the task's own key says.
    """
    return "call-" + hashlib.sha256("\0".join((version, name, own_version, given)).encode()).hexdigest()


def _known_as(value: Any) -> str:
    return "exception" if isinstance(value, BaseException) else type(value).__name__
