"""How large the storms are, and which seeds they follow."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

SCALE = os.environ.get("PAUTA_TEST_SCALE", "") or "commit"
_RED = Path(__file__).with_name("seeds.txt")


def size(*, commit: int, ci: int, night: int) -> int:
    """The number for this scale."""
    return {"commit": commit, "ci": ci, "night": night}[SCALE]


def seeds(storm: str) -> list[int]:
    """Seeds of a storm: at every commit those that are kept in ``seeds.txt``, elsewhere a new one.

    ``CHAOS_SEED`` in the environment stands for both.
    """
    if given := os.environ.get("CHAOS_SEED"):
        return [int(given)]
    kept = [line.split() for line in _RED.read_text().splitlines() if line and not line.startswith("#")]
    return [int(seed) for name, seed, *_ in kept if name == storm] if SCALE == "commit" else [secrets.randbits(32)]
