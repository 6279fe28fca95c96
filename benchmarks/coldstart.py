"""How long does a person wait for a command? Fresh processes, beside the bare start of Python.

python benchmarks/coldstart.py
"""

from __future__ import annotations

import sys
from pathlib import Path

from measuring import Line, report, timed_command, workplace, write_project

TIMES = 11


def main() -> int:
    """Measure and print."""
    pauta = str(Path(sys.executable).with_name("pauta"))
    step = {"name": "only", "file_path": "scripts/only.py", "dataframes": [], "output_dataframe": "value"}
    with workplace() as folder:
        project = folder / "project"
        write_project(project, steps=[step], scripts={"only.py": "def execute():\n    return 1\n"})

        def median(*command: str) -> float:
            return timed_command(command, folder=project, times=TIMES).median

        bare = median(sys.executable, "-c", "pass")
        lines = [
            Line("python -c pass", bare, "s"),
            Line("import pauta", median(sys.executable, "-c", "import pauta"), "s", None, bare),
            Line("pauta --help", median(pauta, "--help"), "s", 0.2, bare),
            Line("pauta run, one step, not cached", median(pauta, "run", "--no-cache", "--json"), "s", 0.4, bare),
            Line("pauta run, one step, cached", median(pauta, "run", "--json"), "s", None, bare),
            Line("pauta runs", median(pauta, "runs", "--json"), "s", None, bare),
            Line("import pandas", median(sys.executable, "-c", "import pandas"), "s", None, bare),
        ]
    report("Cold start: fresh processes", lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
