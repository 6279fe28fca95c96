"""Input files: what is taken, and what is refused with its place (B30 to B47)."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pauta.domain.problems import InvalidInput
from pauta.frames.export import to_csv, to_parquet
from pauta.frames.reading import read_input


def read(folder: Path, data: bytes, /, *, file: str = "f.csv", min_rows: int = 0, **schema: str) -> pa.Table:
    (folder / file).write_bytes(data)
    return read_input(folder / file, name="df", schema=schema, min_rows=min_rows)


def refusals(folder: Path, data: bytes, /, *, file: str = "f.csv", min_rows: int = 0, **schema: str) -> list[str]:
    with pytest.raises(InvalidInput) as refused:
        read(folder, data, file=file, min_rows=min_rows, **schema)
    assert all("{" not in p.message(language) for p in refused.value.problems for language in ("en", "pt"))
    return str(refused.value).splitlines()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a,b\n1,x\n2,y\n", {"a": [1, 2], "b": ["x", "y"]}),
        (b"a;b\n1;2,5\n", {"a": [1], "b": ["2,5"]}),
        (b"a\tb\n1\t2\n", {"a": [1], "b": [2]}),
        (b"a|b\n1|2", {"a": [1], "b": [2]}),
        (b"\xef\xbb\xbfa,b\r\n1,\xc3\xa9\r\n", {"a": [1], "b": ["é"]}),
        (b"a\r1\r2", {"a": [1, 2]}),
        (b"a,b\n1,2\r\n3,4\r5,6\n", {"a": [1, 3, 5], "b": [2, 4, 6]}),
        (b"\n\na,b\n1,2\n\n3,4\n", {"a": [1, 3], "b": [2, 4]}),
        (b'a,b\n1,"x\ny"\n2,"say ""hi"""\n', {"a": [1, 2], "b": ["x\ny", 'say "hi"']}),
        (b'"a\nname",b\n1,2\n', {"a\nname": [1], "b": [2]}),
        (b"KNR,v\n007,1\n010,2\n", {"KNR": ["007", "010"], "v": [1, 2]}),
        (b"a,b\n1,\n,x\n", {"a": [1, None], "b": [None, "x"]}),
        (b"a,b\nNA,x\n1,NA\n", {"a": [None, 1], "b": ["x", "NA"]}),
        (b"a,b\n1,\n2,\n", {"a": [1, 2], "b": [None, None]}),
        (b"a,b\n", {"a": [], "b": []}),
        (b"=1+1,b\n=2+2,3\n", {"=1+1": ["=2+2"], "b": [3]}),
        ("a,b\n1,x\u2028y\n".encode(), {"a": [1], "b": ["x\u2028y"]}),
    ],
)
def test_a_csv_file_is_read(data: bytes, expected: dict[str, list[Any]], tmp_path: Path) -> None:
    assert read(tmp_path, data).to_pydict() == expected


def test_declared_texts_stay_byte_for_byte(tmp_path: Path) -> None:
    table = read(tmp_path, b"k,v\n007,1\n1E5,2\nNA,3\n+1,4\n 5 ,5\n", k="string")
    assert table.column("k").to_pylist() == ["007", "1E5", "NA", "+1", " 5 "]


def test_declared_types_are_used_in_any_order(tmp_path: Path) -> None:
    table = read(tmp_path, b"b,a\n1,2024-02-29\n", a="date32", b="float64")
    assert table.schema.types == [pa.float64(), pa.date32()]


def test_a_gzipped_file_is_read_whatever_its_name(tmp_path: Path) -> None:
    for file in ("f.csv", "f.csv.gz"):
        assert read(tmp_path, gzip.compress(b"a\n1\n"), file=file).to_pydict() == {"a": [1]}


