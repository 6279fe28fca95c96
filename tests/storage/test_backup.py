"""T22, P29: a backup taken under load restores to a state in which every promise holds."""

from __future__ import annotations

import os
import sqlite3
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from pauta.domain.access import AuditRow
from pauta.domain.calls import CallState
from pauta.domain.deploying import Deployment
from pauta.domain.problems import StoreFault
from pauta.domain.runs import Event
from pauta.domain.states import RunState, StageState, StepState
from pauta.engine import audit
from pauta.ports.store import Store, Transaction
from pauta.storage import sqlite_backup
from pauta.storage.memory import MemoryStore
from pauta.storage.sqlite import DATABASE, open_sqlite
from pauta.storage.turns import TurnStore
from pauta.storage.upkeep import ARCHIVE, back_up, restore
from pauta.storage.versions import HEAD
from servers import PostgresServer, create_database
from store_samples import (
    NOON,
    ODD_TEXT,
    SECOND,
    attempt,
    call,
    full_call,
    full_plan,
    full_run,
    full_step,
    run_id,
    submit,
)

BACKUPS = 50 if os.environ.get("PAUTA_TEST_SCALE") == "ci" else 2
KINDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


class Place:
    """A store that is written to, and empty places to restore into."""

    def __init__(self, store: TurnStore, folder: Path, server: PostgresServer | None) -> None:
        self.store, self.folder, self.server = store, folder, server
        self.count = 0

    def back_up(self) -> Path:
        """A new backup."""
        self.count += 1
        folder = self.folder / f"backup{self.count}"
        folder.mkdir()
        return back_up(self.store, folder, now=NOON)

    def empty(self) -> Path | str:
        """A new empty place."""
        self.count += 1
        if self.server is not None:
            return create_database(self.server, f"pauta_restored{self.count % 3}")
        return self.folder / f"restored{self.count}"

    @contextmanager
    def restored(self, backup: Path) -> Iterator[TurnStore]:
        """The store that a backup becomes."""
        place = self.empty()
        restore(backup, place)
        with closing(opened(place)) as store:
            yield store


def opened(place: Path | str) -> TurnStore:
    if isinstance(place, Path):
        return open_sqlite(place)
    from pauta.storage.postgres import open_postgres

    return open_postgres(place, connections=3)


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    server: PostgresServer | None = None
    where: Path | str = tmp_path / "records"
    if request.param == "postgres":
        server = request.getfixturevalue("postgres_server")
        where = create_database(server, "pauta_backed_up")
    store = opened(where)
    yield Place(store, tmp_path, server)
    store.close()


def everything(store: Store) -> list[object]:
    with store.transaction() as tx:
        runs = tx.runs.newest(limit=1000)
        return [
            runs,
            [(tx.runs.plan(run.id), tx.stages.of_run(run.id), str(tx.steps.of_run(run.id))) for run in runs],
            [(tx.attempts.of_run(run.id), tx.events.of_run(run.id), str(tx.calls.of_run(run.id))) for run in runs],
            tx.runs.children(run_id(0)), str(tx.calls.awaited()),
            tx.audit.read(), tx.audit.noted_tip(), tx.deployments.all(), tx.deployments.history("d"),
            sorted(tx.objects.referenced()), tx.meta.get("a"),
        ]  # fmt: skip


def fill(store: Store) -> None:
    run = full_run(1)
    _, stages, steps = submit(store, 2, (), (0,))
    with store.transaction() as tx:
        assert tx.runs.add(run, full_plan(), [], [full_step(run.id)])
        tx.attempts.add(attempt(run_id(2)))
        tx.calls.put([full_call(run.id), call(run_id(2))])
        tx.events.append([Event(run.id, NOON, ODD_TEXT, details={"a": "\\N \t \n"})])
        tx.audit.append(AuditRow(1, NOON, "ana", "a", "t", {"é": 1}, "m"))
        assert tx.deployments.put(None, Deployment("d", "p", NOON, NOON, "ana"))
        tx.meta.put("a", "\\.")
    assert stages
    assert steps


