"""The generator of FALHAS and RESULTADOS: the columns, the quirks, and always the same bytes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

FALHAS = ["KNR", "MODELO", "COR", "MOTOR", "ESTACAO", "USUARIO", "HALLE", "FALHA", "S_GROUP_ID", "DATA"]
RESULTADOS = ["KNR", "NAME", "ID", "STATUS", "UNIT", "VALUE_ID", "VALUE", "DATA"]
ISO = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}"
DAY_FIRST = r"\d{1,2}/\d{1,2}/\d{4} \d\d:\d\d:\d\d"


@pytest.fixture
def generate(example: Callable[[str], ModuleType]) -> ModuleType:
    return example("vehicle_failures/generate.py")


@pytest.fixture
def falhas(generate: ModuleType) -> pd.DataFrame:
    return generate.tables(400)[0]


@pytest.fixture
def resultados(generate: ModuleType) -> pd.DataFrame:
    return generate.tables(400)[1]


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(generate: ModuleType, tmp_path: Path) -> None:
    first = [p.read_bytes() for p in generate.write(100, tmp_path / "a")]
    again = [p.read_bytes() for p in generate.write(100, tmp_path / "b")]
    other = [p.read_bytes() for p in generate.write(100, tmp_path / "c", seed=1)]
    assert first == again
    assert first != other


def test_both_tables_have_the_columns_of_the_extracts(falhas: pd.DataFrame, resultados: pd.DataFrame) -> None:
    assert list(falhas.columns) == ["Unnamed: 0", *FALHAS]
    assert list(resultados.columns) == RESULTADOS


def test_the_header_row_occurs_inside_the_data(falhas: pd.DataFrame, resultados: pd.DataFrame) -> None:
    assert falhas.loc[falhas["KNR"] == "KNR", FALHAS].to_numpy().tolist() == [FALHAS]
    assert resultados.loc[resultados["KNR"] == "KNR"].to_numpy().tolist() == [RESULTADOS]


def test_text_is_padded_as_in_the_extracts(falhas: pd.DataFrame, resultados: pd.DataFrame) -> None:
    resultados = resultados[resultados["KNR"] != "KNR"]
    assert "   " in set(falhas["MOTOR"])
    assert "ZP7 " in set(falhas["HALLE"])
    assert set(resultados["UNIT"].dropna().str.len()) == {10}
    assert {" " * 10, "\\u00B0    "} <= set(resultados["UNIT"].dropna())
    assert set(resultados["VALUE"].dropna().str.len()) == {50}


def test_faults_are_written_in_mixed_case_with_stray_characters(falhas: pd.DataFrame) -> None:
    texts = falhas["FALHA"]
    assert texts.str.contains("¨").any()
    assert texts.str.isupper().any()
    assert texts.str.islower().any()


def test_the_same_fault_group_occurs_as_number_and_as_text(falhas: pd.DataFrame) -> None:
    groups = falhas["S_GROUP_ID"]
    numbers = {g for g in groups if isinstance(g, int)}
    texts = {g for g in groups if isinstance(g, str)}
    assert {str(g) for g in numbers} & texts
    assert "#MULTIVALUE" in texts


def test_dates_come_in_both_spellings(falhas: pd.DataFrame, resultados: pd.DataFrame) -> None:
    for table in (falhas, resultados):
        dates = table.loc[table["KNR"] != "KNR", "DATA"]
        iso, day_first = dates.str.fullmatch(ISO), dates.str.fullmatch(DAY_FIRST)
        assert (iso ^ day_first).all()
        assert iso.any()
        assert day_first.any()


def test_values_have_a_decimal_point_or_a_comma(resultados: pd.DataFrame) -> None:
    values = resultados.loc[resultados["KNR"] != "KNR", "VALUE"].dropna().str.strip()
    assert values.str.fullmatch(r"\d+\.\d\d").any()
    assert values.str.fullmatch(r"\d+,\d\d").any()


def test_most_tests_of_machines_lack_unit_and_value(resultados: pd.DataFrame) -> None:
    nothing = resultados[["UNIT", "VALUE_ID", "VALUE"]].isna()
    machines = resultados["ID"].eq(1)
    assert 0.8 < nothing[machines].all(axis=1).mean() < 1
    assert not nothing[~machines].any(axis=None)


def test_vehicle_numbers_look_like_the_real_ones(falhas: pd.DataFrame, resultados: pd.DataFrame) -> None:
    for table in (falhas, resultados):
        numbers = table.loc[table["KNR"] != "KNR", "KNR"]
        assert numbers.str.fullmatch(r"\d{4}-?\d{7}").all()
        assert numbers.str.contains("-").mean() > 0.9


def test_codes_are_those_of_the_plant(resultados: pd.DataFrame) -> None:
    tests = resultados[resultados["KNR"] != "KNR"]
    assert set(tests["ID"]) == {1, 2, 718}
    assert set(tests["STATUS"]) == {10, 13}