@pytest.mark.parametrize(
    ("data", "schema", "expected"),
    [
        (b"", {}, ["CSV-001 f.csv: the file is empty"]),
        (b"\xef\xbb\xbf", {}, ["CSV-001 f.csv: the file is empty"]),
        (b"a,b\n1,2\n3\n4,5,6\n", {}, ["CSV-010 f.csv line 3: 1 fields, header has 2",
                                        "CSV-010 f.csv line 4: 3 fields, header has 2"]),
        (b'a,b\n1,"x\n2,y\n', {}, ["CSV-011 f.csv line 2, column 3: quote opened here never closes"]),
        (b'a,b\nx"y,"z\n', {}, ["CSV-011 f.csv line 2, column 5: quote opened here never closes"]),
        (b"a,b;c\n1,2;3\n", {}, ['CSV-012 f.csv: delimiter unclear: "," 2 columns, ";" 2; choose one']),
        (b"a,b\n1,\xe3\n", {}, ["CSV-013 f.csv line 2: byte 0xe3: not UTF-8; looks like Windows-1252"]),
        (b"\xe9,b\n1,2\n", {}, ["CSV-013 f.csv line 1: byte 0xe9: not UTF-8; looks like Windows-1252"]),
        ("a,b\n1,2\n".encode("utf-16"), {}, ["CSV-013 f.csv line 1: byte 0xff: not UTF-8; looks like UTF-16"]),
        (b'valor\n"1.234,56"\n', {"valor": "float64"},
         ['CSV-020 f.csv line 2: column "valor": "1.234,56" is not a number with "." as decimal; '
          'file seems to use ","']),
        (b"v\nR$ 10\n--5\n1\n", {"v": "float64"}, ['CSV-020 f.csv line 2: column "v": "R$ 10" is not a number',
                                                  'CSV-020 f.csv line 3: column "v": "--5" is not a number']),
        (b"v,w\n1,2\nNA,3\n", {"v": "int64"}, ['CSV-020 f.csv line 3: column "v": "NA" is not a number']),
        (b"v\n1.5\n", {"v": "int64"}, ['CSV-020 f.csv line 2: column "v": "1.5" is not a whole number']),
        (b"v\nmaybe\n", {"v": "bool"}, ['CSV-020 f.csv line 2: column "v": "maybe" is not true or false']),
        (b"data\n31/02/2025\n", {"data": "date32"},
         ['CSV-021 f.csv line 2: column "data": 31/02/2025 does not exist']),
        (b"v\n99999999999999999999\n", {"v": "int64"},
         ['CSV-022 f.csv line 2: column "v": 99999999999999999999 does not fit into int64']),
        (b"a,b,c,d,e,f,Falha \n1,2,3,4,5,6,7\n", {"FALHA": "int64", "none": "int64"},
         ['CSV-030 f.csv: missing "FALHA"; found "Falha " (column 7)', 'CSV-030 f.csv: missing "none"']),
        (b"a,b,a\n1,2,3\n", {}, ['CSV-032 f.csv line 1: columns 1 and 3 are both "a"']),
        (b"a,b\n1," + b"x" * (1 << 20) + b"y\n", {},
         ['CSV-040 f.csv line 2: column "b": a cell of 1048577 characters; the limit is 1 MiB']),
        (",".join(f"c{i}" for i in range(4097)).encode(), {},
         ["CSV-040 f.csv line 1: 4097 columns; the limit is 4096"]),
        (b"PK\x03\x04 [Content_Types].xml", {},
         ["CSV-050 f.csv: this is an Excel workbook (zip, [Content_Types].xml); export the sheet as CSV"]),
        (b"%PDF-1.7", {}, ["CSV-050 f.csv: this is a PDF document; export the data as CSV"]),
        (b"\n <!doctype html>", {},
         ["CSV-050 f.csv: this is an HTML page, perhaps an error page; download the data again"]),
        (b'{"a": 1}', {}, ["CSV-050 f.csv: this is JSON; convert it to CSV"]),
        (b"a\n1\n", {"a": "integre"},
         ['DAT-001 schema of "df": column "a" has type "integre", which is not an Arrow type']),
    ],
)  # fmt: skip
def test_a_bad_csv_file_is_refused_with_its_places(
    data: bytes, schema: dict[str, str], expected: list[str], tmp_path: Path
) -> None:
    assert refusals(tmp_path, data, **schema) == expected


def test_at_most_a_hundred_problems_are_listed(tmp_path: Path) -> None:
    assert len(refusals(tmp_path, b"a,b\n" + b"1\n" * 500)) == 100


def test_a_header_alone_is_refused_where_rows_are_wanted(tmp_path: Path) -> None:
    assert refusals(tmp_path, b"a,b\n", min_rows=1) == ["CSV-002 f.csv: no data rows: the file has only a header"]


def test_too_few_rows_are_refused(tmp_path: Path) -> None:
    assert refusals(tmp_path, b"a\n1\n", min_rows=2) == ['DAT-011 input "df": 1 rows, contract wants ≥ 2']


def test_a_gzip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    data = gzip.compress(b"a\n" + b"1" * (64 << 20))
    assert refusals(tmp_path, data)[0].startswith("CSV-040 f.csv: the content of the gzip file is larger than")


