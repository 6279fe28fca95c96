"""Kills `pauta run` at one of its system calls, has it go on, and asks whether every promise was kept.

A *place* is a small project of five steps in a folder of its own. Its scripts append a line to a *ledger* outside
the project each time a body starts, so that what really ran can be held against what the records say.
strace counts the calls that change something outside the process and sends KILL at the N-th.
"""

from __future__ import annotations

import compileall
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pauta as pauta_package

CALLS = (
    "write,writev,pwrite64,pwritev,fsync,fdatasync,rename,renameat,renameat2,link,linkat,"
    "ftruncate,unlink,unlinkat,sendto,sendmsg"
)
LONGEST_SECONDS = 60.0

_LEDGER = """
import ctypes
import os
import subprocess
import time


def note(step, ledger):
    told = [os.environ["PAUTA_" + name] for name in ("RUN", "ATTEMPT", "KEY")]
    line = " ".join([step, str(os.getpid()), *told]) + "\\n"
    descriptor = os.open(ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(descriptor, line.encode())
    os.close(descriptor)
    be_traced(f"{ledger}.{step}")


# Once, when the test left an order for this step: have strace take hold of this process.
def be_traced(order):
    if not os.path.exists(order):
        return
    with open(order) as opened:
        command = opened.read().splitlines()
    os.unlink(order)
    ctypes.CDLL(None).prctl(0x59616D61, -1, 0, 0, 0)  # PR_SET_PTRACER: a child may trace us
    quiet = subprocess.DEVNULL
    subprocess.Popen([*command, "-p", str(os.getpid())], stdin=quiet, stdout=quiet, stderr=quiet)
    deadline = time.monotonic() + 10
    while "TracerPid:\\t0\\n" in open("/proc/self/status").read():
        if time.monotonic() > deadline:
            raise RuntimeError("strace did not come")
        time.sleep(0.005)
"""

# Nothing here names pandas: loading it would take most of the time of a killed run.
_SCRIPTS = {
    "draw.py": "    return {'rows': 5, 'seed': 7}\n",
    "table.py": (
        "    import pyarrow as pa\n"
        "    rows = range(numbers['rows'])\n"
        "    return pa.table({'n': list(rows), 'x': [numbers['seed'] * r / 2 for r in rows]})\n"
    ),
    "count.py": "    return {'twice': 2 * numbers['rows']}\n",
    "square.py": "    return table.append_column('y', [[x**2 for x in table['x'].to_pylist()]])\n",
    "total.py": "    return {'y': sum(squares['y'].to_pylist()), 'counts': counts}\n",
}

STEPS: list[tuple[str, list[str], str]] = [
    ("draw", [], "numbers"),
    ("table", ["numbers"], "table"),
    ("count", ["numbers"], "counts"),
    ("square", ["table"], "squares"),
    ("total", ["squares", "counts"], "result"),
]
RETRIES = 0
RUN = ("run", "pipeline.json", "--scripts", "scripts", "--json")


@dataclass(frozen=True, slots=True)
class Place:
    """A project in a folder of its own."""

    folder: Path

    @property
    def project(self) -> Path:
        """The project's folder."""
        return self.folder / "project"

    @property
    def ledger(self) -> Path:
        """One line for each start of a body: step, process, run, attempt, idempotency key."""
        return self.folder / "ledger.txt"

    @property
    def trace(self) -> Path:
        """What strace saw."""
        return self.folder / "trace.txt"

    def lines(self) -> list[list[str]]:
        """The ledger's lines, in words."""
        return [line.split() for line in self.ledger.read_text().splitlines()] if self.ledger.exists() else []

    def starts(self) -> Counter[str]:
        """How often the body of each step was started."""
        return Counter(line[0] for line in self.lines())


def make_place(folder: Path) -> Place:
    """Write the project of five steps."""
    place = Place(folder)
    scripts = place.project / "scripts"
    scripts.mkdir(parents=True)
    (scripts / "ledger.py").write_text(_LEDGER)
    for name, body in _SCRIPTS.items():
        takes = next(takes for step, takes, _ in STEPS if f"{step}.py" == name)
        parameters = ", ".join([*takes, "step", "path"])
        body = f"from ledger import note\n\n\ndef execute({parameters}):\n    note(step, path)\n{body}"
        (scripts / name).write_text(body)
    document = {
        "model_name": "kill_points",
        "prediction_steps": [
            {
                "name": name,
                "file_path": f"scripts/{name}.py",
                "dataframes": takes,
                "output_dataframe": gives,
                "kwargs": {"step": name, "path": str(place.ledger)},
            }
            for name, takes, gives in STEPS
        ],
        "training_steps": [],
    }
    (place.project / "pipeline.json").write_text(json.dumps(document, indent=2))
    return place


