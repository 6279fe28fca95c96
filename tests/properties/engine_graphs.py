"""Random pipelines for the tests of the engine."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from pauta.domain.ids import Address
from pauta.domain.pipeline import OnFailure, Part, Pipeline, RetryPolicy, Step, StepPolicy
from pauta.domain.plan import Plan
from pauta.domain.scripts import Script, Signature
from pauta.engine.planner import plan

SCRIPT = Script("s.py", "s.py", Address("a" * 64), Address("b" * 64), Signature(()))
INPUTS = ("in_1", "in_2")
MADE = ("x", "y", "z", "in_1")


OUTPUTS = (None, None, *MADE, *MADE[:2])
FAILURES = tuple(OnFailure)


def documents(*, largest: int = 12, forward: bool = False) -> st.SearchStrategy[list[Step]]:
    """Steps in the document's order. Names of frames are few, so that they are often made again.

    With `forward`, ``after`` may name any other step, also a later one. One drawn number holds all that is chosen
    for one step, which is many times quicker than drawing each choice.
    """
    numbers = st.lists(st.integers(0, 2**31 - 1), min_size=1, max_size=largest)
    return numbers.map(lambda drawn: _document(drawn, forward=forward))


class _Choices:
    """Small choices out of one drawn number."""

    def __init__(self, number: int) -> None:
        self._number = number

    def below(self, limit: int) -> int:
        self._number, choice = divmod(self._number, limit)
        return choice


def _document(drawn: Sequence[int], *, forward: bool) -> list[Step]:
    steps: list[Step] = []
    known = list(INPUTS)
    for no, number in enumerate(drawn):
        choices = _Choices(number)
        output = OUTPUTS[choices.below(len(OUTPUTS))]
        takes = dict.fromkeys(known[choices.below(len(known))] for _ in range(choices.below(4)))
        others = [other for other in range(len(drawn) if forward else no) if other != no]
        after = [others[choices.below(len(others))] for _ in range(choices.below(3))] if others else []
        policy = StepPolicy(
            retries=RetryPolicy(times=choices.below(3)), on_failure=FAILURES[choices.below(len(FAILURES))]
        )
        names = tuple(dict.fromkeys(f"s{other}" for other in after))
        steps.append(Step(f"s{no}", Part.PREDICTION, "s.py", tuple(takes), output, after=names, policy=policy))
        if output is not None and output not in known:
            known.append(output)
    return steps


def planned(steps: Sequence[Step]) -> Plan:
    """The plan of these steps with all inputs supplied."""
    scripts = {step.name: SCRIPT for step in steps}
    return plan(Pipeline("p", tuple(steps)), steps, scripts, supplied=INPUTS, kwargs={})
