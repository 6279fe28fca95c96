"""Cached results, logs, history and what is known of objects, on every store."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
from msgspec.structs import replace

from pauta.domain.ids import Address, RunId
from pauta.domain.outputs import FileRef, Kind, Output
from pauta.domain.plan import PlannedStep
from pauta.domain.problems import StoreFault
from pauta.domain.runs import Event, LogChunk, LogLine, Run, StepRecord
from pauta.domain.states import RunState, StepState
from pauta.ports.store import Store
from pauta.storage import codec
from store_samples import (
    NOON,
    ODD_TEXT,
    SECOND,
    address,
    attempt,
    entry,
    frame,
    full_step,
    model,
    plan_of,
    run_id,
    submit,
    value,
)

# ---- cache -------------------------------------------------------------------------------------


def test_every_field_of_a_cache_entry_comes_back(store: Store) -> None:
    full = entry(files=(FileRef("a", address(1), 2),), models=(model(),), metrics={"m": float("nan"), "x": 1.0})
    empty = entry("none", output=None, inputs={})
    with store.transaction() as tx:
        tx.cache.put([full, empty])
    with store.transaction() as tx:
        assert str(tx.cache.get("k")) == str(full)
        assert tx.cache.get("none") == empty
        assert tx.cache.get("missing") is None


def test_many_entries_are_found_by_their_keys(store: Store) -> None:
    entries = {key: entry(key) for key in ("a", "b", "c")}
    with store.transaction() as tx:
        tx.cache.put(list(entries.values()))
        tx.cache.put([])
        assert tx.cache.get_many(["c", "a", "x", "a"]) == {"a": entries["a"], "c": entries["c"]}
        assert tx.cache.get_many([]) == {}


def test_an_entry_replaces_the_one_with_its_key(store: Store) -> None:
    with store.transaction() as tx:
        tx.cache.put([entry(output=frame(1))])
        tx.cache.put([entry(output=frame(2), recipe="other", run_id=run_id(2), step_no=4)])
    with store.transaction() as tx:
        assert tx.cache.get("k") == entry(output=frame(2), recipe="other", run_id=run_id(2), step_no=4)
        assert tx.cache.by_recipe("r") == []
        assert list(tx.objects.referenced()) == [address(2)]
        assert tx.cache.forget([address(1)]) == 0


def test_of_two_entries_with_one_key_put_together_the_last_counts(store: Store) -> None:
    with store.transaction() as tx:
        tx.cache.put([entry(output=frame(1)), entry(output=frame(2))])
        assert tx.cache.get("k") == entry(output=frame(2))
        assert list(tx.objects.referenced()) == [address(2)]


def test_entries_of_a_recipe_come_newest_first(store: Store) -> None:
    made = [entry(f"k{n}", made_at=NOON + n * SECOND, step_no=n) for n in range(10)]
    with store.transaction() as tx:
        tx.cache.put([*made[5:], *made[:5], entry("other", recipe="s")])
        assert tx.cache.by_recipe("r") == made[:1:-1]
        assert tx.cache.by_recipe("r", limit=2) == [made[9], made[8]]
        assert tx.cache.by_recipe("missing") == []
        assert tx.cache.by_recipes(["s", "r", "missing"], limit=3) == {
            "r": [made[9], made[8], made[7]],
            "s": [entry("other", recipe="s")],
        }
        assert tx.cache.by_recipes([]) == {}


def test_entries_with_a_lost_object_are_forgotten(store: Store) -> None:
    by_file = entry("file", output=None, files=(FileRef("a", address(2), 1),))
    by_model = entry("model", output=value(), models=(model(),))
    with store.transaction() as tx:
        tx.cache.put([entry("output", output=frame(1)), by_file, by_model, entry("kept", output=frame(3))])
        tx.objects.put_profile(address(1), {"rows": 1})
        tx.objects.remember_import("i", {"address": address(1)})
        tx.objects.remember_import("j", {"address": address(3)})
    with store.transaction() as tx:
        # An inline value lies in the entry itself: its address names no object that could be lost.
        assert tx.cache.forget([address(1), address(2), address(34), address(9), address(77)]) == 3
        assert tx.cache.forget([]) == 0
        assert set(tx.cache.get_many(["output", "file", "model", "kept"])) == {"kept"}
        assert tx.objects.profile(address(1)) is None
        assert tx.objects.imported("i") is None
        assert tx.objects.imported("j") is not None


# ---- logs --------------------------------------------------------------------------------------


def lines(*texts: str) -> tuple[LogLine, ...]:
    return tuple(LogLine(NOON + timedelta(microseconds=n), "INFO", text) for n, text in enumerate(texts))


def chunk(first: int, count: int = 2, step_no: int = 0) -> LogChunk:
    return LogChunk(run_id(1), step_no, 1, first, lines(*(f"line {first + n}" for n in range(count))))


def test_log_lines_come_back_as_they_were(store: Store) -> None:
    submit(store)
    odd = LogChunk(
        run_id(1), 0, 3, 0,
        (LogLine(NOON, "WARNING", ODD_TEXT, "log", "my.logger"), LogLine(NOON + SECOND, "", "\x00\x1b[31m", "stderr")),
    )  # fmt: skip
    with store.transaction() as tx:
        tx.logs.append([odd])
    with store.transaction() as tx:
        assert tx.logs.read(run_id(1)) == [odd]


def test_log_chunks_come_by_their_first_line_and_end_at_the_limit(store: Store) -> None:
    submit(store, 1, (), ())
    chunks = [chunk(0), chunk(2, 3, step_no=1), chunk(5, 1), chunk(6, 4, step_no=1)]
    with store.transaction() as tx:
        assert tx.logs.last(run_id(1)) == -1
        tx.logs.append([chunks[2], chunks[0]])
        tx.logs.append([chunks[3], chunks[1]])
        tx.logs.append([LogChunk(run_id(1), 0, 1, 10, ())])

    def first(**how: int) -> list[int]:
        with store.transaction() as tx:
            return [c.first for c in tx.logs.read(run_id(1), **how)]

    assert first() == [0, 2, 5, 6]
    assert first(after=0) == [0, 2, 5, 6]
    assert first(after=1) == [2, 5, 6]
    assert first(after=3) == [2, 5, 6]
    assert first(after=4) == [5, 6]
    assert first(after=9) == []
    assert first(step_no=1) == [2, 6]
    assert first(step_no=1, after=4) == [6]
    assert first(step_no=1, after=3) == [2, 6]
    assert first(step_no=0, after=6) == []
    assert first(limit_lines=1) == [0]
    assert first(limit_lines=2) == [0]
    assert first(limit_lines=3) == [0, 2]
    assert first(limit_lines=2, after=3) == [2]
    assert first(limit_lines=4, step_no=1) == [2, 6]
    assert first(limit_lines=0) == []
    with store.transaction() as tx:
        assert tx.logs.last(run_id(1)) == 9
        assert tx.logs.read(RunId("nothing")) == []
        assert tx.logs.last(RunId("nothing")) == -1


def test_two_chunks_cannot_have_one_first_line(store: Store) -> None:
    submit(store)
    with pytest.raises(StoreFault, match="DB-011"), store.transaction() as tx:
        tx.logs.append([chunk(0), chunk(0)])
    with store.transaction() as tx:
        assert tx.logs.last(run_id(1)) == -1


def test_the_lines_of_a_run_go_and_take_the_bytes_they_took(store: Store) -> None:
    submit(store, 1)
    submit(store, 2)
    odd = LogChunk(run_id(1), 0, 1, 0, (LogLine(NOON, "INFO", "ação 🍎"),))
    kept = LogChunk(run_id(2), 0, 1, 0, lines("kept"))
    with store.transaction() as tx:
        tx.logs.append([odd, chunk(1), kept])
    with store.transaction() as tx:
        expected = sum(len(codec.from_lines(c.lines).encode()) for c in (odd, chunk(1)))
        assert tx.logs.drop(run_id(1)) == expected
        assert tx.logs.read(run_id(1)) == []
        assert tx.logs.last(run_id(1)) == -1
        assert tx.logs.read(run_id(2)) == [kept]
        assert tx.logs.drop(run_id(1)) == 0
        assert tx.logs.drop(RunId("nothing")) == 0


def test_lines_stay_when_the_transaction_that_removed_them_is_undone(store: Store) -> None:
    submit(store)
    with store.transaction() as tx:
        tx.logs.append([chunk(0)])

    class GivenUpError(Exception):
        pass

    def drop_and_give_up() -> None:
        with store.transaction() as tx:
            assert tx.logs.drop(run_id(1))
            raise GivenUpError

    with pytest.raises(GivenUpError):
        drop_and_give_up()
    with store.transaction() as tx:
        assert tx.logs.read(run_id(1)) == [chunk(0)]


# ---- history -----------------------------------------------------------------------------------


def test_events_come_in_the_order_they_were_added(store: Store) -> None:
    run, other = submit(store, 1)[0], submit(store, 2)[0]
    events = [
        Event(run.id, NOON, "claimed", 0, None, {"owner": "é", "list": [1, None]}),
        Event(run.id, NOON - SECOND, "step_completed", 0, 3),
        Event(run.id, NOON, "late_result"),
    ]
    with store.transaction() as tx:
        tx.events.append(events[:1])
        tx.events.append([Event(other.id, NOON, "claimed"), *events[1:]])
        tx.events.append([])
    with store.transaction() as tx:
        assert tx.events.of_run(run.id) == events
        assert tx.events.of_run(RunId("nothing")) == []


@pytest.mark.parametrize("what", ["attempt", "log", "event"])
def test_rows_of_a_run_that_is_not_there_are_refused(store: Store, what: str) -> None:
    add = {
        "attempt": lambda tx: tx.attempts.add(attempt(run_id(1))),
        "log": lambda tx: tx.logs.append([chunk(0)]),
        "event": lambda tx: tx.events.append([Event(run_id(1), NOON, "claimed")]),
    }[what]
    with pytest.raises(StoreFault, match="DB-011"), store.transaction() as tx:
        add(tx)


# ---- objects -----------------------------------------------------------------------------------


def test_a_profile_is_kept_once(store: Store) -> None:
    profile = {"rows": 3, "columns": {"é": {"min": 1.5, "top": [["a", 2]]}}}
    with store.transaction() as tx:
        assert tx.objects.profile(address(1)) is None
        tx.objects.put_profile(address(1), profile)
        tx.objects.put_profile(address(1), {"rows": 4})
    with store.transaction() as tx:
        assert tx.objects.profile(address(1)) == profile


def test_a_profile_over_256_kib_is_refused(store: Store) -> None:
    with store.transaction() as tx:
        tx.objects.put_profile(address(1), {"x": "a" * (256 * 1024 - 8)})
    with pytest.raises(StoreFault, match="DB-012"), store.transaction() as tx:
        tx.objects.put_profile(address(2), {"x": "a" * (256 * 1024 - 7)})


def test_an_import_is_remembered_and_the_newest_counts(store: Store) -> None:
    with store.transaction() as tx:
        assert tx.objects.imported("i") is None
        tx.objects.remember_import("i", {"address": address(1), "rows": 2})
        tx.objects.remember_import("i", {"address": address(2), "rows": 3})
    with store.transaction() as tx:
        assert tx.objects.imported("i") == {"address": address(2), "rows": 3}
        assert list(tx.objects.referenced()) == [address(2)]


def referenced(store: Store) -> set[int]:
    with store.transaction() as tx:
        return {int(found, 16) for found in tx.objects.referenced()}


def test_every_address_that_a_record_refers_to_is_referenced(store: Store) -> None:
    plan = plan_of((), ())
    script = dataclasses.replace(
        plan.steps[0].script, source=address(11), modules={"a.py": address(12), "b.py": address(13)}
    )
    steps: tuple[PlannedStep, ...] = (dataclasses.replace(plan.steps[0], script=script), plan.steps[1])
    run = Run(run_id(1), "p", RunState.PENDING, NOON, 0, inputs={"df": frame(14), "v": value()})
    records = [StepRecord(run.id, 0, "a", 0, output=frame(15)), StepRecord(run.id, 1, "b", 0)]
    with store.transaction() as tx:
        assert tx.runs.add(run, dataclasses.replace(plan, steps=steps), [], records)
    known = {11, 12, 13, 14, 15, 1001}
    assert referenced(store) == known
    with store.transaction() as tx:
        tx.steps.put([full_step(run.id, 1)])
        tx.steps.put([replace(records[0], output=value())])
        tx.cache.put([entry(output=frame(16), files=(FileRef("f", address(17), 1),)), entry("v", output=value())])
        tx.objects.remember_import("i", {"address": address(18)})
        tx.objects.remember_import("j", {"address": address(19), "inline": True})
        tx.objects.put_profile(address(20), {})
    # Frame 15 is kept until its run goes, though a later record of the step names another result.
    assert referenced(store) == known | {31, 32, 33, 34, 35, 16, 17, 18}
    with store.transaction() as tx:
        assert tx.runs.save(run, replace(run, inputs={"df": frame(21)}))
    assert 21 in referenced(store)


def test_a_step_without_output_refers_to_nothing(store: Store) -> None:
    run = submit(store)[0]
    nothing = Output(Kind.NOTHING, Address(""), 0)
    with store.transaction() as tx:
        tx.steps.put([StepRecord(run.id, 0, "a", 0, output=nothing)])
    assert referenced(store) == {1001}


def end(store: Store, run: Run) -> None:
    with store.transaction() as tx:
        assert tx.runs.save(run, replace(run, state=RunState.COMPLETED, open_stages=0))


def test_a_dropped_run_leaves_nothing(store: Store) -> None:
    run, _, steps = submit(store, 1, (), (0,), idempotency_key="once")
    kept = submit(store, 2, (), (0,))[0]
    with store.transaction() as tx:
        tx.steps.put([replace(steps[0], output=frame(1))])
        tx.attempts.add(attempt(run.id))
        tx.logs.append([chunk(0)])
        tx.events.append([Event(run.id, NOON, "claimed")])
        tx.cache.put([entry(run_id=run.id, output=frame(1)), entry("other", run_id=kept.id, output=frame(5))])
        tx.objects.put_profile(address(1), {"rows": 1})
    end(store, run)
    with store.transaction(durable=True) as tx:
        assert tx.objects.drop_run(run.id)
    with store.transaction() as tx:
        assert tx.runs.get(run.id) is tx.runs.plan(run.id) is tx.runs.by_key("once") is None
        assert tx.stages.of_run(run.id) == tx.steps.of_run(run.id) == tx.attempts.of_run(run.id) == []
        assert tx.logs.read(run.id) == tx.events.of_run(run.id) == []
        assert tx.cache.get("k") is None
        assert tx.cache.get("other") is not None
        assert tx.objects.profile(address(1)) is None
        assert tx.stages.count_down(run.id, [0]) == []
        assert tx.runs.find("") == [kept.id]
        assert tx.runs.plan(kept.id) is not None  # the same plan, stored once
        assert not tx.objects.drop_run(run.id)
    assert referenced(store) == {5, 1001}


def test_a_run_that_is_not_final_is_not_dropped(store: Store) -> None:
    run = submit(store)[0]
    with store.transaction() as tx:
        assert not tx.objects.drop_run(run.id)
        assert not tx.objects.drop_run(RunId("nothing"))
        assert tx.runs.get(run.id) == run


def test_a_cached_result_that_another_run_took_becomes_that_runs(store: Store) -> None:
    run = submit(store, 1)[0]
    for number in (2, 3, 4):
        taker, _, steps = submit(store, number)
        state = StepState.COMPLETED if number < 4 else StepState.FAILED
        with store.transaction() as tx:
            tx.steps.put([replace(steps[0], state=state, cached_from=run.id, cache_key="k", output=frame(1))])
        del taker
    with store.transaction() as tx:
        tx.cache.put([entry(run_id=run.id, step_no=7, output=frame(1))])
    end(store, run)
    with store.transaction() as tx:
        assert tx.objects.drop_run(run.id)
        assert tx.cache.get("k") == entry(run_id=run_id(3), step_no=0, output=frame(1))


def test_an_import_goes_with_the_last_run_that_took_it(store: Store) -> None:
    one, two = (submit(store, n, inputs={"df": frame(1)})[0] for n in (1, 2))
    with store.transaction() as tx:
        tx.objects.remember_import("i", {"address": address(1)})
        tx.objects.remember_import("j", {"address": address(2)})
    for run in (one, two):
        end(store, run)
    with store.transaction() as tx:
        assert tx.objects.drop_run(one.id)
        assert tx.objects.imported("i") is not None
        assert tx.objects.drop_run(two.id)
        assert tx.objects.imported("i") is None
        assert tx.objects.imported("j") is not None
