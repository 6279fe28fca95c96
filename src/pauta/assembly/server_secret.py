"""The server's own secret: made once, known to this project's servers alone."""

from __future__ import annotations

import hashlib
import os
import secrets
from contextlib import suppress
from pathlib import Path

from pauta.domain.problems import Conflict, Problem
from pauta.ports.store import Store

NAME = "secret"
_BYTES = 32


_MARK = "server.secret"


def server_secret(records: Path, *, given: str | None, store: Store, is_shared: bool) -> bytes:
    """The secret of a project, made now if there is none. Only its owner can read the file.

    Args:
        records: Where it is kept.
        given: The secret by the settings: servers on several machines that share a database need the same one.
        store: Remembers by a mark which secret its rows were sealed with.
        is_shared: Other servers may use the store: they must not seal with different secrets. A project that was
            restored without its secret gets a new one; its old audit rows can then no longer be verified.

    Raises:
        Conflict: SRV-002 when it was another one and the store is shared.
    """
    secret = hashlib.sha256(given.encode()).digest() if given is not None else _kept(records / NAME)
    mark = hashlib.sha256(b"pauta server secret\0" + secret).hexdigest()
    with store.transaction(durable=True) as tx:
        if not tx.meta.add(_MARK, mark) and tx.meta.get(_MARK) != mark:
            if is_shared:
                raise Conflict(Problem("SRV-002"))
            tx.meta.put(_MARK, mark)
    return secret


def _kept(path: Path) -> bytes:
    if not path.exists():
        _make(path)
    return bytes.fromhex(path.read_text().strip())


def _make(path: Path) -> None:
    """Make it under another name first: whoever sees it sees the whole, and of two servers that begin one is first."""
    new = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(new, path)
    finally:
        new.unlink(missing_ok=True)
