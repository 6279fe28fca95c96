"""What reaches the disk before a commit returns, seen from outside by strace."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TRACED = """
import os, sys
sys.path.insert(0, sys.argv[2])
from msgspec.structs import replace
from pathlib import Path
from store_samples import submit
from pauta.domain.states import RunState
from pauta.storage.sqlite import open_sqlite

def mark(text):
    os.write(2, f"MARK {text}\\n".encode())

store = open_sqlite(Path(sys.argv[1]))
run = submit(store)[0]
for name, durable in (("plain", False), ("durable", True), ("plain", False), ("durable", True)):
    after = replace(run, failed_stages=run.failed_stages + 1)
    mark(f"begin {name}")
    with store.transaction(durable=durable) as tx:
        assert tx.runs.save(run, after)
    mark(f"end {name}")
    run = after
store.close()
mark("closed")
"""


@pytest.mark.strace
def test_a_durable_commit_flushes_before_it_returns_and_a_plain_one_does_not(tmp_path: Path) -> None:
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    log = tmp_path / "trace"
    done = subprocess.run(
        ["strace", "-f", "-y", "-e", "trace=fsync,fdatasync,write,pwrite64", "-o", log,
         sys.executable, "-c", TRACED, tmp_path / "records", Path(__file__).parents[1]],
        capture_output=True, text=True,
    )  # fmt: skip
    if "PTRACE" in done.stderr or "ptrace" in done.stderr:
        pytest.skip(f"tracing is not allowed here: {done.stderr.strip()[:200]}")
    assert done.returncode == 0, done.stderr
    blocks = re.findall(r"MARK begin (\w+)\\n(.*?)MARK end", log.read_text(), flags=re.DOTALL)
    assert [name for name, _ in blocks] == ["plain", "durable", "plain", "durable"]
    for name, calls in blocks:
        written = [m.start() for m in re.finditer(r"pwrite64\(\d+<[^>]*pauta\.db-wal>", calls)]
        flushed = [m.start() for m in re.finditer(r"(?:fsync|fdatasync)\(\d+<[^>]*pauta\.db-wal>\)\s+= 0", calls)]
        assert written, "the commit is in the log"
        if name == "durable":
            assert flushed
            assert flushed[-1] > written[-1], "nothing is written after the flush"
        else:
            assert not re.search(r"fsync|fdatasync", calls)
