"""What a worker on another machine asks of a server, and what it is answered: bodies of the routes ``/work``.

Every verb is safe to repeat. What a verb does once is numbered: asked again with the same number, the server gives
the answer that was lost instead of doing it again (P13).
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from pauta.domain.ids import RunId
from pauta.domain.wire import CachedCall
from pauta.domain.work import Heard, Lease, Recorded, Renewal

MOST_WAIT_SECONDS = 25.0
"""So long a claim may wait for work; below the idle time after which proxies cut a connection."""

Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Nonce = Annotated[str, Meta(pattern=r"^[0-9a-f]{16,64}$")]
Number = Annotated[int, Meta(ge=1, le=2**53)]
Slots = Annotated[int, Meta(ge=0, le=4096)]
Seconds = Annotated[float, Meta(ge=0, le=MOST_WAIT_SECONDS)]


class Registration(Struct, frozen=True, forbid_unknown_fields=True):
    """A worker introduces itself.

    Attributes:
        nonce: Chosen by the worker at random when it starts; part of its owner id, so that a registration whose
            answer was lost can be sent again.
        name: Shown in the list of workers.
        pools: It claims from these; its token may narrow them down.
        capacity: Most stages at a time.
    """

    nonce: Nonce
    name: Name
    pools: Annotated[tuple[Name, ...], Meta(min_length=1, max_length=100)]
    tags: Annotated[tuple[Name, ...], Meta(max_length=100)] = ()
    capacity: Slots = 1
    host: Annotated[str, Meta(max_length=253, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    process: Annotated[int, Meta(ge=0, le=2**31)] = 0
    version: Annotated[str, Meta(max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""


class Registered(Struct, frozen=True):
    """A worker is known under `owner`; it renews its leases every `heartbeat_seconds`."""

    owner: str
    lease_seconds: float
    heartbeat_seconds: float


class ClaimAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """Take up to `room` stages; `number` grows by one with each claim of this worker and repeats when it is repeated.

    Attributes:
        run: Of this run alone.
        wait_seconds: When there is nothing to claim, wait up to so long.
    """

    owner: Name
    number: Number
    room: Annotated[int, Meta(ge=1, le=4096)]
    run: RunId | None = None
    wait_seconds: Seconds = 0.0


class Given(Struct, frozen=True):
    """The answer to a claim: one entry for each run concerned.

    Attributes:
        draining: The worker is to claim nothing more.
    """

    recorded: tuple[Recorded, ...] = ()
    draining: bool = False


class ReportAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """What happened in a run, in order. `number` grows with each report of this worker on this run."""

    owner: Name
    number: Number
    run: RunId
    heard: Annotated[tuple[Heard, ...], Meta(max_length=100_000)]


class RenewAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """A heartbeat: the worker lives, and holds these leases and no others."""

    owner: Name
    held: Annotated[tuple[Lease, ...], Meta(max_length=10_000)] = ()


class HeldGrant(Struct, frozen=True):
    """A fresh grant for a lease."""

    lease: Lease
    grant: str


class Renewed(Struct, frozen=True):
    """The answer to a heartbeat.

    Attributes:
        draining: The worker is to claim nothing more.
        grants: Grants in place of those given before, which end soon.
    """

    renewal: Renewal
    draining: bool = False
    grants: tuple[HeldGrant, ...] = ()


class RecallAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """A flow of this attempt asks what the cache holds of its tasks' results."""

    owner: Name
    lease: Lease
    keys: Annotated[tuple[Annotated[str, Meta(max_length=200)], ...], Meta(max_length=10_000)]


class Recall(Struct, frozen=True):
    """What it holds, by key. The objects of these results may be fetched with the grant of the attempt."""

    found: dict[str, CachedCall] = {}


class LeaveAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """A worker says good-bye. What it still holds is free again."""

    owner: Name


class Left(Struct, frozen=True):
    """How many leases it still held."""

    released: int = 0


class Uploaded(Struct, frozen=True):
    """An object is in the store."""

    address: str
    size: int
