"""The feed scraper's READMEs are followed as their readers would: by hand, then by schedule on a worker."""

from __future__ import annotations

import csv
import re
import shutil
import sys
from pathlib import Path

import pytest
from terminals import Desk
from test_tutorial_to_workers import free_port, the_snippets

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "feed_scraper"
PORTS = ("7311", "9001", "9002")


@pytest.mark.parametrize(("page", "language"), [("README.md", "en"), ("README.pt-BR.md", "pt")])
def test_the_page_can_be_followed_and_the_file_holds_every_post_once(page: str, language: str, tmp_path: Path) -> None:
    ports = {port: str(free_port()) for port in PORTS}

    def spoken(text: str) -> str:
        return re.sub(r"\b(7311|9001|9002)\b", lambda found: ports[found[0]], text)

    home = tmp_path / "feed_scraper"
    shutil.copytree(EXAMPLE, home, ignore=shutil.ignore_patterns("__pycache__", ".pauta", "*.csv*"))
    for file in home.rglob("*.py"):
        file.write_text(spoken(file.read_text()))
    environment = {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "COLUMNS": "100",
        "PAUTA_LANG": language,
        "PAUTA_SERVER_PORT": ports["7311"],
    }
    with Desk(the_snippets(), home, environment, spoken) as desk:
        assert desk.follow(EXAMPLE / page, tell=print) > 15
    with (home / "summarization.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len({row["url"] for row in rows}) == 60
    assert len({row["title"] for row in rows}) < 60


def test_both_pages_have_the_same_structure() -> None:
    english, portuguese = (
        re.findall(r"^(#+|```\w+[^\n]*|\$ .*|\|)", (EXAMPLE / page).read_text(), re.MULTILINE)
        for page in ("README.md", "README.pt-BR.md")
    )
    assert portuguese == english
