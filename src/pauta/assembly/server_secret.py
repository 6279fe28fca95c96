"""The server's own secret: made once, known to this project's servers alone."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

NAME = "secret"
_BYTES = 32


def server_secret(records: Path) -> bytes:
    """The secret of a project, made now if there is none. Only its owner can read the file."""
    path = records / NAME
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return bytes.fromhex(path.read_text().strip())
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return bytes.fromhex(path.read_text().strip())
