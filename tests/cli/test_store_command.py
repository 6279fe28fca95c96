"""``pauta store``: check and migrate, between folders and real servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from answers import Answer

from depots import KINDS, close_places, new_place, open_place, s3, spoil_there
from pauta.adapters.folder_objects import FolderObjects
from pauta.domain.problems import StoreFault
from pauta.services.moving import Mover

Call = Callable[..., Answer]
CONTENTS = [f"object {n}".encode() * (n + 1) for n in range(150)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with objects."""
    folder = tmp_path / "project"
    objects = FolderObjects(folder / ".pauta" / "objects")
    for content in CONTENTS:
        objects.put(content)
    objects.close()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    if request.param == "s3":
        for name, value in s3().environment.items():
            monkeypatch.setenv(name, value)
    yield new_place(request.param, tmp_path)
    close_places()


def test_check_tells_what_a_store_can_do_and_how_long_it_takes(call: Call, folder: Path, place: str) -> None:
    found = call("store", "check", "--url", place, "--json")
    assert found.code == 0
    assert [(each["name"], each["works"]) for each in found.json["tried"]] == [
        ("write", True),
        ("read", True),
        ("list", True),
        ("conditional", True),
        ("delete", True),
    ]
    assert all(each["milliseconds"] >= 0 for each in found.json["tried"])
    shown = call("store", "check", "--url", place)
    assert shown.code == 0
    assert "write only what is not there" in shown.out


def test_check_of_a_project_that_says_nothing_tries_its_folder(call: Call, folder: Path) -> None:
    found = call("store", "check", "--json").json
    assert found["where"] == f"file://{folder}/.pauta/objects"
    assert found["works"]


def test_check_of_a_store_that_does_not_answer_says_what_to_do(call: Call, folder: Path) -> None:
    found = call("store", "check", "--url", "gridfs://ana:s3cret@127.0.0.1:1/db?serverSelectionTimeoutMS=100")
    assert found.code == 1
    assert "OBJ-006" in found.err
    assert "s3cret" not in found.out + found.err


def test_all_objects_are_copied_and_checked_and_the_setting_to_change_is_told(
    call: Call, folder: Path, place: str
) -> None:
    moved = call("store", "migrate", "--to", place)
    assert moved.code == 0
    assert "150 objects" in moved.out
    assert "store.url" in moved.out
    there = open_place(place)
    assert {info.size for info in there.contents()} == {len(content) for content in CONTENTS}
    again = call("store", "migrate", "--to", place, "--json").json
    assert (again["objects"], again["copied"], again["lost"]) == (150, 0, [])
    assert len(list(FolderObjects(folder / ".pauta" / "objects").contents())) == 150


def test_an_object_that_is_damaged_where_it_arrives_is_sent_anew(call: Call, folder: Path, place: str) -> None:
    call("store", "migrate", "--to", place)
    there = open_place(place)
    first = next(iter(there.contents())).address
    spoil_there(there, first, lambda data: data[:-1] + b"?")
    moved = call("store", "migrate", "--to", place, "--json").json
    assert (moved["objects"], moved["copied"], moved["lost"]) == (150, 1, [])


def test_an_object_that_is_damaged_where_it_was_is_named_and_the_others_arrive(
    call: Call, folder: Path, tmp_path: Path
) -> None:
    damaged = next(iter(FolderObjects(folder / ".pauta" / "objects").contents())).address
    file = folder / ".pauta" / "objects" / damaged[:2] / damaged
    file.chmod(0o644)
    file.write_bytes(b"x" * file.stat().st_size)
    moved = call("store", "migrate", "--to", f"file://{tmp_path}/new", "--json")
    assert moved.code == 1
    assert (moved.json["objects"], moved.json["lost"]) == (149, [damaged])


def test_what_was_interrupted_goes_on_where_it_was(folder: Path, tmp_path: Path) -> None:
    from contextlib import nullcontext

    source = FolderObjects(folder / ".pauta" / "objects")
    target = open_place(new_place("file", tmp_path))
    contents = sorted(source.contents(), key=lambda info: info.address)
    lent: list[str] = []

    def lend(address):  # type: ignore[no-untyped-def]
        lent.append(address)
        return nullcontext(source.path(address))

    def stop(done: int, size: int) -> None:
        if done >= 64:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Mover(lend, target, notes=tmp_path / "notes").move(contents, stop)
    begun = len(lent)
    read: list[str] = []
    real = target.fetch
    target.fetch = lambda address, sink: (read.append(address), real(address, sink))[1]  # type: ignore[method-assign]
    moved = Mover(lend, target, notes=tmp_path / "notes").move(contents, lambda done, size: None)
    assert moved.objects == 150
    assert len(lent) == 150
    assert len(read) == 150 - 64
    assert begun >= 64
    assert not (tmp_path / "notes").exists()


def test_moving_back_from_elsewhere_gives_the_same_objects(
    call: Call, folder: Path, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call("store", "migrate", "--to", place)
    (folder / ".pauta").rename(tmp_path / "lost")
    monkeypatch.setenv("PAUTA_STORE_URL", place)
    moved = call("store", "migrate", "--to", f"file://{tmp_path}/back", "--json")
    assert moved.code == 0, moved.err
    assert moved.json["objects"] == 150
    back = FolderObjects(tmp_path / "back")
    assert sorted(back.read(info.address) for info in back.contents()) == sorted(CONTENTS)
    with pytest.raises(StoreFault):
        back.read("0" * 64)  # type: ignore[arg-type]
