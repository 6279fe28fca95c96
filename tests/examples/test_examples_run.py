"""Each example goes through the installed command, from its data to a trained model."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest
from example_files import EXAMPLES, load
from example_project import Project, steps, taken_from_cache

FEATURES = [f"ID{kind}{what}" for kind in (1, 2, 718) for what in ("NAME", "SOK", "SNOK", "DATA")]
PREPARATION = [
    "processa_falhas_1",
    "processa_falhas_2",
    "processa_resultados_1",
    "processa_resultados_2",
    "junta_falhas_resultados",
]


@pytest.fixture
def vehicle_data(example: Callable[[str], ModuleType], tmp_path: Path) -> list[str]:
    """The options that give the vehicle failures example the data of 600 vehicles."""
    falhas, resultados = example("vehicle_failures/generate.py").write(600, tmp_path / "vehicles")
    return ["--input", f"df_falhas={falhas}", "--input", f"df_resultados={resultados}"]


def test_the_vehicle_failures_example_trains_a_model_and_then_comes_from_the_cache(
    project: Project, examples: Path, vehicle_data: list[str]
) -> None:
    document = examples / "vehicle_failures" / "pipeline.json"
    run = project.run(document, *vehicle_data)
    assert run["state"] == "completed"
    assert list(steps(run)) == [*PREPARATION, "treina_modelo"]
    assert run["frames"]["df_merged"]["rows"] == 600
    assert run["frames"]["df_merged"]["columns"] == ["KNR", *FEATURES, "FALHA"]
    (model,) = run["models"]
    assert (model["name"], model["type"], model["step"]) == ("GradientBoosting", "Main Model", "treina_modelo")
    assert model["metrics"].keys() == {"accuracy", "recall", "f1_score", "precision"}
    assert model["metrics"]["accuracy"] > 0.78
    assert [file["path"] for file in model["files"]] == ["pipeline/models/principal/model.skops"]

    again = project.run(document, *vehicle_data)
    assert taken_from_cache(again) == set(steps(again))
    assert again["models"] == run["models"]
    assert again["frames"]["df_merged"]["address"] == run["frames"]["df_merged"]["address"]


def test_a_run_gives_what_the_plain_functions_give(
    project: Project,
    examples: Path,
    example: Callable[[str], ModuleType],
    vehicle_data: list[str],
    tmp_path: Path,
) -> None:
    project.run(examples / "vehicle_failures" / "pipeline.json", *vehicle_data, "--only", "prediction")
    project.pauta("frame", "latest", "df_merged", "--to", tmp_path / "merged.parquet")

    def execute(script: str, *frames: pd.DataFrame) -> pd.DataFrame:
        return example(f"vehicle_failures/scripts/{script}.py").execute(*frames)

    falhas, resultados = example("vehicle_failures/generate.py").tables(600)
    falhas = execute("processa_falhas_2", execute("processa_falhas_1", falhas))
    resultados = execute("processa_resultados_2", execute("processa_resultados_1", resultados))
    expected = execute("junta_falhas_resultados", resultados, falhas)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "merged.parquet"), expected, check_dtype=False)


def test_the_document_of_another_system_runs_unchanged_on_these_scripts(
    project: Project, examples: Path, vehicle_data: list[str]
) -> None:
    example = examples / "vehicle_failures"
    run = project.run(example / "seed" / "pipeline.json", "--scripts", example / "scripts", *vehicle_data)
    assert run["state"] == "completed"
    assert list(steps(run)) == [*PREPARATION, "treina_modelo"]
    assert run["models"][0]["metrics"]["accuracy"] > 0.78
    ours = project.run(example / "pipeline.json", *vehicle_data, "--only", "prediction")
    assert ours["frames"]["df_merged"]["address"] == run["frames"]["df_merged"]["address"]


@pytest.mark.slow
def test_the_recurrent_network_is_trained_by_a_run(project: Project, examples: Path, vehicle_data: list[str]) -> None:
    for needed in ("keras", "jax"):
        if importlib.util.find_spec(needed) is None:
            pytest.skip(f"{needed} is not installed: pip install 'pauta[keras]'")
    run = project.run(examples / "vehicle_failures" / "pipeline_gru.json", *vehicle_data)
    (model,) = run["models"]
    assert model["name"] == "GRU"
    assert model["metrics"]["accuracy"] > 0.65
    assert [file["path"] for file in model["files"]] == ["pipeline/models/principal/model.keras"]


@pytest.fixture(scope="module")
def flights_data(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The options that give the flights example its real tables."""
    folder = tmp_path_factory.mktemp("flights")
    return [
        part
        for name in load(EXAMPLES / "flights" / "fetch.py").fetch(folder)
        for part in ("--input", f"{name}={folder / name}.parquet")
    ]


@pytest.mark.slow
def test_the_flights_example_learns_from_all_real_flights(
    project: Project, examples: Path, flights_data: list[str]
) -> None:
    run = project.run(examples / "flights" / "pipeline.json", *flights_data)
    assert run["state"] == "completed"
    assert run["frames"]["flights"]["rows"] == 336_776
    assert run["frames"]["flights_joined"]["rows"] == 327_346
    assert run["models"][0]["metrics"]["roc_auc"] > 0.65


def test_another_parameter_runs_only_the_steps_that_take_it_and_what_follows(
    project: Project, examples: Path, flights_data: list[str]
) -> None:
    document = examples / "flights" / "pipeline.json"
    sample = ["--only", "prediction", "--param", "share=0.02"]
    first = project.run(document, *flights_data, *sample)
    second = project.run(document, *flights_data, *sample, "--param", "late_after=30")
    assert taken_from_cache(first) == set()
    assert taken_from_cache(second) == {"prepare_weather", "prepare_planes"}
    assert second["parameters"]["late_after"] == 30


def test_the_polars_variant_gives_the_join_the_same_weather(
    project: Project, examples: Path, flights_data: list[str], tmp_path: Path
) -> None:
    pytest.importorskip("polars", reason="the polars variant needs pauta[polars]")
    weather = []
    for document in ("pipeline.json", "pipeline_polars.json"):
        project.run(examples / "flights" / document, *flights_data, "--only", "prediction", "--param", "share=0.02")
        file = tmp_path / f"{document}.parquet"
        project.pauta("frame", "latest", "flights_joined", "--to", file)
        weather.append(pd.read_parquet(file))
    pd.testing.assert_frame_equal(weather[0], weather[1], check_dtype=False)


def test_the_machine_failure_example_trains_on_any_csv_with_its_columns(
    project: Project, examples: Path, example: Callable[[str], ModuleType], tmp_path: Path
) -> None:
    example("machine_failure/generate.py").machines(3_000).to_csv(tmp_path / "any.csv", index=False)
    run = project.run(examples / "machine_failure" / "pipeline.json", "--input", f"machines={tmp_path / 'any.csv'}")
    assert {name: step["rows_out"] for name, step in steps(run).items()} == {
        "prepare": 3_000,
        "features": 3_000,
        "train": None,
    }
    (model,) = run["models"]
    assert model["metrics"]["f1_score"] > 0.5
    assert [file["path"] for file in model["files"]] == ["models/machine_failure.skops"]
