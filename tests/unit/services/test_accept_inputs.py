"""Where a run's frames come from: files of the project and nothing else, stored objects, other runs (S7)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from publishing_world import World, ask, codes_of, problems_of, taking, world

from pauta.domain.ids import Address
from pauta.domain.outputs import Kind, Output
from pauta.domain.problems import InvalidInput


@pytest.fixture
def at(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        yield made


def csv(at: World, name: str = "sales.csv", text: str = "a,b\n1,2\n3,4\n") -> str:
    (at.control.folder / name).write_text(text)
    return name


def test_a_file_of_the_project_becomes_a_frame(at: World) -> None:
    at.publish(taking("sales"))
    ask(at, inputs={"sales": {"path": csv(at)}})
    frame = at.runs()[0].inputs["sales"]
    assert (frame.rows, [c.name for c in frame.columns]) == (2, ["a", "b"])


def test_what_was_checked_without_a_frame_does_not_stand_in_for_a_run_with_it(at: World) -> None:
    at.publish(taking("sales"))
    assert codes_of(lambda: ask(at), InvalidInput) == ["RCP-006"]
    ask(at, inputs={"sales": {"path": csv(at)}})
    assert codes_of(lambda: ask(at), InvalidInput) == ["RCP-006"]


def test_the_documents_own_source_is_read_from_the_projects_folder(at: World) -> None:
    csv(at)
    at.publish(taking("sales", inputs={"sales": {"source": "sales.csv"}}))
    ask(at)
    assert at.runs()[0].inputs["sales"].rows == 2


def test_what_is_given_goes_before_the_documents_source(at: World) -> None:
    csv(at)
    at.publish(taking("sales", inputs={"sales": {"source": "missing.csv"}}))
    ask(at, inputs={"sales": {"path": "sales.csv"}})
    assert codes_of(lambda: ask(at), InvalidInput) == ["ASK-003"]


OUTSIDE = [
    "../secret.csv", "/etc/passwd", "../../etc/passwd", "data/../../secret.csv", "link.csv", "linked/secret.csv",
    ".pauta/pauta.db", "./.pauta/pauta.db", "data/../.pauta/pauta.db", "..", "/", "/proc/self/environ",
]  # fmt: skip
NO_FILE = [
    "missing.csv", "a\0b.csv", "x" * 5000, "data", ".", "", "sales.csv/x", "CON", "~/.ssh/id_rsa",
    "..\\secret.csv", "%2e%2e/secret.csv", "\uff0e\uff0e/secret.csv", "file:///etc/passwd", "http://localhost/x.csv",
    "pipe.csv", "loop.csv",
]  # fmt: skip


@pytest.fixture
def tricky(at: World) -> World:
    at.publish(taking("sales"))
    folder = at.control.folder
    secret = folder.parent / "secret.csv"
    secret.write_text("a\n1\n")
    (folder / "data").mkdir()
    (folder / "link.csv").symlink_to(secret)
    (folder / "linked").symlink_to(folder.parent)
    (folder / "loop.csv").symlink_to(folder / "loop.csv")
    (at.control.records / "pauta.db").write_text("a\n1\n")
    os.mkfifo(folder / "pipe.csv")
    return at


@pytest.mark.parametrize("path", OUTSIDE)
def test_s7_nothing_outside_of_the_project_is_ever_read(
    tricky: World, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "open", lambda *_, **__: pytest.fail("a file was opened"))
    problem = problems_of(lambda: ask(tricky, inputs={"sales": {"path": path}}), InvalidInput)[0]
    assert problem.code == "ASK-002"
    assert problem.place is not None
    assert problem.place.field == "inputs.sales"


@pytest.mark.parametrize("path", NO_FILE)
def test_s7_a_path_that_is_no_file_of_the_project_is_none(tricky: World, path: str) -> None:
    csv(tricky)
    assert codes_of(lambda: ask(tricky, inputs={"sales": {"path": path}}), InvalidInput) == ["ASK-003"]


def test_an_uploaded_frame_is_taken_by_its_address(at: World) -> None:
    import pyarrow as pa

    at.publish(taking("sales", inputs={"sales": {"schema": {"a": "int64"}, "min_rows": 1}}))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, pa.schema([("a", pa.int64())])) as writer:
        writer.write_table(pa.table({"a": [1, 2, 3]}))
    address = at.control.objects.put(sink.getvalue().to_pybytes()).address
    ask(at, inputs={"sales": {"address": address}})
    assert at.runs()[0].inputs["sales"].rows == 3


def test_a_frame_without_the_declared_columns_is_refused(at: World) -> None:
    at.publish(taking("sales", inputs={"sales": {"schema": {"price": "float64"}}}))
    ask_for = Output(Kind.FRAME, Address("0" * 64), 5, "arrow", "pandas", 1, ())
    with at.transaction() as tx:
        stored = at.control.objects.put(b"12345")
        tx.objects.remember_import(stored.address, msgspec.to_builtins(ask_for))
    assert codes_of(lambda: ask(at, inputs={"sales": {"address": stored.address}}), InvalidInput) == ["CSV-030"]


def test_an_address_that_is_not_there_or_no_frame_is_refused(at: World) -> None:
    at.publish(taking("sales"))
    assert codes_of(lambda: ask(at, inputs={"sales": {"address": "0" * 64}}), InvalidInput) == ["ASK-004"]
    assert codes_of(lambda: ask(at, inputs={"sales": {"address": "../x"}}), InvalidInput) == ["ASK-004"]
    stored = at.control.objects.put(b"no frame")
    assert codes_of(lambda: ask(at, inputs={"sales": {"address": stored.address}}), InvalidInput) == ["ASK-004"]


def test_a_frame_of_another_run_is_taken(at: World) -> None:
    at.publish(taking("sales"))
    first = ask(at, inputs={"sales": {"path": csv(at)}})
    second = ask(at, inputs={"sales": {"run": first.run_id, "frame": "sales"}})
    runs = {run.id: run for run in at.runs()}
    assert runs[second.run_id].inputs == runs[first.run_id].inputs
    unknown = {"sales": {"run": first.run_id, "frame": "costs"}}
    assert codes_of(lambda: ask(at, inputs=unknown), InvalidInput) == ["RUN-004"]
    assert codes_of(lambda: ask(at, inputs={"sales": {"run": "zzz", "frame": "x"}}), InvalidInput) == ["RUN-001"]
    assert codes_of(lambda: ask(at, inputs={"sales": {"run": "a\0", "frame": "x"}}), InvalidInput) == ["RUN-001"]


def test_a_frame_that_no_step_takes_is_refused_not_passed_over(at: World) -> None:
    at.publish(taking("sales", inputs={"sales": {"source": csv(at)}}))
    stray = {"slaes": {"path": "sales.csv"}, "weather": {"path": "sales.csv"}}
    problems = problems_of(lambda: ask(at, inputs=stray), InvalidInput)
    assert [p.line() for p in problems] == [
        'ASK-010 inputs.slaes: no step takes a frame "slaes"; did you mean "sales"?',
        'ASK-010 inputs.weather: no step takes a frame "weather"',
    ]


def test_a_frame_of_a_part_that_does_not_run_may_be_given(at: World) -> None:
    step = {"name": "b", "file_path": "b.py", "dataframes": ["labels"]}
    at.publish(taking("sales", training_steps=[step], inputs={"sales": {"source": csv(at)}, "labels": {}}))
    ask(at, only="prediction", inputs={"labels": {"path": "sales.csv"}})


@pytest.mark.parametrize("given", [{}, {"path": "a", "address": "b"}, {"run": "r"}, {"frame": "f"}, 7, {"path": 7}])
def test_an_input_comes_from_one_place(at: World, given: Any) -> None:
    at.publish(taking("sales"))
    assert codes_of(lambda: ask(at, inputs={"sales": given}), InvalidInput) == ["ASK-005"]
