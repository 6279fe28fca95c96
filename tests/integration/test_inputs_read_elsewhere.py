"""A server has input files read by another process: it stays small, and what is said of them stays the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pauta.adapters.clock import now
from pauta.adapters.memory_objects import MemoryObjects
from pauta.adapters.table_process import TableProcesses
from pauta.domain.pipeline import InputSpec
from pauta.domain.problems import InvalidInput, Problem
from pauta.ports.objects import Stored
from pauta.services.accept_reading import read_stored_frame, reader
from pauta.services.inputs import Brought

TABLE = pa.table({"a": [1, 2], "b": ["x", None]})


def parquet(path: Path) -> None:
    pq.write_table(TABLE, path)


def arrow(path: Path) -> None:
    with pa.ipc.new_file(str(path), TABLE.schema) as writer:
        writer.write_table(TABLE)


def text(content: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(content)


FILES: dict[str, tuple[str, Callable[[Path], object], Mapping[str, str], int]] = {
    "plain": ("f.csv", text("a,b\n1,x\n2,\n"), {}, 0),
    "declared": ("f.csv", text("a,b,c\n01,2026-01-02,1.5\n"), {"a": "string", "b": "date", "c": "number"}, 1),
    "semicolons": ("f.csv", text("a;b\n1;2,5\n"), {}, 0),
    "parquet": ("f.parquet", parquet, {"a": "int32"}, 2),
    "arrow": ("f.arrow", arrow, {}, 0),
    "wrong values": ("f.csv", text("a,b\n1,x\n2,y\nz,w\n"), {"a": "int64", "b": "number"}, 0),
    "missing column": ("f.csv", text("price,b\n1,2\n"), {"prices": "int64"}, 0),
    "torn row": ("f.csv", text('a,b\n1,2\n3\n"4,5\n'), {}, 0),
    "other letters": ("f.csv", lambda path: path.write_bytes(b"a\n\xe7\n"), {}, 0),
    "too few rows": ("f.csv", text("a\n1\n"), {}, 3),
    "empty": ("f.csv", text(""), {}, 0),
    "unknown type": ("f.csv", text("a\n1\n"), {"a": "colour"}, 0),
    "unknown format": ("f.xlsx", text("a"), {}, 0),
    "damaged": ("f.parquet", text("PAR1 but not at all"), {}, 0),
    "cast": ("f.parquet", parquet, {"b": "float64"}, 0),
    "a folder": ("f.csv", lambda path: path.mkdir(), {}, 0),
}


@pytest.mark.parametrize("case", FILES)
def test_a_file_gives_the_same_frame_or_the_same_problems_wherever_it_is_read(case: str, tmp_path: Path) -> None:
    name, make, schema, min_rows = FILES[case]
    path = tmp_path / name
    make(path)
    spec = InputSpec("sales", schema=schema, min_rows=min_rows)
    here = told(path, spec, tmp_path, tables=None)
    elsewhere = told(path, spec, tmp_path, tables=TableProcesses())
    assert elsewhere == here
    assert list((tmp_path / "uploads").iterdir()) == [], "nothing is left behind"


def told(path: Path, spec: InputSpec, records: Path, *, tables: TableProcesses | None) -> Any:
    """What was read with its profile and bytes, or every problem with its place."""
    objects = MemoryObjects(now)
    try:
        brought: Brought = reader(tables, records=records)(path, spec, objects)
    except InvalidInput as error:
        return [(problem, problem.line("pt"), problem.as_json()) for problem in error.problems]
    return brought.output, json.dumps(brought.profile, default=str), objects.read(brought.output.address)


def test_a_file_that_needs_more_memory_than_there_is_is_named(tmp_path: Path) -> None:
    path = tmp_path / "big.csv"
    path.write_text("a\n" + "123456789\n" * 3_000_000)
    tables = TableProcesses()
    tables._input_memory_bytes = 200 * 2**20
    with pytest.raises(InvalidInput) as caught:
        reader(tables, records=tmp_path)(path, InputSpec("sales"), MemoryObjects(now))
    assert caught.value.problems == (Problem("UPL-007", {"file": "big.csv", "most": 200}),)


@pytest.mark.parametrize("content", [b"no frame at all", b"ARROW1 neither"])
def test_the_shape_of_a_stored_frame_is_the_same_wherever_it_is_read(tmp_path: Path, content: bytes) -> None:
    arrow(tmp_path / "frame")
    (tmp_path / "other").write_bytes(content)
    for name in ("frame", "other"):
        stored = Stored(MemoryObjects(now).put(b"").address, (tmp_path / name).stat().st_size)
        here = read_stored_frame(tmp_path / name, stored, tables=None)
        assert read_stored_frame(tmp_path / name, stored, tables=TableProcesses()) == here
        assert (here is not None) == (name == "frame")


ACCEPTING = """
import sys
from pathlib import Path
from pauta.assembly.control import opened_control
from pauta.domain.problems import InvalidInput
from pauta.domain.settings import Settings
from pauta.services.accept import Asked, accept
from pauta.services.behalf import Behalf
from pauta.services.publish import publish
from pauta.services.publish_checks import Sent

folder = Path(sys.argv[1])
with opened_control(folder, Settings(), say=print) as control:
    sent = Sent("p.json", (folder / "p.json").read_bytes(), {"s.py": (folder / "s.py").read_bytes()})
    publish(control, sent, behalf=Behalf("me"))
    origin = control.objects.put((folder / "f.arrow").read_bytes()).address
    for inputs in ({}, {"sales": "other.csv"}, {"sales": {"address": origin}}):
        accept(control, Asked(pipeline="p", inputs=inputs), behalf=Behalf("me"))
    try:
        accept(control, Asked(pipeline="p", inputs={"sales": "bad.csv"}), behalf=Behalf("me"))
    except InvalidInput as error:
        print(*(problem.line() for problem in error.problems))
    with control.store.transaction() as tx:
        print(sorted(run.inputs["sales"].rows for run in tx.runs.newest(limit=10)))
print(sorted({"pandas", "pyarrow", "polars", "numpy"} & set(sys.modules)))
"""


def test_a_server_that_accepts_runs_with_files_loads_nothing_that_reads_them(tmp_path: Path) -> None:
    step = {"name": "s", "file_path": "s.py", "dataframes": ["sales"], "output_dataframe": "out"}
    declared = {"source": "sales.csv", "schema": {"a": "int64"}}
    document = {"model_name": "p", "inputs": {"sales": declared}, "prediction_steps": [step]}
    (tmp_path / "p.json").write_text(json.dumps(document))
    (tmp_path / "s.py").write_text("def execute(sales):\n    return sales\n")
    (tmp_path / "sales.csv").write_text("a\n1\n")
    (tmp_path / "other.csv").write_text("a\n1\n2\n3\n")
    (tmp_path / "bad.csv").write_text("a\n1\nx\n")
    arrow(tmp_path / "f.arrow")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PAUTA_")}
    command = [sys.executable, "-c", ACCEPTING, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, env=kept, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    bad, rows, loaded = done.stdout.splitlines()
    assert "bad.csv line 3" in bad
    assert rows == "[1, 2, 3]"
    assert loaded == "[]"
