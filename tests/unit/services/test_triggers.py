"""Triggers: files that arrive, runs that end, signed deliveries. Each event starts one run, ever."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from pauta.domain.deploying import Trigger, TriggerKind
from pauta.domain.ids import RunId
from pauta.domain.problems import Conflict, InvalidInput, NotFound, Problem, StoreFault
from pauta.domain.states import RunState
from pauta.services import deployments, triggers, triggers_off
from pauta.services.arrivals import Arrivals, run_ended
from scheduling_world import NOBODY, World

CSV = "a,b\n1,2\n"
FILE = TriggerKind.FILE


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path / "project")
    made.deploy(takes_parts=True, inputs={"parts": "first.csv"})
    (made.control.folder / "first.csv").write_text(CSV)
    (made.control.folder / "in").mkdir()
    return made


def watch_files(world: World, **settings: Any) -> tuple[Trigger, Arrivals]:
    made = world.trigger(FILE, **{"folder": "in", "input": "parts", "pattern": "*.csv", **settings})
    return made.trigger, Arrivals(world.control)


def put(world: World, name: str, text: str = CSV) -> Path:
    path = world.control.folder / "in" / name
    path.write_text(text)
    return path


def polled(arrivals: Arrivals, times: int = 4) -> list[RunId]:
    return [run for _ in range(times) for run in arrivals.files()]


def current(world: World, trigger: Trigger) -> Trigger:
    return triggers.get_trigger(world.control, trigger.id)


# ---- files ------------------------------------------------------------------------------------


def test_a_file_that_has_stopped_growing_becomes_the_input_of_one_run(world: World) -> None:
    _, arrivals = watch_files(world)
    put(world, "mar.csv", "a,b\n1,2\n3,4\n")
    assert [arrivals.files(), arrivals.files()] == [[], []]
    [run_id] = arrivals.files()
    assert polled(arrivals) == []
    with world.store.transaction() as tx:
        run = tx.runs.get(run_id)
    assert run is not None
    assert (run.asked_by, run.deployment, run.inputs["parts"].rows) == ("trigger t", "daily", 2)


def test_a_file_may_set_off_a_run_that_does_not_read_it(world: World) -> None:
    _, arrivals = watch_files(world, input=None, pattern="*.done")
    put(world, "mar.done", "")
    [run_id] = polled(arrivals)
    with world.store.transaction() as tx:
        run = tx.runs.get(run_id)
    assert run is not None
    assert run.inputs["parts"].rows == 1


def test_a_file_that_still_grows_is_left_alone(world: World) -> None:
    _, arrivals = watch_files(world)
    for n in range(6):
        put(world, "mar.csv", CSV + "3,4\n" * n)
        assert arrivals.files() == []
    assert len(polled(arrivals)) == 1


def test_what_was_there_before_sets_nothing_off_and_a_new_form_of_it_does(world: World) -> None:
    put(world, "old.csv")
    _, arrivals = watch_files(world)
    assert polled(arrivals) == []
    put(world, "old.csv", CSV + "5,6\n")
    assert len(polled(arrivals)) == 1


def test_a_watcher_that_starts_anew_and_a_second_one_find_it_settled(world: World) -> None:
    _, arrivals = watch_files(world)
    put(world, "mar.csv")
    second = Arrivals(world.control)
    assert len(polled(arrivals)) == 1
    assert polled(second) == []
    assert polled(Arrivals(world.control)) == []


def test_only_files_of_the_pattern_count_and_neither_links_nor_hidden_ones(world: World) -> None:
    _, arrivals = watch_files(world, pattern="*.csv")
    put(world, "mar.txt")
    put(world, ".mar.csv")
    (world.control.folder / "in" / "link.csv").symlink_to(world.control.folder / "first.csv")
    (world.control.folder / "in" / "folder.csv").mkdir()
    os.mkfifo(world.control.folder / "in" / "pipe.csv")
    assert polled(arrivals) == []


def test_a_file_that_cannot_be_read_is_told_on_the_trigger_and_not_tried_for_ever(world: World) -> None:
    trigger, arrivals = watch_files(world)
    put(world, "bad.csv", "")
    assert polled(arrivals) == []
    kept = current(world, trigger)
    assert kept.problem is not None
    assert kept.version == trigger.version
    put(world, "good.csv")
    assert len(polled(arrivals)) == 1
    assert current(world, trigger).problem is None


def test_files_wait_while_the_deployment_or_the_trigger_is_paused(world: World) -> None:
    trigger, arrivals = watch_files(world)
    deployments.pause(world.control, "daily", behalf=NOBODY)
    put(world, "mar.csv")
    assert polled(arrivals) == []
    deployments.resume(world.control, "daily", behalf=NOBODY)
    assert len(polled(arrivals)) == 1
    triggers.pause_trigger(world.control, trigger.id)
    put(world, "apr.csv")
    assert polled(arrivals) == []
    triggers.resume_trigger(world.control, trigger.id)
    assert len(polled(arrivals)) == 1


def test_files_wait_while_too_many_runs_do(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pauta.services.accept_queue.MOST_WAITING", 2)
    _, arrivals = watch_files(world)
    for n in range(4):
        put(world, f"{n}.csv", CSV + f"{n},{n}\n")
    assert len(polled(arrivals)) == 2
    monkeypatch.setattr("pauta.services.accept_queue.MOST_WAITING", 10)
    world.clock.move(seconds=5)
    assert len(polled(arrivals)) == 2


def test_a_store_that_fails_loses_no_file(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _, arrivals = watch_files(world)
    put(world, "mar.csv")

    def failing(*_: Any, **__: Any) -> Any:
        raise StoreFault(Problem("E-DISK"))

    with monkeypatch.context() as patch:
        patch.setattr(triggers_off, "prepare_run", failing)
        with pytest.raises(StoreFault):
            polled(arrivals)
    assert len(polled(arrivals)) == 1


def test_a_folder_that_goes_away_is_told_and_forgotten_when_it_is_back(world: World) -> None:
    trigger, arrivals = watch_files(world)
    folder = world.control.folder / "in"
    folder.rename(world.control.folder / "away")
    assert polled(arrivals) == []
    assert current(world, trigger).problem == Problem("TRG-002", {"folder": "in"})
    (world.control.folder / "away").rename(folder)
    put(world, "mar.csv")
    assert len(polled(arrivals)) == 1
    assert current(world, trigger).problem is None


@pytest.mark.parametrize("folder", ["..", "/etc", "in/../..", ".pauta", "away", "first.csv", "\0", "x" * 5000])
def test_only_folders_of_the_project_are_watched(world: World, folder: str) -> None:
    (world.control.records).mkdir(exist_ok=True)
    with pytest.raises(InvalidInput, match="TRG-002"):
        world.trigger(FILE, folder=folder, input="parts")


def test_a_link_that_leads_out_of_the_project_is_not_followed(world: World, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (world.control.folder / "sly").symlink_to(tmp_path / "outside")
    with pytest.raises(InvalidInput, match="TRG-002"):
        world.trigger(FILE, folder="sly", input="parts")
    trigger, arrivals = watch_files(world)
    (world.control.folder / "in").rmdir()
    (world.control.folder / "in").symlink_to(tmp_path / "outside")
    (tmp_path / "outside" / "x.csv").write_text(CSV)
    assert polled(arrivals) == []
    problem = current(world, trigger).problem
    assert problem is not None
    assert problem.variant == "outside"


def test_a_folder_with_too_many_files_is_refused_whole(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pauta.services.arrivals_looking.MOST_FILES", 3)
    trigger, arrivals = watch_files(world)
    for n in range(4):
        put(world, f"{n}.csv")
    assert polled(arrivals) == []
    problem = current(world, trigger).problem
    assert problem is not None
    assert problem.variant == "many"


@pytest.mark.parametrize(
    ("kind", "settings", "code"),
    [
        (FILE, {}, "TRG-001"),
        (FILE, {"folder": "in", "input": "parts", "other": 1}, "TRG-001"),
        (FILE, {"folder": "in", "input": "nothing"}, "TRG-002"),
        (FILE, {"folder": 7, "input": "parts"}, "TRG-001"),
        (TriggerKind.COMPLETION, {"deployment": "daily", "states": ["running"]}, "TRG-003"),
        (TriggerKind.COMPLETION, {"deployment": "daily", "states": []}, "TRG-003"),
        (TriggerKind.COMPLETION, {"deployment": "daily"}, "TRG-003"),
        (TriggerKind.WEBHOOK, {"allow": ["p"] * 101}, "TRG-001"),
    ],
)
def test_settings_that_make_no_sense_are_refused_in_both_languages(
    world: World, kind: TriggerKind, settings: dict[str, Any], code: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        triggers.create_trigger(world.control, "daily", name="t", kind=kind, settings=settings)
    [problem] = refused.value.problems
    assert problem.code == code
    assert problem.message() != problem.message("pt")


# ---- completion -------------------------------------------------------------------------------


def ended(world: World, deployment: str = "daily", state: RunState = RunState.COMPLETED) -> RunId:
    """A run of a deployment that has ended."""
    from pauta.services.accept import accept
    from pauta.services.accept_asked import Asked

    run_id = accept(world.control, Asked(deployment=deployment)).run_id
    world.clock.move(seconds=1)
    with world.store.transaction() as tx:
        run = tx.runs.get(run_id)
        assert run is not None
        assert tx.runs.save(run, replace(run, state=state, ended_at=world.clock(), open_stages=0))
    return run_id


@pytest.fixture
def chain(world: World) -> World:
    """A deployment ``report`` that runs after ``daily``."""
    wanted = deployments.create
    with world.store.transaction() as tx:
        daily = tx.deployments.get("daily")
    assert daily is not None
    wanted(world.control, replace(daily, name="report"), behalf=NOBODY)
    world.trigger(TriggerKind.COMPLETION, "after", of="report", deployment="daily", states=["completed", "failed"])
    return world


def test_the_end_of_a_run_sets_the_next_off_once(chain: World) -> None:
    run_id = ended(chain)
    [follower] = run_ended(chain.control, run_id)
    assert run_ended(chain.control, run_id) == []
    assert Arrivals(chain.control).completions() == []
    with chain.store.transaction() as tx:
        run = tx.runs.get(follower)
    assert run is not None
    assert run.deployment == "report"


def test_an_end_that_nobody_told_of_is_found_by_looking(chain: World) -> None:
    ended(chain)
    ended(chain, state=RunState.FAILED)
    ended(chain, state=RunState.CANCELLED)
    arrivals = Arrivals(chain.control)
    assert len(arrivals.completions()) == 2
    assert arrivals.completions() == []
    assert Arrivals(chain.control).completions() == []


def test_ends_before_the_trigger_was_made_or_while_paused_start_nothing(chain: World) -> None:
    first = triggers.list_triggers(chain.control)[0]
    triggers.remove_trigger(chain.control, first.id)
    ended(chain)
    chain.clock.move(seconds=1)
    made = chain.trigger(TriggerKind.COMPLETION, of="report", deployment="daily").trigger
    assert Arrivals(chain.control).completions() == []
    triggers.pause_trigger(chain.control, made.id)
    assert run_ended(chain.control, ended(chain)) == []
    triggers.resume_trigger(chain.control, made.id)
    assert Arrivals(chain.control).completions() == []
    deployments.pause(chain.control, "report", behalf=NOBODY)
    ended(chain)
    arrivals = Arrivals(chain.control)
    assert arrivals.completions() == []
    deployments.resume(chain.control, "report", behalf=NOBODY)
    assert arrivals.completions() == []
    assert run_ended(chain.control, ended(chain)) != []


def test_deployments_that_would_set_each_other_off_for_ever_are_refused(chain: World) -> None:
    with pytest.raises(InvalidInput, match="TRG-003"):
        chain.trigger(TriggerKind.COMPLETION, of="daily", deployment="report")
    with pytest.raises(NotFound, match="DEP-001"):
        chain.trigger(TriggerKind.COMPLETION, of="daily", deployment="nobody")


# ---- all --------------------------------------------------------------------------------------


def test_names_are_taken_once_and_what_is_removed_is_gone(world: World) -> None:
    trigger = world.trigger(TriggerKind.WEBHOOK).trigger
    with pytest.raises(Conflict, match="TRG-005"):
        world.trigger(TriggerKind.WEBHOOK)
    assert triggers.pause_trigger(world.control, trigger.id) == triggers.pause_trigger(world.control, trigger.id)
    assert [t.id for t in triggers.list_triggers(world.control, deployment="daily")] == [trigger.id]
    triggers.remove_trigger(world.control, trigger.id)
    with pytest.raises(NotFound, match="TRG-006"):
        triggers.get_trigger(world.control, trigger.id)


def test_a_trigger_removed_or_changed_meanwhile_starts_nothing(world: World) -> None:
    trigger, arrivals = watch_files(world)
    put(world, "mar.csv")
    assert [arrivals.files(), arrivals.files()] == [[], []]
    assert triggers_off.set_off(world.control, replace(trigger, version=9), "event") is None
    triggers.remove_trigger(world.control, trigger.id)
    assert triggers_off.set_off(world.control, trigger, "event") is None
    assert arrivals.files() == []
    assert world.runs() == []
