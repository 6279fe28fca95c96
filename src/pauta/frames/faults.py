"""The refusals of this room: what a step gave and why it cannot be kept, by name and place."""

from __future__ import annotations

from pauta.domain.problems import Problem, Scalar, StepFault, shorten


def fault(code: str, variant: str = "", **values: Scalar) -> StepFault:
    """A step's fault with shortened texts."""
    short = {name: shorten(value) if isinstance(value, str) else value for name, value in values.items()}
    return StepFault(Problem(code, short, variant))


def returned(found: str, *, output: str, step: str, variant: str = "returned") -> StepFault:
    """The step gave something that is no output at all (B16)."""
    if step:
        return fault("SCR-022", step=step, found=found, output=output)
    return fault("SCR-022", variant, found=found, output=output)


def bad_cell(column: str, row: int, found: str) -> StepFault:
    """A cell holds what Arrow cannot keep."""
    return fault("SCR-022", "cell", column=column, row=row, found=found)


def mixed_cells(column: str, row: int, found: str, *, first: int, other: str) -> StepFault:
    """A column holds values of two types."""
    return fault("SCR-022", "mixed", column=column, row=row, found=found, first=first, other=other)


def bad_dtype(column: str, found: object) -> StepFault:
    """A column's dtype has no exact form in Arrow."""
    return fault("SCR-022", "dtype", column=column, found=str(found))


def bad_index(reason: str) -> StepFault:
    """The index has no exact form in Arrow."""
    return fault("SCR-022", "index", reason=reason)


def check_names(names: list[object]) -> list[str]:
    """The column names, when all are texts, none empty, no two the same.

    Raises:
        StepFault: SCR-023 for the first that is not.
    """
    seen: dict[str, int] = {}
    good: list[str] = []
    for position, name in enumerate(names):
        if not isinstance(name, str):
            raise fault("SCR-023", "type", first=position, name=str(name), found=type(name).__name__)
        if not name.strip():
            raise fault("SCR-023", "empty", first=position)
        earlier = seen.setdefault(name, position)
        if earlier != position:
            raise fault("SCR-023", first=earlier, second=position, name=name)
        good.append(name)
    return good
