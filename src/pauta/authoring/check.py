"""Checks a pipeline as a whole before anything runs: frames, order, and what its scripts take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

from pauta.authoring.cycles import cycles
from pauta.authoring.nearest import likely_slips, nearest
from pauta.authoring.selection import makers, select
from pauta.domain.pipeline import Pipeline, Step
from pauta.domain.problems import Place, Problem, Scalar, shorten
from pauta.domain.scripts import Script, Signature

_MAX_SUGGESTIONS = 100
_MAX_GUESSES = 200


def check_frames(pipeline: Pipeline, *, supplied: Set[str], parts: str | None = None) -> list[Problem]:
    """What stands in the way of running these steps in their order, in the document's order.

    Args:
        pipeline: The pipeline.
        supplied: Names of the frames that the run is given.
        parts: What is to run, as `selection.select` takes it.

    Returns:
        RCP-006 for each frame that is taken but neither declared, supplied nor made by an earlier step, and
        for each name in ``after`` that is no step; RCP-007 for cycles. A document without an ``inputs``
        section, run without supplied frames, takes unknown frames for inputs (see `required_inputs`), unless
        their name looks like a slip or a later step makes them.
    """
    steps = select(pipeline, parts)
    problems = [*_unknown_frames(pipeline, steps, supplied), *_unknown_after(pipeline, steps)]
    problems.sort(key=_by_place)
    return problems + [_cycle(steps, positions) for positions in cycles(steps)]


def required_inputs(pipeline: Pipeline, parts: str | None = None) -> list[str]:
    """Names of the frames that a run of these parts takes in, in the order in which they are first taken."""
    return list(_first_takers(select(pipeline, parts)))


def check_supplied(pipeline: Pipeline, *, supplied: Set[str], parts: str | None = None) -> list[Problem]:
    """RCP-006 for each required input that is neither supplied nor declared with a source."""
    problems = []
    for frame, (step, index) in _first_takers(select(pipeline, parts)).items():
        declared = pipeline.inputs.get(frame)
        if frame not in supplied and (declared is None or declared.source is None):
            values = {"step": shorten(step.name), "frame": shorten(frame)}
            problems.append(Problem("RCP-006", values, variant="unsupplied", place=_frame_place(step, index)))
    return problems


def check_signatures(pipeline: Pipeline, scripts: Mapping[str, Script], *, parts: str | None = None) -> list[Problem]:
    """SCR-012 for each step whose script's ``execute`` does not take what the document gives, or needs more.

    Args:
        pipeline: The pipeline.
        scripts: Script by step name; steps without one are passed over.
        parts: What is to run, as `selection.select` takes it.
    """
    problems: list[Problem] = []
    for step in select(pipeline, parts):
        script = scripts.get(step.name)
        if script is not None:
            problems += _misfits(step, script)
    return problems


def signature_text(signature: Signature, entry: str = "") -> str:
    """``execute(df_merged, alvo)``, as messages show it."""
    names = [parameter.name for parameter in signature.parameters]
    return f"{entry or 'execute'}({shorten(', '.join([*names, '**'] if signature.open else names))})"


def _by_place(problem: Problem) -> tuple[int, int]:
    place = problem.place or Place()
    return place.line or 0, place.column or 0


def _frame_place(step: Step, index: int) -> Place:
    return step.places.get(f"dataframes[{index}]", step.place)


def _taken_from_outside(steps: Sequence[Step]) -> Iterator[tuple[Step, int, str]]:
    """Each use of a frame that no earlier step makes: the step, the frame's index in its list, its name."""
    for step, made_by in zip(steps, makers(steps), strict=True):
        for index, frame in enumerate(step.dataframes):
            if frame not in made_by:
                yield step, index, frame


def _first_takers(steps: Sequence[Step]) -> dict[str, tuple[Step, int]]:
    first: dict[str, tuple[Step, int]] = {}
    for step, index, frame in _taken_from_outside(steps):
        first.setdefault(frame, (step, index))
    return first


def _unknown_frames(pipeline: Pipeline, steps: Sequence[Step], supplied: Set[str]) -> Iterator[Problem]:
    known = set(pipeline.inputs) | supplied
    strict = pipeline.declares_inputs or bool(supplied)
    unknown = {frame: None for _, _, frame in _taken_from_outside(steps) if frame not in known}
    if not unknown:
        return
    made = dict.fromkeys(step.output for step in steps if step.output is not None)
    slips = {} if strict else _slips(list(unknown)[:_MAX_GUESSES], [*made, *known])
    later = _made_later(steps, unknown.keys()) if strict else _misplaced(steps, unknown.keys())
    available = set(known)
    suggestions = 0
    for step in steps:
        for index, frame in enumerate(step.dataframes):
            wrong = strict or frame in slips or frame in later
            if frame in available or frame not in unknown or not wrong:
                continue
            suggestions += 1
            near = [slips[frame]] if frame in slips else []
            if not near and frame not in later and suggestions <= _MAX_SUGGESTIONS:
                near = nearest(frame, available)
            yield _no_frame(step, index, near=near, maker=later.get(frame))
        if step.output is not None:
            available.add(step.output)


