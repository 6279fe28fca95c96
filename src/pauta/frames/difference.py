"""How two frames differ, from their profiles alone: schema, rows, and the distribution of each column."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

_LEAST_SHARE = 1e-4
_COMPARED = ("nulls", "nans", "mean", "std", "min", "max", "distinct")


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The differences between the frames of two profiles.

    ``{"same", "rows": [before, after], "added": [names], "removed": [names], "retyped": {name: [types]},
    "columns": {name: …}}``. A column that differs has the pairs of ``nulls``, ``nans``, ``mean``, ``std``, ``min``,
    ``max``, ``distinct`` that changed; ``psi`` (population stability index: below 0.1 little, above 0.25 much) and
    for numbers ``ks`` (largest distance of the two cumulative distributions, 0 to 1); and for columns of few
    values ``new`` and ``vanished`` ones. `same` says that the profiles show no difference, not that the bytes
    are equal.
    """
    types_before = {name: kind for name, kind in before.get("schema", ())}
    types_after = {name: kind for name, kind in after.get("schema", ())}
    retyped = {
        name: [kind, types_after[name]]
        for name, kind in types_before.items()
        if name in types_after and types_after[name] != kind
    }
    columns: dict[str, Any] = {}
    for name, old in before.get("detail", {}).items():
        new = after.get("detail", {}).get(name)
        changed = _column(old, new, before["rows"], after["rows"]) if new is not None else {}
        if changed:
            columns[name] = changed
    rows = [before.get("rows"), after.get("rows")]
    added = [name for name in types_after if name not in types_before]
    removed = [name for name in types_before if name not in types_after]
    same = rows[0] == rows[1] and not (added or removed or retyped or columns)
    return {"same": same, "rows": rows, "added": added, "removed": removed, "retyped": retyped, "columns": columns}


def _column(old: Mapping[str, Any], new: Mapping[str, Any], rows_before: int, rows_after: int) -> dict[str, Any]:
    changed: dict[str, Any] = {key: [old.get(key), new.get(key)] for key in _COMPARED if old.get(key) != new.get(key)}
    if _is_listed(old) and _is_listed(new):
        changed |= _categories(old["top"], new["top"])
    elif old.get("quantiles") and new.get("quantiles"):
        changed |= _distribution(old["quantiles"], new["quantiles"])
    elif old.get("top") and new.get("top"):
        changed |= _most_frequent(old, new, rows_before, rows_after)
    return changed


def _is_listed(column: Mapping[str, Any]) -> bool:
    """Whether all its values are among the most frequent."""
    return bool(column.get("top")) and column.get("distinct") == len(column["top"])


def _categories(old: Sequence[Any], new: Sequence[Any]) -> dict[str, Any]:
    before = {str(value): count for value, count in old}
    after = {str(value): count for value, count in new}
    result: dict[str, Any] = {}
    if fresh := [value for value in after if value not in before]:
        result["new"] = fresh
    if gone := [value for value in before if value not in after]:
        result["vanished"] = gone
    shares_before, shares_after = _shares(before), _shares(after)
    psi = _stability([(shares_before.get(v, 0.0), shares_after.get(v, 0.0)) for v in dict.fromkeys([*before, *after])])
    return result | ({"psi": psi} if psi else {})


def _shares(counts: Mapping[str, int]) -> dict[str, float]:
    total = sum(counts.values())
    return {value: count / total for value, count in counts.items()}


def _most_frequent(old: Mapping[str, Any], new: Mapping[str, Any], rows_before: int, rows_after: int) -> dict[str, Any]:
    """Of columns with many values only the frequent ones can be compared; one that left the list need not be gone."""
    before = {str(value): count / max(rows_before, 1) for value, count in old["top"]}
    after = {str(value): count / max(rows_after, 1) for value, count in new["top"]}
    pairs = [(before[v], after[v]) for v in before if v in after]
    pairs.append((1 - sum(b for b, _ in pairs), 1 - sum(a for _, a in pairs)))
    psi = _stability(pairs)
    return {"psi": psi} if psi else {}


def _distribution(old: Sequence[float], new: Sequence[float]) -> dict[str, Any]:
    points = sorted({*old, *new})
    distance = max(abs(_below(old, x) - _below(new, x)) for x in points)
    edges = sorted(set(old[2:-1:2]))
    steps_before = pairwise([0.0, *(_below(old, e) for e in edges), 1.0])
    steps_after = pairwise([0.0, *(_below(new, e) for e in edges), 1.0])
    pairs = [(b1 - b0, a1 - a0) for (b0, b1), (a0, a1) in zip(steps_before, steps_after, strict=True)]
    psi = _stability(pairs)
    return {"psi": psi, "ks": round(distance, 6)} if psi or distance else {}


def _below(quantiles: Sequence[float], x: float) -> float:
    """The share of values up to `x`, from evenly spaced quantiles."""
    steps = len(quantiles) - 1
    position = bisect_right(quantiles, x)
    if position == 0:
        return 0.0
    if position > steps:
        return 1.0
    low, high = quantiles[position - 1], quantiles[position]
    return (position - 1 + (x - low) / (high - low)) / steps


def _stability(pairs: Sequence[tuple[float, float]]) -> float:
    """The population stability index of (before, after) shares."""
    total = 0.0
    for before, after in pairs:
        b, a = max(before, _LEAST_SHARE), max(after, _LEAST_SHARE)
        total += (a - b) * math.log(a / b)
    return round(total, 6)
