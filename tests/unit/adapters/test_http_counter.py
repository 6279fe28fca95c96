"""A worker's counter over HTTP: numbers that last until there is an answer, parcels, objects before their names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pauta.adapters.folder_objects import FolderObjects
from pauta.adapters.http_counter import HttpCounter
from pauta.adapters.http_parcels import MOST_BYTES, MOST_CANDIDATE_BYTES, lighten, parcels
from pauta.domain.ids import Address, RunId
from pauta.domain.outputs import Kind, Output
from pauta.domain.problems import Conflict, NotFound, Problem, StoreFault
from pauta.domain.runs import LogLine
from pauta.domain.wire import Candidate, RunStage, StageDone, StepFinished, StepOrder, StepStarted, TakeOrder
from pauta.domain.work import Assignment, Lease, Lines, Recorded, Renewal
from pauta.domain.work_requests import Given, HeldGrant, Registered, Registration, Renewed

RUN = RunId("r")
ME = Registration(nonce="0" * 16, name="w", pools=("default",))
AWAY = StoreFault(Problem("API-101"))


class FakeLink:
    """Answers by verb; what is an exception is raised. Keeps what was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any]] = []
        self.answers: dict[str, list[Any]] = {"register": [Registered("o", 0.3, 0.1)] * 9}

    def ask(self, verb: str, body: Any, kind: type, *, until: Callable[[], float], patience: float) -> Any:
        self.asked.append((verb, body))
        answer = self.answers[verb].pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def insist(self, act: Callable[[], Any], *, until: Callable[[], float]) -> Any:
        return act()

    def pause(self, seconds: float) -> None:
        return None

    def of(self, verb: str) -> list[Any]:
        return [body for asked, body in self.asked if asked == verb]


class FakeObjects:
    """Notes what was fetched and sent, in order with what else the link was asked."""

    def __init__(self, link: FakeLink) -> None:
        self._link = link
        self.failing: set[str] = set()
        self.missing: set[str] = set()

    def is_here(self, address: Address) -> bool:
        return False

    def note(self, address: Address) -> None:
        return None

    def forget(self, address: Address) -> None:
        self._link.asked.append(("forget", address))

    def fetch(self, address: Address, *, grant: str) -> None:
        self._link.asked.append(("fetch", (address, grant)))
        if address in self.missing:
            raise NotFound(Problem("OBJ-001", {"address": address}))
        if address in self.failing:
            raise AWAY

    def send(self, address: Address, *, grant: str) -> None:
        self._link.asked.append(("send", (address, grant)))


@pytest.fixture
def link() -> FakeLink:
    return FakeLink()


@pytest.fixture
def objects(link: FakeLink) -> FakeObjects:
    return FakeObjects(link)


@pytest.fixture
def counter(link: FakeLink, objects: FakeObjects) -> HttpCounter:
    made = HttpCounter(link, objects, me=ME)  # type: ignore[arg-type]
    made.register(patience=1.0)
    link.asked.clear()
    return made


def order(stage: int, *takes: str, candidates: tuple[Candidate, ...] = ()) -> Assignment:
    step = StepOrder(
        no=stage, name="s", script="s.py", shown_as="s.py", gives="g", kwargs={}, timeout_seconds=None,
        takes=tuple(TakeOrder(t, output=stored(t)) for t in takes), memory_bytes=None, env={}, min_rows=0, recipe="",
        effects=False, attempt=1, key="k", candidates=candidates,
    )  # fmt: skip
    return Assignment(RunStage(RUN, stage, 1, (step,), "", ""), {"s.py": Address("script")}, grant=f"grant {stage}")


def stored(address: str, *, size: int = 10) -> Output:
    return Output(Kind.FRAME, Address(address), size, format="arrow")


def finished(address: str) -> StepFinished:
    return StepFinished(0, 1, 0, seconds=0.1, at=1.0, output=stored(address), inputs={})


def lines(text: str, count: int = 1) -> Lines:
    return Lines(0, 1, tuple(LogLine(datetime(2026, 1, 1, tzinfo=UTC), "INFO", text) for _ in range(count)))


# ---- claiming --------------------------------------------------------------------------------------


def test_a_claim_without_an_answer_is_asked_again_under_its_number(counter: HttpCounter, link: FakeLink) -> None:
    link.answers["claim"] = [AWAY, Given(), Given()]
    with pytest.raises(StoreFault):
        counter.claim(room=3, wait_seconds=5.0)
    counter.claim(room=1, wait_seconds=0.0)
    counter.claim(room=1)
    first, again, next_one = link.of("claim")
    assert first is again
    assert next_one.number == first.number + 1


def test_a_refused_claim_is_not_asked_again(counter: HttpCounter, link: FakeLink) -> None:
    link.answers["claim"] = [Conflict(Problem("RUN-015")), Given()]
    with pytest.raises(Conflict):
        counter.claim(room=1)
    counter.claim(room=1)
    assert [asked.number for asked in link.of("claim")] == [1, 2]


def test_a_stage_is_handed_out_when_everything_that_it_takes_is_here(counter: HttpCounter, link: FakeLink) -> None:
    link.answers["claim"] = [Given((Recorded(RUN, assignments=(order(0, "x", "y"),)),))]
    (recorded,) = counter.claim(room=1)
    assert len(recorded.assignments) == 1
    assert sorted(link.of("fetch")) == [("script", "grant 0"), ("x", "grant 0"), ("y", "grant 0")]


