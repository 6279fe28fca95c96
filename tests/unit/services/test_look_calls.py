"""Looking at what flows did: their calls, logs and frames by call, what they wait for, and what is new."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from flow_records import FIRST, FlowRecords, record, table, value
from pauta.domain.calls import CallKind, CallState
from pauta.domain.ids import RunId
from pauta.domain.problems import Conflict, NotFound, Problem
from pauta.domain.runs import Event, LogChunk, LogLine, ParentCall
from pauta.domain.states import RunState
from pauta.ports.store import Store
from pauta.services.look import Looker
from pauta.services.look_calls import CallLooker
from pauta.services.look_live import Follower
from pauta.services.look_logs import History
from pauta.services.standstill import family_of, waits_for_people
from pauta.storage.memory import MemoryStore
from store_samples import NOON, address, run_id

LATER = NOON + timedelta(hours=1)


@pytest.fixture
def store() -> Store:
    return MemoryStore()


def looker(store: Store) -> Looker:
    return Looker(store, records="/records", language="en")


@pytest.fixture
def scraped(store: Store) -> RunId:
    """``full_flow`` calls ``scrape_flow``, which fetches three times, and ``summarize``."""
    calls = FlowRecords(run_id(1))
    scrape = calls.call("scrape_flow", CallKind.FLOW)
    calls.call("fetch", parent=scrape, result=table(71, rows=10))
    calls.call("fetch", parent=scrape, result=table(72, rows=20))
    calls.call("fetch", parent=scrape, state=CallState.FAILED, problem=Problem("SCR-024"), attempts=3)
    calls.call("summarize", result=value({"posts": 12}), message="12 posts")
    return record(store, 1, calls, message="posted 12")


def log(store: Store, run: RunId, *lines: tuple[int, str]) -> None:
    with store.transaction() as tx:
        tx.logs.append([LogChunk(run, no, 1, i, (LogLine(NOON, "INFO", text),)) for i, (no, text) in enumerate(lines)])


def test_calls_come_in_pages_and_those_of_a_name_have_numbers_of_their_own(store: Store, scraped: RunId) -> None:
    found = CallLooker(store, language="en")
    first = found.page(scraped, after=-1, limit=3)
    assert [call.label for call in first.calls] == ["scrape_flow", "fetch", "fetch#2"]
    second = found.page(scraped, after=first.next or 0, limit=3)
    assert [call.label for call in second.calls] == ["fetch#3", "summarize"]
    assert (first.next, second.next) == (FIRST + 2, None)
    inside = found.page(scraped, after=-1, limit=9, parent=FIRST)
    assert {call.name for call in inside.calls} == {"fetch"}
    assert [call.label for call in found.page(scraped, after=-1, limit=9, parent=0).calls] == [
        "scrape_flow",
        "summarize",
    ]
    assert [call.label for call in found.page(scraped, after=-1, limit=9, states=["failed"]).calls] == ["fetch#3"]


def test_a_call_tells_what_it_gave_and_what_went_wrong(store: Store, scraped: RunId) -> None:
    found = CallLooker(store, language="pt")
    gave = found.call(scraped, "fetch#2").gave
    assert gave is not None
    assert (gave.kind, gave.rows, gave.frames) == ("frame", 20, ("fetch#2",))
    failed = found.call(scraped, str(FIRST + 3))
    assert (failed.message, failed.attempts) == (Problem("SCR-024").message("pt"), 3)
    summary = found.call(scraped, "summarize")
    assert summary.gave is not None
    assert (summary.gave.value, summary.message, summary.step) == ({"posts": 12}, "12 posts", "full_flow")


def test_a_name_that_several_calls_have_asks_which(store: Store, scraped: RunId) -> None:
    with pytest.raises(Conflict) as caught:
        CallLooker(store, language="en").call(scraped, "fetch")
    assert f"fetch#2 ({FIRST + 2})" in caught.value.problems[0].message()
    with pytest.raises(NotFound):
        CallLooker(store, language="en").call(scraped, "nothing")


def test_a_run_tells_what_its_flow_said_and_how_much_it_called(store: Store, scraped: RunId) -> None:
    view = looker(store).view(scraped, now=LATER)
    assert (view.message, view.calls, view.paused, view.waits) == ("posted 12", 5, False, ())
    assert view.as_json()["message"] == "posted 12"


def test_frames_of_calls_are_known_by_the_calls_names_and_numbers(store: Store, scraped: RunId) -> None:
    found = looker(store)
    names = {frame.name: frame.made_by for frame in found.view(scraped, now=LATER).frames}
    assert names == {"fetch": "fetch", "fetch#2": "fetch#2"}
    assert found.frame(scraped, "fetch").rows == 10
    assert found.frame(scraped, "fetch#2").address == address(72)
    assert found.frame(scraped, str(FIRST + 2)).rows == 20
    assert found.frame(scraped, "summarize").value == {"posts": 12}
    with pytest.raises(NotFound) as caught:
        found.frame(scraped, "nothing")
    assert caught.value.problems[0].values["known"] == "fetch"


def test_one_name_in_two_subflows_is_two_versions(store: Store) -> None:
    calls = FlowRecords(run_id(1))
    for mark in (71, 72):
        calls.call("fetch", parent=calls.call("page", CallKind.FLOW), result=table(mark))
    run = record(store, 1, calls)
    found = looker(store)
    assert found.frame(run, "fetch").address == address(72)
    assert found.frame(run, "fetch@1").address == address(71)


def test_lines_bear_the_names_of_the_calls_that_wrote_them(store: Store, scraped: RunId) -> None:
    log(store, scraped, (0, "begins"), (FIRST + 1, "one"), (FIRST + 2, "two"), (FIRST + 4, "sums"), (FIRST + 9, "?"))
    page = History(store, language="en").logs(scraped, after=-1, limit=10)
    assert [(line.step, line.text) for line in page.lines] == [
        ("full_flow", "begins"),
        ("fetch", "one"),
        ("fetch#2", "two"),
        ("summarize", "sums"),
        ("full_flow", "?"),  # its call is not on record yet
    ]
    assert [name for _, name, _ in looker(store).logs(scraped, step=None, after=1)] == [
        "fetch#2",
        "summarize",
        "full_flow",
    ]


@pytest.mark.parametrize(
    ("step", "texts"),
    [
        ("full_flow", ["begins", "one", "two", "sums"]),
        ("scrape_flow", ["one", "two"]),
        ("fetch", ["one", "two"]),
        ("fetch#2", ["two"]),
        (str(FIRST + 4), ["sums"]),
    ],
)
def test_lines_are_sifted_by_call_with_all_that_was_called_in_it(
    store: Store, scraped: RunId, step: str, texts: list[str]
) -> None:
    log(store, scraped, (0, "begins"), (FIRST + 1, "one"), (FIRST + 2, "two"), (FIRST + 4, "sums"))
    history = History(store, language="en")
    assert [line.text for line in history.logs(scraped, after=-1, limit=10, step=step).lines] == texts
    assert [line.text for _, _, line in looker(store).logs(scraped, step=step, after=-1)] == texts
    # Page by page it is the same, and each page says where the next begins.
    after, read = -1, []
    while True:
        page = history.logs(scraped, after=after, limit=1, step=step)
        read += [line.text for line in page.lines]
        after = page.next
        if not page.more:
            break
    assert read == texts
    assert page.over


def test_an_unknown_call_is_told_the_known_ones(store: Store, scraped: RunId) -> None:
    with pytest.raises(NotFound) as caught:
        History(store, language="en").logs(scraped, after=-1, limit=1, step="nothing")
    assert "summarize" in str(caught.value.problems[0].values["known"])


def test_the_history_names_calls(store: Store, scraped: RunId) -> None:
    with store.transaction() as tx:
        tx.events.append([Event(scraped, NOON, "call_failed", stage_no=0, step_no=FIRST + 3)])
    assert History(store, language="en").events(scraped).events[-1].step == "fetch#3"


def test_a_list_has_the_runs_that_people_asked_for_and_the_others_on_demand(store: Store, scraped: RunId) -> None:
    child = record(store, 2, None, name="fetch", parent=ParentCall(scraped, FIRST))
    found = looker(store)
    asked = {"limit": 9, "before": None, "states": (), "pipeline": None, "now": LATER}
    assert [line.run for line in found.runs(children=False, **asked)] == [scraped]
    assert [line.run for line in found.runs(children=True, **asked)] == [child, scraped]
    assert [line.run for line in found.children(scraped, now=LATER)] == [child]
    assert found.view(child, now=LATER).parent == ParentCall(scraped, FIRST)


# ---- waiting ----------------------------------------------------------------------------------


def stands_still(store: Store, run: RunId) -> bool:
    with store.transaction() as tx:
        return waits_for_people(tx, family_of(tx, run))


def for_people(store: Store, run: RunId) -> bool:
    told = Follower(store, run, language="en").look().news
    return told is not None and told.for_people


def test_a_run_that_waits_for_a_person_stands_still_whatever_its_deadline(store: Store) -> None:
    calls = FlowRecords(run_id(1))
    calls.waits(CallKind.APPROVAL, until=LATER.timestamp())
    run = record(store, 1, calls, state=RunState.PAUSED, not_before=LATER)
    assert stands_still(store, run)
    assert for_people(store, run)
    view = looker(store).view(run, now=LATER)
    assert (view.paused, [call.label for call in view.waits], view.waiting[0].run) == (True, ["approval"], run)


def test_a_run_that_sleeps_goes_on_by_itself(store: Store) -> None:
    calls = FlowRecords(run_id(1))
    calls.waits(CallKind.SLEEP, until=LATER.timestamp())
    calls.waits(CallKind.APPROVAL)
    run = record(store, 1, calls, state=RunState.PAUSED, not_before=LATER)
    assert not stands_still(store, run)
    assert not for_people(store, run)


def test_a_run_whose_runs_go_on_does_not_stand_still(store: Store) -> None:
    above = FlowRecords(run_id(1))
    above.call("train", CallKind.RUN, state=CallState.PAUSED, child=run_id(2))
    above.waits(CallKind.APPROVAL)
    top = record(store, 1, above, state=RunState.PAUSED)
    child = record(store, 2, None, state=RunState.RUNNING, parent=ParentCall(top, FIRST))
    assert not stands_still(store, top)
    below = FlowRecords(run_id(3))
    below.waits(CallKind.INPUT)
    other = record(store, 3, below, state=RunState.PAUSED, parent=ParentCall(child, FIRST))
    assert stands_still(store, other)


def test_a_run_without_flows_waits_for_nobody(store: Store, scraped: RunId) -> None:
    assert not stands_still(store, scraped)


def test_news_are_the_calls_that_changed(store: Store) -> None:
    calls = FlowRecords(run_id(1))
    calls.call("fetch")
    going = calls.call("summarize", state=CallState.RUNNING)
    run = record(store, 1, calls, state=RunState.RUNNING)
    follower = Follower(store, run, language="en")
    first = follower.look()
    assert first.news is not None
    assert [call.name for call in first.news.calls] == ["fetch", "summarize"]
    assert follower.look().news is None
    with store.transaction() as tx:
        tx.calls.put([replace(going, state=CallState.FAILED, problem=Problem("SCR-024"))])
    found = follower.look()
    assert found.news is not None
    assert [(call.name, call.state, call.message) for call in found.news.calls] == [
        ("summarize", "failed", Problem("SCR-024").message("en"))
    ]
    assert found.news.steps == ()
    assert Follower(store, run, language="en").look().mark == found.mark != first.mark, "who comes anew knows as much"


def test_pages_of_calls_have_what_is_asked_for_however_far_apart_it_lies(store: Store) -> None:
    calls = FlowRecords(run_id(1))
    for number in range(2_300):
        calls.call("odd" if number in (3, 1_500, 2_299) else "fetch")
    run = record(store, 1, calls, state=RunState.RUNNING)
    reader = CallLooker(store, language="en")
    page = reader.page(run, after=-1, limit=2, name="odd")
    assert ([call.call - FIRST for call in page.calls], page.next) == ([3, 1_500], FIRST + 1_500)
    page = reader.page(run, after=FIRST + 1_500, limit=2, name="odd")
    assert ([call.call - FIRST for call in page.calls], page.next) == ([2_299], None)
    page = reader.page(run, after=FIRST + 2_200, limit=200)
    assert (len(page.calls), page.next) == (99, None)
    page = reader.page(run, after=-1, limit=2_300)
    assert (len(page.calls), page.next) == (2_300, None)
    assert reader.page(run, after=-1, limit=5, states=["paused"]).calls == ()
