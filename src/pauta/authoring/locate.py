"""Finds the script that a document means, inside the scripts' folder and nowhere else."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from pathlib import Path, PurePosixPath

from pauta.authoring.nearest import nearest
from pauta.domain.problems import InvalidInput, Place, Problem, shorten

_MAX_LISTED = 5_000
_MAX_NEAREST = 3


def find_script(file_path: str, *, root: Path, step: str = "", place: Place | None = None) -> Path:
    """The script a ``file_path`` means: the longest ending of it that exists in the scripts' folder.

    ``/app/app/pipeline/steps/treina.py`` is found at ``steps/treina.py`` or at ``treina.py``. A path that
    lies in the folder as it is written means just that file.

    Args:
        file_path: As the document has it, absolute or relative, with ``/`` or backslashes.
        root: The scripts' folder.
        step: The step that asks, for the message.
        place: Where the document asks, for the message.

    Returns:
        The file, below ``root`` as given.

    Raises:
        InvalidInput: SCR-001 when the path leads out of the folder, by ``..``, by a symbolic link, or by
            naming an existing file elsewhere; SCR-002 when there is no such script, with the nearest names.
    """
    base = root.resolve()
    parts = _parts(file_path, base)
    outside = Problem("SCR-001", _values(file_path, step), variant="step" if step else "", place=place)
    if parts is None:
        raise InvalidInput(outside)
    for start in range(len(parts)):
        candidate = base.joinpath(*parts[start:])
        if is_file(candidate):
            if not candidate.resolve().is_relative_to(base):
                raise InvalidInput(outside)
            return root.joinpath(*parts[start:])
        if start == 0 and _written_inside(file_path, base):
            break
    if os.path.isabs(file_path) and is_file(Path(file_path)):
        raise InvalidInput(outside)
    raise InvalidInput(_not_found(file_path, _scripts_in(base), root=str(root), step=step, place=place))


def find_among(file_path: str, *, sent: Collection[str], step: str = "", place: Place | None = None) -> PurePosixPath:
    """The script a ``file_path`` means among files that were sent: the longest ending of it that is there.

    Raises:
        InvalidInput: SCR-001, SCR-002 as `find_script`.
    """
    parts = _names(file_path)
    if parts is None:
        problem = Problem("SCR-001", _values(file_path, step), variant="step" if step else "", place=place)
        raise InvalidInput(problem)
    for start in range(len(parts)):
        if "/".join(parts[start:]) in sent:
            return PurePosixPath(*parts[start:])
    there = sorted(path for path in sent if path.endswith(".py"))[:_MAX_LISTED]
    raise InvalidInput(_not_found(file_path, there, root=".", step=step, place=place))


def is_file(path: Path) -> bool:
    """Whether there is a file; names that no file can have are none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _values(file_path: str, step: str) -> dict[str, str]:
    return {"script": shorten(file_path), "step": shorten(step)}


def _written_inside(file_path: str, base: Path) -> bool:
    return os.path.isabs(file_path) and Path(os.path.normpath(file_path)).is_relative_to(base)


def _parts(file_path: str, base: Path) -> tuple[str, ...] | None:
    """The names along the path, or None when ``..`` leads above where it starts."""
    if _written_inside(file_path, base):
        return Path(os.path.normpath(file_path)).relative_to(base).parts
    return _names(file_path)


def _names(file_path: str) -> tuple[str, ...] | None:
    path = PurePosixPath(file_path.replace("\\", "/"))
    parts: list[str] = []
    for part in path.parts:
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part != "/" and not part.endswith(":") and part != "//":
            parts.append(part)
    return tuple(parts)


def _not_found(file_path: str, there: Sequence[str], *, root: str, step: str, place: Place | None) -> Problem:
    stem = PurePosixPath(file_path.replace("\\", "/")).stem
    by_stem: dict[str, list[str]] = {}
    for path in there:
        by_stem.setdefault(PurePosixPath(path).stem, []).append(path)
    stems = [stem, *nearest(stem, by_stem, count=_MAX_NEAREST)]
    near = [path for like in stems for path in by_stem.get(like, ())][:_MAX_NEAREST]
    values = _values(file_path, step) | {"root": shorten(root), "nearest": ", ".join(map(shorten, near))}
    variant = "_".join(word for word in ("step" if step else "", "" if near else "nothing") if word)
    return Problem("SCR-002", values, variant=variant, place=place)


def _scripts_in(base: Path) -> list[str]:
    """Python files below a folder, relative to it: enough of them for a suggestion."""
    found: list[str] = []
    for folder, folders, files in os.walk(base):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__")))
        for name in sorted(files):
            if name.endswith(".py"):
                found.append(Path(folder, name).relative_to(base).as_posix())
        if len(found) > _MAX_LISTED:
            break
    return found
