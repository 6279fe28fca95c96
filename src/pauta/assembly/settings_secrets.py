"""Secrets of settings: where they come from, and how they are shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import urlsplit

from pauta.domain.problems import Place, Problem

HIDDEN = "***"
_VARIABLE, _FILE = "env:", "file:"
_FOR_ALL = 0o007
# Docker mounts secrets there, readable by all within the container, and by nobody outside it.
_MOUNTED = PurePath("/run/secrets")


def resolve(name: str, text: str, *, folder: Path, look_up: Callable[[str], str | None]) -> str | Problem:
    """The secret that a setting's text stands for, or what is wrong with it.

    Args:
        name: The setting.
        text: ``env:NAME``, ``file:PATH`` (relative to the project's folder), or the secret itself.
        folder: The project's folder.
        look_up: Value of an environment variable.

    Returns:
        The secret; or CFG-005 when it is not there, CFG-004 when everybody can read its file.
    """
    if text.startswith(_VARIABLE):
        variable = text.removeprefix(_VARIABLE)
        return look_up(variable) or Problem("CFG-005", {"name": name, "variable": variable})
    if not _is_reference(text):
        return text
    path = folder / Path(text.removeprefix(_FILE)).expanduser()
    try:
        if problem := open_to_all(path):
            return problem
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        detail = error.strerror if isinstance(error, OSError) and error.strerror else "not UTF-8"
        return Problem("CFG-005", {"name": name, "path": str(path), "detail": detail}, variant="file")
    return secret or Problem("CFG-005", {"name": name, "path": str(path), "detail": "empty"}, variant="file")


def open_to_all(path: Path, *, literal: str | None = None) -> Problem | None:
    """CFG-004 when everybody on the machine can read this file.

    Args:
        path: The file.
        literal: It is ``pauta.toml``, and this setting's secret stands in it.
    """
    mode = path.stat().st_mode
    if not mode & _FOR_ALL or PurePath(path).is_relative_to(_MOUNTED):
        return None
    values = {"path": str(path), "mode": f"{mode & 0o777:o}"}
    if literal is None:
        return Problem("CFG-004", values)
    return Problem("CFG-004", {**values, "name": literal}, variant="literal", place=Place(str(path)))


def named_variable(text: Any) -> str | None:
    """The variable that ``env:NAME`` names."""
    return text.removeprefix(_VARIABLE) if isinstance(text, str) and text.startswith(_VARIABLE) else None


def is_literal(text: str, *, is_address: bool) -> bool:
    """Whether the text itself is, or has in it, what nobody may see."""
    return bool(shown(text, is_address=is_address) != text)


def shown(text: Any, *, is_address: bool) -> Any:
    """A secret as people may see it: where it comes from, an address without its password, or asterisks."""
    if not isinstance(text, str):
        return text
    if _is_reference(text):
        return text
    return _without_password(text) if is_address else HIDDEN


def _is_reference(text: str) -> bool:
    return text.startswith((_VARIABLE, _FILE)) and not text.startswith("file://")


def _without_password(text: str) -> str:
    try:
        address = urlsplit(text)
        port = f":{address.port}" if address.port else ""
    except ValueError:
        return HIDDEN
    if address.scheme == "file" and not address.netloc:
        return text
    rest = f"{address.path}?{address.query}#{address.fragment}"
    if not address.hostname or "@" in rest or "pass" in rest.lower():
        return HIDDEN  # not read as an address reads it: nothing of it is safe to show
    user = f"{HIDDEN}@" if "@" in address.netloc else ""
    query = f"?{address.query}" if address.query else ""
    return f"{address.scheme}://{user}{address.hostname}{port}{address.path}{query}"
