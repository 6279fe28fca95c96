"""Make a CSV with the columns of the AI4I 2020 predictive maintenance data set, for trying without a download.

Nothing in it is real. Products of three qualities (L, M, H) are milled; a machine fails when its tool is worn out,
heat cannot get away, power is out of range, the tool is overstrained, or for no reason at all.

    python generate.py --rows 10000 --out machines.csv
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

STRAIN_LIMIT = {"L": 11_000, "M": 12_000, "H": 13_000}  # torque (Nm) x wear (min)


def machines(rows: int = 10_000, *, seed: int = 0) -> pd.DataFrame:
    """So many rows; about 3 to 4 % of them with a failure."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(["L", "M", "H"], size=rows, p=[0.6, 0.3, 0.1])
    air = 300 + _wandering(rng, rows)
    process = air + 10 + rng.normal(scale=1.0, size=rows)
    torque = np.clip(rng.normal(40, 9.5, size=rows), 3, None)
    speed = np.clip(1_535 + (40 - torque) * 14 + rng.gamma(1.5, 45, size=rows) - 65, 1_168, None)
    wear = (np.cumsum(rng.choice([2, 3, 5], size=rows)) % 216).astype("int64")
    power = torque * speed * 2 * np.pi / 60
    limit = np.array([STRAIN_LIMIT[k] for k in kind])
    causes = {
        "TWF": (wear > 200) & (rng.random(rows) < 0.07),
        "HDF": (process - air < 8.6) & (speed < 1_380),
        "PWF": (power < 3_500) | (power > 9_000),
        "OSF": torque * wear > limit,
        "RNF": rng.random(rows) < 0.001,
    }
    failed = causes["TWF"] | causes["HDF"] | causes["PWF"] | causes["OSF"]
    table = {
        "UDI": np.arange(1, rows + 1),
        "Product ID": [f"{k}{number}" for k, number in zip(kind, rng.integers(10_000, 60_000, size=rows), strict=True)],
        "Type": kind,
        "Air temperature [K]": air.round(1),
        "Process temperature [K]": process.round(1),
        "Rotational speed [rpm]": speed.round().astype("int64"),
        "Torque [Nm]": torque.round(1),
        "Tool wear [min]": wear,
        "Machine failure": failed.astype("int64"),
    }
    return pd.DataFrame(table | {name: cause.astype("int64") for name, cause in causes.items()})


def _wandering(rng: np.random.Generator, rows: int) -> np.ndarray:
    """A random walk around 0 with a spread of 2."""
    walk = np.cumsum(rng.normal(size=rows))
    walk -= walk.mean()
    return 2 * walk / max(walk.std(), 1e-9)


def main() -> None:
    parser = argparse.ArgumentParser(description="Make a CSV of machine failures.")
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "machines.csv")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    table = machines(given.rows, seed=given.seed)
    table.to_csv(given.out, index=False)
    print(f"{given.out}: {len(table):,} rows, {table['Machine failure'].mean():.1%} with a failure")


if __name__ == "__main__":
    main()
