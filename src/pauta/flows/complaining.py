"""An exception of a body as a problem, where the process around the flow has no better way to say it."""

from __future__ import annotations

import os
import sys
import traceback
from types import TracebackType

from pauta.domain.problems import PautaError, Place, Problem, shorten

_MESSAGE_LIMIT = 200
_FOREIGN = tuple(
    os.path.join(folder, "")
    for folder in (os.path.dirname(os.path.dirname(__file__)), os.path.dirname(os.__file__), sys.prefix)
)


def plain_complaint(error: BaseException) -> Problem:
    """What to say of an exception, with the innermost line that is not of Pauta or of a library."""
    if isinstance(error, PautaError):
        return error.problems[0]
    text = "".join(traceback.format_exception(error))
    values = {"type": type(error).__name__, "message": shorten(_message(error), _MESSAGE_LIMIT)}
    return Problem("SCR-021", values, "" if values["message"] else "plain", _place(error.__traceback__), text)


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return "<its text cannot be made>"


def _place(trace: TracebackType | None) -> Place | None:
    place = None
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if not file.startswith((*_FOREIGN, "<frozen")):
            place = Place(file, trace.tb_lineno)
        trace = trace.tb_next
    return place
