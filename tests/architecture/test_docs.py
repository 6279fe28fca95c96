"""The documentation is true: its snippets run, its links lead somewhere, its generated pages are current."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from pauta.domain.messages import MESSAGES

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")])


def load(path: Path) -> ModuleType:
    """A module by its file."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


snippets = load(Path(__file__).with_name("snippets.py"))
reference = load(ROOT / "tools" / "write_reference.py")
RUNNABLE = [page for page in PAGES if any(block.takes_part for block in snippets.blocks(page.read_text()))]


def name(page: Path) -> str:
    """A page's path in the tree."""
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", RUNNABLE, ids=name)
def test_docs_snippets_run_as_shown(page: Path, tmp_path: Path) -> None:
    assert snippets.run_page(page, tmp_path)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_docs_links_lead_to_something_that_exists(page: Path) -> None:
    prose = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        path, _, anchor = target.partition("#")
        if "://" in target or target.startswith("mailto:"):
            continue
        file = (page.parent / path) if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    assert not broken


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as readers of Markdown make them."""
    headings = re.findall(r"^#+\s+(.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def test_docs_index_leads_to_every_page() -> None:
    linked = set(re.findall(r"\]\(([^)#\s]+)", (ROOT / "docs" / "index.md").read_text()))
    pages = {p.relative_to(ROOT / "docs").as_posix() for p in (ROOT / "docs").rglob("*.md")} - {"index.md"}
    assert pages - linked == set()


@pytest.mark.parametrize("page", sorted(reference.PAGES))
def test_docs_generated_page_is_current(page: str) -> None:
    written = ROOT / "docs" / "reference" / page
    assert written.exists(), "run `make docs`"
    assert written.read_text() == reference.PAGES[page](), "run `make docs`"


def test_docs_list_every_code_that_a_user_can_meet() -> None:
    page = (ROOT / "docs" / "reference" / "problems.md").read_text()
    assert [key for key in MESSAGES if f"`{key.partition('.')[0]}`" not in page] == []


def test_a_snippet_that_prints_something_else_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```console runs\n$ echo one; echo two\n...\ntwo\nthree\n```\n")
    with pytest.raises(AssertionError, match="did not print 'three'"):
        snippets.run_page(page, tmp_path)


def test_a_snippet_that_fails_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```python runs\nraise SystemExit(3)\n```\n")
    with pytest.raises(AssertionError, match=r"page\.md, line 1"):
        snippets.run_page(page, tmp_path)


def test_a_snippet_may_show_a_command_that_ends_with_another_code(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```console runs exit=2\n$ echo no …; exit 2\nno …\n```\n")
    assert snippets.run_page(page, tmp_path) == 1
