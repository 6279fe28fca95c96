"""Reasons in words."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pauta.domain.ids import Address, RunId
from pauta.engine.reasons import CacheUse, Change, Kind, Known, LastTime, Reason, changes_between, why

BEFORE = Known(
    script="a1b2" + "0" * 60,
    inputs={"df_x": Address("1111" + "0" * 60)},
    kwargs={"alpha": 0.1},
    env={"MODE": "fast"},
    output="df",
    runtime="py3.11|pandas3",
)
RUN = RunId("r00000000000000x")
LAST = LastTime(RUN, BEFORE)


def text(known: Known, language: str = "en") -> str:
    return why(known, last=LAST).text(language)


@pytest.mark.parametrize(
    ("known", "english", "portuguese"),
    [
        (
            replace(BEFORE, script="c3d4" + "0" * 60),
            "ran because script changed: a1b2 → c3d4",
            "executou porque o script mudou: a1b2 → c3d4",
        ),
        (
            replace(BEFORE, inputs={"df_x": Address("2222" + "0" * 60)}),
            "ran because input df_x changed: 1111 → 2222",
            "executou porque a entrada df_x mudou: 1111 → 2222",
        ),
        (
            replace(BEFORE, kwargs={"alpha": 0.2}),
            "ran because kwargs changed: alpha 0.1 → 0.2",
            "executou porque kwargs mudou: alpha 0.1 → 0.2",
        ),
        (
            replace(BEFORE, kwargs={}),
            "ran because kwargs removed: alpha",
            "executou porque kwargs perdeu alpha",
        ),
        (
            replace(BEFORE, env={"MODE": "slow"}),
            "ran because env changed: MODE",
            "executou porque env mudou: MODE",
        ),
        (
            replace(BEFORE, runtime="py3.12|pandas3"),
            "ran because runtime changed: py3.11|pandas3 → py3.12|pandas3",
            "executou porque o ambiente mudou: py3.11|pandas3 → py3.12|pandas3",
        ),
    ],
)
def test_what_changed_is_said_in_both_languages(known: Known, english: str, portuguese: str) -> None:
    assert text(known) == english
    assert text(known, "pt-BR") == portuguese


def test_all_that_changed_is_said() -> None:
    known = replace(BEFORE, script="c3d4" + "0" * 60, kwargs={"alpha": 0.1, "beta": "é"}, inputs={})
    assert text(known) == (
        'ran because script changed: a1b2 → c3d4; input df_x is no longer taken; kwargs added: beta "é"'
    )


@pytest.mark.parametrize(
    ("reason", "english"),
    [
        (why(BEFORE, last=None), "ran for the first time"),
        (why(BEFORE, last=LAST, taken_from=RUN), f"taken from run {RUN}"),
        (why(BEFORE, last=LAST, cache=CacheUse.OFF_FOR_RUN), "ran because the cache was off"),
        (
            why(BEFORE, last=LAST, cache=CacheUse.OFF_FOR_STEP),
            "ran because caching is off for this step (cache: false)",
        ),
        (why(BEFORE, last=LAST, cache=CacheUse.ASKED_AGAIN), "ran because it was asked for"),
        (why(BEFORE, last=LAST), f"ran because its result of run {RUN} was lost"),
        (why(BEFORE, last=replace(LAST, kept=False)), f"ran because run {RUN} kept no result of it"),
        (why(BEFORE, last=replace(LAST, completed=False)), f"ran because it did not complete in run {RUN}"),
    ],
)
def test_the_other_reasons_have_their_words(reason: Reason, english: str) -> None:
    assert reason.text() == english


def test_what_would_be_done_is_said_before_it_is() -> None:
    assert why(replace(BEFORE, kwargs={"alpha": 1}), last=LAST).outlook() == (
        "would run because kwargs changed: alpha 0.1 → 1"
    )
    assert why(BEFORE, last=LAST, taken_from=RUN).outlook("pt-BR") == f"seria reaproveitada da execução {RUN}"
    unknown = replace(BEFORE, inputs={"df_x": None})
    assert why(unknown, last=LAST).outlook() == "would run unless df_x comes out as before"


def test_hashes_that_begin_alike_are_shown_until_they_differ() -> None:
    known = replace(BEFORE, script="a1b2" + "0" * 4 + "9" + "0" * 55)
    assert text(known) == "ran because script changed: a1b200000 → a1b200009"


def test_a_secret_argument_is_named_and_not_shown() -> None:
    known = replace(BEFORE, kwargs={"alpha": "hunter2"}, hidden=frozenset({"alpha"}))
    assert text(known) == "ran because kwargs changed: alpha ••• → •••"
    assert "hunter2" not in why(known, last=LAST).encode()


def test_a_long_argument_is_shortened() -> None:
    assert len(text(replace(BEFORE, kwargs={"alpha": "x" * 1000}))) < 120


def test_arguments_are_compared_as_the_cache_compares_them() -> None:
    one = replace(BEFORE, kwargs={"a": 1, "n": math.nan})
    assert changes_between(one, replace(one, kwargs={"n": math.nan, "a": 1})) == ()
    assert changes_between(one, replace(one, kwargs={"a": 1.0, "n": math.nan})) == (Change("kwargs", "a", "1", "1.0"),)


@pytest.mark.parametrize("language", ["en", "pt"])
@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_its_words_in_every_language(kind: Kind, language: str) -> None:
    whats = ("script", "input", "kwargs", "env", "output", "min_rows", "runtime")
    values = [("1", None), (None, "1"), ("1", "2")]
    changes = tuple(Change(what, "n", *value) for what in whats for value in values)
    for reason in (Reason(kind, ("x",), changes), Reason(kind)):
        for words in (reason.text(language), reason.outlook(language)):
            assert "{" not in words
            assert "None" not in words


texts = st.text(max_size=10)
changes = st.builds(Change, st.sampled_from(["script", "input", "env"]), texts, st.none() | texts, st.none() | texts)


@settings(max_examples=100, deadline=None)
@given(st.builds(Reason, st.sampled_from(Kind), st.lists(texts).map(tuple), st.lists(changes).map(tuple)))
def test_a_stored_reason_is_read_back_as_it_was(reason: Reason) -> None:
    assert Reason.decode(reason.encode()) == reason


@pytest.mark.parametrize(
    "stored", ["", "words", "5", "[]", '["nothing"]', '["changed",["what","","a","b"]]', '["first",5]']
)
def test_what_is_no_stored_reason_is_refused(stored: str) -> None:
    with pytest.raises(ValueError, match="not a stored reason"):
        Reason.decode(stored)
