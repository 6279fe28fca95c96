"""Models that a step trained, found in what it returned."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from pauta.domain.outputs import FileRef, Kind, ModelRecord, Output

_SUFFIXES = {"xgboost-ubj": ".ubj", "skops": ".skops", "keras": ".keras"}


def models_in(
    value: Any, *, output: Output | None, gives: str | None, metrics: Mapping[str, float], files: tuple[FileRef, ...]
) -> tuple[ModelRecord, ...]:
    """The models that a step's result speaks of.

    A dict with ``model_name`` and ``metrics`` is one; a dict of such dicts, as for one model a fault group, is
    several; a fitted model is one of the output's own name.

    Args:
        value: What the script returned.
        output: Its record, if it has an output.
        gives: Name of the output.
        metrics: What the script logged with `log_metric`.
        files: Files that the step wrote.
    """
    if output is not None and output.kind is Kind.MODEL and gives:
        own = FileRef(gives + _SUFFIXES.get(output.format, ""), output.address, output.size)
        return (ModelRecord(gives, type(value).__name__, dict(metrics), (own, *files)),)
    if not isinstance(value, dict) or not value:
        return ()
    if "model_name" in value and _is_model(value):
        return (_record(value, "", {**metrics, **_numbers(value["metrics"])}, files),)
    if not isinstance(next(iter(value.values())), dict):
        return ()
    if all(_is_model(part) for part in value.values()):
        shares = _shares([(str(key), part) for key, part in value.items()], files)
        return tuple(
            _record(part, str(key), _numbers(part["metrics"]), share)
            for (key, part), share in zip(value.items(), shares, strict=True)
        )
    return ()


def _is_model(value: Any) -> bool:
    return isinstance(value, dict) and "model_name" in value and isinstance(value.get("metrics"), Mapping)


def _record(value: Mapping[str, Any], group: str, metrics: dict[str, float], files: tuple[FileRef, ...]) -> ModelRecord:
    name = str(value["model_name"]) or group
    return ModelRecord(name, str(value.get("type_model") or ""), metrics, files)


def _numbers(metrics: Mapping[Any, Any]) -> dict[str, float]:
    """Those metrics that are finite numbers; a script may keep tables and texts among them."""
    found = {}
    for name, value in metrics.items():
        try:
            number = float(value) if not isinstance(value, str | bytes) else math.nan
        except (TypeError, ValueError):
            continue
        if math.isfinite(number):
            found[str(name)] = number
    return found


def _shares(groups: list[tuple[str, Mapping[str, Any]]], files: tuple[FileRef, ...]) -> list[tuple[FileRef, ...]]:
    """Each model's files: those whose path names its group or itself; files that name nobody belong to all."""
    words = [(key.lower(), str(value["model_name"]).lower()) for key, value in groups]
    common = tuple(f for f in files if not any(_names(f, pair) for pair in words))
    several = len(set(name for _, name in words)) > 1
    return [tuple(f for f in files if _names(f, (key, name) if several else (key,))) + common for key, name in words]


def _names(file: FileRef, words: tuple[str, ...]) -> bool:
    # As a whole word: the files of group 14 are not those of group 1.
    return any(word and re.search(rf"(?<![0-9a-z]){re.escape(word)}(?![0-9a-z])", file.path.lower()) for word in words)
