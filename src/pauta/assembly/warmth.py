"""What the warm parent loads before a process for a stage is forked from it."""

from __future__ import annotations

from pauta.domain.work import Assignment
from pauta.ports.objects import Objects

_FRAMES = ("numpy", "pandas", "pyarrow", "pauta.adapters.folder_objects")
_LIBRARIES = ("polars", "sklearn", "xgboost", "asyncio", "pydantic")
"""Packages that are loaded when a script mentions them: slow to import, safe to fork."""
_FLOWS = ("pauta.runtime.flow_step", "pauta.flows.calling", "pauta.adapters.folder_objects")
"""What runs flows and tasks."""
_MOST = 512


class Warmth:
    """Knows what the scripts of a run mention: pandas where frames are handed on, libraries by name."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._known: dict[tuple[str, ...], tuple[str, ...]] = {}

    def wanted(self, assignment: Assignment) -> tuple[str, ...]:
        """The modules to be loaded."""
        addresses = tuple(sorted(set(assignment.scripts.values())))
        if addresses not in self._known:
            if len(self._known) >= _MOST:
                self._known.clear()
            sources = [self._objects.read(address) for address in assignment.scripts.values()]
            frames = _FRAMES if any(b"pandas" in source for source in sources) else ()
            named = tuple(name for name in _LIBRARIES if any(name.encode() in source for source in sources))
            flows = _FLOWS if any(step.flow is not None for step in assignment.order.steps) else ()
            self._known[addresses] = (*frames, *flows, *named)
        wanted = self._known[addresses]
        if not wanted and any(step.takes for step in assignment.order.steps):
            return _FRAMES
        return wanted
