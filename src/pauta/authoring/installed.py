"""What can be imported: looked up by name in the places where modules lie, without importing anything."""

from __future__ import annotations

import sys
from functools import lru_cache
from importlib.machinery import PathFinder


@lru_cache(maxsize=2_000)
def importable(name: str) -> bool:
    """Whether there is a module or package of this name, without dots, on this machine."""
    if not name.isidentifier():
        return False
    if name in sys.stdlib_module_names or name in sys.builtin_module_names or name in sys.modules:
        return True
    try:
        # Without the current folder: what lies there is looked for among the scripts.
        return PathFinder.find_spec(name, [entry for entry in sys.path if entry not in ("", ".")]) is not None
    except (ImportError, ValueError, OSError):
        return False


@lru_cache(maxsize=1)
def public_names() -> frozenset[str]:
    """What ``from pauta import …`` gives."""
    import pauta

    return frozenset(name for name in pauta.__all__ if not name.startswith("_"))
