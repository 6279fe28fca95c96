"""A crew at a real desk, with processes that do what the test says."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from tests.unit.services.desk_world import World, planned, step

from pauta.domain import wire
from pauta.domain.ids import Address, RunId
from pauta.domain.problems import Problem, StoreFault
from pauta.domain.states import RunState
from pauta.domain.work import Heard, Lease, Recorded, Renewal
from pauta.ports.launcher import Exited, Happening, Process, ProcessSpec, Reported
from pauta.ports.watcher import Nobody
from pauta.services.desk_counter import DeskCounter
from pauta.storage.memory import MemoryStore
from pauta.worker import crew as crew_module
from pauta.worker.crew import Crew
from pauta.worker.departing import Departing
from pauta.worker.feed import DirectFeed, WaitingFeed
from pauta.worker.loop import RunLoop
from pauta.worker.place import Place


class FakeProcess:
    pid = 4711

    def __init__(self, label: str, launcher: FakeLauncher) -> None:
        self.label = label
        self.orders: list[wire.RunStage] = []
        self.ended: list[str] = []
        self._launcher = launcher

    def send(self, order: wire.Order) -> None:
        if isinstance(order, wire.RunStage):
            self.orders.append(order)
        elif isinstance(order, wire.Leave):
            self._launcher.happens(self, Exited(0, None, 0, "left"))

    def limit(self, *, memory_bytes: int | None) -> None:
        pass

    def stop(self, cause: str, *, grace_seconds: float) -> None:
        self.kill(cause)

    def kill(self, cause: str) -> None:
        self.ended.append(cause)
        self._launcher.happens(self, Exited(None, 9, 0, cause))


class FakeLauncher:
    def __init__(self) -> None:
        self.processes: list[FakeProcess] = []
        self.waits = 0
        self._happened: deque[tuple[Process, Happening]] = deque()

    def happens(self, process: FakeProcess, happening: Happening) -> None:
        self._happened.append((process, happening))

    def start(self, spec: ProcessSpec) -> FakeProcess:
        self.processes.append(FakeProcess(spec.label, self))
        return self.processes[-1]

    start_ahead = start

    def warm(self, modules: Sequence[str]) -> None:
        pass

    def watch(self, descriptor: int) -> None:
        pass

    def unwatch(self, descriptor: int) -> None:
        pass

    def wait(self, timeout: float | None) -> list[tuple[Process, Happening]]:
        self.waits += 1
        happened = list(self._happened)
        self._happened.clear()
        return happened

    def close(self) -> None:
        pass


class Scripts:
    """An object store in which every script is the same."""

    def read(self, address: Address) -> bytes:
        return b"def execute(): pass\n"


class Scene:
    def __init__(self, folder: Path, *, slots: int = 2) -> None:
        self.world = World(MemoryStore())
        self.launcher = FakeLauncher()
        self.counter = FragileCounter(DeskCounter(self.world.desk, owner="me", pools=("default",)))
        place = Place(
            work=folder / "work",
            bundles=folder / "bundles",
            objects=folder / "objects",
            slots=slots,
            departing=Departing(),
            secret={}.get,
            warm=lambda assignment: (),
        )
        self.crew = Crew(
            counter=self.counter,
            feed=lambda nudge, hold: DirectFeed(self.counter, hold=hold),
            launcher=lambda: self.launcher,
            objects=Scripts(),  # type: ignore[arg-type]
            place=place,
            watch=lambda run: Nobody(),
            now=lambda: self.world.time,
        )

    def submit(self, stages: int = 1) -> RunId:
        run = self.world.submit(planned(*(step(f"s{n}", cache=False) for n in range(stages))))
        self.crew.feed.hint()
        return run

    def turn(self) -> None:
        self.crew.turn(patience=0)

    def busy(self) -> list[FakeProcess]:
        return [p for p in self.launcher.processes if p.orders and not p.ended]

    def perform(self, process: FakeProcess) -> None:
        """The process does what it was ordered last."""
        order = process.orders.pop(0)
        for s in order.steps:
            at = self.world.time.timestamp()
            self.launcher.happens(process, Reported(wire.StepStarted(order.stage, order.fence, s.no, at)))
            done = wire.StepFinished(order.stage, order.fence, s.no, 0.0, at, None, {})
            self.launcher.happens(process, Reported(done))
        self.launcher.happens(process, Reported(wire.StageDone(order.stage, order.fence)))
        self.turn()
        self.turn()

    def state(self, run: RunId) -> RunState:
        return self.world.run(run).state

    def stage_states(self, run: RunId) -> list[str]:
        with self.world.store.transaction() as tx:
            return [s.state.value for s in tx.stages.of_run(run)]


class FragileCounter:
    """A counter that can be away, and that can lose the answer to a report."""

    def __init__(self, inner: DeskCounter) -> None:
        self.inner = inner
        self.is_away = False
        self.loses_answers = False
        self.renewal = Renewal()

    def claim(self, *, room: int, run_id: RunId | None = None, wait_seconds: float = 0.0) -> Sequence[Recorded]:
        return self.inner.claim(room=room, run_id=run_id)

    def report(self, run_id: RunId, heard: Sequence[Heard]) -> Recorded:
        if self.is_away:
            raise _away()
        recorded = self.inner.report(run_id, heard)
        if self.loses_answers:
            self.loses_answers = False
            raise _away()
        return recorded

    def renew(self, held: Sequence[Lease]) -> Renewal:
        return self.renewal


def _away() -> StoreFault:
    return StoreFault(Problem("DB-008", {"where": "there", "detail": ""}))


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path)
    yield scene
    with suppress(OSError):  # a loop closes its crew by itself
        scene.crew.close()


def test_each_run_has_a_process_of_its_own_and_no_more_than_there_are_slots(scene: Scene) -> None:
    runs = [scene.submit() for _ in range(3)]
    scene.turn()
    assert {p.orders[0].run for p in scene.busy()} == set(runs[:2])
    scene.perform(scene.busy()[0])
    assert scene.state(runs[0]) is RunState.COMPLETED
    assert {p.orders[0].run for p in scene.busy()} == set(runs[1:])


def test_further_stages_of_a_run_go_to_the_process_that_is_free(scene: Scene) -> None:
    run = scene.submit(stages=4)
    scene.turn()
    while scene.busy():
        scene.perform(scene.busy()[0])
    assert scene.state(run) is RunState.COMPLETED
    assert len(scene.launcher.processes) == 2


def test_stages_claimed_ahead_are_given_back_when_what_runs_takes_long(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew_module, "_LONGEST_WAIT", 0.0)
    scene.submit()
    scene.turn()
    scene.perform(scene.busy()[0])  # quick: the crew claims ahead now
    waiting = [scene.submit() for _ in range(4)]
    scene.turn()
    scene.turn()
    scene.turn()
    states = [scene.stage_states(run) for run in waiting]
    assert states == [["running"], ["running"], ["ready"], ["ready"]]
    with scene.world.store.transaction() as tx:
        assert [s.deaths for s in tx.stages.of_run(waiting[2])] == [0]


def test_a_run_that_is_cancelled_while_its_stage_waits_for_a_process_ends(scene: Scene) -> None:
    first = scene.submit()
    scene.turn()
    scene.perform(scene.busy()[0])
    assert scene.state(first) is RunState.COMPLETED
    running = [scene.submit() for _ in range(2)]
    waiting = scene.submit()
    scene.turn()
    assert scene.stage_states(waiting) == ["running"]
    scene.world.desk.cancel(waiting)
    with scene.world.store.transaction() as tx:
        [stage] = tx.stages.of_run(waiting)
    scene.counter.renewal = Renewal(stop=(Lease(waiting, 0, stage.fence),))
    scene.crew._heart.beat()
    scene.turn()
    scene.turn()
    assert scene.state(waiting) is RunState.CANCELLED
    assert [scene.state(run) for run in running] == [RunState.RUNNING, RunState.RUNNING]


@pytest.mark.parametrize("loses_answers", [False, True])
def test_what_could_not_be_recorded_is_recorded_once_when_the_store_is_back(scene: Scene, loses_answers: bool) -> None:
    run = scene.submit()
    scene.turn()
    scene.counter.is_away, scene.counter.loses_answers = not loses_answers, loses_answers
    with pytest.raises(StoreFault):
        scene.perform(scene.busy()[0])
    scene.counter.is_away = False
    scene.turn()
    assert scene.state(run) is RunState.COMPLETED
    assert "late_result" not in scene.world.events(run)


def test_nothing_is_kept_of_a_run_that_went_on_elsewhere(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that kept a little of every run it ever had a stage of would grow and slow down without end."""
    monkeypatch.setattr(crew_module, "_LINGER_SECONDS", 0.0)
    monkeypatch.setattr(crew_module, "LONGEST_PAUSE", 0.0)
    last = step("c", after=("a", "b"), cache=False)
    run = scene.world.submit(planned(step("a", cache=False), step("b", cache=False), last))
    elsewhere = scene.world.desk.claim_any(owner="other", pools=("default",), limit=1)
    scene.turn()
    scene.perform(scene.busy()[0])
    scene.crew.claims = False
    scene.world.report(run, *scene.world.perform(elsewhere[0].assignments[0]))
    [end] = scene.world.desk.claim_any(owner="other", pools=("default",), limit=1)
    scene.world.report(run, *scene.world.perform(end.assignments[0]))
    assert scene.state(run) is RunState.COMPLETED
    scene.turn()
    assert (scene.crew._benches, scene.crew._hands) == ({}, {})


