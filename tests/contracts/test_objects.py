"""What every object store promises (P21, P23, T16), checked on each of them."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from blake3 import blake3

from depots import KINDS, close_places, new_place, open_cached, spoil_there
from pauta.adapters.cached_objects import CachedObjects
from pauta.adapters.clock import now
from pauta.adapters.folder_objects import FolderObjects
from pauta.adapters.memory_objects import MemoryObjects
from pauta.domain.ids import Address
from pauta.domain.problems import StoreFault


@pytest.fixture(params=["folder", "memory", *KINDS])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    made: Any
    if request.param in KINDS:
        made = open_cached(new_place(request.param, tmp_path), tmp_path / "objects")
    else:
        made = FolderObjects(tmp_path / "objects") if request.param == "folder" else MemoryObjects(now)
    yield made
    made.close()
    close_places()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[FolderObjects]:
    made = FolderObjects(tmp_path / "objects")
    yield made
    made.close()


def address_of(data: bytes) -> Address:
    return Address(blake3(data).hexdigest())


def code_of(action: Callable[[], object]) -> str:
    with pytest.raises(StoreFault) as caught:
        action()
    return caught.value.problems[0].code


def file_of(store: FolderObjects, address: str) -> Path:
    return store.root / address[:2] / address


def files_in(store: FolderObjects, name: str) -> list[str]:
    return os.listdir(store.root / name)


# ---- all stores ---------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 65, 300_000, 9_000_001])
def test_bytes_come_back_under_their_hash(store: Any, size: int) -> None:
    data = os.urandom(size)
    stored = store.put(data)
    assert (stored.address, stored.size) == (address_of(data), size)
    assert store.read(stored.address) == data
    assert store.path(stored.address).read_bytes() == data


def test_pieces_of_any_size_make_one_object(store: Any) -> None:
    pieces = [os.urandom(n) for n in (3, 0, 300_000, 64, 5_000_000, 1)]
    with store.writing() as writing:
        for piece in pieces:
            assert writing.write(memoryview(piece)) == len(piece)
        stored = writing.finish()
    assert store.read(stored.address) == b"".join(pieces)


def test_a_buffer_may_be_used_again_as_soon_as_it_was_written(store: Any) -> None:
    buffer = bytearray(b"x" * 9_000_000)
    with store.writing() as writing:
        writing.write(memoryview(buffer))
        buffer[:] = b"y" * 9_000_000
        writing.write(memoryview(buffer))
        stored = writing.finish()
    assert store.read(stored.address) == b"x" * 9_000_000 + b"y" * 9_000_000


def test_an_object_that_is_not_finished_is_not_there(store: Any) -> None:
    with store.writing() as writing:
        writing.write(b"half")
    assert not store.exists(address_of(b"half"))
    assert list(store.contents()) == []


def test_an_error_while_writing_leaves_nothing(store: Any) -> None:
    def interrupted() -> None:
        with store.writing() as writing:
            writing.write(b"half")
            raise KeyError

    with pytest.raises(KeyError):
        interrupted()
    assert list(store.contents()) == []


def test_the_same_bytes_twice_are_one_object(store: Any) -> None:
    assert store.put(b"same").address == store.put(b"same").address
    assert [info.address for info in store.contents()] == [address_of(b"same")]


def test_a_file_is_stored_as_its_bytes(store: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"of a file")
    assert store.put_file(tmp_path / "file").address == address_of(b"of a file")


def test_what_is_missing_is_named(store: Any) -> None:
    nowhere = address_of(b"nowhere")
    assert not store.exists(nowhere)
    assert code_of(lambda: store.read(nowhere)) == "OBJ-001"
    assert code_of(lambda: store.path(nowhere)) == "OBJ-001"
    assert code_of(lambda: store.sync([nowhere])) == "OBJ-001"


@pytest.mark.parametrize(
    "name", ["", "..", "../../etc/passwd", "a" * 63, "A" * 64, "g" * 64, "aa/" + "a" * 61, "é" * 64]
)
def test_only_addresses_are_looked_for(store: Any, name: str) -> None:
    assert code_of(lambda: store.read(Address(name))) == "OBJ-004"
    assert code_of(lambda: store.path(Address(name))) == "OBJ-004"


def test_synced_objects_are_still_there(store: Any) -> None:
    addresses = [store.put(bytes([n])).address for n in range(12)]
    store.sync(addresses)
    store.sync(addresses)
    assert all(store.exists(a) for a in addresses)


def test_discarded_objects_are_gone_and_can_be_made_again(store: Any) -> None:
    address = store.put(b"1234").address
    assert store.discard([address, address_of(b"nowhere")]) == 4
    assert code_of(lambda: store.read(address)) == "OBJ-001"
    assert store.put(b"1234").address == address
    assert store.read(address) == b"1234"


def test_p24_only_what_nobody_touched_since_is_discarded(store: Any) -> None:
    before = now() - timedelta(minutes=5)
    address = store.put(b"kept").address
    assert store.discard([address], untouched_since=before) == 0
    assert store.read(address) == b"kept"
    assert store.discard([address], untouched_since=now() + timedelta(minutes=5)) == 4
    assert not store.exists(address)


def test_trash_is_kept_until_it_is_old(store: Any) -> None:
    store.discard([store.put(b"12345").address])
    at = now()
    assert store.empty_trash(older_than=at - timedelta(hours=1)) == 0
    assert store.empty_trash(older_than=at + timedelta(hours=1)) == 5
    assert store.empty_trash(older_than=at + timedelta(hours=1)) == 0


def test_contents_tell_size_and_time(store: Any) -> None:
    before = now() - timedelta(seconds=2)
    store.put(b"abc")
    (info,) = store.contents()
    assert info.size == 3
    assert before <= info.modified_at <= now() + timedelta(seconds=2)


# ---- T16: damage is found on read and never served -------------------------------------------------


def flip(data: bytes) -> bytes:
    return data[:50] + bytes([data[50] ^ 1]) + data[51:]


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "one bit flipped": flip,
    "cut": lambda data: data[:-1],
    "emptied": lambda data: b"",
    "longer": lambda data: data + b"x",
    "another object's bytes": lambda data: b"other" * 40,
}


def spoil(store: Any, address: str, damage: Callable[[bytes], bytes]) -> None:
    if isinstance(store, MemoryObjects):
        data, at = store._objects[address]
        store._objects[address] = (damage(data), at)
        return
    if isinstance(store, CachedObjects):
        store.sync([Address(address)])
        store.folder.evict(Address(address))
        spoil_there(store.depot, address, damage)
        return
    file = file_of(store, address)
    data = file.read_bytes()
    file.chmod(0o644)
    file.write_bytes(damage(data))


@pytest.mark.parametrize("reader", ["read", "path"])
@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_object_is_named_set_aside_and_never_served(store: Any, damage: str, reader: str) -> None:
    address = store.put(b"good bytes" * 20).address
    store.put(b"other" * 40)
    spoil(store, address, DAMAGE[damage])
    assert code_of(lambda: getattr(store, reader)(address)) == "OBJ-002"
    assert not store.exists(address)
    assert code_of(lambda: getattr(store, reader)(address)) == "OBJ-001"
    assert store.read(store.put(b"good bytes" * 20).address) == b"good bytes" * 20


def test_two_swapped_objects_are_both_found(folder: FolderObjects) -> None:
    one, two = folder.put(b"a" * 100).address, folder.put(b"b" * 100).address
    first, second = file_of(folder, one), file_of(folder, two)
    first.rename(folder.root / "between")
    second.rename(first)
    (folder.root / "between").rename(second)
    assert code_of(lambda: folder.path(one)) == "OBJ-002"
    assert code_of(lambda: folder.read(two)) == "OBJ-002"
    assert len(files_in(folder, "damaged")) == 2


# ---- the folder alone ----------------------------------------------------------------------------


def test_another_process_hashes_an_object_before_its_first_use(folder: FolderObjects) -> None:
    address = folder.put(b"good" * 20).address
    spoil(folder, address, flip)
    assert code_of(lambda: FolderObjects(folder.root).path(address)) == "OBJ-002"


def test_an_object_whose_writer_is_trusted_is_not_hashed_again(
    folder: FolderObjects, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = folder.put(b"trusted")
    monkeypatch.setattr("pauta.adapters.folder_objects._hash_of", lambda descriptor: pytest.fail("hashed"))
    other = FolderObjects(folder.root)
    assert other.path(stored.address, trusted=stored.identity).read_bytes() == b"trusted"
    assert other.path(stored.address).read_bytes() == b"trusted"


def test_a_file_touched_since_it_was_written_is_hashed_whoever_is_trusted(folder: FolderObjects) -> None:
    stored = folder.put(b"good" * 20)
    spoil(folder, stored.address, flip)
    assert code_of(lambda: FolderObjects(folder.root).path(stored.address, trusted=stored.identity)) == "OBJ-002"


def test_an_existing_object_stays_the_same_file(folder: FolderObjects) -> None:
    assert folder.put(b"same").identity == folder.put(b"same").identity
    assert files_in(folder, "staging") == []


def test_an_old_object_that_is_written_again_counts_as_new(folder: FolderObjects) -> None:
    address = folder.put(b"old").address
    os.utime(file_of(folder, address), (1_000_000_000, 1_000_000_000))
    assert folder.put(b"old").identity == FolderObjects(folder.root).put(b"old").identity
    (info,) = folder.contents()
    assert now() - info.modified_at < timedelta(minutes=5)


def test_p24_an_object_touched_while_it_is_moved_to_the_trash_comes_back(
    folder: FolderObjects, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = folder.put(b"old").address
    os.utime(file_of(folder, address), (1_000_000_000, 1_000_000_000))
    real = os.rename

    def touched_just_before(source: str, target: str, **how: int) -> None:
        if target.startswith("trash/"):
            os.utime(file_of(folder, address))
        real(source, target, **how)

    monkeypatch.setattr(os, "rename", touched_just_before)
    assert folder.discard([address], untouched_since=now() - timedelta(minutes=5)) == 0
    assert folder.read(address) == b"old"
    assert files_in(folder, "trash") == []


def test_p24_an_object_collected_while_its_writer_touches_it_is_made_again(
    folder: FolderObjects, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = folder.put(b"old").address
    os.utime(file_of(folder, address), (1_000_000_000, 1_000_000_000))
    real = os.utime

    def collected_just_before(name: str, **how: Any) -> None:
        assert folder.discard([address], untouched_since=now() - timedelta(minutes=5)) == 3
        real(name, **how)

    monkeypatch.setattr(os, "utime", collected_just_before)
    assert folder.put(b"old").address == address
    assert folder.read(address) == b"old"


def test_an_object_cut_on_disk_is_replaced_when_it_is_written_again(folder: FolderObjects) -> None:
    address = folder.put(b"whole").address
    spoil(folder, address, lambda data: b"")
    folder.put(b"whole")
    assert folder.read(address) == b"whole"


def test_a_link_is_no_object(folder: FolderObjects, tmp_path: Path) -> None:
    address = address_of(b"outside")
    (tmp_path / "outside").write_bytes(b"outside")
    (folder.root / address[:2]).mkdir()
    file_of(folder, address).symlink_to(tmp_path / "outside")
    assert not folder.exists(address)
    assert code_of(lambda: folder.read(address)) == "OBJ-001"


def test_a_linked_folder_holds_no_objects(folder: FolderObjects, tmp_path: Path) -> None:
    address = address_of(b"outside")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / address).write_bytes(b"outside")
    (folder.root / address[:2]).symlink_to(tmp_path / "elsewhere")
    assert code_of(lambda: folder.read(address)) == "OBJ-001"


def test_objects_cannot_be_written_to_by_accident(folder: FolderObjects) -> None:
    address = folder.put(b"kept").address
    assert file_of(folder, address).stat().st_mode & 0o222 == 0


def test_a_full_disk_is_named_and_leaves_nothing_behind(folder: FolderObjects, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    given = iter([3, 2])

    def short_of_space(descriptor: int, data: memoryview) -> int:
        room = next(given, 0)
        if not room:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(descriptor, data[:room])

    monkeypatch.setattr(os, "write", short_of_space)
    assert code_of(lambda: folder.put(b"does not fit")) == "E-DISK"
    monkeypatch.undo()
    assert files_in(folder, "staging") == []
    assert list(folder.contents()) == []
    assert folder.read(folder.put(b"does not fit").address) == b"does not fit"


def test_short_writes_lose_nothing(folder: FolderObjects, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, data[:7]))
    stored = folder.put(b"written in pieces of seven")
    monkeypatch.undo()
    assert FolderObjects(folder.root).read(stored.address) == b"written in pieces of seven"


def test_files_folders_and_root_are_flushed_once(folder: FolderObjects, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[str] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        flushed.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    address = folder.put(b"kept").address
    assert flushed == []
    folder.sync([address])
    assert flushed == [str(file_of(folder, address)), str(file_of(folder, address).parent), str(folder.root)]
    folder.sync([address])
    assert len(flushed) == 3


def test_a_failed_flush_is_never_taken_for_success_later(
    folder: FolderObjects, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = folder.put(b"kept").address

    def failing(descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", failing)
    assert code_of(lambda: folder.sync([address])) == "OBJ-003"
    monkeypatch.undo()
    assert code_of(lambda: folder.sync([address])) == "OBJ-003"


def test_many_writers_of_the_same_bytes_leave_one_good_object(folder: FolderObjects) -> None:
    data = os.urandom(200_000)
    stores = [FolderObjects(folder.root) for _ in range(4)]
    threads = [threading.Thread(target=lambda s=s: [s.put(data) for _ in range(10)]) for s in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert folder.read(address_of(data)) == data
    assert files_in(folder, "staging") == []
    assert files_in(folder, "damaged") == []
