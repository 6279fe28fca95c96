"""Compares two runs: scripts, parameters, frames, metrics."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pauta.domain.ids import Address, RunId
from pauta.domain.plan import Plan
from pauta.domain.runs import StepRecord
from pauta.ports.objects import Objects
from pauta.ports.store import Store
from pauta.services.look import Looker
from pauta.services.views import FrameDifference, FrameView, RunDifference, RunView

Compare = Callable[[Mapping[str, Any], Mapping[str, Any]], Mapping[str, Any]]
"""Compares two profiles; see `pauta.frames.difference.compare`."""


def difference(
    first: RunId,
    second: RunId,
    *,
    looker: Looker,
    store: Store,
    objects: Objects,
    compare: Compare,
    views: tuple[RunView, RunView],
) -> RunDifference:
    """How the second run differs from the first."""
    (_, plan_a, steps_a), (_, plan_b, steps_b) = looker.records(first), looker.records(second)
    versions_a = {s.name: s.script.version for s in plan_a.steps}
    versions_b = {s.name: s.script.version for s in plan_b.steps}
    scripts = _pairs(versions_a, versions_b)
    return RunDifference(
        runs=(first, second),
        scripts=scripts,
        script_texts={name: text for name in scripts if (text := _text(name, plan_a, plan_b, objects))},
        parameters=_pairs(views[0].parameters, views[1].parameters),
        frames=tuple(_frames(views, store, compare)),
        metrics=_pairs(_metrics(steps_a), _metrics(steps_b)),
        steps=_pairs(_states(steps_a), _states(steps_b)),
    )


def _pairs(a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {k: (a.get(k), b.get(k)) for k in (*a, *(k for k in b if k not in a)) if a.get(k) != b.get(k)}


def _states(steps: Sequence[StepRecord]) -> dict[str, str]:
    return {s.name: s.state.value for s in steps}


def _metrics(steps: Sequence[StepRecord]) -> dict[str, float]:
    found = {f"{s.name}.{name}": value for s in steps for name, value in s.metrics.items()}
    for step in steps:
        found.update({f"{m.name}.{name}": value for m in step.models for name, value in m.metrics.items()})
    return found


def _text(name: str, a: Plan, b: Plan, objects: Objects) -> str:
    """The unified diff of a step's own source; empty when only a module it imports differs."""
    old = next((s.script for s in a.steps if s.name == name), None)
    new = next((s.script for s in b.steps if s.name == name), None)
    if old is None or new is None or old.source == new.source:
        return ""
    before, after = (objects.read(s.source).decode(errors="replace").splitlines(keepends=True) for s in (old, new))
    labels = f"{old.path} {old.version[:8]}", f"{new.path} {new.version[:8]}"
    return "".join(difflib.unified_diff(before, after, *labels))


def _frames(views: tuple[RunView, RunView], store: Store, compare: Compare) -> list[FrameDifference]:
    a, b = ({f.name: f for f in view.frames} for view in views)
    with store.transaction() as tx:
        profiles = {
            f.address: tx.objects.profile(Address(f.address))
            for side in (a, b)
            for f in side.values()
            if f.kind == "frame"
        }
    return [_frame(name, a.get(name), b.get(name), profiles, compare) for name in dict.fromkeys((*a, *b))]


def _frame(
    name: str,
    a: FrameView | None,
    b: FrameView | None,
    profiles: Mapping[Any, Mapping[str, Any] | None],
    compare: Compare,
) -> FrameDifference:
    rows = (a.rows if a else None, b.rows if b else None)
    if a is None or b is None or a.address == b.address:
        return FrameDifference(name, same=a is not None and b is not None, rows=rows)
    old, new = ({c.name: c.dtype for c in side.columns} for side in (a, b))
    profile_a, profile_b = profiles.get(a.address), profiles.get(b.address)
    columns = compare(profile_a, profile_b).get("columns", {}) if profile_a and profile_b else {}
    return FrameDifference(
        name,
        same=False,
        rows=rows,
        added=tuple(c for c in new if c not in old),
        removed=tuple(c for c in old if c not in new),
        retyped={c: (old[c], new[c]) for c in old if c in new and old[c] != new[c]},
        columns=columns,
    )
