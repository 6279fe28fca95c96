"""The project that `pauta init` makes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from answers import Answer

from pauta.cli.init import scaffold

Call = Callable[..., Answer]


@pytest.mark.parametrize("language", ["en", "pt"])
def test_the_steps_of_a_new_project_run_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    for name, text in scaffold(language).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    document = json.loads(Path("pipeline.json").read_text(encoding="utf-8"))
    frames: dict[str, Any] = {name: pd.read_csv(spec["source"]) for name, spec in document["inputs"].items()}
    for step in [*document["prediction_steps"], *document["training_steps"]]:
        namespace: dict[str, Any] = {}
        exec(compile(Path(step["file_path"]).read_text(encoding="utf-8"), step["file_path"], "exec"), namespace)
        values = {k: document["parameters"][v["param"]]["default"] for k, v in step.get("kwargs", {}).items()}
        taken = {name: frames[name].copy() for name in step["dataframes"]}
        frames[step["output_dataframe"]] = namespace["execute"](**taken, **values)
    metrics = frames["trained_model"]["metrics"]
    assert metrics["accuracy"] > 0.75
    assert set(metrics) == {"accuracy", "precision", "recall", "f1_score"}
    assert list(Path(document["model_path"]).iterdir())


def test_both_languages_have_the_same_number_of_files() -> None:
    assert len(scaffold("en")) == len(scaffold("pt"))
    assert ".gitignore" in scaffold("pt")


def test_a_new_project_is_the_same_every_time() -> None:
    assert scaffold("en") == scaffold("en")


def test_init_makes_the_files_and_says_what_is_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Call
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = call("init", "my demo")
    assert answer.code == 0
    assert "pauta run --project 'my demo'" in answer.out
    assert (tmp_path / "my demo" / "scripts" / "train_model.py").is_file()
    assert "dados/falhas.csv" in call("init", "--lang", "pt", "--json", "pt").json["files"]


def test_init_writes_nothing_over_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Call) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pipeline.json").write_text("mine")
    answer = call("init")
    assert answer.code == 2
    assert "CLI-007" in answer.err
    assert [path.name for path in tmp_path.iterdir()] == ["pipeline.json"]
    assert (tmp_path / "pipeline.json").read_text() == "mine"
