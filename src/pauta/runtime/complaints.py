"""A script's exception as a problem: the place in the script, and the traceback cut to the script's own frames."""

from __future__ import annotations

import os
import traceback
from collections.abc import Mapping
from dataclasses import replace
from traceback import FrameSummary, StackSummary, TracebackException

from pauta.domain.problems import PautaError, Place, Problem, shorten

_MESSAGE_LIMIT = 200
_TRACEBACK_LIMIT = 16 * 1024
_FRAMES = 100
_CAUSES = 10


def clean(text: str) -> str:
    """Text that every store and wire takes: no lone surrogates, no NUL."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "␀")


def problem_of(error: BaseException, *, shown_as: str, shown: Mapping[str, str], bundle: str, loading: bool) -> Problem:
    """What to say of an exception that came out of a script.

    Args:
        error: The exception, with its traceback.
        shown_as: The script's path as its code carries it.
        shown: File path → path to show, for further scripts.
        bundle: Folder of the pinned scripts; modules in it count as the script's own.
        loading: Whether the script's top level raised it, rather than ``execute``.
    """
    own = _Own(shown_as, shown, os.path.join(bundle, ""))
    summary = TracebackException(type(error), error, error.__traceback__, limit=-_FRAMES, compact=True)
    place = own.place(summary, error)
    own.cut(summary, _CAUSES)
    text = _shortened(clean("".join(summary.format())))
    return _named(error, loading=loading, place=place, text=text)


def problem_of_fault(error: PautaError) -> Problem:
    """The problem that Pauta's own parts found with what a step took or gave."""
    return error.problems[0]


def problem_in_flow(error: BaseException, *, shown_as: str, shown: Mapping[str, str], bundle: str) -> Problem:
    """What to say of an exception that came out of the body of a flow or a task; what Pauta raised keeps its code."""
    problem = problem_of(error, shown_as=shown_as, shown=shown, bundle=bundle, loading=False)
    if not isinstance(error, PautaError):
        return problem
    found = at_home(error.problems[0], shown_as=shown_as, shown=shown, bundle=bundle)
    return replace(found, place=found.place or problem.place, traceback=found.traceback or problem.traceback)


def at_home(problem: Problem, *, shown_as: str, shown: Mapping[str, str], bundle: str) -> Problem:
    """The problem with its place as the path to show; without a place that is none of the script's own files."""
    place = problem.place
    if place is None or place.file is None or not os.path.isabs(place.file):
        return problem
    name = _Own(shown_as, shown, os.path.join(bundle, "")).name(place.file)
    return replace(problem, place=replace(place, file=name) if name is not None else None)


def _named(error: BaseException, *, loading: bool, place: Place, text: str) -> Problem:
    message = shorten(clean(_message(error)), _MESSAGE_LIMIT)
    values = {"type": type(error).__name__, "message": message}
    if isinstance(error, ModuleNotFoundError) and error.name:
        return Problem("SCR-020", {"module": shorten(error.name)}, place=place, traceback=text)
    if isinstance(error, SystemExit):
        return Problem("SCR-021", {**values, "message": shorten(repr(error.code))}, "exit", place, text)
    if loading:
        return Problem("SCR-020", values, "raised", place, text)
    return Problem("SCR-021", values, "" if message else "plain", place, text)


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return "<its text cannot be made>"


class _Own:
    """Knows the script's own frames from those of Pauta and of libraries."""

    def __init__(self, shown_as: str, shown: Mapping[str, str], bundle: str) -> None:
        self._shown_as = shown_as
        self._shown = shown
        self._bundle = bundle

    def place(self, summary: TracebackException, error: BaseException) -> Place:
        """The innermost line of the user's own code."""
        if isinstance(error, SyntaxError) and error.filename and (name := self.name(error.filename)):
            return Place(name, error.lineno, error.offset)
        for frame in reversed(summary.stack):
            if name := self.name(frame.filename):
                return Place(name, frame.lineno)
        return Place(self._shown_as)

    def cut(self, summary: TracebackException, depth: int) -> None:
        """Leave only own frames in the traceback and in those of its causes."""
        kept = []
        for frame in summary.stack:
            if name := self.name(frame.filename):
                _ = frame.line  # looked up under the real name, before it is replaced by the shown one
                frame.filename = name
                kept.append(frame)
        summary.stack = _summary(kept)
        for further in (summary.__cause__, summary.__context__):
            if further is not None and depth > 0:
                self.cut(further, depth - 1)

    def name(self, filename: str) -> str | None:
        """The path to show for a file of the user's own; None for others."""
        if filename == self._shown_as or filename in self._shown.values():
            return filename
        if filename in self._shown:
            return self._shown[filename]
        if filename.startswith(self._bundle):
            return filename[len(self._bundle) :]
        return None


def _summary(frames: list[FrameSummary]) -> StackSummary:
    summary = traceback.StackSummary()
    summary.extend(frames)
    return summary


def _shortened(text: str) -> str:
    if len(text) <= _TRACEBACK_LIMIT:
        return text
    half = _TRACEBACK_LIMIT // 2
    return f"{text[:half]}\n[…]\n{text[-half:]}"
