"""The scripts of the vehicle failures example, called as the plain functions they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

FEATURES = [f"ID{kind}{what}" for kind in (1, 2, 718) for what in ("NAME", "SOK", "SNOK", "DATA")]
Frames = dict[str, pd.DataFrame]


@pytest.fixture
def execute(example: Callable[[str], ModuleType]) -> Callable[..., pd.DataFrame]:
    """``execute("processa_falhas_1", frame)`` calls that script."""
    return lambda script, *frames, **more: example(f"vehicle_failures/scripts/{script}.py").execute(*frames, **more)


@pytest.fixture
def raw(example: Callable[[str], ModuleType]) -> Frames:
    falhas, resultados = example("vehicle_failures/generate.py").tables(600)
    return {"df_falhas": falhas, "df_resultados": resultados}


@pytest.fixture
def frames(raw: Frames, execute: Callable[..., pd.DataFrame]) -> Frames:
    """All frames of the pipeline, up to the one that the training takes."""
    made = dict(raw)
    made["falhas_1"] = execute("processa_falhas_1", made["df_falhas"])
    made["falhas_2"] = execute("processa_falhas_2", made["falhas_1"])
    made["resultados_1"] = execute("processa_resultados_1", made["df_resultados"])
    made["resultados_2"] = execute("processa_resultados_2", made["resultados_1"])
    made["merged"] = execute("junta_falhas_resultados", made["resultados_2"], made["falhas_2"])
    return made


def test_no_script_needs_pauta(examples: Path) -> None:
    for script in (examples / "vehicle_failures" / "scripts").glob("*.py"):
        assert "pauta" not in script.read_text().replace("pip install 'pauta[keras]'", "")


def test_scripts_leave_their_inputs_as_they_were(
    frames: Frames, execute: Callable[..., pd.DataFrame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for script, taken in {
        "processa_falhas_1": ["df_falhas"],
        "processa_falhas_2": ["falhas_1"],
        "processa_resultados_1": ["df_resultados"],
        "processa_resultados_2": ["resultados_1"],
        "junta_falhas_resultados": ["resultados_2", "falhas_2"],
        "treina_modelo": ["merged"],
    }.items():
        before = [frames[name].copy(deep=True) for name in taken]
        execute(script, *[frames[name] for name in taken])
        for name, frame in zip(taken, before, strict=True):
            pd.testing.assert_frame_equal(frames[name], frame)


def test_tables_read_from_their_files_give_the_same_features(
    raw: Frames, frames: Frames, execute: Callable[..., pd.DataFrame], tmp_path: Path
) -> None:
    raw["df_resultados"].to_csv(tmp_path / "resultados.csv", index=False)
    read = pd.read_csv(tmp_path / "resultados.csv", dtype="str")
    features = execute("processa_resultados_2", execute("processa_resultados_1", read))
    pd.testing.assert_frame_equal(features, frames["resultados_2"])


def test_cleaning_drops_headers_inside_and_multivalue_and_nothing_else(frames: Frames) -> None:
    falhas, resultados = frames["df_falhas"], frames["df_resultados"]
    spoilt = falhas["S_GROUP_ID"].isin(["#MULTIVALUE", "S_GROUP_ID"]).sum()
    assert len(frames["falhas_1"]) == len(falhas) - spoilt
    assert len(frames["resultados_1"]) == len(resultados) - 1
    assert "Unnamed: 0" not in frames["falhas_1"]


def test_cleaning_keeps_the_tests_of_machines_that_have_no_unit(frames: Frames) -> None:
    clean = frames["resultados_1"]
    assert clean.loc[clean["ID"] == 1, "UNIT"].isna().any()
    assert (clean["ID"] == 1).sum() == frames["df_resultados"]["ID"].eq(1).sum()


def test_cleaning_brings_everything_into_one_spelling(frames: Frames) -> None:
    falhas, resultados = frames["falhas_1"], frames["resultados_1"]
    for table in (falhas, resultados):
        assert table["KNR"].str.fullmatch(r"\d{4}-\d{7}").all()
        assert str(table["DATA"].dtype).startswith("datetime64")
        assert table["DATA"].notna().all()
    assert falhas["FALHA"].nunique() == 18
    assert str(falhas["S_GROUP_ID"].dtype) == "Int64"
    assert set(resultados["UNIT"].dropna()) <= {"Grad", "Nm", "min", "%", "mm", "°", "Clicks", "kg", "V", "Deg"}


def test_a_decimal_comma_means_the_same_as_a_point(execute: Callable[..., pd.DataFrame], raw: Frames) -> None:
    rows = raw["df_resultados"].iloc[:2].assign(VALUE=["18,44   ", "18.44   "])
    assert execute("processa_resultados_1", rows)["VALUE"].tolist() == [18.44, 18.44]


def test_the_day_comes_first_in_dates_with_slashes(execute: Callable[..., pd.DataFrame], raw: Frames) -> None:
    rows = raw["df_resultados"].iloc[:2].assign(DATA=["2024-02-01 10:00:00.000", "1/2/2024 10:00:00"])
    assert execute("processa_resultados_1", rows)["DATA"].tolist() == [pd.Timestamp("2024-02-01 10:00")] * 2


def test_an_older_extract_without_fault_groups_is_fine(execute: Callable[..., pd.DataFrame], raw: Frames) -> None:
    old = raw["df_falhas"].drop(columns="S_GROUP_ID")
    assert "S_GROUP_ID" not in execute("processa_falhas_1", old)


def test_features_count_tests_and_days_by_kind(execute: Callable[..., pd.DataFrame]) -> None:
    tests = pd.DataFrame(
        {
            "KNR": ["2024-0000001"] * 3 + ["2024-0000002"],
            "ID": [1, 1, 1, 718],
            "STATUS": [10, 13, 10, 13],
            "DATA": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03T12", "2024-01-01"], format="ISO8601"),
        }
    )
    features = execute("processa_resultados_2", tests).set_index("KNR")
    assert features.loc["2024-0000001"].tolist() == [3, 2, 1, 2.5, 0, 0, 0, 0, 0, 0, 0, 0]
    assert features.loc["2024-0000002"].tolist() == [0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0]


def test_the_joined_table_has_the_features_in_order_and_no_fault_group(frames: Frames) -> None:
    merged = frames["merged"]
    assert list(merged.columns) == ["KNR", *FEATURES, "FALHA"]
    assert merged["KNR"].is_unique
    assert set(merged["FALHA"]) == {0, 1}
    assert len(merged) == 600
    assert 0.44 < merged["FALHA"].mean() < 0.52


def test_faults_follow_from_the_tests(frames: Frames) -> None:
    by_fault = frames["merged"].groupby("FALHA")[["ID1SNOK", "ID2SNOK", "ID718SNOK"]].mean()
    assert (by_fault.loc[1] > 2 * by_fault.loc[0]).all()


def test_training_gives_the_metrics_of_a_model_worth_having(
    frames: Frames, execute: Callable[..., dict], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    trained = execute("treina_modelo", frames["merged"])
    assert trained.keys() == {"model_name", "type_model", "metrics"}
    assert trained["metrics"].keys() == {"accuracy", "recall", "f1_score", "precision"}
    assert all(type(value) is float for value in trained["metrics"].values())
    assert trained["metrics"]["accuracy"] > 0.78


def test_the_saved_model_scales_by_itself_and_holds_no_pickle(
    frames: Frames, execute: Callable[..., dict], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sio = pytest.importorskip("skops.io")
    monkeypatch.chdir(tmp_path)
    execute("treina_modelo", frames["merged"])
    file = tmp_path / "pipeline" / "models" / "principal" / "model.skops"
    foreign = sio.get_untrusted_types(file=file)
    assert all(name.startswith("sklearn.") for name in foreign)
    model = sio.load(file, trusted=foreign)
    assert [name for name, _ in model.steps] == ["minmaxscaler", "gradientboostingclassifier"]
    X = frames["merged"][FEATURES].astype("float64")
    assert (model.predict(X) == frames["merged"]["FALHA"]).mean() > 0.85


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Keras's own, on the way to NumPy 2
def test_the_recurrent_network_learns_and_is_saved(
    frames: Frames, execute: Callable[..., dict], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    pytest.importorskip("jax", reason="the Keras example needs pauta[keras]")
    keras = pytest.importorskip("keras", reason="the Keras example needs pauta[keras]")
    monkeypatch.chdir(tmp_path)
    trained = execute("treina_modelo_gru", frames["merged"], epochs=15)
    assert trained["model_name"] == "GRU"
    assert trained["metrics"]["accuracy"] > 0.65
    keras.models.load_model(tmp_path / "pipeline" / "models" / "principal" / "model.keras")
