"""The pages on flows that need a server are followed as their reader would, each in a home of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from terminals import Desk
from test_tutorial_to_workers import free_port, the_snippets

HOW_TO = Path(__file__).resolve().parents[2] / "docs" / "how-to"
PAGES = ("deploy-a-flow", "mix-flows-and-documents", "run-tasks-elsewhere", "wait-for-a-person")


@pytest.mark.parametrize("page", PAGES)
def test_the_page_can_be_followed(page: str, tmp_path: Path) -> None:
    port = free_port()
    environment = {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "COLUMNS": "100",
        "PAUTA_SERVER_PORT": str(port),
    }
    with Desk(the_snippets(), tmp_path, environment, lambda text: text.replace(":7311", f":{port}")) as desk:
        assert desk.follow(HOW_TO / f"{page}.md", tell=print) > 4
