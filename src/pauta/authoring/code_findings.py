"""What the checks of a file found: what stops a run, and what is only doubtful."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from pauta.authoring.code import Code
from pauta.authoring.scopes import Scopes
from pauta.authoring.source import Parsed
from pauta.domain.problems import Problem, Scalar

_NO_CHECK = "# noqa"


@dataclass
class CodeFindings:
    """Problems of files, gathered."""

    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


@dataclass(frozen=True)
class CheckedFile:
    """One file while it is checked.

    Attributes:
        code: The script it belongs to, with its modules.
        path: Its path there.
        parsed: Its text and tree.
        scopes: Its scopes.
        files: All files of the script.
        here: Whether it will be run in an environment like this one, so that what is installed here says something.
        findings: Where problems go.
    """

    code: Code
    path: PurePosixPath
    parsed: Parsed
    scopes: Scopes
    files: list[PurePosixPath]
    here: bool
    findings: CodeFindings

    def error(self, code: str, node: ast.AST, variant: str, values: Mapping[str, Scalar]) -> None:
        """Note what stops a run."""
        self._note(self.findings.errors, code, node, variant, values)

    def warning(self, code: str, node: ast.AST, variant: str, values: Mapping[str, Scalar]) -> None:
        """Note what is doubtful."""
        self._note(self.findings.warnings, code, node, variant, values)

    def note(self, code: str, node: ast.AST, variant: str = "", *, certain: bool, values: Mapping[str, Scalar]) -> None:
        """Note what stops a run if it is `certain`, and is doubtful otherwise."""
        self._note(self.findings.errors if certain else self.findings.warnings, code, node, variant, values)

    def _note(self, where: list[Problem], code: str, node: ast.AST, variant: str, values: Mapping[str, Scalar]) -> None:
        place = self.parsed.place(node, str(self.path))
        lines = self.parsed.text.splitlines()
        line = place.line or 1
        if line <= len(lines) and _NO_CHECK in lines[line - 1]:
            return
        problem = Problem(code, dict(values), variant=variant, place=place)
        if problem not in where:
            where.append(problem)
