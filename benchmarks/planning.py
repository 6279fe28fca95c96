"""Planning of large pipelines, beside a bare loop that builds the same number of tuples.

    python benchmarks/planning.py [steps]

For each shape: the best of five rounds, the time for one step, and the ratio to the bare loop, which builds one
tuple for each step, frame taken and stage of the plan. The budget is 0.5 s for 5,000 steps.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from time import perf_counter

from pauta.domain.ids import Address
from pauta.domain.pipeline import Part, Pipeline, Step
from pauta.domain.plan import Plan
from pauta.domain.scripts import Script, Signature
from pauta.engine.planner import plan

ROUNDS = 5
BUDGET_SECONDS = 0.5
SCRIPT = Script("step.py", "step.py", Address("0" * 64), Address("0" * 64), Signature(()))


def chain(size: int) -> list[Step]:
    """Each step takes the frame of the one before."""
    return [_step(no, (f"df_{no - 1}",) if no else ("df",)) for no in range(size)]


def versions(size: int) -> list[Step]:
    """Each step takes one frame and gives it back under the same name."""
    return [Step(f"s{no}", Part.PREDICTION, "step.py", ("df",), "df") for no in range(size)]


def fan_out(size: int) -> list[Step]:
    """One step, many that take its frame, one that takes all of theirs."""
    middle = [_step(no, ("df_0",)) for no in range(1, size - 1)]
    return [_step(0, ("df",)), *middle, _step(size - 1, tuple(f"df_{no}" for no in range(1, size - 1)))]


def grid(size: int) -> list[Step]:
    """Rows of fifty; each step takes three frames of the row above."""
    width = 50
    steps = []
    for no in range(size):
        row, column = divmod(no, width)
        above = [(row - 1) * width + (column + shift) % width for shift in (-1, 0, 1)]
        steps.append(_step(no, tuple(f"df_{a}" for a in above) if row else ("df",)))
    return steps


def _step(no: int, takes: tuple[str, ...]) -> Step:
    return Step(f"s{no}", Part.PREDICTION, "step.py", takes, f"df_{no}")


def bare(sizes: Sequence[int]) -> list[tuple[int, ...]]:
    """As many tuples as the plan has values, nothing else."""
    return [(a, b, a, b) for size in sizes for a, b in zip(range(size), range(size), strict=True)]


def best_of(work: Callable[[], object]) -> float:
    """Seconds of the quickest round."""
    seconds = []
    for _ in range(ROUNDS):
        begin = perf_counter()
        work()
        seconds.append(perf_counter() - begin)
    return min(seconds)


def measure(steps: Sequence[Step]) -> tuple[Plan, float, float]:
    """The plan, its seconds, and those of the bare loop."""
    pipeline = Pipeline("bench", tuple(steps))
    scripts = {step.name: SCRIPT for step in steps}
    made = plan(pipeline, steps, scripts, supplied={"df"}, kwargs={})
    seconds = best_of(lambda: plan(pipeline, steps, scripts, supplied={"df"}, kwargs={}))
    sizes = (len(made.steps), sum(len(step.takes) for step in made.steps), len(made.stages))
    return made, seconds, best_of(lambda: bare(sizes))


def main() -> int:
    """Print one line for each shape; 1 if one is over the budget."""
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    over = False
    print(f"{'shape':<10}{'steps':>8}{'stages':>8}{'ms':>9}{'us/step':>9}{'bare ms':>9}{'ratio':>7}")
    for shape in (chain, versions, fan_out, grid):
        made, seconds, floor = measure(shape(size))
        over = over or seconds > BUDGET_SECONDS * max(1.0, size / 5000)
        print(
            f"{shape.__name__:<10}{len(made.steps):>8}{len(made.stages):>8}{seconds * 1e3:>9.1f}"
            f"{seconds / size * 1e6:>9.1f}{floor * 1e3:>9.2f}{seconds / floor:>7.1f}"
        )
    return 1 if over else 0


if __name__ == "__main__":
    raise SystemExit(main())
