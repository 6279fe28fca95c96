"""What must not stand in the tree: machines' paths, registries' addresses, unhashed dependencies."""

from __future__ import annotations

import os
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))
TEXT = {".py", ".md", ".toml", ".sh", ".json", ".yaml", ".yml", ".cfg", ".ini", ".lock", ".txt", ".sql", ".html", ""}
SKIPPED = {"__pycache__", "build", "dist", "node_modules"}
HIDDEN = {".ci", ".editorconfig", ".gitignore", ".pre-commit-config.yaml"}  # ours; the rest are tools' caches
# The patterns are written so that they do not match themselves.
BANNED = {
    "a person's or a machine's folder": (
        r"/[r]oot/|/[h]ome/(?!me/)\w+/|/[U]sers/\w+/"
        r"|/[w]ork/(?!register|claim|report|recall|renew|leave|objects)\w+"  # those are routes
    ),
    "a package registry's address": r"[p]ypi\.org|pythonhosted[.]org|registry[.]npmjs|[-]-(extra-)?index-url[= ]",
    "a private key": r"BEGIN [A-Z ]*PRIVATE [K]EY",
    "a merge conflict": r"^(<{7}|>{7}) ",
}


@cache
def texts() -> dict[str, str]:
    """Text files of the tree by path, caches and hidden folders of tools left out."""
    found = {}
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if not _is_skipped(name)]
        for path in (Path(folder) / name for name in names if not _is_skipped(name)):
            if path.suffix in TEXT and path.stat().st_size < 1 << 20:
                found[path.relative_to(ROOT).as_posix()] = path.read_text(errors="replace")
    return found


def _is_skipped(part: str) -> bool:
    return part in SKIPPED or (part.startswith(".") and part not in HIDDEN)


@pytest.mark.parametrize("what", sorted(BANNED))
def test_no_file_holds(what: str) -> None:
    pattern = re.compile(BANNED[what], re.MULTILINE)
    found = [f"{path}: {match.group()}" for path, text in texts().items() if (match := pattern.search(text))]
    assert not found


@pytest.mark.parametrize("lock", LOCKS, ids=lambda p: p.name)
def test_a_lock_pins_and_hashes_everything_and_names_no_address(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    assert not re.search(r"^\s*(-i|-f|--)(?!hash)\S*", re.sub(r"^\s+--hash=", "  hash=", text, flags=re.M), re.M)
    entries = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.M)[1:]
    assert entries
    for entry in entries:
        assert re.match(r"[A-Za-z0-9._-]+==\S+", entry), entry[:80]
        assert "--hash=sha256:" in entry, entry[:80]


def test_the_lock_of_a_plain_installation_stays_within_forty_packages() -> None:
    lines = (ROOT / "requirements" / "run.lock").read_text().splitlines()
    assert len([line for line in lines if re.match(r"[a-z0-9]", line)]) <= 40


def test_dependencies_have_lower_bounds_and_no_upper_ones() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [entry for group in project["optional-dependencies"].values() for entry in group]
    for entry in project["dependencies"] + extras:
        assert re.fullmatch(r"[A-Za-z0-9-]+(\[\w+\])?>=[\d.]+", entry), entry


def test_what_is_locked_satisfies_what_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    locked = dict(re.findall(r"^([a-z0-9-]+)==([\d.]+)", (ROOT / "requirements" / "dev.lock").read_text(), re.M))
    for entry in project["dependencies"]:
        name, least = re.fullmatch(r"([A-Za-z0-9-]+)(?:\[\w+\])?>=([\d.]+)", entry).groups()
        assert name in locked, f"{name}: run `make lock`"
        assert _number(locked[name]) >= _number(least), f"{name}: run `make lock`"


def test_every_dependency_is_imported_somewhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    source = "\n".join(path.read_text() for path in (ROOT / "src").rglob("*.py"))
    modules = {
        "jsonschema-rs": "jsonschema_rs",
        "prometheus-client": "prometheus_client",
        "python-dateutil": "dateutil",
        "pyyaml": "yaml",
        "tzdata": "zoneinfo|pandas",  # time zones are looked up by name, by others
    }
    for entry in project["dependencies"]:
        name = re.split(r"[\[>]", entry)[0]
        assert re.search(rf"^\s*(import|from) ({modules.get(name, name)})\b", source, re.MULTILINE), (
            f"{name} is not used"
        )


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.strip(".").split("."))
