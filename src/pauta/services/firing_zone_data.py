"""Which version of the zone data this process computes with; noted with each firing (P18)."""

from __future__ import annotations

import zoneinfo
from functools import lru_cache
from importlib import metadata
from pathlib import Path


@lru_cache(maxsize=1)
def zone_data_version() -> str:
    """``2026a`` where the system tells the version of its own data; else that of the package tzdata.

    As `zoneinfo` does, the system's data come first.
    """
    for folder in zoneinfo.TZPATH:
        if not Path(folder, "Etc", "UTC").is_file():
            continue
        try:
            with Path(folder, "tzdata.zi").open(encoding="utf-8") as data:
                return data.readline().removeprefix("# version").strip()
        except (OSError, UnicodeError):
            return f"unknown ({folder})"
    try:
        return f"tzdata {metadata.version('tzdata')}"
    except metadata.PackageNotFoundError:
        return "unknown"