def test_a_cut_gzip_file_is_named(tmp_path: Path) -> None:
    assert refusals(tmp_path, gzip.compress(b"a\n1\n" * 999)[:-9])[0].startswith("DAT-020 f.csv: damaged or not a gzip")


@pytest.mark.parametrize("file", ["f.parquet", "f.arrow", "f.feather"])
@pytest.mark.parametrize("data", [b"", b"x", b"PAR1" * 9, b"ARROW1\0\0" * 9])
def test_damaged_files_are_named(file: str, data: bytes, tmp_path: Path) -> None:
    (line,) = refusals(tmp_path, data, file=file)
    assert line.startswith(f"DAT-020 {file}: damaged or not")


def test_missing_and_unknown_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="DAT-003"):
        read_input(tmp_path / "none.csv", name="df", schema={})
    assert refusals(tmp_path, b"x", file="f.bin")[0].startswith('DAT-004 f.bin: unknown kind of file ".bin"')


def test_a_parquet_file_is_read_with_declared_types(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1, 2], "s": ["x", None]}), tmp_path / "f.parquet")
    table = read_input(tmp_path / "f.parquet", name="df", schema={"a": "float64"})
    assert table.to_pydict() == {"a": [1.0, 2.0], "s": ["x", None]}


def test_parquet_columns_that_do_not_fit_are_named_all_at_once(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": ["x"], "b": [1]}), tmp_path / "f.parquet")
    lines = refusals(tmp_path, (tmp_path / "f.parquet").read_bytes(), file="f.parquet", a="int64", c="int64")
    assert [line[:7] for line in lines] == ["CSV-030", "DAT-002"]


def test_a_pandas_index_that_is_no_range_is_kept(tmp_path: Path) -> None:
    pd.DataFrame({"a": [1]}, index=pd.Index(["k"], name="key")).to_parquet(tmp_path / "f.parquet")
    assert read_input(tmp_path / "f.parquet", name="df", schema={}).schema.pandas_metadata["index_columns"] == ["key"]
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "f.parquet")
    assert read_input(tmp_path / "f.parquet", name="df", schema={}).schema.metadata is None


def test_extension_types_and_notes_of_a_file_are_dropped(tmp_path: Path) -> None:
    column = pa.ExtensionArray.from_storage(pa.bool8(), pa.array([1, 0], pa.int8()))
    table = pa.table({"b": column}).replace_schema_metadata({"pauta": "{}"})
    with pa.ipc.new_file(str(tmp_path / "f.arrow"), table.schema) as writer:
        writer.write_table(table)
    read_back = read_input(tmp_path / "f.arrow", name="df", schema={})
    assert (read_back.schema.types, read_back.schema.metadata) == ([pa.int8()], None)


# ---- export (S12) ------------------------------------------------------------------------------------

FORMULAS = ["=1+1", "+1", "-1", "@a", "\ta", "\ra", "plain", None, "a=b", "'=1"]


def test_formula_cells_are_made_harmless_on_export(tmp_path: Path) -> None:
    to_csv(pa.table({"s": FORMULAS, "=n": [-1.5] * 10}), tmp_path / "f.csv")
    back = read_input(tmp_path / "f.csv", name="df", schema={"s": "string"})
    assert back.column(0).to_pylist() == ["'=1+1", "'+1", "'-1", "'@a", "'\ta", "'\ra", "plain", None, "a=b", "'=1"]
    assert back.column(1).to_pylist() == [-1.5] * 10
    assert back.column_names == ["s", "'=n"]


def test_raw_export_keeps_every_cell(tmp_path: Path) -> None:
    to_csv(pa.table({"s": FORMULAS, "n": range(10)}), tmp_path / "f.csv", raw=True)
    assert read_input(tmp_path / "f.csv", name="df", schema={"s": "string"}).column("s").to_pylist() == FORMULAS


def test_every_kind_of_column_can_be_exported(tmp_path: Path) -> None:
    table = pa.table({"l": [[1]], "s": [{"a": 1}], "b": [b"\x01"], "c": pa.array(["x"]).dictionary_encode()})
    to_csv(table, tmp_path / "f.csv")
    assert read_input(tmp_path / "f.csv", name="df", schema={"b": "string"}).to_pydict() == {
        "l": ["[1]"], "s": ["{'a': 1}"], "b": ["01"], "c": ["x"]}  # fmt: skip
    to_parquet(table, tmp_path / "f.parquet")
    assert pq.read_table(tmp_path / "f.parquet").to_pydict() == table.to_pydict()
