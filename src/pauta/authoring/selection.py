"""Which steps of a pipeline a run takes."""

from __future__ import annotations

from collections.abc import Sequence

from pauta.domain.pipeline import Part, Pipeline, Step

TRAINING = "training"
PREDICTION = "prediction"


def select(pipeline: Pipeline, only: str | None) -> tuple[Step, ...]:
    """The steps to run, in the document's order.

    Args:
        pipeline: The pipeline.
        only: None for the preparation and the training; ``training`` for the training and what it needs of
            the preparation; ``prediction`` for the predict steps and what they need of the preparation, or
            for the whole preparation when the document has no predict steps.

    Raises:
        ValueError: When `only` is another word.
    """
    prepare = [step for step in pipeline.steps if step.part is Part.PREDICTION]
    train = [step for step in pipeline.steps if step.part is Part.TRAINING]
    predict = [step for step in pipeline.steps if step.part is Part.PREDICT]
    if only is None:
        return (*prepare, *train)
    if only == TRAINING:
        return _with_needed(prepare, train)
    if only == PREDICTION:
        return _with_needed(prepare, predict) if predict else tuple(prepare)
    raise ValueError(f"only is {TRAINING!r}, {PREDICTION!r} or None, not {only!r}")


def makers(steps: Sequence[Step]) -> list[dict[str, int]]:
    """For each step, the positions of the earlier steps that make the frames it takes, by frame name.

    Of several makers of one name the last one before the step counts. Frames without a maker are left out.
    """
    last: dict[str, int] = {}
    out: list[dict[str, int]] = []
    for position, step in enumerate(steps):
        out.append({frame: last[frame] for frame in step.dataframes if frame in last})
        if step.output is not None:
            last[step.output] = position
    return out


def _with_needed(prepare: Sequence[Step], wanted: Sequence[Step]) -> tuple[Step, ...]:
    """The wanted steps, preceded by those of the preparation that they need by frames or by ``after``."""
    steps = [*prepare, *wanted]
    made_by = makers(steps)
    position_of = {step.name: position for position, step in enumerate(steps)}
    needed = set(range(len(prepare), len(steps)))
    queue = list(needed)
    while queue:
        position = queue.pop()
        before = [position_of[name] for name in steps[position].after if name in position_of]
        for other in (*made_by[position].values(), *before):
            if other not in needed:
                needed.add(other)
                queue.append(other)
    return tuple(step for position, step in enumerate(steps) if position in needed)
