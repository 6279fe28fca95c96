"""How the death of a script's process is told."""

from __future__ import annotations

from signal import Signals

from pauta.domain.problems import Problem
from pauta.ports.launcher import Exited

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def problem_of_exit(exited: Exited, *, memory_limit: int | None) -> Problem:
    """What to say of a process that ended before its step returned.

    Args:
        exited: How it ended.
        memory_limit: Bytes that its step was allowed, or None.

    Returns:
        A problem SCR-030.
    """
    if exited.cause == "memory" and memory_limit is not None:
        values = {"limit": size_text(memory_limit), "peak": size_text(exited.peak_bytes)}
        return Problem("SCR-030", values, variant="memory")
    if exited.detail:
        variant, _, limit = exited.detail.partition(" ")
        return Problem("SCR-030", {"limit": limit} if limit else {}, variant=variant)
    if exited.cause not in {"died", "left", "memory"}:
        return Problem("SCR-030", {"cause": exited.cause}, variant="asked")
    if exited.signal is None:
        return Problem("SCR-030", {"code": exited.code}, variant="code")
    if exited.signal == Signals.SIGKILL:
        return Problem("SCR-030", {"signal": "SIGKILL", "peak": size_text(exited.peak_bytes)}, variant="sigkill")
    return Problem("SCR-030", {"signal": signal_name(exited.signal)})


def problem_of_timeout(timeout_seconds: float, *, grace_seconds: float, signal: int | None) -> Problem:
    """What to say of a process that was stopped because its step took too long.

    Args:
        timeout_seconds: The step's limit, after which TERM was sent.
        grace_seconds: How long it had from then on before KILL.
        signal: What ended it, None when it ended by itself after TERM.

    Returns:
        A problem SCR-031.
    """
    term = _plain(timeout_seconds)
    if signal == Signals.SIGKILL:
        kill = _plain(timeout_seconds + grace_seconds)
        return Problem("SCR-031", {"seconds": term, "term": term, "kill": kill})
    return Problem("SCR-031", {"seconds": term, "term": term}, variant="term")


def signal_name(number: int) -> str:
    """``SIGSEGV`` for 11; ``signal 34`` for one that has no name."""
    try:
        return Signals(number).name
    except ValueError:
        return f"signal {number}"


def size_text(size: int) -> str:
    """Bytes as people say them: ``2 GiB``, ``1.99 GiB``."""
    amount, unit = float(size), 0
    while amount >= 1024 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1024, unit + 1
    return f"{amount:.2f}".rstrip("0").rstrip(".") + f" {_UNITS[unit]}"


def _plain(seconds: float) -> str:
    return f"{seconds:.3f}".rstrip("0").rstrip(".")