def test_a_process_whose_lease_is_lost_is_ended(scene: Scene) -> None:
    run = scene.submit()
    scene.turn()
    [process] = scene.busy()
    scene.counter.renewal = Renewal(lost=(Lease(run, 0, 1),))
    scene.crew._heart.beat()
    scene.turn()
    assert process.ended == ["killed"]


def test_a_stage_that_was_lost_while_its_process_was_started_does_not_begin(scene: Scene) -> None:
    run = scene.submit()
    start = scene.launcher.start

    def slowly(spec: ProcessSpec) -> FakeProcess:
        scene.counter.renewal = Renewal(lost=(Lease(run, 0, 1),))
        scene.crew._heart.beat()
        scene.counter.renewal = Renewal()
        return start(spec)

    scene.launcher.start = slowly  # type: ignore[method-assign]
    scene.turn()
    assert not any(order.fence == 1 for process in scene.launcher.processes for order in process.orders)


def test_a_stage_for_which_no_process_can_be_started_is_free_for_others_and_what_runs_goes_on(scene: Scene) -> None:
    first = scene.submit()
    scene.turn()
    [process] = scene.busy()
    start = scene.launcher.start

    def fail(spec: ProcessSpec) -> FakeProcess:
        raise StoreFault(Problem("LCH-001", {"reason": "the process that starts scripts ends again and again"}))

    scene.launcher.start = fail  # type: ignore[method-assign]
    scene.launcher.start_ahead = start  # type: ignore[method-assign]
    scene.crew._hiring.dismiss()
    second = scene.submit()
    with pytest.raises(StoreFault):
        scene.turn()
    assert scene.stage_states(second) == ["ready"]
    order = process.orders[0]
    scene.launcher.happens(process, Reported(wire.StageDone(order.stage, order.fence)))
    scene.crew.feed.hint()
    with pytest.raises(StoreFault):
        scene.turn()
    scene.launcher.start = start  # type: ignore[method-assign]
    scene.crew.feed.hint()
    scene.turn()
    assert scene.stage_states(second) == ["running"]
    assert scene.stage_states(first) == ["completed"]


