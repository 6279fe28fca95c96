"""The scripts of the flights example, called as plain functions on a small copy of its tables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

Execute = Callable[..., pd.DataFrame]


@pytest.fixture
def execute(example: Callable[[str], ModuleType]) -> Execute:
    """``execute("join_tables", …)`` calls that script."""
    return lambda script, *frames, **more: example(f"flights/scripts/{script}.py").execute(*frames, **more)


@pytest.fixture
def flights() -> pd.DataFrame:
    """Four flights: on time, late, cancelled, late with an unknown plane."""
    hours = pd.to_datetime(["2013-03-01 10:00", "2013-03-01 10:00", "2013-03-01 10:00", "2013-11-02 11:00"], utc=True)
    return pd.DataFrame(
        {
            "month": [3, 3, 3, 11],
            "day": [1, 1, 1, 2],
            "hour": [5, 5, 5, 7],
            "minute": [0, 15, 30, 45],
            "dep_delay": [0.0, 20.0, None, 40.0],
            "arr_delay": [15.0, 16.0, None, 50.0],
            "carrier": ["UA", "AA", "UA", "B6"],
            "flight": [1, 2, 3, 4],
            "tailnum": ["N1", "N2", "N1", "N9"],
            "origin": ["JFK", "JFK", "JFK", "EWR"],
            "dest": ["LAX", "MIA", "LAX", "BOS"],
            "air_time": [300.0, 150.0, None, 40.0],
            "distance": [2475, 1089, 2475, 200],
            "time_hour": hours,
        }
    )


@pytest.fixture
def weather() -> pd.DataFrame:
    hours = pd.to_datetime(["2013-03-01 08:00", "2013-03-01 09:00", "2013-03-01 10:00", "2013-03-01 10:00"], utc=True)
    return pd.DataFrame(
        {
            "origin": ["JFK", "JFK", "JFK", "EWR"],
            "time_hour": hours,
            "temp": [30.0, 31.0, 32.0, 33.0],
            "dewp": 20.0,
            "humid": 60.0,
            "wind_dir": 270.0,
            "wind_speed": 10.0,
            "wind_gust": [None, 25.0, None, None],
            "precip": [0.1, 0.0, 0.2, 0.0],
            "pressure": 1012.0,
            "visib": 10.0,
        }
    )


@pytest.fixture
def planes() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "tailnum": ["N1", "N2"],
            "year": [2003.0, None],
            "manufacturer": ["BOEING", "AIRBUS"],
            "seats": [180, 150],
            "engines": [2, 2],
        }
    )


def test_cancelled_flights_are_left_out_but_counted_as_traffic(execute: Execute, flights: pd.DataFrame) -> None:
    ready = execute("prepare_flights", flights)
    assert ready["late"].tolist() == [0, 1, 1]
    assert ready["busy"].tolist() == [3, 3, 1]


def test_what_is_late_is_a_parameter(execute: Execute, flights: pd.DataFrame) -> None:
    assert execute("prepare_flights", flights, late_after=30)["late"].tolist() == [0, 0, 1]


def test_nothing_that_is_known_only_afterwards_goes_into_the_model(execute: Execute, flights: pd.DataFrame) -> None:
    ready = execute("prepare_flights", flights)
    assert not {"dep_delay", "dep_time", "arr_delay", "arr_time", "air_time"} & set(ready.columns)


def test_rain_of_three_hours_is_added_up_by_airport(execute: Execute, weather: pd.DataFrame) -> None:
    ready = execute("prepare_weather", weather).set_index(["origin", "time_hour"])
    assert ready.loc["JFK", "precip_3h"].tolist() == pytest.approx([0.1, 0.1, 0.3])
    assert ready.loc["EWR", "precip_3h"].tolist() == [0.0]
    assert ready.loc["JFK", "wind_gust"].tolist() == [0.0, 25.0, 0.0]


def test_the_polars_variant_gives_the_same_weather(execute: Execute, weather: pd.DataFrame) -> None:
    pl = pytest.importorskip("polars", reason="the polars variant needs pauta[polars]")
    ready = execute("prepare_weather_polars", pl.from_pandas(weather)).to_pandas()
    pd.testing.assert_frame_equal(ready, execute("prepare_weather", weather), check_dtype=False)


def test_flights_without_known_weather_or_plane_stay(
    execute: Execute, flights: pd.DataFrame, weather: pd.DataFrame, planes: pd.DataFrame
) -> None:
    joined = execute(
        "join_tables",
        execute("prepare_flights", flights),
        execute("prepare_weather", weather),
        execute("prepare_planes", planes),
    )
    assert len(joined) == 3
    assert joined["age"].iloc[0] == 10
    assert joined["temp"].tolist()[:2] == [32.0, 32.0]
    assert joined[["temp", "maker"]].iloc[2].isna().all()


def test_the_report_names_the_latest_airline_first(execute: Execute, flights: pd.DataFrame) -> None:
    report = execute("late_by_carrier", execute("prepare_flights", flights))
    assert report["carrier"].tolist() == ["AA", "B6", "UA"]
    assert report["late"].tolist() == [1.0, 1.0, 0.0]


def test_training_is_measured_on_later_flights_than_it_learns_from(
    execute: Execute,
    flights: pd.DataFrame,
    weather: pd.DataFrame,
    planes: pd.DataFrame,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    # In autumn the other of the two flights is late: who only knows the spring is wrong every time.
    autumn = flights.assign(time_hour=flights["time_hour"] + pd.Timedelta(days=240), month=11)
    autumn = autumn.assign(arr_delay=[50.0, 0.0, None, None])
    many = pd.concat([flights.iloc[:2]] * 30 + [autumn.iloc[:2]] * 90, ignore_index=True)
    joined = execute(
        "join_tables",
        execute("prepare_flights", many),
        execute("prepare_weather", weather),
        execute("prepare_planes", planes),
    )
    # So few rows are slow on several threads: they wait for one another.
    with threadpool_limits(1):
        trained = execute("train_delay_model", joined)
    assert "trained on 60 flights, tested on 180" in capsys.readouterr().out
    assert trained["metrics"].keys() == {"roc_auc", "accuracy", "recall", "precision", "f1_score"}
    assert trained["metrics"]["roc_auc"] < 0.1
    assert (tmp_path / "models" / "delay.skops").exists()


def test_the_real_tables_are_written_as_parquet(example: Callable[[str], ModuleType], tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    fetch = example("flights/fetch.py")
    assert fetch.fetch(tmp_path) == {"flights": 336_776, "weather": 26_115, "planes": 3_322}
    assert str(pd.read_parquet(tmp_path / "weather.parquet")["time_hour"].dtype).endswith("UTC]")
