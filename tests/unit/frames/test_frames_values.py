"""JSON values, arrays, models, and what is no output at all (B16)."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from frames_stored import address, refusal, round_trip

from pauta.domain.outputs import INLINE_LIMIT, Kind, Output
from pauta.frames.decode import open_output
from pauta.frames.encode import encode, encode_value
from pauta.frames.isolate import isolate, snapshot


class Colour(str, Enum):  # noqa: UP042 - scripts still write it so, and its str() is not its value
    RED = "red"


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ({"a": [1, 2.5, None, True, "ção"]}, {"a": [1, 2.5, None, True, "ção"]}),
        ({"b": 1, "a": 2}, {"b": 1, "a": 2}),
        ({"n": np.int64(3), "f": np.float32(0.5), "b": np.bool_(True)}, {"n": 3, "f": 0.5, "b": True}),
        ({"t": (1, (2,))}, {"t": [1, [2]]}),
        ({Colour.RED: Colour.RED}, {"red": "red"}),
        ({"big": 2**64 - 1, "low": -(2**63)}, {"big": 2**64 - 1, "low": -(2**63)}),
        (1.5, 1.5),
        ("text", "text"),
        (False, False),
        (np.float64(2), 2.0),
        ({}, {}),
    ],
)
def test_a_value_is_the_same_stored_inline_and_in_the_same_process(given: Any, taken: Any, tmp_path: Path) -> None:
    for got in (round_trip(given, tmp_path), open_output(None, inline(given)), isolate(given)):
        assert repr(got) == repr(taken)


def inline(value: Any) -> Output:
    output = encode(value, name="v").inline()
    assert output is not None
    return output


def test_an_inline_value_has_the_address_of_its_bytes(tmp_path: Path) -> None:
    assert inline({"a": 1}).address == address({"a": 1}, tmp_path)


def test_a_large_value_is_not_inline() -> None:
    assert encode({"a": "x" * INLINE_LIMIT}, name="v").inline() is None


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"a": {"b": [1, float("nan")]}}, 'SCR-022 output "df".a.b[1] holds nan, which JSON cannot keep; convert it'),
        ({"a": float("inf")}, 'SCR-022 output "df".a holds inf'),
        (float("nan"), 'SCR-022 output "df" holds nan'),
        ({1: 2}, 'SCR-022 output "df" holds key 1 (int)'),
        ({"a": 2**64}, 'SCR-022 output "df".a holds 18446744073709551616'),
        ({"a": {1, 2}}, 'SCR-022 output "df".a holds set'),
        ({"a": pd.Timestamp("2024")}, 'SCR-022 output "df".a holds Timestamp'),
        ({"a": "\ud800"}, 'SCR-022 output "df".a holds text that is not Unicode'),
        ({"a": pd.DataFrame()}, 'SCR-022 output "df".a holds DataFrame'),
        ({"a": np.longdouble(1)}, 'SCR-022 output "df".a holds longdouble'),
    ],
)
def test_what_json_cannot_hold_is_refused_with_its_path(value: Any, says: str) -> None:
    assert refusal(value).startswith(says)


def test_a_value_without_end_is_refused() -> None:
    endless: dict[str, Any] = {}
    endless["again"] = endless
    assert "more than 64 levels" in refusal(endless)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (None, "NoneType"),
        ([1, 2], "list"),
        ((1, 2), "tuple"),
        ({1, 2}, "set"),
        ((x for x in ()), "generator"),
        (pd.Series([1]), "Series"),
        (object(), "object"),
        (len, "builtin_function_or_method"),
    ],
)
def test_what_is_no_output_is_refused_with_step_and_output(value: Any, found: str) -> None:
    expected = f'SCR-022 step "x": returned {found}; expected DataFrame for output "df"'
    assert refusal(value, step="x") == expected


def test_a_task_may_return_lists_and_none() -> None:
    assert encode_value([1, (2, None)], name="v").value == [1, [2, None]]
    assert encode_value(None, name="v").pieces.parts == (b"null",)


# ---- arrays ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3),
        np.asfortranarray(np.arange(6).reshape(2, 3)),
        np.arange(12).reshape(3, 4)[:, ::2],
        np.array(5),
        np.zeros((0, 3)),
        np.array(["a", "ção"]),
        np.array(["2024-01-01", "NaT"], "M8[D]"),
        np.array([True, False]),
        np.array([1 + 2j]),
    ],
)
def test_an_array_comes_back_writable(array: np.ndarray[Any, Any], tmp_path: Path) -> None:
    back = round_trip(array, tmp_path)
    assert back.dtype == array.dtype
    np.testing.assert_array_equal(back, array)
    if back.size:
        back.flat[0] = back.flat[-1]


@pytest.mark.parametrize("array", [np.array([object()]), np.zeros(2, [("a", "O")]), np.zeros(2, [("a", "i4")])])
def test_arrays_of_objects_or_fields_are_refused(array: np.ndarray[Any, Any]) -> None:
    assert refusal(array).startswith('SCR-022 output "df" is an array of dtype')


def test_a_file_with_python_objects_is_never_opened_as_an_array(tmp_path: Path) -> None:
    np.save(tmp_path / "bad.npy", np.array([{"a": 1}]), allow_pickle=True)
    output = Output(Kind.ARRAY, encode(1, name="v").inline().address, 1, "npy", "numpy")  # type: ignore[union-attr]
    with pytest.raises(Exception, match="DAT-020"):
        open_output(tmp_path / "bad.npy", output)


# ---- models ---------------------------------------------------------------------------------------


def training_data() -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    features = np.random.default_rng(0).random((60, 3))
    return features, (features[:, 0] > 0.5).astype(int)


def test_a_scikit_learn_model_comes_back_and_has_one_address(tmp_path: Path) -> None:
    pytest.importorskip("skops")
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    features, target = training_data()

    def fitted() -> Any:
        return make_pipeline(StandardScaler(), RandomForestClassifier(5, random_state=0)).fit(features, target)

    model = fitted()
    back = round_trip(model, tmp_path)
    np.testing.assert_array_equal(back.predict_proba(features), model.predict_proba(features))
    assert address(model, tmp_path) == address(fitted(), tmp_path)
    assert encode(model, name="m").kind is Kind.MODEL


@pytest.mark.filterwarnings("ignore")
def test_an_xgboost_model_within_a_pipeline_comes_back(tmp_path: Path) -> None:
    pytest.importorskip("skops")
    xgboost = pytest.importorskip("xgboost")
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    features, target = training_data()
    model = make_pipeline(StandardScaler(), xgboost.XGBClassifier(n_estimators=3, n_jobs=1)).fit(features, target)
    back = round_trip(model, tmp_path)
    np.testing.assert_array_equal(back.predict_proba(features), model.predict_proba(features))


def test_a_model_with_code_of_its_own_is_refused() -> None:
    pytest.importorskip("skops")
    from sklearn.base import BaseEstimator

    class Mine(BaseEstimator):
        pass

    assert "Mine that cannot be kept safely" in refusal(Mine())


@pytest.mark.filterwarnings("ignore")
def test_an_xgboost_model_comes_back_as_its_class(tmp_path: Path) -> None:
    xgboost = pytest.importorskip("xgboost")
    features, target = training_data()
    model = xgboost.XGBClassifier(n_estimators=5, n_jobs=1).fit(features, target)
    back = round_trip(model, tmp_path)
    assert type(back) is xgboost.XGBClassifier
    np.testing.assert_array_equal(back.predict_proba(features), model.predict_proba(features))
    booster = round_trip(model.get_booster(), tmp_path)
    matrix = xgboost.DMatrix(features)
    np.testing.assert_array_equal(booster.predict(matrix), model.get_booster().predict(matrix))


# ---- isolation ------------------------------------------------------------------------------------


def test_a_step_that_writes_into_its_frame_changes_nobody_elses() -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0], "s": ["a", "b"], "l": pd.Series([[1], [2]], dtype=object)})
    expected = frame.copy(deep=True)
    expected["l"] = pd.Series([[1], [2]], dtype=object)
    kept, one, two = snapshot(frame), isolate(frame), isolate(frame)
    one.loc[0, "x"] = 99.0
    one["s"] = "changed"
    one["l"].iloc[0].append(3)
    del one["x"]
    frame.loc[1, "x"] = -1.0
    for other in (kept, two):
        pd.testing.assert_frame_equal(other, expected)


def test_texts_are_not_looked_through_when_a_frame_is_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    from pauta.frames import isolate as room

    seen: list[Any] = []
    monkeypatch.setattr(room, "_holds_mutable", lambda cells: seen.append(cells[0]))
    texts = {"x": [1.0], "s": ["a"], "c": pd.Categorical(["b"]), "t": pd.to_datetime(["2024"])}
    isolate(pd.DataFrame(texts))
    isolate(pd.DataFrame(texts | {"o": pd.Series(["in Python"], dtype=object)}))
    assert seen == ["in Python"]


def test_handing_on_copies_no_numbers() -> None:
    frame = pd.DataFrame({"x": np.arange(1000.0)})
    assert np.shares_memory(isolate(frame)["x"].to_numpy(), frame["x"].to_numpy())


def test_arrays_values_and_models_are_handed_on_as_copies() -> None:
    array, value = np.zeros(3), {"a": [1]}
    handed = isolate(array)
    handed[0] = 1
    taken = isolate(value)
    taken["a"].append(2)
    assert array[0] == 0
    assert value == {"a": [1]}


# ---- imports ----------------------------------------------------------------------------------------


def test_values_need_no_data_library(tmp_path: Path) -> None:
    import subprocess
    import sys

    program = (
        "import sys; import pauta.frames; from pauta.frames.encode import encode;"
        "from pauta.frames.isolate import isolate; from pauta.frames.decode import open_output;"
        "o = encode({'a': 1}, name='v').inline(); assert open_output(None, o) == isolate({'a': 1});"
        "print(sorted({'pandas', 'pyarrow', 'polars', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
