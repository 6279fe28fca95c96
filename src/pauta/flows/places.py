"""Where in the user's own code something was written or called: what a message shows as its place."""

from __future__ import annotations

import sys
from types import FrameType, FunctionType
from typing import Any

from pauta.domain.problems import Place

_OWN = "pauta."


def calling_frame() -> FrameType | None:
    """The innermost frame that is not Pauta's own, or None when nothing but Pauta is running."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and _is_own(frame):
        frame = frame.f_back
    return frame


def calling_place() -> Place | None:
    """File and line of the user's code that is calling Pauta now."""
    frame = calling_frame()
    return Place(frame.f_code.co_filename, frame.f_lineno) if frame is not None else None


def place_of(fn: Any) -> Place:
    """File and line where a function is defined."""
    inner = getattr(fn, "__func__", fn)
    code = inner.__code__ if isinstance(inner, FunctionType) else None
    return Place(code.co_filename, code.co_firstlineno) if code is not None else Place()


def _is_own(frame: FrameType) -> bool:
    """Whether a frame is of Pauta or of what it uses to start threads and loops; then the cause lies further out."""
    name = frame.f_globals.get("__name__", "")
    return name.startswith((_OWN, "concurrent.", "asyncio.", "importlib.")) or name in _PASSING


_PASSING = (
    "pauta",
    "threading",
    "asyncio",
    "contextlib",
    "functools",
    "contextvars",
    "importlib",
    "runpy",
    "__pauta__",
)
