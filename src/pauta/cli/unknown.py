"""A word that names no command."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from pauta.domain.problems import InvalidInput, Problem, shorten


def unknown_command(found: str, known: Sequence[str]) -> InvalidInput:
    """There is no command of that name; the nearest one is named."""
    near = get_close_matches(found, known, n=1, cutoff=0.5)
    if near:
        return InvalidInput(Problem("CLI-001", {"found": shorten(found), "nearest": near[0]}, variant="command_near"))
    return InvalidInput(Problem("CLI-001", {"found": shorten(found)}, variant="command"))
