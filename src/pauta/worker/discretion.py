"""Masks what a run's processes say by the secrets that were given to them: the one place, before all else (S15)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace as with_text

from msgspec.structs import replace

from pauta.domain import wire
from pauta.domain.problems import Problem
from pauta.ports.launcher import Printed
from pauta.services.masking import MaskedLines, Masker, masker_of


class Discretion:
    """Keeps the secrets of one run out of its records and out of sight.

    What a step gives as its result is its own affair: data is not changed, what is told about it is, names included.
    """

    def __init__(self) -> None:
        self._values: frozenset[str] = frozenset()
        self._masker: Masker = masker_of(())
        self._lines: dict[tuple[int, str], MaskedLines] = {}

    def learn(self, values: Iterable[str]) -> None:
        """From now on these are masked, too."""
        known = self._values.union(values)
        if known != self._values:
            self._values = known
            self._masker = masker_of(tuple(sorted(known)))
            self._lines.clear()

    def printed(self, line: Printed, *, step: int) -> Printed:
        """A line of output, masked, also where a secret goes on from the line before."""
        if not self._masker:
            return line
        key = step, line.stream
        lines = self._lines.get(key)
        if lines is None:
            lines = self._lines[key] = MaskedLines(self._masker)
        return with_text(line, text=lines.mask(line.text, is_kept=not line.progress))

    def report(self, report: wire.Report) -> wire.Report:
        """What a process reports, masked."""
        if not self._masker:
            return report
        masker = self._masker
        changes: dict[str, object] = {}
        match report:
            case wire.Logged():
                changes = {"text": masker.mask_text(report.text), "logger": masker.mask_text(report.logger)}
            case wire.Progressed():
                changes = {"text": masker.mask_text(report.text)}
            case wire.Measured():
                changes = {"name": masker.mask_text(report.name)}
            case wire.CallEnded():
                changes = {
                    "problem": masker.mask_problem(report.problem) if report.problem is not None else None,
                    "message": masker.mask_text(report.message),
                    "metrics": masker.mask_value(report.metrics),
                    "profiles": masker.mask_value(report.profiles),
                    "files": masker.mask_value(report.files),
                }
            case wire.CallAwaits():
                awaited = replace(report.awaited, prompt=masker.mask_text(report.awaited.prompt))
                changes = {"message": masker.mask_text(report.message), "awaited": awaited}
            case wire.StepFailed():
                changes = {
                    "problem": masker.mask_problem(report.problem),
                    "files": masker.mask_value(report.files),
                }
            case wire.StepFinished():
                changes = {
                    "message": masker.mask_text(report.message),
                    "profile": masker.mask_value(report.profile),
                    "profiles": masker.mask_value(report.profiles),
                    "metrics": masker.mask_value(report.metrics),
                    "files": masker.mask_value(report.files),
                    "models": masker.mask_value(report.models),
                }
                if report.output is not None and report.output.columns:
                    columns = masker.mask_value(report.output.columns)
                    changes["output"] = replace(report.output, columns=columns)
        return replace(report, **changes) if changes else report

    def problem(self, problem: Problem) -> Problem:
        """A problem that speaks of the process, masked."""
        return self._masker.mask_problem(problem) if self._masker else problem
