"""What a flow gives that is more than one frame: people see its parts, by name and place, with their profiles."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from bench import Bench

from pauta.domain.problems import NotFound

FLOWS = """\
from datetime import date

import pandas as pd

from pauta import flow, task


@task
def split(n):
    return pd.DataFrame({"x": range(n)}), pd.Series([1.5] * n, name="y")


@flow
def parts(n):
    x, y = split(n)
    extra = pd.DataFrame({"a": ["b"], "c": [1]})
    return {"pair": (x, y), "extra": extra, "day": date(2026, 3, 2), "odd": {1: "one"}, "n": n}
"""


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    made.script("flows", FLOWS)
    yield made
    made.close()


def test_a_value_with_frames_is_shown_with_its_parts_in_their_places(bench: Bench) -> None:
    view = bench.run(bench.document({"name": "m", "file_path": "flows.py:parts", "kwargs": {"n": 4}, "output": "got"}))
    assert (view.state, view.message) == ("completed", None)
    project = bench.open()
    assert project.frame(view.run, "got").value == {
        "pair": ["<got.1: 4 × 1>", "<got.2: 4 × 1>"],
        "extra": "<got.3: 1 × 2>",
        "day": "2026-03-02",
        "odd": [[1, "one"]],
        "n": 4,
    }
    parts = [project.frame(view.run, f"got.{n}") for n in (1, 2, 3)]
    assert [(part.kind, part.rows, part.made_by) for part in parts] == [
        ("frame", 4, "m"),
        ("frame", 4, "m"),
        ("frame", 1, "m"),
    ]
    profiles = [project.profile(view.run, f"got.{n}") for n in (1, 2, 3)]
    assert [profile and profile["preview"]["columns"] for profile in profiles] == [["x"], ["value"], ["a", "c"]]
    assert {"got", "got.1", "got.2", "got.3"} <= {frame.name for frame in view.frames}
    with pytest.raises(NotFound):
        project.frame(view.run, "got.4")