def test_a_stage_whose_frames_cannot_be_had_is_given_back(
    counter: HttpCounter, link: FakeLink, objects: FakeObjects
) -> None:
    objects.failing.add("y")
    link.answers["claim"] = [Given((Recorded(RUN, assignments=(order(0, "x"), order(1, "y"))),))]
    link.answers["report"] = [Recorded(RUN)]
    (recorded,) = counter.claim(room=2)
    assert [a.order.stage for a in recorded.assignments] == [0]
    (given_back,) = link.of("report")
    assert [(h.stage, h.cause) for h in given_back.heard] == [(1, "released")]


def test_a_frame_that_the_server_lost_is_left_to_the_process_to_tell(
    counter: HttpCounter, link: FakeLink, objects: FakeObjects
) -> None:
    objects.missing.add("y")
    link.answers["claim"] = [Given((Recorded(RUN, assignments=(order(0, "y"),)),))]
    (recorded,) = counter.claim(room=2)
    assert len(recorded.assignments) == 1


def test_a_worker_that_the_server_forgot_introduces_itself_again(counter: HttpCounter, link: FakeLink) -> None:
    link.answers["claim"] = [NotFound(Problem("ATT-011")), Given()]
    assert counter.claim(room=1) == ()
    assert [verb for verb, _ in link.asked] == ["claim", "register", "claim"]


def test_nothing_is_claimed_while_draining(counter: HttpCounter, link: FakeLink) -> None:
    told: list[bool] = []
    counter.on_drain = lambda: told.append(True)
    link.answers["claim"] = [Given(draining=True)]
    counter.claim(room=1)
    assert counter.claim(room=1, wait_seconds=20.0) == ()
    assert (told, len(link.of("claim"))) == ([True], 1)


# ---- reporting -------------------------------------------------------------------------------------


def test_objects_are_sent_before_the_report_that_names_them(counter: HttpCounter, link: FakeLink) -> None:
    link.answers["claim"] = [Given((Recorded(RUN, assignments=(order(0),)),))]
    link.answers["report"] = [Recorded(RUN)]
    counter.claim(room=1)
    link.asked.clear()
    counter.report(RUN, [finished("f")])
    assert [verb for verb, _ in link.asked] == ["send", "report"]
    assert link.of("send") == [("f", "grant 0")]


def test_a_report_without_an_answer_keeps_its_number_and_what_is_new_gets_another(
    counter: HttpCounter, link: FakeLink
) -> None:
    link.answers["report"] = [AWAY, Recorded(RUN), Recorded(RUN, over=True)]
    began = StepStarted(0, 1, 0, 1.0)
    done = StageDone(0, 1)
    with pytest.raises(StoreFault):
        counter.report(RUN, [began])
    assert counter.report(RUN, [lines("new"), began, done]).over
    first, again, rest = link.of("report")
    assert (again.number, again.heard) == (first.number, (began,))
    assert rest.number > first.number
    assert [type(h).__name__ for h in rest.heard] == ["Lines", "StageDone"]


def test_a_report_that_can_never_be_taken_counts_as_refused(counter: HttpCounter, link: FakeLink) -> None:
    link.answers["report"] = [Conflict(Problem("ATT-002"))]
    assert counter.report(RUN, [StageDone(4, 1)]).refused == (4,)


def test_objects_that_the_server_does_not_have_after_all_are_sent_again(counter: HttpCounter, link: FakeLink) -> None:
    link.answers["report"] = [Conflict(Problem("ATT-003")), Recorded(RUN)]
    counter.report(RUN, [finished("f")])
    assert [verb for verb, _ in link.asked] == ["send", "report", "forget", "send", "report"]
    assert len({asked.number for asked in link.of("report")}) == 1


# ---- renewing --------------------------------------------------------------------------------------


def test_a_heartbeat_brings_fresh_grants(counter: HttpCounter, link: FakeLink) -> None:
    lease = Lease(RUN, 0, 1)
    link.answers["renew"] = [Renewed(Renewal(), grants=(HeldGrant(lease, "fresh"),))]
    link.answers["report"] = [Recorded(RUN)]
    assert counter.renew([lease]) == Renewal()
    counter.report(RUN, [finished("f")])
    assert link.of("send") == [("f", "fresh")]


# ---- parcels ---------------------------------------------------------------------------------------


def test_a_large_report_is_cut_in_order_and_lines_are_cut_within() -> None:
    heard = [StepStarted(0, 1, 0, 1.0), lines("x" * 1000, 1500), StageDone(0, 1)]
    cut = list(parcels(heard))
    assert len(cut) > 3
    assert all(len(msgspec.json.encode(parcel)) <= MOST_BYTES + 1000 for parcel in cut)
    flat = [item for parcel in cut for item in parcel]
    assert (flat[0], flat[-1]) == (heard[0], heard[-1])
    assert sum(len(item.lines) for item in flat if isinstance(item, Lines)) == 1500


def test_results_that_may_stand_in_are_kept_only_while_they_are_cheap_to_fetch() -> None:
    def candidate(size: int) -> Candidate:
        return Candidate(key=str(size), inputs={}, run_id="r", output=stored("c", size=size))

    assignment = order(0, candidates=(candidate(10), candidate(MOST_CANDIDATE_BYTES), candidate(20)))
    kept = lighten(assignment).order.steps[0].candidates
    assert [c.key for c in kept] == ["10", "20"]


def test_a_cache_forgets_what_lay_there_for_days(tmp_path: Path) -> None:
    from datetime import timedelta

    from pauta.adapters.http_objects import HttpObjects

    cache = FolderObjects(tmp_path)
    kept = cache.put(b"something").address
    objects = HttpObjects(None, cache)  # type: ignore[arg-type]
    now = datetime.now(UTC)  # noqa: TID251
    assert objects.tidy(now=now) == 0
    assert objects.tidy(now=now + timedelta(days=4)) == len(b"something")
    assert not cache.exists(kept)
