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
    peak = size_text(exited.peak_bytes)
    if exited.cause == "memory" and memory_limit is not None:
        return Problem("SCR-030", {"limit": size_text(memory_limit), "peak": peak}, variant="memory")
    if exited.detail in {"channel", "parent"}:
        return Problem("SCR-030", variant=exited.detail)
    if exited.detail.startswith("processes"):
        return Problem("SCR-030", {"limit": exited.detail.partition(" ")[2]}, variant="processes")
    if exited.cause not in {"died", "left", "memory"}:
        return Problem("SCR-030", {"cause": exited.cause}, variant="asked")
    if exited.signal == Signals.SIGKILL:
        return Problem("SCR-030", {"signal": "SIGKILL", "peak": peak}, variant="sigkill")
    if exited.signal is not None:
        return Problem("SCR-030", {"signal": signal_name(exited.signal)})
    return Problem("SCR-030", {"code": exited.code}, variant="code")


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
    amount = float(size)
    for unit in _UNITS[:-1]:
        if amount < 1024:
            break
        amount /= 1024
    else:
        unit = _UNITS[-1]
    return f"{amount:.2f}".rstrip("0").rstrip(".") + f" {unit}"


def _plain(seconds: float) -> str:
    return f"{seconds:.3f}".rstrip("0").rstrip(".")
