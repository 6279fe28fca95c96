"""Looking at runs: lists, logs, attempts, history, and what is new."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from pauta.domain.problems import NotFound, Problem
from pauta.domain.runs import LogChunk, LogLine
from pauta.domain.states import RunState
from pauta.ports.store import Store
from pauta.services.look import Looker
from pauta.services.look_live import Follower, standing
from pauta.services.look_logs import History
from pauta.storage.memory import MemoryStore
from store_samples import NOON, attempt, frame, full_attempt, run_id, submit

LATER = NOON + timedelta(hours=1)


@pytest.fixture
def store() -> Store:
    return MemoryStore()


def looker(store: Store, language: str = "en") -> Looker:
    return Looker(store, records="/records", language=language)


def log(store: Store, *lines: str, first: int = 0, step: int = 0, run: int = 1) -> None:
    """Lines such as ``INFO text``, numbered from `first`."""
    read = [line.partition(" ") for line in lines]
    chunk = LogChunk(run_id(run), step, 1, first, tuple(LogLine(NOON, level, text) for level, _, text in read))
    with store.transaction() as tx:
        tx.logs.append([chunk])


def test_a_run_in_a_list_tells_whose_it_is(store: Store) -> None:
    submit(store, 1, deployment="nightly", pool="gpu", asked_by="ana (x1)")
    submit(store, 2)
    lines = looker(store).runs(limit=5, before=None, states=(), pipeline=None, now=LATER, deployment="nightly")
    assert [(line.run, line.deployment, line.pool, line.asked_by) for line in lines] == [
        (run_id(1), "nightly", "gpu", "ana (x1)")
    ]


def test_a_problem_is_told_in_the_language_asked_for(store: Store) -> None:
    submit(store, 1, problem=Problem("RUN-012"), state=RunState.CANCELLED)
    told = {language: looker(store, language).view(run_id(1), now=LATER).message for language in ("en", "pt")}
    assert told == {"en": "the run was cancelled", "pt": "a execução foi cancelada"}


def test_a_frame_whose_name_has_an_at_sign_is_found_by_it(store: Store) -> None:
    submit(store, 1, inputs={"a@1": frame(1), "b": frame(2)})
    found = looker(store)
    assert found.frame(run_id(1), "a@1").address == frame(1).address
    assert found.frame(run_id(1), "b@0").name == "b"
    with pytest.raises(NotFound) as caught:
        found.frame(run_id(1), "b@7")
    assert caught.value.problems[0].code == "RUN-004"


def test_a_page_of_a_log_says_where_the_next_begins(store: Store) -> None:
    submit(store)
    log(store, *(f"INFO line {i}" for i in range(5)))
    history = History(store, language="en")
    first = history.logs(run_id(1), after=-1, limit=3)
    assert [line.text for line in first.lines] == ["line 0", "line 1", "line 2"]
    assert (first.next, first.more, first.over) == (2, True, False)
    second = history.logs(run_id(1), after=first.next, limit=3)
    assert [line.number for line in second.lines] == [3, 4]
    assert (second.next, second.more) == (4, False)
    assert history.logs(run_id(1), after=second.next, limit=3).next == 4


def test_a_page_that_begins_within_a_long_chunk_is_not_taken_for_the_end(store: Store) -> None:
    submit(store)
    log(store, *(f"INFO line {i}" for i in range(50)))
    log(store, *(f"INFO line {i}" for i in range(50, 60)), first=50)
    history = History(store, language="en")
    after, texts = 45, []
    while True:
        page = history.logs(run_id(1), after=after, limit=4)
        texts += [line.text for line in page.lines]
        after = page.next
        if not page.more:
            break
    assert texts == [f"line {i}" for i in range(46, 60)]


def test_a_log_is_narrowed_to_a_step_and_to_what_is_severe_enough(store: Store) -> None:
    submit(store, 1, (), (0,))
    log(store, "INFO a", "WARNING b", "NOTICE c", "ERROR d")
    log(store, "ERROR e", first=4, step=1)
    history = History(store, language="en")
    severe = history.logs(run_id(1), after=-1, limit=10, level="warning")
    assert [line.text for line in severe.lines] == ["b", "d", "e"]
    assert severe.next == 4
    assert [line.text for line in history.logs(run_id(1), after=-1, limit=10, step="step1").lines] == ["e"]
    with pytest.raises(NotFound):
        history.logs(run_id(1), after=-1, limit=10, step="none")


def test_attempts_name_their_steps_and_how_they_ended(store: Store) -> None:
    submit(store)
    with store.transaction() as tx:
        tx.attempts.add(attempt(run_id(1)))
        tx.attempts.close(full_attempt(run_id(1)))
    (only,) = History(store, language="pt").attempts(run_id(1)).attempts
    assert (only.steps, only.attempt, only.outcome, only.code) == (("step0",), 1, "crashed", "SCR-020")
    assert only.message


def test_history_is_empty_for_a_new_run_and_missing_for_an_unknown_one(store: Store) -> None:
    submit(store)
    history = History(store, language="en")
    assert history.events(run_id(1)).events == ()
    with pytest.raises(NotFound):
        history.events(run_id(2))


@pytest.mark.parametrize(("state", "over"), [("pending", False), ("held", True), ("completed", True)])
def test_nobody_waits_for_a_run_that_ended_or_is_held(store: Store, state: str, over: bool) -> None:
    submit(store, 1, state=RunState(state))
    assert standing(store, run_id(1), now=LATER).over is over


def test_news_have_only_what_changed(store: Store) -> None:
    _, _, steps = submit(store, 1, (), ())
    follower = Follower(store, run_id(1), language="en")
    first = follower.look()
    assert first.news is not None
    assert [step.name for step in first.news.steps] == ["step0", "step1"]
    again = follower.look()
    assert (again.news, again.mark) == (None, first.mark)
    with store.transaction() as tx:
        tx.steps.put([replace(steps[1], attempts=1)])
    changed = follower.look()
    assert changed.news is not None
    assert [step.name for step in changed.news.steps] == ["step1"]
    assert changed.mark != first.mark