def test_everything_comes_back_from_a_backup_and_goes_on(place: Place) -> None:
    fill(place.store)
    before = everything(place.store)
    backup = place.back_up()
    with place.store.transaction() as tx:
        tx.meta.put("a", "later")
    with place.restored(backup) as store:
        assert everything(store) == before
        submit(store, 3)
        with store.transaction() as tx:
            tx.events.append([Event(run_id(3), NOON, "claimed")])
            changed = Deployment("d", "p", NOON, NOON, "ana", version=2)
            assert tx.deployments.put(tx.deployments.get("d"), changed)
            assert tx.deployments.history("d")[0] == changed
            tx.audit.append(AuditRow(2, NOON, "ana", "a", "t", mac="n"))
            tx.calls.put([replace(call(run_id(2)), state=CallState.COMPLETED)])
        with pytest.raises(StoreFault, match="DB-010"), store.transaction() as tx:
            tx.calls.put([call(run_id(2))])
        failed = replace(full_step(run_id(1)), state=StepState.FAILED)
        with pytest.raises(StoreFault, match="DB-010"), store.transaction() as tx:
            tx.steps.put([failed])


def live(store: Store, number: int, acknowledged: list[int], tell: Callable[[], bool]) -> None:
    """Runs from acceptance to end, one after the other, until told to stop."""
    while tell():
        run, stages, _ = submit(store, number, (), (0,))
        for no in (0, 1):
            with store.transaction() as tx:
                stage = tx.stages.get(run.id, no)
                assert stage is not None
                running = replace(
                    stage, state=StageState.RUNNING, fence=1, owner="w", lease_until=NOON + SECOND, waiting_for=0
                )
                assert tx.stages.save(stage, running)
                tx.attempts.add(attempt(run.id, no))
                before = tx.runs.get(run.id)
                assert before is not None
                assert tx.runs.save(before, replace(before, state=RunState.RUNNING))
            finish(store, running, last=no == len(stages) - 1)
        acknowledged.append(number)
        number += 4


def finish(store: Store, stage: object, *, last: bool) -> None:
    from pauta.domain.runs import Stage

    assert isinstance(stage, Stage)
    with store.transaction(durable=True) as tx:
        assert tx.stages.save(stage, replace(stage, state=StageState.COMPLETED, lease_until=None))
        free(tx, stage.run_id, stage.no)
        run = tx.runs.get(stage.run_id)
        assert run is not None
        state = RunState.COMPLETED if last else RunState.RUNNING
        assert tx.runs.save(run, replace(run, open_stages=run.open_stages - 1, state=state))
        tx.events.append([Event(run.id, NOON, "completed", stage.no)])


def free(tx: Transaction, run: object, no: int) -> None:
    from pauta.domain.ids import RunId

    for freed in tx.stages.count_down(RunId(str(run)), [no]):
        assert tx.stages.save(freed, replace(freed, state=StageState.READY))


def test_t22_p29_a_backup_under_load_is_one_moment_and_holds_all_that_was_acknowledged_before(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_backup, "_PAGES", 5)  # so that others write between two parts of so small a file
    acknowledged: list[int] = []
    stop = threading.Event()
    enough = threading.Event()

    def go_on() -> bool:
        if len(acknowledged) > 20:
            enough.set()
        return not stop.is_set()

    threads = [threading.Thread(target=live, args=(place.store, n, acknowledged, go_on)) for n in range(4)]
    for thread in threads:
        thread.start()
    taken = []
    try:
        assert enough.wait(60)
        for _ in range(BACKUPS):
            known = list(acknowledged)
            taken.append((known, place.back_up()))
    finally:
        stop.set()
        for thread in threads:
            thread.join(60)
    assert len(acknowledged) > len(taken[-1][0]), "nothing was written during the last backup"
    for known, backup in taken:
        with place.restored(backup) as store:
            check(store, known)


