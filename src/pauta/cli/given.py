"""What a person gave for a run: document, inputs, parameters; all that is wrong with it told at once."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from pauta.authoring.names import split_entry
from pauta.cli.session import Session
from pauta.domain.problems import InvalidInput, Problem, shorten

DEFAULT_DOCUMENTS = ("pipeline.json", "pipeline.yaml", "pipeline.yml")
PARTS = ("training", "prediction")


def document_of(given: str | None, session: Session) -> Path:
    """The document's path, or ``flows.py:full_flow``: as given, or the project's only usual one.

    Raises:
        InvalidInput: CLI-004 when none is given or found, CLI-005 when the one given is not there.
    """
    if given is not None:
        path, function = Path(split_entry(given)[0]), split_entry(given)[1]
        if path.is_file():
            return Path(given)
        values = {"file": shorten(path)}
        near = get_close_matches(path.name, _documents_in(path.parent, python=bool(function)), n=1, cutoff=0.5)
        if near:
            values["nearest"] = str(path.parent / near[0])
        raise InvalidInput(Problem("CLI-005", values, variant="near" if near else ""))
    folder = session.project_folder()
    for name in DEFAULT_DOCUMENTS:
        if (folder / name).is_file():
            return _shown(folder / name)
    raise InvalidInput(Problem("CLI-004", {"folder": shorten(folder)}))


def folder_of(given: str | None) -> Path | None:
    """The scripts' folder, when one is given.

    Raises:
        InvalidInput: CLI-005 when it is not there.
    """
    if given is None:
        return None
    if not Path(given).is_dir():
        raise InvalidInput(Problem("CLI-005", {"file": shorten(given)}, variant="folder"))
    return Path(given)


def inputs_of(given: Sequence[str]) -> tuple[dict[str, Path], list[Problem]]:
    """``name=file`` pairs as a mapping, and what is wrong with them."""
    found, problems = _pairs(given, "CLI-002")
    paths = {name: Path(value).expanduser() for name, value in found.items()}
    for name, path in paths.items():
        if not path.is_file():
            problems.append(Problem("CLI-002", {"name": shorten(name), "file": shorten(path)}, variant="missing"))
    return paths, problems


def parameters_of(given: Sequence[str]) -> tuple[dict[str, str], list[Problem]]:
    """``name=value`` pairs as a mapping, and what is wrong with them."""
    return _pairs(given, "CLI-003")


def part_problems(only: str | None) -> list[Problem]:
    """What is wrong with ``--only``."""
    if only is None or only in PARTS:
        return []
    values = {"name": "--only", "found": f'"{shorten(only)}"', "expected": ", ".join(PARTS)}
    return [Problem("CLI-001", values, variant="value")]


def _pairs(given: Sequence[str], code: str) -> tuple[dict[str, str], list[Problem]]:
    found: dict[str, str] = {}
    problems = []
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name.strip() or (code == "CLI-002" and not value):
            problems.append(Problem(code, {"found": shorten(text)}))
        elif name in found:
            problems.append(Problem(code, {"name": shorten(name)}, variant="twice"))
        else:
            found[name] = value
    return found, problems


def _documents_in(folder: Path, *, python: bool) -> list[str]:
    if not folder.is_dir():
        return []
    endings = (".py",) if python else (".json", ".yaml", ".yml", ".py")
    return [p.name for p in folder.iterdir() if p.suffix in endings][:1000]


def _shown(path: Path) -> Path:
    """As a person would write it: relative to where they are, when it lies below."""
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path