def test_what_comes_while_the_crew_is_busy_is_renewed_at_once(scene: Scene) -> None:
    scene.world.submit(planned(step("s0", cache=False)))
    held: list[Sequence[Recorded]] = []
    came = threading.Event()
    feed = WaitingFeed(
        scene.counter, hold=lambda answers, *, since: held.append(answers), nudge=came.set, heed=lambda: None
    )
    assert feed.ask(1) == []
    assert came.wait(10)
    feed.close()
    assert [len(answer.assignments) for answer in held[0]] == [1]


def test_a_crew_that_drains_claims_nothing_and_gives_back_what_did_not_begin(scene: Scene) -> None:
    scene.submit()
    scene.turn()
    scene.perform(scene.busy()[0])
    runs = [scene.submit() for _ in range(3)]
    scene.turn()
    scene.crew.claims = False
    scene.crew.stop("released", now=True)
    scene.turn()
    scene.turn()
    assert [scene.stage_states(run) for run in runs] == [["ready"]] * 3
    assert not scene.crew.is_busy


def test_a_step_whose_secret_is_not_set_where_the_worker_runs_fails_and_says_so(scene: Scene) -> None:
    kwargs = {"s0": {"token": {"$secret": "API_TOKEN"}}}
    run = scene.world.submit(planned(step("s0", cache=False), kwargs=kwargs))
    scene.turn()
    scene.turn()
    assert scene.state(run) is RunState.FAILED
    assert scene.world.steps(run)["s0"].problem.code == "PRM-003"  # type: ignore[union-attr]
    assert scene.launcher.processes == []


def test_a_run_that_comes_whole_from_the_cache_waits_for_nothing(scene: Scene) -> None:
    plan = planned(step("a"), step("b", "a"))
    scene.world.work(scene.world.submit(plan))
    again = scene.world.submit(plan)
    loop = RunLoop(
        again,
        crew=scene.crew,
        cancel=lambda: scene.world.desk.cancel(again),
        now=lambda: scene.world.time,
        next_due=lambda run: None,
    )
    loop.run(lambda: 0)
    assert scene.state(again) is RunState.COMPLETED
    assert (scene.launcher.waits, scene.launcher.processes) == (0, [])
