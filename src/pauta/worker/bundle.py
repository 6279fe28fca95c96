"""Lays a run's pinned scripts out in a folder, so that they can be imported as they were when it was submitted."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from blake3 import blake3

from pauta.domain.ids import Address
from pauta.ports.objects import Objects


def lay_out(scripts: Mapping[str, Address], *, root: Path, objects: Objects) -> Path:
    """The folder that holds these scripts, made now if it is not there. It is never changed afterwards.

    Args:
        scripts: Path relative to the scripts' folder → address of the source.
        root: Folder of all bundles.
        objects: Where the sources are.

    Raises:
        StoreFault: OBJ-001, OBJ-002 when a source is missing or damaged.
    """
    listing = "\n".join(f"{path}\0{address}" for path, address in sorted(scripts.items()))
    folder = root / blake3(listing.encode()).hexdigest()[:32]
    if folder.is_dir():
        return folder
    staging = root / f".{folder.name}.{os.getpid()}"
    shutil.rmtree(staging, ignore_errors=True)
    for path, address in scripts.items():
        target = staging / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(objects.read(address))
    staging.mkdir(parents=True, exist_ok=True)
    try:
        staging.rename(folder)
    except OSError:
        # Another process laid out the same bundle first; a folder of that name has the same content.
        shutil.rmtree(staging, ignore_errors=True)
        if not folder.is_dir():
            raise
    return folder
