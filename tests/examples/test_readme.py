"""The READMEs are true: what they show is what happens, and both say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from readme_walk import PAGES, ROOT, blocks, demo, make_data, play, same


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest) -> str:
    return request.param


def text_of(page: str) -> str:
    return (ROOT / page).read_text()


def test_the_walk_prints_what_the_page_shows(page: str, tmp_path: Path) -> None:
    make_data(tmp_path)
    for one in play(text_of(page), tmp_path, language=PAGES[page]):
        assert same(one.shown, one.printed), f"{page}: `{one.command}` printed\n{one.printed}\nand not\n{one.shown}"


def test_the_demonstration_prints_what_the_pages_show(tmp_path: Path) -> None:
    for shown, printed in demo(PAGES, tmp_path):
        assert same(shown, printed), printed


def test_the_scripts_and_the_document_shown_are_those_of_the_example(page: str, examples: Path) -> None:
    shown = {b.marks["file"].removeprefix("machines/"): b.text for b in blocks(text_of(page)) if "file" in b.marks}
    assert shown.keys() == {"prepare.py", "features.py", "train.py", "pipeline.json", "compare.py"}
    for name, text in shown.items():
        assert (examples / "machine_failure" / name).read_text() == text


def test_the_page_opens_with_the_two_commands(page: str) -> None:
    first = blocks(text_of(page))[0]
    assert [line.split("#")[0].strip() for line in first.text.splitlines()] == ["make demo", "make test"]


def test_both_pages_have_the_same_structure() -> None:
    english, portuguese = (text_of(page) for page in PAGES)

    def shape(text: str) -> list[str]:
        return re.findall(r"^(#+(?: \d+\.)?|```\w+|- |\|)", text, re.MULTILINE)

    assert shape(re.sub(r"^\$ export PAUTA_LANG=pt\n", "", portuguese, flags=re.MULTILINE)) == shape(english)


def test_what_is_left_out_of_a_page_may_be_anything_and_the_rest_may_not() -> None:
    assert same("one\n...\nthree\n", "one\ntwo\nthree\n")
    assert same("took 1.2 s, score 0.91\n", "took 340 ms, score 0.87\n")
    assert not same("one\n...\nthree\n", "one\ntwo\nfour\n")
    assert not same("10,000 rows\n", "9,999 rows\n")