def check(store: Store, known: list[int]) -> None:
    with store.transaction() as tx:
        runs = {run.id: run for run in tx.runs.newest(limit=100_000)}
        assert {run_id(n) for n in known} <= {run.id for run in runs.values() if run.state is RunState.COMPLETED}
        assert tx.stages.stuck(now=NOON) == []
        for run in runs.values():
            stages = tx.stages.of_run(run.id)
            assert audit.faults(run, stages) == [], run
            done = [stage.no for stage in stages if stage.state is StageState.COMPLETED]
            assert [event.stage_no for event in tx.events.of_run(run.id)] == done
            assert [(a.stage_no, a.fence) for a in tx.attempts.of_run(run.id)] == [
                (stage.no, 1) for stage in stages if stage.fence
            ]


def test_a_backup_takes_no_others_place_and_is_restored_to_empty_places_only(place: Place) -> None:
    submit(place.store, 1)
    backup = place.back_up()
    with pytest.raises(StoreFault, match="DB-016"):
        back_up(place.store, backup.parent, now=NOON)
    assert [path.name for path in backup.parent.iterdir()] == [backup.name]
    target = place.empty()
    restore(backup, target)
    with pytest.raises(StoreFault, match="DB-017"):
        restore(backup, target)


def test_a_damaged_backup_is_refused_and_leaves_nothing_behind(place: Place) -> None:
    for number in range(50):
        submit(place.store, number)
    backup = place.back_up()
    whole = backup.read_bytes()
    target = place.empty()
    middle = whole.index(run_id(30).encode())
    spoiled = {
        "cut": whole[: len(whole) // 2],
        "empty": b"",
        "text": b"not a backup",
        "changed": whole[:middle] + b"9z" + whole[middle + 2 :],
    }
    if place.server is None:
        spoiled.pop("changed")  # SQLite keeps no sums of its pages: a changed letter is another letter
    for name, data in spoiled.items():
        path = backup.with_name(f"{name}.bad")
        path.write_bytes(data)
        with pytest.raises(StoreFault, match="DB-018"):
            restore(path, target)
    with pytest.raises(StoreFault, match="DB-018"):
        restore(backup.with_name("missing"), target)
    restore(backup, target)
    with closing(opened(target)) as store, store.transaction() as tx:
        assert tx.runs.states() == {"pending": 50}


def test_a_backup_of_a_newer_program_is_refused(place: Place, tmp_path: Path) -> None:
    submit(place.store, 1)
    backup = place.back_up()
    if place.server is None:
        with closing(sqlite3.connect(backup)) as raw:
            raw.execute("UPDATE alembic_version SET version_num = '0999'")
            raw.commit()
    else:
        with tarfile.open(backup) as old, tarfile.open(tmp_path / "new.tar", "w") as new:
            for member in old.getmembers():
                path = tmp_path / member.name
                file = old.extractfile(member)
                assert file is not None
                path.write_bytes(file.read().replace(f'"{HEAD}"'.encode(), b'"0999"'))
                new.add(path, arcname=member.name)
        backup = tmp_path / "new.tar"
    with pytest.raises(StoreFault, match=r"DB-002 .*0999"):
        restore(backup, place.empty())


def test_a_store_in_memory_has_nothing_to_be_backed_up(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="memory"):
        back_up(MemoryStore(), tmp_path, now=NOON)


def test_b76_a_damaged_database_names_its_backups(tmp_path: Path) -> None:
    store = open_sqlite(tmp_path)
    submit(store, 1)
    for name in ("20260101", "20260102"):
        (tmp_path / "backups" / name).mkdir(parents=True)
        back_up(store, tmp_path / "backups" / name, now=NOON)
    store.close()
    path = tmp_path / DATABASE
    path.write_bytes(b"damaged!" * 1000)
    with pytest.raises(StoreFault, match="DB-001") as refused:
        open_sqlite(tmp_path)
    problem = refused.value.problems[0]
    newest = str(tmp_path / "backups" / "20260102")
    assert problem.message().index(newest) < problem.message().index("20260101")
    assert f"pauta db restore --force {newest}" in problem.remedy()
    path.unlink()
    restore(Path(newest) / DATABASE, tmp_path)
    store = open_sqlite(tmp_path)
    with store.transaction() as tx:
        assert tx.runs.find("") == [run_id(1)]
    store.close()
    assert ARCHIVE != DATABASE
