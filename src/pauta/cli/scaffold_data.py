"""The little tables of a new project: bolts of vehicles, and which vehicles failed later. The same every time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

VEHICLES = 320
BOLTS = 3
_FIRST_DAY = datetime(2024, 1, 2, 6, 0)  # noqa: DTZ001 - made-up times of a plant, without a zone as in its extracts
_TEXTS = {
    "en": ("wrong part ", "Door gap", "  loose cable", "WRONG PART"),
    "pt": ("peça incorreta ", "Folga na porta", "  cabo solto", "PEÇA INCORRETA"),
}


def measurements_csv(language: str) -> str:
    """One line for each bolt. Columns: KNR, NAME, STATUS (10 ok, 13 not ok), TORQUE (Nm), the date."""
    lines = [f"KNR,NAME,STATUS,TORQUE,{'DATA' if language == 'pt' else 'DATE'}"]
    for vehicle in range(VEHICLES):
        for bolt in range(BOLTS):
            torque = 42 + 5 * _share(vehicle, 0.618034) + 3 * (_share(vehicle * BOLTS + bolt, 0.754878) - 0.5)
            status = 13 if abs(torque - 44.5) > 3.2 else 10
            at = _FIRST_DAY + timedelta(hours=vehicle * 3, minutes=bolt * 7)
            lines.append(f"{_knr(vehicle)},ZP5-{bolt + 1},{status},{torque:.2f},{at:%Y-%m-%d %H:%M:%S}")
    return "\n".join(lines) + "\n"


def failures_csv(language: str) -> str:
    """One line for each failure found later. Columns: KNR, the failure's text, the date."""
    lines = ["KNR,FALHA,DATA" if language == "pt" else "KNR,FAILURE,DATE"]
    for vehicle in _failed():
        text = _TEXTS[language][vehicle % 4]
        at = _FIRST_DAY + timedelta(hours=vehicle * 3 + 30)
        lines += [f"{_knr(vehicle)},{text},{at:%Y-%m-%d %H:%M:%S}"] * (2 if vehicle % 11 == 0 else 1)
    return "\n".join(lines) + "\n"


def _failed() -> Iterator[int]:
    for vehicle in range(VEHICLES):
        # Tight bolts fail more often, but chance has its say.
        if _share(vehicle, 0.618034) + 0.5 * (_share(vehicle, 0.569840) - 0.5) > 0.55:
            yield vehicle


def _knr(vehicle: int) -> str:
    return f"2024-{2056000 + vehicle}"


def _share(number: int, step: float) -> float:
    """A number in [0, 1) that looks random and never is."""
    return (number * step) % 1.0
