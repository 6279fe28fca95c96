"""Frames over the API: sent, looked into, fetched; and files that mean harm (S11, S12, B47)."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq
import pytest
from looking import Client, frame_run, opened, serving, token_of, until

from pauta.adapters.table_process import TableProcesses
from pauta.domain.access import Role
from pauta.domain.ids import RunId
from pauta.domain.problems import InvalidInput, StoreFault
from pauta.services.control import Control

LIMIT = 3_000_000
TABLE = pa.table({"n": [1, -2, None], "text": ["=1+1", "plain", "@x"], "share": [0.5, -1.5, 2.0]})


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Control]:
    with opened(tmp_path_factory.mktemp("frames")) as control:
        yield control


@pytest.fixture(scope="module")
def ask(control: Control) -> Iterator[Client]:
    with serving(control, upload_limit_bytes=LIMIT) as port:
        yield Client(port, token_of(control))


@pytest.fixture(scope="module")
def run(control: Control) -> RunId:
    return frame_run(control, TABLE)


def parquet(table: pa.Table, **options: object) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


def arrow(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def staged(control: Control) -> list[Path]:
    return list((control.records / "uploads").glob("*"))


# ---- looking ----------------------------------------------------------------------------------


def test_a_frame_has_a_schema_a_profile_and_a_preview(ask: Client, run: RunId) -> None:
    assert {frame["name"] for frame in ask("GET", f"/runs/{run}/frames").json["frames"]} == {"sales", "limit"}
    frame = ask("GET", f"/runs/{run}/frames/sales").json
    assert [column["name"] for column in frame["columns"]] == ["n", "text", "share"]
    assert ask("GET", f"/runs/{run}/frames/sales/profile").json["rows"] == 3
    preview = ask("GET", f"/runs/{run}/frames/sales/preview").json
    assert preview["head"] == [[1, "=1+1", 0.5], [-2, "plain", -1.5], [None, "@x", 2.0]]
    assert preview["formulas"] == ["text"]


def test_any_rows_of_a_frame_can_be_seen(ask: Client, run: RunId) -> None:
    rows = ask("GET", f"/runs/{run}/frames/sales/preview?first=1&count=1").json
    assert (rows["first"], rows["rows"], rows["head"]) == (1, 3, [[-2, "plain", -1.5]])
    assert ask("GET", f"/runs/{run}/frames/sales/preview?first=99").json["head"] == []


def test_what_is_no_table_has_no_rows(ask: Client, run: RunId) -> None:
    assert ask("GET", f"/runs/{run}/frames/limit/preview").codes == ["RUN-030"]
    assert ask("GET", f"/runs/{run}/frames/limit/preview?first=0").codes == ["RUN-009"]
    answer = ask("GET", f"/runs/{run}/frames/limit/data")
    assert (answer.status, answer.codes) == (409, ["RUN-009"])
    assert ask("GET", f"/runs/{run}/frames/none/data").codes == ["RUN-004"]


# ---- fetching ---------------------------------------------------------------------------------


def test_s12_a_csv_file_has_no_formulas_unless_asked_for(ask: Client, run: RunId) -> None:
    safe = ask("GET", f"/runs/{run}/frames/sales/data?format=csv")
    assert safe.body.decode() == '"n","text","share"\n1,"\'=1+1",0.5\n-2,"plain",-1.5\n,"\'@x",2\n'
    raw = ask("GET", f"/runs/{run}/frames/sales/data?format=csv&raw=true")
    assert arrow_csv.read_csv(io.BytesIO(raw.body)).column("text").to_pylist() == TABLE.column("text").to_pylist()


def test_parquet_and_arrow_files_hold_the_frame(ask: Client, run: RunId) -> None:
    got = ask("GET", f"/runs/{run}/frames/sales/data?format=parquet").body
    assert pq.read_table(io.BytesIO(got)).to_pydict() == TABLE.to_pydict()
    got = ask("GET", f"/runs/{run}/frames/sales/data?format=arrow").body
    assert pa.ipc.open_file(io.BytesIO(got)).read_all().to_pydict() == TABLE.to_pydict()


def test_a_file_is_kept_by_a_browser_and_not_shown(ask: Client, run: RunId) -> None:
    headers = {k.lower(): v for k, v in ask("GET", f"/runs/{run}/frames/sales/data").headers.items()}
    assert headers["content-disposition"] == "attachment; filename*=UTF-8''sales.csv"
    assert headers["x-content-type-options"] == "nosniff"


def test_a_large_file_comes_in_pieces_and_whole(control: Control, ask: Client) -> None:
    rows = 400_000
    run = frame_run(control, pa.table({"n": pa.array(range(rows))}), number=2)
    got = ask("GET", f"/runs/{run}/frames/sales/data")
    assert "content-length" not in {name.lower() for name in got.headers}
    assert got.body.count(b"\n") == rows + 1


def test_who_hangs_up_leaves_no_process_behind(control: Control, ask: Client) -> None:
    run = frame_run(control, pa.table({"n": pa.array(range(1_000_000))}), number=3)
    for _ in range(17):
        answer = ask.opened("GET", f"/runs/{run}/frames/sales/data")
        assert answer.status == 200
        answer.read(10)
        answer.close()
    assert ask("GET", f"/runs/{run}/frames/sales/data").status == 200


def test_a_frame_whose_object_is_lost_is_not_found(control: Control, ask: Client) -> None:
    run = frame_run(control, pa.table({"lost": [1]}), number=4)
    control.objects.discard([ask("GET", f"/runs/{run}/frames/sales").json["address"]])
    answer = ask("GET", f"/runs/{run}/frames/sales/data")
    assert (answer.status, answer.codes) == (404, ["OBJ-001"])


# ---- sending ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("format", "body"),
    [("csv", b"n;text\n1;a\n2;\n"), ("parquet", parquet(pa.table({"n": [1, 2], "text": ["a", None]}))),
     ("arrow", arrow(pa.table({"n": [1, 2], "text": ["a", None]})))],
)  # fmt: skip
def test_a_file_that_is_sent_becomes_a_frame(control: Control, ask: Client, format: str, body: bytes) -> None:
    answer = ask("POST", f"/frames?name=sales&format={format}", body=body)
    assert answer.status == 201, answer.body
    sent = answer.json
    assert (sent["name"], sent["rows"], [c["name"] for c in sent["columns"]]) == ("sales", 2, ["n", "text"])
    assert control.objects.exists(sent["address"])
    with control.store.transaction() as tx:
        kept = tx.objects.imported(sent["address"])
        assert tx.objects.profile(sent["address"]) is not None
    assert kept is not None
    assert (kept["kind"], kept["rows"], kept["library"]) == ("frame", 2, "pandas")
    assert staged(control) == []


def test_the_same_file_twice_is_one_frame(ask: Client) -> None:
    sent = [ask("POST", "/frames?name=a&format=csv", body=b"n\n1\n").json["address"] for _ in range(2)]
    assert sent[0] == sent[1]


def test_what_is_wrong_with_a_file_is_told_with_its_place(control: Control, ask: Client) -> None:
    answer = ask("POST", "/frames?name=sales&format=csv", body=b"a,b\n1,2\n3\n")
    assert answer.status == 422
    (problem,) = answer.json["problems"]
    assert (problem["code"][:4], problem["file"], problem["line"]) == ("CSV-", "sales.csv", 3)
    assert staged(control) == []


def test_s11_a_file_that_is_announced_to_be_too_large_is_refused_at_once(control: Control, ask: Client) -> None:
    answer = ask("POST", "/frames?name=a&format=csv", content_length=str(LIMIT + 1))
    assert (answer.status, answer.codes) == (413, ["UPL-001"])
    assert str(LIMIT) in answer.json["problems"][0]["message"]


def test_s11_a_file_that_turns_out_to_be_too_large_is_not_read_to_its_end(control: Control, ask: Client) -> None:
    taken = 0

    def body() -> Iterator[bytes]:
        nonlocal taken
        for _ in range(100 * LIMIT // 65536):
            taken += 65536
            yield b"1" * 65536

    # The server answers and hangs up, perhaps while this side is still sending.
    with suppress(BrokenPipeError, ConnectionResetError):
        assert ask("POST", "/frames?name=a&format=csv", body=body()).status == 413
    assert taken < 20 * LIMIT
    until(lambda: staged(control) == [])


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x", "text/html"])
def test_b69_a_body_of_another_type_is_refused(ask: Client, kind: str) -> None:
    assert ask("POST", "/frames?name=a&format=csv", body=b"n\n1\n", content_type=kind).status == 415


def test_b69_a_compressed_body_is_refused(ask: Client) -> None:
    assert ask("POST", "/frames?name=a&format=csv", body=b"n\n1\n", content_encoding="gzip").status == 415


@pytest.mark.parametrize("name", ["", "../x", "a/b", "%00", "a%0Ab", "%20a", "..", "x" * 201])
def test_a_frame_needs_a_proper_name(control: Control, ask: Client, name: str) -> None:
    assert ask("POST", f"/frames?name={name.replace('/', '%2F')}&format=csv", body=b"n\n1\n").status == 422
    assert staged(control) == []


def test_only_those_who_operate_send_frames(control: Control, ask: Client) -> None:
    viewer = Client(ask.port, token_of(control, Role.VIEWER))
    assert viewer("POST", "/frames?name=a&format=csv", body=b"n\n1\n").status == 403


def bomb(**options: object) -> bytes:
    """A Parquet file of some kilobytes that holds 300 MB."""
    return parquet(pa.table({"c": pa.array(["x" * 10_000]).take(pa.array([0] * 30_000))}), **options)


@pytest.mark.parametrize(
    ("format", "body", "code"),
    [
        ("parquet", b"PAR1" + bytes(100) + b"PAR1", "DAT-020"),
        ("parquet", parquet(TABLE)[:-20] + b"\xff" * 12 + b"\x10\x00\x00\x00PAR1", "DAT-020"),
        ("arrow", arrow(TABLE)[:200], "DAT-020"),
        ("arrow", b"ARROW1\0\0" + b"\xff\xff\xff\xff\xff\xff\xff\x7f" + bytes(64), "DAT-020"),
        ("csv", b"PK\x03\x04rest", "CSV-"),
        ("csv", b"\x1f\x8b" + bytes(30), "DAT-020"),
        ("csv", b"", "CSV-001"),
    ],
)
def test_b47_a_damaged_file_is_named_and_nothing_of_it_is_kept(
    control: Control, ask: Client, format: str, body: bytes, code: str
) -> None:
    answer = ask("POST", f"/frames?name=a&format={format}", body=body)
    assert answer.status == 422, answer.body
    assert answer.codes[0].startswith(code)
    assert staged(control) == []


def test_s11_a_file_that_grows_too_large_is_refused_before_it_does(ask: Client) -> None:
    body = bomb(use_dictionary=False, compression="zstd")
    assert len(body) < LIMIT
    answer = ask("POST", "/frames?name=a&format=parquet", body=body)
    assert (answer.status, answer.codes) == (422, ["UPL-002"])


def test_s11_reading_ends_when_it_takes_more_memory_than_allowed(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"n\n" + b"12345\n" * 3_000_000)
    with pytest.raises(InvalidInput) as caught:
        TableProcesses(memory_bytes=20 * 2**20).read(path, tmp_path / "out", format="csv")
    assert caught.value.problems[0].code == "UPL-002"


def test_s11_a_file_whose_own_account_is_small_is_stopped_by_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(bomb())
    with pytest.raises(InvalidInput) as caught:
        TableProcesses(memory_bytes=200 * 2**20).read(path, tmp_path / "out", format="parquet")
    assert caught.value.problems[0].code == "UPL-002"


def test_s11_reading_ends_when_it_takes_more_time_than_allowed(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"n\n1\n")
    with pytest.raises(InvalidInput) as caught:
        TableProcesses(seconds=0.01).read(path, tmp_path / "out", format="csv")
    assert caught.value.problems[0].code == "UPL-002"


def test_a_stored_frame_that_is_damaged_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    path = tmp_path / "frame"
    path.write_bytes(b"ARROW1\0\0rubbish")
    with pytest.raises(StoreFault) as caught, TableProcesses().export(path, format="csv", raw=False):
        raise AssertionError("nothing can be sent")
    assert caught.value.problems[0].code == "DAT-020"


def test_the_server_itself_loads_no_library_for_tables() -> None:
    """Its memory budget is 150 MB: pandas and pyarrow alone would take most of it."""
    code = (
        "import sys\nfrom pauta.server.app import create_app\nfrom pauta.server.routes.all import all_routes\n"
        "import pauta.adapters.table_process\nall_routes()\n"
        "sys.exit(' '.join(m for m in ('pandas', 'numpy', 'pyarrow', 'polars') if m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""
