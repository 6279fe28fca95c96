"""Kills `pauta run` at one of its system calls, has it go on, and asks whether every promise was kept.

A *place* is a small project of five steps in a folder of its own. Its scripts append a line to a *ledger* outside
the project each time a body starts, so that what really ran can be held against what the records say.
strace counts the calls that change something outside the process and sends KILL at the N-th.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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

_SCRIPTS = {
    "draw.py": "    return {'rows': 5, 'seed': 7}\n",
    "table.py": (
        "    import pandas as pd\n"
        "    rows = range(numbers['rows'])\n"
        "    return pd.DataFrame({'n': list(rows), 'x': [numbers['seed'] * r / 2 for r in rows]})\n"
    ),
    "count.py": "    return {'twice': 2 * numbers['rows']}\n",
    "square.py": "    return table.assign(y=table['x'] ** 2)\n",
    "total.py": "    return {'y': float(squares['y'].sum()), 'counts': counts}\n",
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


def run_clean(place: Place) -> dict[str, Any]:
    """Run the project undisturbed; the JSON answer."""
    return _answer(pauta(*RUN), place)


def count_calls(place: Place) -> int:
    """How many of the counted calls the busiest thread of the command makes in an undisturbed run."""
    done = _finish(_traced(place, inject=None), place)
    assert done.returncode == 0, done.stdout + done.stderr
    calls = Counter(
        match[1] for line in place.trace.read_text().splitlines() if (match := re.match(r"(\d+) +\w+\(", line))
    )
    return max(calls.values())


def kill_command_at(place: Place, number: int) -> bool:
    """Run the project and kill the command at its `number`-th call; False when it ended before."""
    return _finish(_traced(place, inject=number), place).returncode != 0


def count_script_calls(place: Place, step: str) -> int:
    """How many of the counted calls the process of a step makes, from the start of its body."""
    _order_trace(place, step, inject=None)
    run_clean(place)
    return sum(1 for line in place.trace.read_text().splitlines() if re.match(r"\d+ +\w+\(", line))


def kill_script_at(place: Place, step: str, number: int) -> dict[str, Any]:
    """Run the project; the process of a step is killed, once, at its `number`-th call. The JSON answer."""
    _order_trace(place, step, inject=number)
    return run_clean(place)


def _order_trace(place: Place, step: str, *, inject: int | None) -> None:
    strace = _strace(place, inject=inject)
    strace[0] = shutil.which("strace") or "strace"  # a script's PATH is not ours
    Path(f"{place.ledger}.{step}").write_text("\n".join(strace))


def _traced(place: Place, *, inject: int | None) -> list[str]:
    return [*_strace(place, inject=inject), *pauta(*RUN)]


def _strace(place: Place, *, inject: int | None) -> list[str]:
    # The threads are followed; a child that executes a program is let go, so that of the command only its own calls
    # are counted, not those of the scripts' processes.
    strace = ["strace", "-f", "-qq", "--detach-on=execve", "-o", str(place.trace), "-e", f"trace={CALLS}"]
    return strace if inject is None else [*strace, "-e", f"inject={CALLS}:signal=KILL:when={inject}"]


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


def _environment() -> dict[str, str]:
    # Writing bytecode would make the number of calls depend on who ran first.
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
