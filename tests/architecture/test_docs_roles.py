"""The page on who may do what says what the code says."""

from __future__ import annotations

import re
from pathlib import Path

from pauta.domain.access import GRANTED, Permission, Role

PAGE = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "who-may-what.md"


def rows() -> list[list[str]]:
    """The cells of the page's first table, heading included."""
    table = re.search(r"^\| role .*?(?=\n\n)", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert table is not None
    lines = [line for line in table[0].splitlines() if not line.startswith("|--")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_docs_tell_the_roles_as_they_are() -> None:
    heading, *lines = rows()
    assert [line[0] for line in lines] == [str(role) for role in Role]
    for name, *cells in lines:
        said = {permission for permission, cell in zip(heading[1:], cells, strict=True) if cell == "yes"}
        assert said == {str(permission) for permission in GRANTED[Role(name)]}, name


def test_docs_explain_every_permission_that_a_role_can_have() -> None:
    granted = set[Permission]().union(*GRANTED.values())
    page = PAGE.read_text()
    assert set(rows()[0][1:]) == {str(permission) for permission in granted}
    assert all(f"\n| {permission} | " in page for permission in granted)
