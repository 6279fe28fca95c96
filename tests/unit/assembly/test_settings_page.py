"""The page of settings says what the code declares."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from pauta.assembly.settings_names import names

ROOT = Path(__file__).resolve().parents[3]


def page() -> str:
    """The page as it would be written now."""
    spec = importlib.util.spec_from_file_location("write_settings", ROOT / "tools" / "write_settings.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    text: str = module.settings_page()
    return text


def test_the_page_of_settings_is_current() -> None:
    assert (ROOT / "docs" / "reference" / "settings.md").read_text() == page(), "run `make docs`"


def test_every_setting_is_explained_on_the_page() -> None:
    rows = [line for line in page().splitlines() if line.startswith("| `") and "PAUTA_" not in line]
    assert len(rows) == len(names())
    assert all(row.split("|")[4].strip() for row in rows)