def _slips(unknown: Sequence[str], known: Sequence[str]) -> dict[str, str]:
    """Unknown frames that look like a known one, or like one that was taken before them."""
    order = {frame: position for position, frame in enumerate(unknown)}
    slips = likely_slips(unknown, [*known, *unknown])
    return {frame: like for frame, like in slips.items() if order.get(like, -1) < order[frame]}


def _no_frame(step: Step, index: int, *, near: Sequence[str], maker: str | None) -> Problem:
    values = {"step": shorten(step.name), "frame": shorten(step.dataframes[index])}
    place = _frame_place(step, index)
    if maker is not None:
        return Problem("RCP-006", values | {"maker": shorten(maker)}, variant="later", place=place)
    if near:
        return Problem("RCP-006", values | {"suggestion": shorten(near[0])}, variant="near", place=place)
    return Problem("RCP-006", values, place=place)


def _made_later(steps: Sequence[Step], unknown: Set[str]) -> dict[str, str]:
    """Unknown frame → first step that makes it, other than a step that takes it itself."""
    out: dict[str, str] = {}
    for step in steps:
        made = step.output
        if made is not None and made in unknown and made not in step.dataframes:
            out.setdefault(made, step.name)
    return out


def _misplaced(steps: Sequence[Step], unknown: Set[str]) -> dict[str, str]:
    """Of the frames made later, those whose maker does not itself build on the frame.

    ``raw → clean → raw`` takes an input ``raw`` and makes a newer one; a step that stands before the one
    that makes its frame from something else is out of order.
    """
    candidates = _made_later(steps, unknown)
    if not candidates:
        return {}
    position_of = {step.name: position for position, step in enumerate(steps)}
    made_by = makers(steps)
    return {
        frame: maker
        for frame, maker in list(candidates.items())[:_MAX_GUESSES]
        if not _builds_on(steps, made_by, start=position_of[maker], frame=frame)
    }


def _builds_on(steps: Sequence[Step], made_by: Sequence[Mapping[str, int]], *, start: int, frame: str) -> bool:
    seen = {start}
    queue = [start]
    while queue:
        position = queue.pop()
        if frame in steps[position].dataframes and frame not in made_by[position]:
            return True
        for other in made_by[position].values():
            if other not in seen:
                seen.add(other)
                queue.append(other)
    return False


def _unknown_after(pipeline: Pipeline, steps: Iterable[Step]) -> Iterator[Problem]:
    names = {step.name for step in pipeline.steps}
    suggestions = 0
    for step in steps:
        for index, name in enumerate(step.after):
            if name in names:
                continue
            suggestions += 1
            place = step.places.get(f"after[{index}]") or step.places.get("after", step.place)
            values = {"step": shorten(step.name), "name": shorten(name)}
            near = nearest(name, names - {step.name}) if suggestions <= _MAX_SUGGESTIONS else []
            if near:
                yield Problem("RCP-006", values | {"suggestion": near[0]}, variant="after_near", place=place)
            else:
                yield Problem("RCP-006", values, variant="after", place=place)


def _cycle(steps: Sequence[Step], positions: Sequence[int]) -> Problem:
    """A cycle, shown in the order of execution, at the ``after`` that closes it."""
    names = [shorten(steps[position].name) for position in positions]
    shown = [*names, names[0]] if len(names) <= 12 else [*names[:6], "…", *names[-5:], names[0]]
    place = steps[positions[0]].place
    for before, position in zip((positions[-1], *positions), positions, strict=False):
        step = steps[position]
        if steps[before].name in step.after:
            index = step.after.index(steps[before].name)
            place = step.places.get(f"after[{index}]") or step.places.get("after", step.place)
            break
    return Problem("RCP-007", {"cycle": " → ".join(shown)}, place=place)


def _misfits(step: Step, script: Script) -> Iterator[Problem]:
    signature = script.signature
    takes = [parameter.name for parameter in signature.parameters]
    given = dict.fromkeys((*step.dataframes, *step.kwargs))
    facts: dict[str, Scalar] = {
        "execute": signature_text(signature, step.entry),
        "script": f"{shorten(script.path)} line {signature.line}",
        "script_line": signature.line,
    }
    for parameter in signature.parameters:
        if parameter.required and parameter.name not in given:
            values = facts | {"name": parameter.name}
            yield Problem("SCR-012", values, variant="missing", place=step.place)
    if signature.open:
        return
    for name in given:
        if name in takes:
            continue
        key = f"dataframes[{step.dataframes.index(name)}]" if name in step.dataframes else f"kwargs.{name}"
        place = step.places.get(key, step.place)
        near = nearest(name, [other for other in takes if other not in given])
        if near:
            values = facts | {"name": shorten(name), "suggestion": near[0]}
            yield Problem("SCR-012", values, variant="near", place=place)
        else:
            yield Problem("SCR-012", facts | {"name": shorten(name)}, variant="extra", place=place)
