"""What a document asks of a frame, checked by what is known of it: no row is read and no library loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pauta.domain.problems import InvalidInput, Place, Problem, Scalar, shorten


def missing_columns(wanted: Mapping[str, Any], found: Sequence[str], file: str) -> list[Problem]:
    """CSV-030 for each declared column that is not there, with the one that may be meant."""
    problems = []
    plain = {column.strip().casefold(): column for column in found}
    for name in wanted:
        if name in found:
            continue
        close = plain.get(name.strip().casefold())
        if close is None:
            close = next(iter(get_close_matches(name, found, n=1)), None)
        if close is None:
            problems.append(Problem("CSV-030", {"name": shorten(name)}, place=Place(file)))
        else:
            values: dict[str, Scalar] = {
                "name": shorten(name),
                "close": shorten(close),
                "column": list(found).index(close) + 1,
            }
            problems.append(Problem("CSV-030", values, "near", place=Place(file)))
    return problems


def check_rows(rows: int, *, output: str, least: int, step: str = "") -> None:
    """The contract on the number of rows (B46).

    Raises:
        InvalidInput: DAT-011 when there are too few.
    """
    if rows < least:
        raise InvalidInput(too_few_rows(rows, output=output, least=least, step=step))


def too_few_rows(rows: int, *, output: str, least: int, step: str = "") -> Problem:
    """The problem DAT-011, of an input or of a step's output."""
    values: dict[str, Scalar] = {"rows": rows, "output": output, "least": least, "step": step}
    return Problem("DAT-011", values, "step" if step else "")
