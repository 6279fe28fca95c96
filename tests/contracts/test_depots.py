"""What every place elsewhere promises (P21 to P24, T16), checked on real servers."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from blake3 import blake3

from depots import KINDS, close_places, new_place, open_cached, open_place, s3, spoil_there
from pauta.adapters.clock import now
from pauta.adapters.gridfs_objects import GridfsDepot
from pauta.adapters.s3_objects import S3Depot
from pauta.domain.ids import Address
from pauta.domain.problems import StoreFault
from pauta.ports.depot import Depot

CI = os.environ.get("PAUTA_TEST_SCALE") == "ci"
SPOILT = {"file": 200 if CI else 30, "s3": 200 if CI else 30, "gridfs": 200 if CI else 30}
LARGE = 40_000_003
"""More than one piece, one part, one statement."""


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return new_place(request.param, tmp_path)


@pytest.fixture(autouse=True)
def closing() -> Iterator[None]:
    yield
    close_places()


@pytest.fixture
def depot(place: str) -> Depot:
    return open_place(place)


@pytest.fixture
def gridfs(tmp_path: Path) -> GridfsDepot:
    made = open_place(new_place("gridfs", tmp_path))
    assert isinstance(made, GridfsDepot)
    return made


@pytest.fixture
def file_of(tmp_path: Path) -> Callable[[bytes], tuple[Address, Path]]:
    def made(data: bytes) -> tuple[Address, Path]:
        address = Address(blake3(data).hexdigest())
        file = tmp_path / address
        file.write_bytes(data)
        return address, file

    return made


def fetched(depot: Depot, address: Address) -> bytes:
    held = bytearray()
    depot.fetch(address, held.extend)
    return bytes(held)


def code_of(action: Callable[[], object]) -> str:
    with pytest.raises(StoreFault) as caught:
        action()
    return caught.value.problems[0].code


Files = Callable[[bytes], tuple[Address, Path]]


@pytest.mark.parametrize("size", [0, 1, 300_000, LARGE])
def test_what_was_sent_comes_back(place: str, depot: Depot, file_of: Files, size: int) -> None:
    data = os.urandom(size)
    address, file = file_of(data)
    assert not depot.meet(address)
    depot.send(address, file)
    assert depot.exists(address)
    assert depot.meet(address)
    assert depot.meet(address, size)
    assert fetched(open_place(place), address) == data
    assert [(info.address, info.size) for info in depot.contents()] == [(address, size)]


def test_what_is_sent_twice_is_one_object(depot: Depot, file_of: Files) -> None:
    sent = file_of(b"same")
    depot.send(*sent)
    depot.send(*sent)
    assert [info.address for info in depot.contents()] == [sent[0]]
    assert fetched(depot, sent[0]) == b"same"


def test_many_writers_of_one_object_make_one_object(place: str, file_of: Files) -> None:
    data = os.urandom(3_000_000)
    address, file = file_of(data)
    failed: list[Exception] = []

    def send() -> None:
        try:
            open_place(place).send(address, file)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    depot = open_place(place)
    assert [info.address for info in depot.contents()] == [address]
    assert fetched(depot, address) == data


def test_what_is_missing_is_named(depot: Depot) -> None:
    nowhere = Address("0" * 64)
    assert not depot.exists(nowhere)
    assert not depot.meet(nowhere)
    assert code_of(lambda: fetched(depot, nowhere)) == "OBJ-001"


@pytest.mark.parametrize("name", ["", "..", "../../etc/passwd", "a" * 63, "A" * 64, "aa/" + "a" * 61, "{$ne: 1}"])
def test_only_addresses_are_looked_for(depot: Depot, name: str) -> None:
    assert code_of(lambda: depot.exists(Address(name))) == "OBJ-004"
    assert code_of(lambda: depot.meet(Address(name))) == "OBJ-004"
    assert code_of(lambda: fetched(depot, Address(name))) == "OBJ-004"


def test_an_object_of_another_size_is_set_aside_and_sent_anew(depot: Depot, file_of: Files) -> None:
    address, file = file_of(b"whole" * 100)
    depot.send(address, file)
    depot.set_aside(address)
    assert not depot.exists(address)
    depot.send(address, file)
    assert not depot.meet(address, 499)
    assert not depot.exists(address)
    depot.send(address, file)
    assert fetched(depot, address) == b"whole" * 100


def test_p24_who_met_an_old_object_keeps_it_from_being_discarded(place: str, file_of: Files) -> None:
    depot = open_place(place, fresh_seconds=0.0)
    address, file = file_of(b"old")
    depot.send(address, file)
    time.sleep(2.1)  # stores tell whole seconds
    limit = now()
    time.sleep(1.1)
    assert depot.meet(address)
    assert depot.discard([address], untouched_since=limit) == 0
    assert depot.exists(address)


def test_p24_what_nobody_met_goes_to_the_trash_and_can_be_sent_anew(depot: Depot, file_of: Files) -> None:
    address, file = file_of(b"12345")
    depot.send(address, file)
    assert depot.discard([address], untouched_since=now() - timedelta(minutes=5)) == 0
    assert depot.discard([address], untouched_since=now() + timedelta(minutes=5)) == 5
    assert not depot.exists(address)
    assert not depot.meet(address)
    assert code_of(lambda: fetched(depot, address)) == "OBJ-001"
    assert depot.empty_trash(older_than=now() - timedelta(hours=1)) == 0
    depot.send(address, file)
    assert depot.empty_trash(older_than=now() + timedelta(hours=1)) == 5
    assert depot.empty_trash(older_than=now() + timedelta(hours=1)) == 0
    assert fetched(depot, address) == b"12345"


def test_every_probe_of_a_good_store_succeeds_and_leaves_nothing(depot: Depot) -> None:
    probes = depot.probes("trial-1")
    assert list(probes) == ["write", "read", "list", "conditional", "delete"]
    assert [name for name, probe in probes.items() if not probe()] == []
    assert list(depot.contents()) == []


# ---- S3 alone


def test_p24_a_mark_that_is_set_while_an_object_is_moved_brings_it_back(
    tmp_path: Path, file_of: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = new_place("s3", tmp_path)
    depot, writer = open_place(place), open_place(place, fresh_seconds=0.0)
    assert isinstance(depot, S3Depot)
    address, file = file_of(b"met just now")
    depot.send(address, file)
    real = depot._delete

    def met_just_before(key: str) -> None:
        assert writer.meet(address)
        real(key)

    monkeypatch.setattr(depot, "_delete", met_just_before)
    assert depot.discard([address], untouched_since=now() + timedelta(minutes=5)) == 0
    assert fetched(depot, address) == b"met just now"


def test_p24_an_object_that_a_dying_collector_removed_after_a_writer_met_it_comes_back(
    tmp_path: Path, file_of: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = new_place("s3", tmp_path)
    depot, writer = open_place(place), open_place(place, fresh_seconds=0.0)
    assert isinstance(depot, S3Depot)
    address, file = file_of(b"met just now")
    depot.send(address, file)
    real = depot._delete

    def dying(key: str) -> None:
        assert writer.meet(address)
        real(key)
        raise KeyboardInterrupt

    monkeypatch.setattr(depot, "_delete", dying)
    with pytest.raises(KeyboardInterrupt):
        depot._discard_one(address, now() + timedelta(minutes=5))
    assert open_place(place).exists(address)
    assert fetched(open_place(place), address) == b"met just now"


def test_a_store_without_conditional_writes_is_written_to_all_the_same(tmp_path: Path, file_of: Files) -> None:
    bucket, _, prefix = new_place("s3", tmp_path).removeprefix("s3://").partition("/")
    depot = S3Depot(bucket, prefix, environment=s3().environment, now=now, options={"conditional_put": "disabled"})
    address, file = file_of(b"plain")
    depot.send(address, file)
    depot.send(address, file)
    assert fetched(depot, address) == b"plain"
    assert not depot.probes("trial")["conditional"]()


def test_a_wrong_key_and_a_silent_server_are_told_apart() -> None:
    quick = {"retry_config": {"max_retries": 0}}
    silent = {**s3().environment, "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
    wrong = {**s3().environment, "AWS_SECRET_ACCESS_KEY": "very-wrong-indeed"}
    found = {}
    for name, environment in (("key", wrong), ("silent", silent)):
        depot = S3Depot("objects", "p", environment=environment, now=now, options=quick)
        with pytest.raises(StoreFault) as caught:
            depot.probes("x")["write"]()
        (problem,) = caught.value.problems
        assert "very-wrong-indeed" not in repr(problem)
        found[name] = (problem.code, problem.variant)
    assert found == {"key": ("OBJ-006", "refused"), "silent": ("OBJ-006", "")}


# ---- GridFS alone


def test_files_are_such_as_other_clients_of_gridfs_read(gridfs: GridfsDepot, file_of: Files) -> None:
    from gridfs import GridFSBucket

    data = os.urandom(5_000_000)
    address, file = file_of(data)
    gridfs.send(address, file)
    assert GridFSBucket(gridfs._opened(), "pauta").open_download_stream_by_name(address).read() == data


def test_p21_what_does_not_arrive_whole_is_never_known(
    gridfs: GridfsDepot, file_of: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, file = file_of(os.urandom(5_000_000))
    real = gridfs._write

    def losing_one(key: object, source: Path) -> int:
        size = real(key, source)
        gridfs._chunks.delete_one({"files_id": key, "n": 1})
        return size

    monkeypatch.setattr(gridfs, "_write", losing_one)
    assert code_of(lambda: gridfs.send(address, file)) == "OBJ-002"
    assert not gridfs.exists(address)
    assert gridfs._chunks.count_documents({}) == 0


def test_a_reader_whose_object_is_deleted_meanwhile_is_told_so(gridfs: GridfsDepot, file_of: Files) -> None:
    address, file = file_of(os.urandom(LARGE))
    gridfs.send(address, file)
    seen: list[int] = []

    def deleting(piece: bytes | memoryview) -> None:
        if not seen:  # as mongofiles does
            found = gridfs._files.find_one_and_delete({"filename": address})
            gridfs._chunks.delete_many({"files_id": found["_id"]})
        seen.append(len(piece))

    assert code_of(lambda: gridfs.fetch(address, deleting)) == "OBJ-007"


def test_chunks_of_an_upload_that_broke_off_are_swept_and_those_of_one_under_way_are_not(
    gridfs: GridfsDepot, file_of: Files
) -> None:
    from bson import ObjectId

    address, file = file_of(os.urandom(5_000_000))
    gridfs.send(address, file)
    old = ObjectId.from_datetime(now() - timedelta(days=9))
    gridfs._write(old, file)
    gridfs._write(ObjectId(), file)
    gridfs.empty_trash(older_than=now() - timedelta(days=7))
    assert gridfs._chunks.count_documents({"files_id": old}) == 0
    assert gridfs._chunks.count_documents({}) == 10
    assert fetched(gridfs, address) == file.read_bytes()


def test_a_password_in_an_address_is_not_told(tmp_path: Path) -> None:
    depot = GridfsDepot("gridfs://ana:s3cret@127.0.0.1:1/db?serverSelectionTimeoutMS=100", now=now)
    with pytest.raises(StoreFault) as caught:
        depot.exists(Address("0" * 64))
    depot.close()
    assert "s3cret" not in repr(caught.value.problems)
    assert caught.value.problems[0].values["where"] == "gridfs://127.0.0.1:1/db"


@pytest.mark.parametrize("url", ["gridfs://", "gridfs://host", "gridfs://host/", "gridfs:///db", "gridfs://h/a/b"])
def test_an_address_without_server_or_database_is_refused(url: str) -> None:
    assert code_of(lambda: GridfsDepot(url, now=now)) == "OBJ-008"


# ---- T16


DAMAGE: list[Callable[[bytes, int], bytes]] = [
    lambda data, n: data[: n % len(data)] + bytes([data[n % len(data)] ^ (1 << n % 8)]) + data[n % len(data) + 1 :],
    lambda data, n: data[: n % len(data)],
    lambda data, n: b"",
    lambda data, n: data + b"x",
    lambda data, n: b"other bytes of another object",
]


def test_t16_whatever_is_damaged_elsewhere_is_found_and_never_served(place: str, tmp_path: Path) -> None:
    kind = place.partition(":")[0]
    contents = [f"content {n}".encode() * (n % 7 + 1) for n in range(SPOILT[kind])]
    writer = open_cached(place, tmp_path / "writer")
    addresses = [writer.put(content).address for content in contents]
    writer.sync(addresses)
    for n, address in enumerate(addresses):
        spoil_there(writer.depot, address, lambda data, n=n: DAMAGE[n % len(DAMAGE)](data, n))  # type: ignore[misc]
    reader = open_cached(place, tmp_path / "reader")
    for n, address in enumerate(addresses):
        assert code_of(lambda a=address, n=n: (reader.read if n % 2 else reader.path)(a)) == "OBJ-002"
        assert code_of(lambda a=address: reader.read(a)) == "OBJ-001"
    writer.sync(addresses)  # who has them whole sends them anew, once it no longer takes them for granted
    again = open_cached(place, tmp_path / "writer")
    again.sync(addresses)
    assert [reader.read(address) for address in addresses] == contents
