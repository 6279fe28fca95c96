"""Whole runs in one process: document, scripts, real script processes, records. What a user would see."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bench import Bench

from pauta.domain.problems import InvalidInput
from pauta.services.views import RunView, StepView


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()


def by_name(view: RunView) -> dict[str, StepView]:
    return {s.name: s for s in view.steps}


def test_editing_a_script_runs_it_and_what_depends_on_it_again(bench: Bench) -> None:
    bench.script("a", "def execute():\n    return 1\n")
    bench.script("b", "def execute(a):\n    return a + 1\n")
    bench.script("x", "def execute():\n    return 'x'\n")
    document = bench.document(
        {"name": "a", "output": "a"},
        {"name": "b", "dataframes": ["a"], "output": "b"},
        {"name": "x", "output": "x"},
    )
    bench.run(document)
    bench.script("a", "def execute():\n    return 2\n")
    again = by_name(bench.run(document))
    assert [(n, s.cached) for n, s in again.items()] == [("a", False), ("b", False), ("x", True)]
    assert "script changed" in (again["a"].reason or "")
    assert "input a changed" in (again["b"].reason or "")


def test_an_edit_that_does_not_change_the_result_stops_there(bench: Bench) -> None:
    bench.script("a", "def execute():\n    return 1\n")
    bench.script("b", "def execute(a):\n    return a + 1\n")
    document = bench.document({"name": "a", "output": "a"}, {"name": "b", "dataframes": ["a"], "output": "b"})
    bench.run(document)
    bench.script("a", "# the same, said better\ndef execute():\n    return 1\n")
    again = by_name(bench.run(document))
    assert not again["a"].cached
    assert again["b"].cached


def test_a_change_in_a_module_that_a_script_imports_runs_it_again(bench: Bench) -> None:
    bench.script("shared", "FACTOR = 2\n")
    bench.script("a", "from shared import FACTOR\n\ndef execute():\n    return FACTOR\n")
    document = bench.document({"name": "a", "output": "a"})
    bench.run(document)
    bench.script("shared", "FACTOR = 3\n")
    assert not by_name(bench.run(document))["a"].cached


def test_files_of_a_step_reach_the_steps_that_come_after_it_also_from_the_cache(bench: Bench) -> None:
    bench.script("a", "def execute():\n    open('note.txt', 'w').write('hello')\n    return 1\n")
    bench.script("b", "def execute():\n    return open('note.txt').read()\n")
    document = bench.document({"name": "a", "output": "a"}, {"name": "b", "output": "b", "after": ["a"]})
    view = bench.run(document)
    assert [f.path for f in by_name(view)["a"].files] == ["note.txt"]
    bench.script("b", "def execute():\n    return open('note.txt').read().upper()\n")
    again = bench.run(document)
    assert by_name(again)["a"].cached
    assert again.state == "completed"
    assert (
        next(f for f in again.frames if f.name == "b").address != next(f for f in view.frames if f.name == "b").address
    )


def test_a_step_that_reads_a_file_runs_again_when_the_file_has_changed(bench: Bench) -> None:
    bench.script("a", "def execute():\n    open('note.txt', 'w').write('one')\n    return 1\n")
    bench.script("b", "def execute():\n    return open('note.txt').read()\n")
    document = bench.document({"name": "a", "output": "a"}, {"name": "b", "output": "b", "after": ["a"]})
    bench.run(document)
    bench.script("a", "def execute():\n    open('note.txt', 'w').write('two')\n    return 1\n")
    assert not by_name(bench.run(document))["b"].cached


def test_a_file_is_not_seen_by_a_step_that_does_not_depend_on_its_maker(bench: Bench) -> None:
    bench.script("a", "def execute():\n    open('note.txt', 'w').write('x')\n    return 1\n")
    bench.script("b", "import os\n\ndef execute():\n    return {'seen': os.listdir('.')}\n")
    bench.script("c", "import os\n\ndef execute(b, a):\n    return {'seen': os.listdir('.')}\n")
    document = bench.document(
        {"name": "a", "output": "a"},
        {"name": "b", "output": "b"},
        {"name": "c", "dataframes": ["b", "a"], "output": "c"},
    )
    view = bench.run(document)
    with bench.open()._store.transaction() as tx:
        values = {s.name: s.output.value for s in tx.steps.of_run(view.run)}  # type: ignore[arg-type, union-attr]
    assert values["b"] == {"seen": []}
    assert values["c"] == {"seen": ["note.txt"]}


def test_retries_try_again_in_a_clean_process_and_count(bench: Bench) -> None:
    counter = bench.folder / "count"
    bench.script(
        "a",
        f"from pathlib import Path\n\ndef execute():\n    p = Path({str(counter)!r})\n"
        "    n = int(p.read_text()) + 1 if p.exists() else 1\n    p.write_text(str(n))\n"
        "    if n < 3:\n        raise ValueError(n)\n    return n\n",
    )
    document = bench.document({"name": "a", "output": "a", "retries": {"times": 2, "delay": 0.05}})
    view = bench.run(document)
    assert view.state == "completed"
    assert by_name(view)["a"].attempts == 3


def test_steps_with_effects_begin_only_when_all_before_them_is_on_record(bench: Bench) -> None:
    """The step with effects asks the records themselves, from outside."""
    database = bench.folder / ".pauta" / "pauta.db"
    look = (
        "import sqlite3\n\ndef execute(a):\n"
        f"    c = sqlite3.connect('file:{database}?mode=ro', uri=True)\n"
        "    return {'seen': c.execute('select state from step where no = 0').fetchall()[0][0]}\n"
    )
    bench.script("a", "def execute():\n    return 1\n")
    bench.script("b", look)
    document = bench.document(
        {"name": "a", "output": "a"}, {"name": "b", "dataframes": ["a"], "output": "b", "cache": False}
    )
    view = bench.run(document)
    with bench.open()._store.transaction() as tx:
        seen = tx.steps.of_run(view.run)[1].output.value  # type: ignore[arg-type, union-attr]
    assert seen == {"seen": "completed"}


def test_one_interrupt_cancels_cleanly_and_leaves_no_process(bench: Bench) -> None:
    bench.script("a", "import time\n\ndef execute():\n    time.sleep(60)\n")
    document = bench.document({"name": "a", "output": "a"}, {"name": "b", "output": "b", "file_path": "a.py"})
    began = time.monotonic()
    view = bench.run(document, interrupted=lambda: int(time.monotonic() - began > 0.7))
    assert view.state == "cancelled"
    assert {s.state for s in view.steps} == {"cancelled"}
    assert time.monotonic() - began < 15


def test_an_interrupt_that_comes_when_the_run_has_just_ended_changes_nothing(bench: Bench) -> None:
    bench.script("a", "def execute():\n    return 1\n")
    document = bench.document({"name": "a", "output": "a"})

    def ended() -> int:
        return int(
            bench.open().runs(limit=1, before=None, states=(), pipeline=None, children=False)[0].state == "completed"
        )

    assert bench.run(document, interrupted=ended).state == "completed"


COMMAND = [sys.executable, "-m", "pauta"]


def eventually(true: Callable[[], Any], within: float = 20.0) -> Any:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if found := true():
            return found
        time.sleep(0.02)
    raise AssertionError("did not come true in time")


def ask(folder: Path, *words: str) -> Any:
    done = subprocess.run([*COMMAND, *words, "--json"], cwd=folder, capture_output=True, text=True, timeout=60)
    return json.loads(done.stdout)


def slow_pipeline(bench: Bench) -> tuple[Path, Path]:
    ledger = bench.folder / "ledger"
    bench.script("a", f"def execute():\n    open({str(ledger)!r}, 'a').write('a ')\n    return 1\n")
    bench.script(
        "b",
        f"import os, time\n\ndef execute(a):\n    open({str(ledger)!r}, 'a').write('b ')\n"
        "    while not os.path.exists(os.environ['GO']):\n        time.sleep(0.02)\n    return a + 1\n",
    )
    go = bench.folder / "go"
    document = bench.document(
        {"name": "a", "output": "a"},
        {"name": "b", "dataframes": ["a"], "output": "b", "env": {"GO": str(go)}},
    )
    return document, ledger


def test_a_run_whose_process_was_killed_goes_on_behind_its_last_completed_step(bench: Bench) -> None:
    document, ledger = slow_pipeline(bench)
    running = subprocess.Popen(
        [*COMMAND, "run", str(document)], cwd=bench.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    eventually(lambda: ledger.exists() and ledger.read_text() == "a b ")
    eventually(lambda: any(s["state"] == "completed" for s in ask(bench.folder, "show", "latest")["steps"]))
    running.kill()
    running.wait()
    (bench.folder / "go").touch()
    resumed = ask(bench.folder, "run", "--resume", "latest")
    assert resumed["state"] == "completed"
    assert ledger.read_text() == "a b b "
    assert [s["attempts"] for s in resumed["steps"]] == [1, 2]


def test_a_run_whose_results_were_lost_does_not_go_on_but_can_be_run_again(bench: Bench) -> None:
    document, ledger = slow_pipeline(bench)
    bench.script("a", (bench.folder / "a.py").read_text().replace("return 1", "return {'n': 'x' * 100_000}"))
    bench.script("b", (bench.folder / "b.py").read_text().replace("a + 1", "len(a['n'])"))
    running = subprocess.Popen(
        [*COMMAND, "run", str(document)], cwd=bench.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    eventually(lambda: ledger.exists() and ledger.read_text() == "a b ")
    eventually(lambda: any(s["state"] == "completed" for s in ask(bench.folder, "show", "latest")["steps"]))
    running.kill()
    running.wait()
    kept = [p for p in (bench.folder / ".pauta" / "objects").rglob("*") if p.is_file() and p.stat().st_size > 100_000]
    for path in kept:
        path.unlink()
    assert ask(bench.folder, "run", "--resume", "latest")["error"]["code"] == "OBJ-001"
    (bench.folder / "go").touch()
    assert ask(bench.folder, "rerun", "latest")["state"] == "completed"
    assert ledger.read_text() == "a b a b "


@pytest.fixture
def begin(bench: Bench) -> Iterator[Callable[[Path], subprocess.Popen[bytes]]]:
    """Starts `pauta run` beside the test; none outlives it."""
    begun: list[subprocess.Popen[bytes]] = []

    def run(document: Path) -> subprocess.Popen[bytes]:
        command = [*COMMAND, "run", str(document), "--json"]
        pipe = subprocess.PIPE
        begun.append(subprocess.Popen(command, cwd=bench.folder, stdout=pipe, stderr=pipe))
        return begun[-1]

    yield run
    for process in begun:
        process.kill()
        process.communicate()


def test_others_can_look_at_and_cancel_a_run_that_is_going_on(
    bench: Bench, begin: Callable[[Path], subprocess.Popen[bytes]]
) -> None:
    bench.script("x", "def execute():\n    return 1\n")
    earlier = bench.run(bench.document({"name": "x", "output": "x"})).run
    bench.close()
    document, ledger = slow_pipeline(bench)
    running = begin(document)
    eventually(lambda: ledger.exists() and ledger.read_text() == "a b ")
    listed = ask(bench.folder, "runs")
    assert [r["state"] for r in listed] == ["running", "completed"]
    other = ask(bench.folder, "cancel", earlier)
    assert other["error"]["code"] == "RUN-018"
    ask(bench.folder, "cancel", "latest")
    output, _ = running.communicate(timeout=30)
    assert json.loads(output)["state"] == "cancelled"
    assert running.returncode == 1


def test_a_second_run_waits_until_the_first_has_ended(
    bench: Bench, begin: Callable[[Path], subprocess.Popen[bytes]]
) -> None:
    document, ledger = slow_pipeline(bench)
    first = begin(document)
    eventually(lambda: ledger.exists() and ledger.read_text() == "a b ")
    second = begin(document)
    (bench.folder / "go").touch()
    states = [json.loads(p.communicate(timeout=60)[0])["state"] for p in (first, second)]
    assert states == ["completed", "completed"]
    assert ledger.read_text() == "a b "


def test_a_script_cannot_read_credentials_from_its_environment(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_PASSWORD", "hush")
    bench.script("a", "import os\n\ndef execute():\n    return {'names': sorted(os.environ)}\n")
    view = bench.run(bench.document({"name": "a", "output": "a"}))
    with bench.open()._store.transaction() as tx:
        names = tx.steps.of_run(view.run)[0].output.value  # type: ignore[arg-type, union-attr]
    assert "DATABASE_PASSWORD" not in names["names"]
    assert "PATH" in names["names"]
    assert os.environ["DATABASE_PASSWORD"] == "hush"


def test_a_secret_reaches_its_step_and_no_record(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_TOKEN", "hush-hush")
    bench.script("a", "def execute(token):\n    return {'length': len(token)}\n")
    document = bench.document(
        {"name": "a", "output": "a", "kwargs": {"token": {"param": "token"}}},
        parameters={"token": {"secret": True, "default": "env:API_TOKEN"}},
    )
    view = bench.run(document)
    with bench.open()._store.transaction() as tx:
        assert tx.steps.of_run(view.run)[0].output.value == {"length": 9}  # type: ignore[arg-type, union-attr]
    bench.close()
    kept = [path for path in (bench.folder / ".pauta").rglob("*") if path.is_file()]
    assert not [path for path in kept if b"hush-hush" in path.read_bytes()]
    monkeypatch.delenv("API_TOKEN")
    with pytest.raises(InvalidInput, match="PRM-003"):
        bench.run(document)


def test_a_script_that_tells_its_secret_does_not_get_it_on_record(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "s3cr3t-of-the-plant"
    monkeypatch.setenv("API_TOKEN", secret)
    bench.script(
        "a",
        "import base64, logging, sys\nimport pauta\n\n"
        "def execute(token):\n"
        "    print('token', token); print(base64.b64encode(token.encode()).decode(), file=sys.stderr)\n"
        "    sys.stdout.write(token[:9]); sys.stdout.flush(); print(token[9:])\n"
        "    logging.warning('with %s', token)\n"
        "    pauta.log_metric(token, 1.0)\n"
        "    raise ValueError(f'refused: {token}')\n",
    )
    document = bench.document(
        {"name": "a", "output": "a", "kwargs": {"token": {"param": "token"}}},
        parameters={"token": {"secret": True, "default": "env:API_TOKEN"}},
    )
    view = bench.run(document)
    assert view.state == "failed"
    assert "***" in view.steps[0].problem.message()  # type: ignore[union-attr]
    bench.close()
    kept = [path for path in (bench.folder / ".pauta").rglob("*") if path.is_file()]
    encoded = base64.b64encode(secret.encode())
    assert not [path for path in kept if secret.encode() in path.read_bytes() or encoded[:20] in path.read_bytes()]


def test_a_step_is_replayed_with_its_real_inputs_and_the_script_of_that_run(bench: Bench) -> None:
    bench.script("a", "import pandas as pd\n\ndef execute():\n    return pd.DataFrame({'n': [1, 2]})\n")
    bench.script("b", "def execute(a):\n    return a.assign(twice=a['n'] * 2)\n")
    document = bench.document({"name": "a", "output": "a"}, {"name": "b", "dataframes": ["a"], "output": "b"})
    run = bench.run(document).run
    bench.script("b", "def execute(a):\n    raise ValueError('the present version')\n")
    bench.close()
    summary = ask(bench.folder, "replay", run, "b")
    assert (summary["state"], summary["same"], summary["rows"]) == ("completed", True, 2)
    failed = bench.run(document).run
    bench.close()
    assert "the present version" in ask(bench.folder, "replay", failed, "b")["error"]


def test_gc_takes_old_runs_and_their_objects_and_leaves_the_rest(bench: Bench) -> None:
    text = "import pandas as pd\n\ndef execute():\n    return pd.DataFrame({'n': range(%d)})\n"
    bench.script("a", text % 10)
    document = bench.document({"name": "a", "output": "a"})
    old = bench.run(document)
    bench.script("a", text % 20)
    new = bench.run(document)
    for path in (bench.folder / ".pauta" / "objects").rglob("*"):
        if path.is_file():
            os.utime(path, (0, 0))
    foreseen = bench.open().collect(dry_run=True, keep_runs=1, older_than_days=None)
    assert foreseen.runs == (old.run,)
    assert len(bench.open().runs(limit=10, before=None, states=(), pipeline=None, children=False)) == 2
    done = bench.open().collect(dry_run=False, keep_runs=1, older_than_days=None)
    assert done.runs == (old.run,)
    assert done.objects >= 1
    assert bench.open().profile(new.run, "a") is not None
    again = bench.run(document)
    assert by_name(again)["a"].cached
