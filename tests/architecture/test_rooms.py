"""Which room may import which, what each room says of itself, and what `import pauta` costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "pauta"
ROOMS = sorted(p.parent.name for p in PACKAGE.glob("*/__init__.py"))
HEAVY = {"pandas", "pyarrow", "numpy", "sqlalchemy", "alembic", "pydantic", "typer", "rich", "asyncio", "sqlite3"}


def loaded_by(statement: str) -> set[str]:
    """Top-level modules that are loaded after a statement in a fresh interpreter."""
    code = f"{statement}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return set(done.stdout.split())


def test_rooms_import_downwards_only() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_importing_pauta_loads_nothing_heavy() -> None:
    assert not loaded_by("import pauta") & HEAVY


def test_the_words_of_the_domain_need_no_heavy_package() -> None:
    assert not loaded_by("import pauta.domain.runs, pauta.domain.wire, pauta.domain.plan") & HEAVY


def test_asking_for_help_loads_no_frames_and_no_database() -> None:
    command = [sys.executable, "-X", "importtime", "-m", "pauta", "--help"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert "pauta" in loaded
    assert not loaded & {"pandas", "pyarrow", "numpy", "sqlalchemy", "alembic", "sqlite3"}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_says_in_its_first_line_what_happens_in_it(room: str) -> None:
    text = ast.get_docstring(ast.parse((PACKAGE / room / "__init__.py").read_text()))
    assert text, f"{room}/__init__.py has no docstring"
    first = text.splitlines()[0]
    assert first.endswith((".", ":")), first
    assert len(first) > 20, first


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_stands_in_the_architecture_page(room: str) -> None:
    assert f"`{room}`" in (ROOT / "ARCHITECTURE.md").read_text()


def test_no_module_is_named_for_nothing_in_particular() -> None:
    nothing = {"utils", "util", "common", "helpers", "helper", "misc"}
    assert not [str(p.relative_to(ROOT)) for p in PACKAGE.rglob("*.py") if p.stem in nothing]
