"""The scripts of the machine failure example, called as the plain functions they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

COLUMNS = [
    "UDI",
    "Product ID",
    "Type",
    "Air temperature [K]",
    "Process temperature [K]",
    "Rotational speed [rpm]",
    "Torque [Nm]",
    "Tool wear [min]",
    "Machine failure",
    *["TWF", "HDF", "PWF", "OSF", "RNF"],
]


@pytest.fixture
def machines(example: Callable[[str], ModuleType]) -> pd.DataFrame:
    return example("machine_failure/generate.py").machines(3_000)


def test_the_generator_makes_the_columns_of_the_data_set(machines: pd.DataFrame) -> None:
    assert list(machines.columns) == COLUMNS
    assert 0.02 < machines["Machine failure"].mean() < 0.06


def test_the_generator_makes_the_same_rows_again(example: Callable[[str], ModuleType], machines: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(example("machine_failure/generate.py").machines(3_000), machines)


def test_neither_the_causes_of_failures_nor_numbers_of_products_reach_the_model(
    example: Callable[[str], ModuleType], machines: pd.DataFrame
) -> None:
    features = example("machine_failure/features.py").execute(example("machine_failure/prepare.py").execute(machines))
    assert not {"UDI", "Product ID", "TWF", "HDF", "PWF", "OSF", "RNF"} & set(features.columns)
    assert features.notna().all(axis=None)


def test_training_gives_a_model_that_finds_failures(
    example: Callable[[str], ModuleType], machines: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    features = example("machine_failure/features.py").execute(example("machine_failure/prepare.py").execute(machines))
    trained = example("machine_failure/train.py").execute(features, trees=30)
    assert trained["model_name"] == "machine_failure"
    assert trained["metrics"]["f1_score"] > 0.5
    assert (tmp_path / "models" / "machine_failure.skops").exists()
