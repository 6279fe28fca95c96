"""The audit log shows every way of tampering that does without its key (S22)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from pauta.domain.access import AuditRow
from pauta.ports.store import Store
from pauta.services.audit import Head, head_of, note, verify
from pauta.storage.memory import MemoryStore
from pauta.storage.sqlite import open_sqlite

NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)
SECRET = b"s" * 32
ROWS = 6
Log = list[AuditRow]


def written(store: Store, count: int = ROWS, *, secret: bytes = SECRET) -> None:
    for number in range(count):
        with store.transaction() as tx:
            note(
                tx,
                actor="ana",
                action="pool.pause",
                target=f"pool-{number}",
                now=NOON + timedelta(microseconds=number),
                secret=secret,
                details={"number": number, "share": 0.1, "why": ["ç", None]},
            )


@dataclass
class Tampering:
    """Somebody who can write to every table and has no key: sees the rows, puts other ones."""

    read: Callable[[], Log]
    put: Callable[[Log, tuple[int, str] | None, bool], None]

    def __call__(self, change: Callable[[Log], Log], *, mend_tip: bool = True, forget_all: bool = False) -> None:
        rows = change(self.read())
        tip = (len(rows), rows[-1].mac) if rows and mend_tip else None
        self.put(rows, tip, forget_all)


@pytest.fixture(params=["memory", "sqlite"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Store, Tampering]]:
    if request.param == "memory":
        store: Any = MemoryStore()
        yield store, Tampering(lambda: _rows(store), lambda *a: _put_in_memory(store, *a))
    else:
        store = open_sqlite(tmp_path)
        yield store, Tampering(lambda: _rows(store), lambda *a: _put_in_file(tmp_path, *a))
    store.close()


def _rows(store: Store) -> Log:
    with store.transaction() as tx:
        return tx.audit.read()


def _put_in_memory(store: Any, rows: Log, tip: tuple[int, str] | None, forget_all: bool) -> None:
    with store.transaction() as tx:
        tables = tx.audit._journal.tables
        tables.audit.clear()
        tables.audit.update({row.seq: row for row in rows})
        if tip is not None:
            tables.audit_tip[1] = tip
        if forget_all:
            tables.audit_tip.clear()
            tables.meta.pop("audit.head", None)


def _put_in_file(folder: Path, rows: Log, tip: tuple[int, str] | None, forget_all: bool) -> None:
    path = next(p for p in folder.iterdir() if p.suffix == ".db")
    with sqlite3.connect(path) as raw:
        for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            raw.execute(f"DROP TRIGGER {name}")
        columns = [name for _, name, *_ in raw.execute("PRAGMA table_info(audit)")]
        kept = {row[columns.index("mac")]: row for row in raw.execute("SELECT * FROM audit")}
        raw.execute("DELETE FROM audit")
        for row in rows:
            stored = dict(zip(columns, kept.get(row.mac) or next(iter(kept.values())), strict=True))
            stored.update(seq=row.seq, actor=row.actor, target=row.target, mac=row.mac)
            marks = ", ".join("?" * len(columns))
            raw.execute(f"INSERT INTO audit VALUES ({marks})", [stored[c] for c in columns])
        if tip is not None:
            raw.execute("UPDATE audit_tip SET count = ?, last = ?", tip)
        if forget_all:
            raw.execute("DELETE FROM audit_tip")
            raw.execute("DELETE FROM meta WHERE name = 'audit.head'")
    raw.close()


def test_an_untouched_log_is_good(site: tuple[Store, Tampering]) -> None:
    store, _ = site
    assert verify(store, secret=SECRET).good
    written(store)
    verdict = verify(store, secret=SECRET)
    assert verdict.good
    assert (verdict.rows, verdict.head) == (ROWS, head_of(store))


def test_putting_back_what_was_there_is_good(site: tuple[Store, Tampering]) -> None:
    store, tamper = site
    written(store)
    tamper(lambda rows: rows)
    assert verify(store, secret=SECRET).good


def test_1_an_edited_row_is_seen(site: tuple[Store, Tampering]) -> None:
    store, tamper = site
    written(store)
    tamper(lambda rows: [*rows[:2], replace(rows[2], actor="bob"), *rows[3:]])
    verdict = verify(store, secret=SECRET)
    assert (verdict.content, verdict.order) == ((3,), ())


def test_2_a_row_taken_from_the_middle_is_seen(site: tuple[Store, Tampering]) -> None:
    store, tamper = site
    written(store)
    tamper(lambda rows: rows[:2] + rows[3:])
    verdict = verify(store, secret=SECRET)
    assert (verdict.order, verdict.complete) == ((4,), False)


def test_2_also_when_the_rows_after_it_are_numbered_anew(site: tuple[Store, Tampering]) -> None:
    store, tamper = site
    written(store)
    tamper(lambda rows: rows[:2] + [replace(row, seq=row.seq - 1) for row in rows[3:]])
    assert verify(store, secret=SECRET).content == (3, 4, 5)


@pytest.mark.parametrize("mend_tip", [True, False])
def test_3_a_tail_cut_off_is_seen(site: tuple[Store, Tampering], mend_tip: bool) -> None:
    store, tamper = site
    written(store)
    tamper(lambda rows: rows[:-2], mend_tip=mend_tip)
    verdict = verify(store, secret=SECRET)
    assert (verdict.content, verdict.order, verdict.complete) == ((), (), False)


def test_4_an_emptied_log_is_seen(site: tuple[Store, Tampering]) -> None:
    store, tamper = site
    written(store)
    tamper(lambda rows: [])
    assert not verify(store, secret=SECRET).complete


def test_4_also_when_everything_around_it_was_emptied_by_a_head_kept_elsewhere(site: tuple[Store, Tampering]) -> None:
    store, tamper = site
    written(store)
    kept = head_of(store)
    tamper(lambda rows: [], forget_all=True)
    assert not verify(store, secret=SECRET, known=[kept]).complete
    written(store)
    assert not verify(store, secret=SECRET, known=[replace(kept, mac="0" * 64)]).complete


def test_5_rows_in_another_order_are_seen(site: tuple[Store, Tampering]) -> None:
    store, tamper = site
    written(store)
    tamper(lambda rows: [*rows[:1], replace(rows[2], seq=2), replace(rows[1], seq=3), *rows[3:]])
    assert {2, 3} <= set(verify(store, secret=SECRET).content)


def test_6_a_row_played_again_is_seen(site: tuple[Store, Tampering]) -> None:
    store, tamper = site
    written(store)
    tamper(lambda rows: [*rows, replace(rows[1], seq=ROWS + 1)])
    verdict = verify(store, secret=SECRET)
    assert (verdict.content, verdict.complete) == ((ROWS + 1,), False)


def test_7_a_log_sealed_anew_without_the_key_is_seen(site: tuple[Store, Tampering]) -> None:
    store, tamper = site
    written(store)
    forged = MemoryStore()
    written(forged, secret=b"t" * 32)
    tamper(lambda rows: [replace(row, mac=other.mac) for row, other in zip(rows, _rows(forged), strict=True)])
    verdict = verify(store, secret=SECRET)
    assert (verdict.content, verdict.complete) == (tuple(range(1, ROWS + 1)), False)


def test_6_a_row_from_another_history_of_the_same_server_is_seen() -> None:
    store: Any = MemoryStore()
    written(store)
    past = MemoryStore()  # as from a backup: the same key, the same numbers, other rows before it
    with past.transaction() as tx:
        note(tx, actor="bob", action="x", target="y", now=NOON, secret=SECRET)
    written(past)
    old = _rows(past)[2]
    rows = _rows(store)
    _put_in_memory(store, [*rows[:2], old, *rows[3:]], (ROWS, rows[-1].mac), False)
    assert verify(store, secret=SECRET).content == (3, 4)


def test_a_note_of_the_end_that_was_changed_alone_is_seen(site: tuple[Store, Tampering]) -> None:
    store, tamper = site
    written(store)
    tamper.put(tamper.read(), (ROWS + 1, tamper.read()[-1].mac), False)
    assert not verify(store, secret=SECRET).complete


def test_a_head_kept_elsewhere_fits_the_log_that_went_on(site: tuple[Store, Tampering]) -> None:
    store, _ = site
    written(store)
    kept = head_of(store)
    written(store)
    assert verify(store, secret=SECRET, known=[Head(0, ""), kept]).good


def _fail_after_note(store: Store) -> None:
    with store.transaction() as tx:
        note(tx, actor="ana", action="x", target="y", now=NOON, secret=SECRET)
        raise ZeroDivisionError


def test_a_row_is_undone_with_the_deed(site: tuple[Store, Tampering]) -> None:
    store, _ = site
    written(store)
    with pytest.raises(ZeroDivisionError):
        _fail_after_note(store)
    assert verify(store, secret=SECRET).rows == ROWS
    assert verify(store, secret=SECRET).good


def test_a_long_log_is_read_in_pages(site: tuple[Store, Tampering]) -> None:
    store, _ = site
    with store.transaction() as tx:
        for number in range(1_001):
            note(tx, actor="a", action="b", target=str(number), now=NOON, secret=SECRET)
    assert verify(store, secret=SECRET).good
    assert verify(store, secret=SECRET).rows == 1_001
