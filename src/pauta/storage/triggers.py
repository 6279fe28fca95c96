"""The last guard: both databases refuse what no code may do, whatever the code does.

A final row's state never changes, a fence never decreases, history is never rewritten.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from pauta.domain.calls import CallState
from pauta.domain.states import FINAL_RUNS, FINAL_STAGES, FINAL_STEPS

MARK = "pauta: refused: "
"""How SQLite's message begins when a trigger refused; the table's name follows."""
SQLSTATE = "PA010"
"""The same on PostgreSQL."""


def _final(states: Iterable[StrEnum]) -> str:
    return f"OLD.state IN ({', '.join(sorted(repr(s.value) for s in states))}) AND NEW.state <> OLD.state"


RULES = (
    ("run", "UPDATE", "state", _final(FINAL_RUNS)),
    ("stage", "UPDATE", "state, fence", f"({_final(FINAL_STAGES)}) OR NEW.fence < OLD.fence"),
    ("step", "UPDATE", "state", _final(FINAL_STEPS)),
    ("call", "UPDATE", "state", _final((CallState.COMPLETED,))),
    ("event", "UPDATE", "", ""),
    ("audit", "UPDATE", "", ""),
    ("audit", "DELETE", "", ""),
    ("audit_tip", "UPDATE", "", "NEW.count <> OLD.count + 1"),
    ("audit_tip", "DELETE", "", ""),
    ("pipeline_version", "UPDATE", "", ""),
    ("pipeline_version", "DELETE", "", ""),
    ("activation", "UPDATE", "", ""),
    ("activation", "DELETE", "", ""),
    ("deployment_form", "UPDATE", "", ""),
    ("deployment_form", "DELETE", "", ""),
    ("firing", "UPDATE", "", ""),
    ("firing", "DELETE", "", ""),
)
"""Table, what is watched, its columns (empty: all), and when it is refused (empty: always)."""


def _name(table: str, deed: str) -> str:
    return f"{table}_guard" if deed == "UPDATE" else f"{table}_keep"


def for_sqlite() -> list[tuple[str, str]]:
    """Name and text of each trigger."""
    made = []
    for table, deed, columns, condition in RULES:
        watched = f" OF {columns}" if columns else ""
        when = f"\nWHEN {condition}" if condition else ""
        made.append(
            (
                f"trigger {_name(table, deed)}",
                f"CREATE TRIGGER {_name(table, deed)} BEFORE {deed}{watched} ON {table}{when}\n"
                f"BEGIN SELECT RAISE(ABORT, '{MARK}{table}'); END",
            )
        )
    return made


def for_postgres() -> list[tuple[str, str]]:
    """Name and text of the function and of each trigger."""
    made = [
        (
            "function pauta_refuse",
            "CREATE FUNCTION pauta_refuse() RETURNS trigger LANGUAGE plpgsql AS $$\n"
            f"BEGIN RAISE EXCEPTION '{MARK}%', TG_TABLE_NAME USING ERRCODE = '{SQLSTATE}'; END $$",
        )
    ]
    for table, deed, columns, condition in RULES:
        watched = f" OF {columns}" if columns else ""
        when = f"\nWHEN ({condition})" if condition else ""
        made.append(
            (
                f"trigger {_name(table, deed)}",
                f"CREATE TRIGGER {_name(table, deed)} BEFORE {deed}{watched} ON {table} FOR EACH ROW{when}\n"
                "EXECUTE FUNCTION pauta_refuse()",
            )
        )
    return made
