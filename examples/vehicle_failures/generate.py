"""Make FALHAS and RESULTADOS: the faults and the test results of a car plant, with the quirks of real extracts.

Nothing in them is real. The same number of vehicles and the same seed give the same files, byte for byte.

    python generate.py --vehicles 3000 --out data

What is wrong with the files, on purpose, because the real extracts have it too:

- both: the header row occurs once more inside the data, dates come in two spellings, some KNR lack the dash;
- falhas.csv: a leftover ``Unnamed: 0`` column, HALLE and MOTOR padded with blanks, FALHA in mixed case with stray
  characters, S_GROUP_ID as a number in some rows and as text in others, a few ``#MULTIVALUE``;
- resultados.csv: UNIT padded to 10 characters, the literal text ``\\u00B0``, VALUE padded to 50 characters with a
  decimal point or a comma, tests of machines (ID 1) mostly without UNIT, VALUE_ID and VALUE.

A vehicle is faulty when it occurs in falhas.csv. That depends on how its tests went: on how many were not ok, and on
how long they had to go on. About 48 % of the tested vehicles are faulty.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np
import pandas as pd

DEFAULT_VEHICLES = 3000
FAULTY_SHARE = 0.48
START = np.datetime64("2024-01-08T06:00:00", "ms")
DAYS_OF_PRODUCTION = 120

MACHINES, BOLTING, ELECTRONICS = 1, 2, 718
TESTS = {  # ID → mean number of tests a vehicle, usual share that is not ok (as log odds), weight for a fault
    MACHINES: (7, -2.4, 1.3),
    BOLTING: (14, -2.7, 0.9),
    ELECTRONICS: (18, -2.9, 1.0),
}
TEST_NAMES = {
    MACHINES: ["PRUEFSTAND ROLLEN", "ACHSVERMESSUNG", "SCHEINWERFER", "WASSERTEST", "BREMSE"],
    BOLTING: ["VERSCHRAUBUNG MOTOR", "VERSCHRAUBUNG ACHSE", "GURT VORN LINKS", "SITZ HINTEN", "RAD VORN RECHTS"],
    ELECTRONICS: ["STEUERGERAET MOTOR", "AIRBAG", "KOMBIINSTRUMENT", "FENSTERHEBER", "RADIO", "BATTERIE"],
}
UNITS = {
    MACHINES: ["min", "%", "mm", "kg"],
    BOLTING: ["Grad", "Nm", "\\u00B0", "Clicks"],
    ELECTRONICS: ["V", "Deg", "%", ""],
}
FAULTS = {  # S_GROUP_ID → what is written into FALHA
    1: ["Tampa traseira desalinhada", "PARA-CHOQUE TRASEIRO RISCADO"],
    2: ["Console central solto", "PEÇA INCORRETA"],
    4: ["porta dianteira desalinhada", "BORRACHA DA PORTA SOLTA"],
    5: ["Farol desregulado", "CAPÔ DESALINHADO"],
    133: ["Ruído", "PEÇA FALTANTE"],
    137: ["Protetor do assoalho solto", "PARAFUSO FALTANTE"],
    140: ["Documento faltante", "ETIQUETA INCORRETA"],
    9830945: ["Teste não realizado", "REPROVADO NO TESTE"],
    9830946: ["Módulo sem comunicação", "CHICOTE SOLTO"],
}
GROUPS_OF_TEST = {MACHINES: [1, 5, 133], BOLTING: [2, 4, 137], ELECTRONICS: [9830945, 9830946]}
STRAY = ["", "", "", " ¨", "¨", " ~", "  ", ";"]

FALHAS = ["KNR", "MODELO", "COR", "MOTOR", "ESTACAO", "USUARIO", "HALLE", "FALHA", "S_GROUP_ID", "DATA"]
RESULTADOS = ["KNR", "NAME", "ID", "STATUS", "UNIT", "VALUE_ID", "VALUE", "DATA"]


def tables(vehicles: int = DEFAULT_VEHICLES, *, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """FALHAS and RESULTADOS of so many tested vehicles, quirks included."""
    rng = np.random.default_rng(seed)
    knr = _vehicle_numbers(rng, vehicles)
    tests = _tests(rng, vehicles)
    scores = _scores(rng, tests, vehicles)
    faulty = scores.sum(axis=1)
    is_faulty = faulty > np.quantile(faulty, 1 - FAULTY_SHARE)
    blame = np.array(list(TESTS))[scores.argmax(axis=1)]
    last_test = np.full(vehicles, START)
    np.maximum.at(last_test, tests["vehicle"].to_numpy(), tests["at"].to_numpy().astype("datetime64[ms]"))
    faults = _faults(rng, knr=knr[is_faulty], blame=blame[is_faulty], after=last_test[is_faulty])
    return _falhas(rng, faults), _resultados(rng, tests, knr)


def _vehicle_numbers(rng: np.random.Generator, vehicles: int) -> np.ndarray:
    serial = rng.choice(np.arange(2_000_000, 2_900_000), size=vehicles, replace=False)
    year = rng.choice([2023, 2024], size=vehicles, p=[0.3, 0.7])
    return np.array([f"{y}-{s}" for y, s in zip(year, serial, strict=True)], dtype=object)


def _tests(rng: np.random.Generator, vehicles: int) -> pd.DataFrame:
    """One row a test: vehicle (its position), id, ok, at. Bad vehicles have more tests not ok, and re-tests."""
    built = START + (rng.random(vehicles) * DAYS_OF_PRODUCTION * 86_400_000).astype("timedelta64[ms]")
    quality = rng.normal(size=vehicles)
    parts = []
    for position, (test_id, (mean, log_odds, _)) in enumerate(TESTS.items()):
        trouble = 0.5 * quality + rng.normal(scale=1.1, size=vehicles)
        count = 1 + rng.poisson(mean, size=vehicles)
        vehicle = np.repeat(np.arange(vehicles), count)
        not_ok = rng.random(len(vehicle)) < 1 / (1 + np.exp(-(log_odds + trouble[vehicle])))
        repaired = np.bincount(vehicle, weights=not_ok, minlength=vehicles)
        days = rng.gamma(2.0, 0.15, size=vehicles) + repaired * rng.gamma(2.0, 0.4, size=vehicles)
        offset = 0.4 * position + rng.random(len(vehicle)) * days[vehicle]
        at = built[vehicle] + (offset * 86_400_000).astype("timedelta64[ms]")
        parts.append(pd.DataFrame({"vehicle": vehicle, "id": test_id, "ok": ~not_ok, "at": at}))
    return pd.concat(parts).sort_values("at", kind="stable", ignore_index=True)


def _scores(rng: np.random.Generator, tests: pd.DataFrame, vehicles: int) -> np.ndarray:
    """How much each kind of test speaks for a fault: vehicles x kinds. Noise keeps it from being certain."""
    scores = np.empty((vehicles, len(TESTS)))
    for column, (test_id, (_, _, weight)) in enumerate(TESTS.items()):
        of_kind = tests[tests["id"] == test_id]
        not_ok = np.bincount(of_kind["vehicle"], weights=~of_kind["ok"], minlength=vehicles)
        times = of_kind.groupby("vehicle")["at"].agg(["min", "max"])
        days = (times["max"] - times["min"]).dt.total_seconds().to_numpy() / 86_400
        noise = rng.logistic(scale=0.4, size=vehicles)
        scores[:, column] = weight * np.minimum(not_ok, 4) + 0.4 * np.sqrt(days) + noise
    return scores


def _faults(rng: np.random.Generator, *, knr: np.ndarray, blame: np.ndarray, after: np.ndarray) -> pd.DataFrame:
    """One row a fault: knr, group, at. A faulty vehicle has one or more; some vehicles were never tested."""
    untested = max(1, len(knr) // 30)
    knr = np.concatenate([knr, np.array([f"2024-{3_000_000 + i}" for i in range(untested)], dtype=object)])
    blame = np.concatenate([blame, rng.choice(list(TESTS), size=untested)])
    after = np.concatenate([after, rng.choice(after, size=untested)])
    row = np.repeat(np.arange(len(knr)), 1 + rng.poisson(3, size=len(knr)))
    groups = np.array([rng.choice(GROUPS_OF_TEST[kind]) for kind in blame[row]])
    elsewhere = rng.random(len(row)) < 0.15
    groups[elsewhere] = rng.choice(list(FAULTS), size=int(elsewhere.sum()))
    at = after[row] + (rng.gamma(2.0, 0.6, size=len(row)) * 86_400_000).astype("timedelta64[ms]")
    return pd.DataFrame({"knr": knr[row], "group": groups, "at": at}).sort_values("at", kind="stable")


def _falhas(rng: np.random.Generator, faults: pd.DataFrame) -> pd.DataFrame:
    rows = len(faults)
    texts = [rng.choice(FAULTS[group]) for group in faults["group"]]
    stations = rng.integers(1, 40, size=rows)
    as_text = rng.random(rows) < 0.4
    table = pd.DataFrame(
        {
            "KNR": _some_without_dash(rng, faults["knr"].to_numpy()),
            "MODELO": "T-CROSS",
            "COR": rng.choice(["BRANCO", "PRETO", "CINZA", "AZUL", "VERMELHO"], size=rows),
            "MOTOR": rng.choice(["DHS", "CWL", "   "], size=rows, p=[0.5, 0.3, 0.2]),
            "ESTACAO": [f"EST{number:03d}" for number in stations],
            "USUARIO": [f"U{number:04d}" for number in rng.integers(1, 200, size=rows)],
            "HALLE": rng.choice(["ZP5 ", "ZP5A", "ZP6 ", "ZP7 ", "CAB "], size=rows),
            "FALHA": [_misspelt(rng, text) for text in texts],
            "S_GROUP_ID": pd.Series(
                [str(g) if t else int(g) for g, t in zip(faults["group"], as_text, strict=True)], dtype=object
            ),
            "DATA": _two_spellings(faults["at"]),
        }
    )
    table = _with_multivalue(rng, table)
    table = _with_header_inside(table)
    table.insert(0, "Unnamed: 0", np.arange(len(table)))
    return table


def _resultados(rng: np.random.Generator, tests: pd.DataFrame, knr: np.ndarray) -> pd.DataFrame:
    rows = len(tests)
    ids = tests["id"].to_numpy()
    names, units, numbers = np.empty(rows, dtype=object), np.empty(rows, dtype=object), np.empty(rows, dtype=object)
    for test_id in TESTS:
        of_kind = ids == test_id
        count = int(of_kind.sum())
        names[of_kind] = rng.choice(TEST_NAMES[test_id], size=count)
        units[of_kind] = rng.choice([f"{unit:<10}" for unit in UNITS[test_id]], size=count)
        numbers[of_kind] = [f"MW{number:02d}" for number in rng.integers(1, 30, size=count)]
    values = np.array([f"{value:.2f}" for value in rng.gamma(4.0, 9.0, size=rows)], dtype=object)
    comma = rng.random(rows) < 0.35
    values[comma] = [value.replace(".", ",") for value in values[comma]]
    values = np.array([f"{value:<50}" for value in values], dtype=object)
    bare = (ids == MACHINES) & (rng.random(rows) < 0.9)
    for column in (units, numbers, values):
        column[bare] = None
    table = pd.DataFrame(
        {
            "KNR": _some_without_dash(rng, knr[tests["vehicle"]]),
            "NAME": names,
            "ID": ids,
            "STATUS": np.where(tests["ok"], 10, 13),
            "UNIT": units,
            "VALUE_ID": numbers,
            "VALUE": values,
            "DATA": _two_spellings(tests["at"]),
        }
    )
    return _with_header_inside(table)


def _some_without_dash(rng: np.random.Generator, knr: np.ndarray) -> np.ndarray:
    bare = rng.random(len(knr)) < 0.01
    return np.array([k.replace("-", "") if b else k for k, b in zip(knr, bare, strict=True)], dtype=object)


def _misspelt(rng: np.random.Generator, text: str) -> str:
    cased = (text, text.upper(), text.lower())[rng.integers(3)]
    return cased + STRAY[rng.integers(len(STRAY))]


def _two_spellings(at: pd.Series) -> list[str]:
    """The first two thirds as ``2024-05-20 21:31:51.992``, the rest as ``20/5/2024 21:31:52``."""
    change = len(at) * 2 // 3
    iso = at.iloc[:change].dt.strftime("%Y-%m-%d %H:%M:%S.%f").str[:-3].tolist()
    rest = at.iloc[change:]
    return iso + [f"{t.day}/{t.month}/{t.year} {t:%H:%M:%S}" for t in rest]


def _with_multivalue(rng: np.random.Generator, table: pd.DataFrame) -> pd.DataFrame:
    """Repeat a few rows with ``#MULTIVALUE`` where the fault group should be."""
    spoilt = table.iloc[np.sort(rng.choice(len(table), size=max(1, len(table) // 200), replace=False))].copy()
    spoilt["S_GROUP_ID"] = "#MULTIVALUE"
    return pd.concat([table, spoilt]).sort_index(kind="stable").reset_index(drop=True)


def _with_header_inside(table: pd.DataFrame) -> pd.DataFrame:
    middle = len(table) // 2
    header = pd.DataFrame([list(table.columns)], columns=table.columns, dtype=object)
    loose = table.astype(object)
    return pd.concat([loose.iloc[:middle], header, loose.iloc[middle:]], ignore_index=True)


def write(vehicles: int, out: Path, *, seed: int = 0) -> tuple[Path, Path]:
    """Write falhas.csv and resultados.csv into the folder and return their paths."""
    out.mkdir(parents=True, exist_ok=True)
    falhas, resultados = tables(vehicles, seed=seed)
    # Quotes tell the two kinds of S_GROUP_ID apart in the file: 4 is the number, "4" the text.
    falhas.to_csv(out / "falhas.csv", index=False, quoting=csv.QUOTE_NONNUMERIC)
    resultados.to_csv(out / "resultados.csv", index=False)
    print(f"{out / 'falhas.csv'}: {len(falhas):,} rows; {out / 'resultados.csv'}: {len(resultados):,} rows")
    return out / "falhas.csv", out / "resultados.csv"


def main() -> None:
    parser = argparse.ArgumentParser(description="Make falhas.csv and resultados.csv.")
    parser.add_argument("--vehicles", type=int, default=DEFAULT_VEHICLES, help="number of tested vehicles")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "data", help="folder for the files")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    if given.vehicles < 20:
        parser.error("--vehicles must be at least 20")
    write(given.vehicles, given.out, seed=given.seed)


if __name__ == "__main__":
    main()
