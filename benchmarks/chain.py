"""What does a step cost? Chains of 10, 100 and 1,000 no-op steps in a warm process, every completion recorded.

    python benchmarks/chain.py

Each step hands on a small JSON value, or a DataFrame of one row that it has changed, so that each is stored and
profiled anew. The baseline is two bare SQLite commits a step on the same disk. Submitting the run is included.
"""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median

from measuring import Line, bare_commits, report, warm_runs, workplace, write_project

LENGTHS = (10, 100, 1000)
REPETITIONS = {10: 15, 100: 7, 1000: 5}
VALUE = {
    "first.py": "def execute():\n    return {'n': 1, 'text': 'a small value'}\n",
    "next.py": "def execute(thing):\n    return thing\n",
}
FRAME = {
    "first.py": (
        "import pandas as pd\n\n\ndef execute():\n    return pd.DataFrame({'n': [0], 'x': [0.5], 'name': ['one']})\n"
    ),
    "next.py": "def execute(thing):\n    thing.iat[0, 0] += 1\n    return thing\n",
}


def per_step(folder: Path, scripts: dict[str, str], length: int) -> float:
    """Median overhead of one step in milliseconds."""
    steps = [{"name": "s0", "file_path": "scripts/first.py", "dataframes": [], "output_dataframe": "thing"}]
    steps += [
        {"name": f"s{n}", "file_path": "scripts/next.py", "dataframes": ["thing"], "output_dataframe": "thing"}
        for n in range(1, length)
    ]
    document = write_project(folder, steps=steps, scripts=scripts)
    return median(run.overhead for run in warm_runs(document, times=REPETITIONS[length])) * 1000 / length


def main() -> int:
    """Measure and print."""
    with workplace() as folder:
        normal = bare_commits(folder, synchronous="normal") * 2000
        full = bare_commits(folder, synchronous="full") * 2000
        lines = []
        for length in LENGTHS:
            value = per_step(folder / f"value{length}", VALUE, length)
            budget, most = (0.15, 3.0) if length == 1000 else (None, None)
            lines.append(Line(f"a step of {length:,}, JSON value", value, "ms", budget, normal, most))
        for length in LENGTHS:
            frame = per_step(folder / f"frame{length}", FRAME, length)
            lines.append(
                Line(f"a step of {length:,}, frame of one row", frame, "ms", 0.8 if length == 1000 else None, normal)
            )
        lines.append(Line("two bare commits, synchronous=normal", normal, "ms"))
        lines.append(Line("two bare commits, synchronous=full", full, "ms"))
    report("Chain: overhead per step", lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
