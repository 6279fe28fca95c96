"""No file drifts large: 400 lines, with a list of exceptions that may only shrink."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 400
FOLDERS = ("src", "tests", "tools", "examples", "benchmarks")


def sizes() -> dict[str, int]:
    """Lines of each Python file by its path in the tree."""
    return {
        path.relative_to(ROOT).as_posix(): len(path.read_text().splitlines())
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*.py")
        if ".pauta" not in path.parts
    }


def allowed() -> dict[str, int]:
    """The exceptions, by path."""
    return tomllib.loads((Path(__file__).with_name("sizes.toml")).read_text())


def test_a_file_has_at_most_400_lines_or_its_listed_size() -> None:
    exceptions = allowed()
    too_long = {path: lines for path, lines in sizes().items() if lines > exceptions.get(path, LIMIT)}
    assert not too_long, f"split these files by idea: {too_long}"


def test_the_list_of_exceptions_holds_nothing_that_fits() -> None:
    present = sizes()
    stale = {path: size for path, size in allowed().items() if present.get(path, 0) < size or size <= LIMIT}
    assert not stale, f"lower or remove these in sizes.toml: {stale}"
