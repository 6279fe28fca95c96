"""Every problem is told in English and Portuguese, with the same values, and stands in the reference."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

import pauta
from pauta.domain.messages import MESSAGES
from pauta.domain.messages.text import Text

CODE = re.compile(r"[A-Z]{1,3}-(\d{3}|[A-Z]+)(\.[a-z_0-9]+)?")


def placeholders(text: Text) -> set[str]:
    """Names in braces of a text and its remedy."""
    both = f"{text.what} {text.remedy}"
    return {name for _, name, _, _ in string.Formatter().parse(both) if name is not None}


def test_there_are_messages() -> None:
    assert MESSAGES


@pytest.mark.parametrize("key", sorted(MESSAGES))
def test_a_message_is_in_both_languages_with_the_same_values(key: str) -> None:
    message = MESSAGES[key]
    assert CODE.fullmatch(key), "a key is a code, or CODE.variant"
    assert message.en.what.strip()
    assert message.pt.what.strip()
    assert placeholders(message.en) == placeholders(message.pt)
    assert bool(message.en.remedy) == bool(message.pt.remedy), "a remedy in one language only"


@pytest.mark.parametrize("key", sorted(MESSAGES))
def test_a_message_names_its_values_and_formats_none_of_them(key: str) -> None:
    message = MESSAGES[key]
    for text in (message.en.what, message.en.remedy, message.pt.what, message.pt.remedy):
        for _, name, spec, conversion in string.Formatter().parse(text):
            if name is not None:
                assert name.isidentifier(), text
                assert not spec, f"{text}: give the value ready to be shown"
                assert not conversion, f"{text}: give the value ready to be shown"


# ---- what the source raises has texts

NUMBERED = re.compile(r"[A-Z]{2,3}-\d{3}")


def sources() -> Iterator[tuple[Path, ast.Module]]:
    """Every file of the package, but for the texts themselves."""
    top = Path(pauta.__file__).parent
    for path in sorted(top.rglob("*.py")):
        if "messages" not in path.relative_to(top).parts:
            yield path.relative_to(top), ast.parse(path.read_text(encoding="utf-8"))


def texts_in(node: ast.expr) -> list[str]:
    """The texts that an expression may come to, as far as they stand in it."""
    if isinstance(node, ast.IfExp):
        return [*texts_in(node.body), *texts_in(node.orelse)]
    if isinstance(node, ast.BoolOp):
        return [text for value in node.values for text in texts_in(value)]
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def problems_made(tree: ast.Module) -> Iterator[tuple[str, str, int]]:
    """Code, variant and line of each problem that is made with both written out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Problem" and node.args:
            variants = [k.value for k in node.keywords if k.arg == "variant"] + node.args[2:3]
            for code in texts_in(node.args[0]):
                for variant in [text for each in variants for text in texts_in(each)] if variants else [""]:
                    yield code, variant, node.lineno


def test_every_code_in_the_source_has_its_texts() -> None:
    missing = {
        f"{path}:{node.lineno}: {node.value}"
        for path, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and NUMBERED.fullmatch(node.value)
        and not any(key.partition(".")[0] == node.value for key in MESSAGES)
    }
    assert not missing


def test_every_variant_of_a_problem_has_its_text() -> None:
    made = [(path, *each) for path, tree in sources() for each in problems_made(tree)]
    assert len(made) > 300, "the search finds no problems any more"
    missing = {
        f"{path}:{line}: {code}.{variant}" if variant else f"{path}:{line}: {code}"
        for path, code, variant, line in made
        if (f"{code}.{variant}" if variant else code) not in MESSAGES
    }
    assert not missing
