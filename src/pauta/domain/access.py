"""Who may do what: permissions, roles, tokens, and the audit log's rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct, field


class Permission(StrEnum):
    """What a route asks for. Every route names exactly one."""

    READ = "read"  # look at anything but tokens and the audit log
    OPERATE = "operate"  # start, cancel, run again, pause, resume
    EDIT = "edit"  # publish pipelines and scripts; make deployments, schedules, pools, limits
    APPROVE = "approve"  # decide on models (later issues)
    ADMIN = "admin"  # tokens, audit, settings, retention
    WORK = "work"  # claim and report for a pool: workers alone
    SIGNED = "signed"  # the body's signature is the credential: webhooks
    PUBLIC = "public"  # nobody in particular: health and signing in


class Role(StrEnum):
    """What a token may do."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    EDITOR = "editor"
    APPROVER = "approver"
    ADMIN = "admin"
    WORKER = "worker"


GRANTED: Mapping[Role, frozenset[Permission]] = {
    Role.VIEWER: frozenset({Permission.READ}),
    Role.OPERATOR: frozenset({Permission.READ, Permission.OPERATE}),
    Role.EDITOR: frozenset({Permission.READ, Permission.OPERATE, Permission.EDIT}),
    Role.APPROVER: frozenset({Permission.READ, Permission.OPERATE, Permission.APPROVE}),
    Role.ADMIN: frozenset(Permission) - {Permission.WORK, Permission.SIGNED, Permission.PUBLIC},
    Role.WORKER: frozenset({Permission.WORK}),
}
"""What each role may do. A worker may neither look nor operate; nobody but a worker may work."""


class Token(Struct, frozen=True):
    """A credential, known by the SHA-256 of its secret.

    Attributes:
        id: Public part, shown in lists and in the audit log.
        kind: ``token``, ``session`` (a browser signed in) or ``link`` (can be changed for a session once).
        digest: SHA-256 of the whole secret text, hexadecimal.
        pools: For workers: the pools they may claim from.
        pipelines: If not empty, the only pipelines it may operate on or edit.
    """

    id: str
    name: str
    role: Role
    digest: str
    created_at: datetime
    created_by: str
    kind: str = "token"
    pools: tuple[str, ...] = ()
    pipelines: tuple[str, ...] = ()
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None


class AuditRow(Struct, frozen=True):
    """One line of the audit log: each carries a keyed hash over itself and the one before (S22)."""

    seq: int
    at: datetime
    actor: str
    action: str
    target: str
    details: Mapping[str, Any] = field(default_factory=dict)
    mac: str = ""
