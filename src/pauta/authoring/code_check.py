"""Looks at scripts for mistakes that can be seen without running them. All are found at once, each at its line.

What cannot but fail is an error; what may be meant is a warning. False alarms are worse than misses: names that are
made while a script runs, conditional definitions, decorators that change what a function takes, all make it silent.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from pathlib import PurePosixPath
from threading import Lock

from pauta.authoring.code_calls import check_calls
from pauta.authoring.code_findings import CheckedFile, CodeFindings
from pauta.authoring.code_flows import check_flows
from pauta.authoring.code_imports import check_imports
from pauta.authoring.code_names import check_names
from pauta.authoring.code_slips import check_slips
from pauta.authoring.scopes import scopes_of
from pauta.authoring.scripts import Reader, ReadScript
from pauta.domain.problems import Problem

_CHECKS: tuple[Callable[[CheckedFile], None], ...] = (
    check_names, check_imports, check_calls, check_flows, check_slips,
)  # fmt: skip

_MOST_KEPT = 64


def check_code(read: Iterable[ReadScript], *, here: bool) -> CodeFindings:
    """What is wrong with scripts and their local modules.

    Args:
        read: The scripts, each with its modules.
        here: Whether they will be run in an environment like this one: what is installed here then says something.

    Returns:
        FLW-001, FLW-053 to FLW-060, in the order of files and lines.
    """
    scripts = tuple(read)
    key = here, tuple((r.script.path, r.script.source, *sorted(r.script.modules.items())) for r in scripts)
    return _kept.get(key, lambda: _check(scripts, here=here))


def _check(scripts: Iterable[ReadScript], *, here: bool) -> CodeFindings:
    findings = CodeFindings()
    seen: set[PurePosixPath] = set()
    for script in scripts:
        files = {script.script.path: script.source, **script.modules}
        paths = [PurePosixPath(path) for path in files]
        code = script.code or Reader(files).code(PurePosixPath(script.script.path))
        for path in paths:
            if path in seen:
                continue
            seen.add(path)
            parsed = code.parse(path)
            if parsed is None:
                continue
            try:
                file = CheckedFile(code, path, parsed, scopes_of(parsed.tree), paths, here, findings)
                for check in _CHECKS:
                    check(file)
            except RecursionError:
                continue  # too deep to be looked at; Python itself can still run it
    findings.errors.sort(key=_by_place)
    findings.warnings.sort(key=_by_place)
    return findings


class _Kept:
    """What was found lately. A key names bytes that never change, so what is kept is never out of date."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._found: OrderedDict[Hashable, CodeFindings] = OrderedDict()

    def get(self, key: Hashable, find: Callable[[], CodeFindings]) -> CodeFindings:
        with self._lock:
            found = self._found.get(key)
            if found is not None:
                self._found.move_to_end(key)
                return found
        found = find()
        with self._lock:
            self._found[key] = found
            while len(self._found) > _MOST_KEPT:
                self._found.popitem(last=False)
        return found


_kept = _Kept()


def _by_place(problem: Problem) -> tuple[str, int, int]:
    place = problem.place
    return (place.file or "", place.line or 0, place.column or 0) if place is not None else ("", 0, 0)