def pauta(*arguments: str) -> list[str]:
    """A command line for the installed command."""
    return [sys.executable, "-m", "pauta", *arguments]


def make_records(place: Place) -> None:
    """Have the project's records made, without a run."""
    done = _finish(pauta("runs", "--json"), place)
    assert done.returncode == 0, done.stdout + done.stderr


def copy_records(original: Place, place: Place) -> None:
    """Give a new place the records of another one that nobody uses at present."""
    shutil.copytree(original.project / ".pauta", place.project / ".pauta", symlinks=True)


def run_clean(place: Place) -> dict[str, Any]:
    """Run the project undisturbed; the JSON answer."""
    return _answer(pauta(*RUN), place)


@dataclass(frozen=True, slots=True)
class Call:
    """One system call of a run: the `number`-th of this name."""

    name: str
    number: int

    def __str__(self) -> str:
        return f"{self.name} no. {self.number}"


def command_calls(place: Place) -> list[Call]:
    """The counted calls of the command's own thread in an undisturbed run, in order."""
    done = _finish(_traced(place, kill_at=None), place)
    assert done.returncode == 0, done.stdout + done.stderr
    return _calls_of(place)


def script_calls(place: Place, step: str) -> list[Call]:
    """The counted calls of the process of a step, from the start of its body, in an undisturbed run."""
    _order_trace(place, step, kill_at=None)
    run_clean(place)
    return _calls_of(place)


def kill_command_at(place: Place, call: Call) -> bool:
    """Run the project and kill the command at this call; False when it ended before."""
    return _finish(_traced(place, kill_at=call), place).returncode != 0


def kill_script_at(place: Place, step: str, call: Call) -> dict[str, Any]:
    """Run the project; the process of a step is killed, once, at this call. The JSON answer."""
    _order_trace(place, step, kill_at=call)
    return run_clean(place)


def sample(calls: list[Call], points: int) -> list[Call]:
    """So many of the calls, evenly: half of them writes of the database, which are most, half of the others."""
    pages = [call for call in calls if call.name == "pwrite64"]
    others = [call for call in calls if call.name != "pwrite64"]
    if points >= len(calls) or not pages or not others:
        return [calls[point * len(calls) // points] for point in range(points)]
    half = points // 2
    chosen = [pages[point * len(pages) // half] for point in range(half)]
    return chosen + [others[point * len(others) // (points - half)] for point in range(points - half)]


def _calls_of(place: Place) -> list[Call]:
    """The calls of the busiest thread in the trace, numbered by name, as strace counts them."""
    text = place.trace.read_text()
    lines = [match.groups() for line in text.splitlines() if (match := re.match(r"(\d+) +(\w+)\(", line))]
    busiest = Counter(thread for thread, _ in lines).most_common(1)[0][0]
    counts: Counter[str] = Counter()
    calls = []
    for thread, name in lines:
        if thread == busiest:
            counts[name] += 1
            calls.append(Call(name, counts[name]))
    return calls


def _order_trace(place: Place, step: str, *, kill_at: Call | None) -> None:
    strace = _strace(place, kill_at=kill_at)
    strace[0] = shutil.which("strace") or "strace"  # a script's PATH is not ours
    Path(f"{place.ledger}.{step}").write_text("\n".join(strace))


def _traced(place: Place, *, kill_at: Call | None) -> list[str]:
    return [*_strace(place, kill_at=kill_at), *pauta(*RUN)]


def _strace(place: Place, *, kill_at: Call | None) -> list[str]:
    # The threads are followed; a child that executes a program is let go, so that of the command only its own calls
    # are counted, not those of the scripts' processes.
    strace = ["strace", "-f", "-qq", "--detach-on=execve", "-o", str(place.trace), "-e", f"trace={CALLS}"]
    if kill_at is None:
        return strace
    return [*strace, "-e", f"inject={kill_at.name}:signal=KILL:when={kill_at.number}"]


def _finish(command: list[str], place: Place) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=place.project,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
    )


@cache
def _environment() -> dict[str, str]:
    # Writing bytecode would make the number of calls depend on who ran first, and compiling take its time.
    compileall.compile_dir(str(Path(pauta_package.__file__).parent), quiet=2)
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8"}


def resume(place: Place, run: str) -> dict[str, Any]:
    """Have a run go on; the JSON answer."""
    return _answer(pauta("run", "--resume", run, "--json"), place)


def show(place: Place, run: str) -> dict[str, Any]:
    """A run as `pauta show` tells it."""
    return _answer(pauta("show", run, "--json"), place)


def _answer(command: list[str], place: Place) -> dict[str, Any]:
    done = _finish(command, place)
    assert done.returncode == 0, done.stdout + done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer
