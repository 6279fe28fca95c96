"""What does breadth cost? One step, 200 that take its value, one that takes all of theirs; recorded, warm process.

python benchmarks/fanout.py
"""

from __future__ import annotations

import sys
from statistics import median

from measuring import Line, bare_commits, report, warm_runs, workplace, write_project

BREADTH = 200
SCRIPTS = {
    "first.py": "def execute():\n    return {'n': 1}\n",
    "each.py": "def execute(thing):\n    return thing\n",
    "last.py": "def execute(**things):\n    return len(things)\n",
}


def main() -> int:
    """Measure and print."""
    names = [f"part_{n}" for n in range(BREADTH)]
    steps = [{"name": "first", "file_path": "scripts/first.py", "dataframes": [], "output_dataframe": "thing"}]
    steps += [
        {"name": f"make_{name}", "file_path": "scripts/each.py", "dataframes": ["thing"], "output_dataframe": name}
        for name in names
    ]
    steps.append({"name": "last", "file_path": "scripts/last.py", "dataframes": names, "output_dataframe": "count"})
    with workplace() as folder:
        bare = bare_commits(folder, synchronous="normal") * 2 * len(steps)
        runs = warm_runs(write_project(folder / "project", steps=steps, scripts=SCRIPTS), times=7)
    whole = median(run.submit + run.execute for run in runs)
    lines = [
        Line(f"1 → {BREADTH} → 1 steps, whole run", whole, "s", 0.1, bare),
        Line("of which submitting", median(run.submit for run in runs), "s"),
        Line("of which the scripts' bodies", median(run.bodies for run in runs), "s"),
    ]
    report(f"Fan-out of {BREADTH} (baseline: two bare commits a step)", lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
