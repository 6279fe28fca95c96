"""One column in numbers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pauta.frames.canonical import presence
from pauta.frames.preview import cell, values_of

POINTS = 21
TOP = 10
_TINY = 64


def column_profile(array: pa.Array, picked: np.ndarray[Any, Any] | None) -> dict[str, Any]:
    """The column's numbers.

    ``nulls`` (all rows), and of the rows looked at: ``nans``, ``infinite`` (floats), ``min``, ``max``, ``mean``,
    ``std`` (numbers, finite ones only), ``quantiles`` (`POINTS` evenly spaced, numbers only), ``distinct``,
    ``top`` (value and count, most frequent first). Keys that do not apply are not there.

    Args:
        array: The column, in its canonical form.
        picked: Positions of the rows to look at, None for all.
    """
    kind = array.type
    if len(array) <= _TINY and not _is_time(kind):
        return _tiny(array)
    result: dict[str, Any] = {"nulls": array.null_count}
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return result | _numbers(_present(array, picked))
    if pa.types.is_decimal(kind):
        return result | _numbers(_present(array.cast(pa.float64()), picked))
    if _is_time(kind):
        return result | _times(array, picked)
    if _is_countable(kind):
        return result | _counted(array if picked is None else array.take(pa.array(picked)))
    return result


def _is_time(kind: pa.DataType) -> bool:
    return bool(pa.types.is_timestamp(kind) or pa.types.is_date(kind) or pa.types.is_duration(kind))


def _is_countable(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_countable(kind.value_type)
    return bool(
        pa.types.is_boolean(kind)
        or pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or _is_time(kind)
    )


def _present(array: pa.Array, picked: np.ndarray[Any, Any] | None) -> np.ndarray[Any, Any]:
    """The values that are there, of the rows looked at."""
    dtype = np.dtype(f"i{array.type.bit_width // 8}") if _is_time(array.type) else array.type.to_pandas_dtype()
    values = np.frombuffer(array.buffers()[1], dtype, count=array.offset + len(array))[array.offset :]
    known = presence(array) if array.null_count else None
    if picked is not None:
        values = values[picked]
        known = None if known is None else known[picked]
    return values if known is None else values[known]


def _numbers(values: np.ndarray[Any, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    if values.dtype.kind == "f":
        finite = np.isfinite(values)
        result["nans"] = int(np.isnan(values).sum())
        infinite = len(values) - int(finite.sum()) - result["nans"]
        if infinite:
            result["infinite"] = infinite
        if len(values) != int(finite.sum()):
            values = values[finite]
        values = values.astype(np.float64, copy=False)
    if not len(values):
        return result
    ordered = np.sort(values)
    spread = np.linspace(0, len(ordered) - 1, POINTS)
    quantiles = np.interp(spread, np.arange(len(ordered)), ordered)
    with np.errstate(over="ignore", invalid="ignore"):
        mean, std = float(np.mean(ordered, dtype=np.float64)), float(np.std(ordered, dtype=np.float64))
    result |= {"min": cell(ordered[0].item()), "max": cell(ordered[-1].item()), "mean": cell(mean), "std": cell(std)}
    result["quantiles"] = quantiles.tolist()
    return result | _runs(ordered, cell)


def _runs(ordered: np.ndarray[Any, Any], show: Any) -> dict[str, Any]:
    """Distinct and most frequent values of sorted ones."""
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    counts = np.diff(np.append(starts, len(ordered)))
    best = np.argsort(-counts, kind="stable")[:TOP]
    return {
        "distinct": len(starts),
        "top": [[show(ordered[starts[i]].item()), int(counts[i])] for i in best] if len(starts) < len(ordered) else [],
    }


def _times(array: pa.Array, picked: np.ndarray[Any, Any] | None) -> dict[str, Any]:
    values = _present(array, picked)
    if not len(values):
        return {}
    ordered = np.sort(values)

    def show(tick: int) -> Any:
        ticks = pa.array([tick], pa.int32() if array.type.bit_width == 32 else pa.int64())
        return cell(values_of(ticks.view(array.type))[0])

    return {"min": show(ordered[0].item()), "max": show(ordered[-1].item())} | _runs(ordered, show)


def _counted(array: pa.Array) -> dict[str, Any]:
    counted = pc.value_counts(array)
    values, counts = counted.field(0), counted.field(1).to_numpy()
    if values.null_count:
        known = pc.is_valid(values).to_numpy(zero_copy_only=False)
        values, counts = values.filter(pa.array(known)), counts[known]
    if not len(values):
        return {}
    best = np.argsort(-counts, kind="stable")[:TOP]
    shown = values_of(values.take(pa.array(best)))
    result: dict[str, Any] = {"distinct": len(values)}
    result["top"] = [[cell(v), int(counts[i])] for v, i in zip(shown, best, strict=True)] if counts[best[0]] > 1 else []
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        limits = pc.min_max(values)
        result |= {"min": cell(limits["min"].as_py()), "max": cell(limits["max"].as_py())}
    return result


# ---- a few rows: Python is faster than asking Arrow ------------------------------------------------


def _tiny(array: pa.Array) -> dict[str, Any]:
    result: dict[str, Any] = {"nulls": array.null_count}
    kind = array.type
    number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    if not (number or _is_countable(kind)):
        return result
    values = [v for v in values_of(array) if v is not None]
    if number:
        return result | _tiny_numbers(values, pa.types.is_integer(kind))
    if not values:
        return result
    if not pa.types.is_boolean(kind) and not pa.types.is_dictionary(kind):
        result |= {"min": cell(min(values)), "max": cell(max(values))}
    return result | _tiny_counts(values)


def _tiny_numbers(values: Sequence[Any], whole: bool) -> dict[str, Any]:
    result: dict[str, Any] = {}
    if not whole:
        values = [float(v) if isinstance(v, Decimal) else v for v in values]
        finite = [v for v in values if math.isfinite(v)]
        result["nans"] = sum(math.isnan(v) for v in values)
        infinite = len(values) - len(finite) - result["nans"]
        if infinite:
            result["infinite"] = infinite
        values = finite
    if not values:
        return result
    ordered = sorted(values)
    mean = math.fsum(ordered) / len(ordered)
    std = math.sqrt(math.fsum((v - mean) ** 2 for v in ordered) / len(ordered)) if abs(mean) < 1e150 else math.inf
    result |= {"min": cell(ordered[0]), "max": cell(ordered[-1]), "mean": cell(mean), "std": cell(std)}
    result["quantiles"] = [_between(ordered, i / (POINTS - 1) * (len(ordered) - 1)) for i in range(POINTS)]
    return result | _tiny_counts(ordered)


def _between(ordered: Sequence[Any], position: float) -> float:
    low = int(position)
    if low + 1 >= len(ordered):
        return float(ordered[-1])
    share = position - low
    return float(ordered[low]) * (1 - share) + float(ordered[low + 1]) * share


def _tiny_counts(values: Sequence[Any]) -> dict[str, Any]:
    counts = Counter(values).most_common(TOP)
    distinct = len(set(values))
    return {"distinct": distinct, "top": [[cell(v), n] for v, n in counts] if distinct < len(values) else []}
