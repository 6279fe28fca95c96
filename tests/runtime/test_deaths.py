"""How deaths are told, in both languages."""

from __future__ import annotations

import pytest

from pauta.ports.launcher import Exited
from pauta.worker.deaths import problem_of_exit, problem_of_timeout, signal_name, size_text

GIB = 1024**3


@pytest.mark.parametrize(
    ("exited", "limit", "english"),
    [
        (Exited(None, 9, int(1.99 * GIB), "memory"), 2 * GIB, "killed by SIGKILL, memory limit 2 GiB, peak 1.99 GiB"),
        (Exited(0, None, 0, "died"), None, "ended with code 0 before returning"),
        (Exited(0, None, 0, "left"), None, "ended with code 0 before returning"),
        (Exited(None, 11, 0, "died"), None, "killed by SIGSEGV"),
        (Exited(None, 9, 3 * GIB, "died"), None, "killed by SIGKILL, peak 3 GiB"),
        (Exited(None, 9, 0, "died", "processes 64"), None, "killed by SIGKILL, more than 64 processes and threads"),
        (Exited(None, 9, 0, "killed"), None, "ended on request (killed)"),
    ],
)
def test_each_way_to_die_has_its_words(exited: Exited, limit: int | None, english: str) -> None:
    problem = problem_of_exit(exited, memory_limit=limit)
    assert problem.line() == f"SCR-030 {english}"
    assert "{" not in problem.message("pt")
    assert problem.message("pt") != problem.message("en")


def test_a_timeout_tells_when_each_signal_was_sent() -> None:
    killed = problem_of_timeout(3600, grace_seconds=10, signal=9)
    assert killed.line() == "SCR-031 stopped after 3600 s (TERM at 3600, KILL at 3610)"
    ended = problem_of_timeout(0.5, grace_seconds=10, signal=15)
    assert ended.line() == "SCR-031 stopped after 0.5 s (TERM at 0.5)"


def test_sizes_and_signals_read_well() -> None:
    assert [size_text(n) for n in (0, 1023, 1536, 2 * GIB, 5 * 1024 * GIB)] == [
        "0 B",
        "1023 B",
        "1.5 KiB",
        "2 GiB",
        "5 TiB",
    ]
    assert signal_name(15) == "SIGTERM"
    assert signal_name(40) == "signal 40"
