"""The page for whoever comes from Prefect knows every option that is written otherwise, and names what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pauta
from pauta.flows import option_reading
from pauta.flows.options import ALIASES, FlowOptions, TaskOptions

PAGE = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "coming-from-prefect.md"


def test_every_option_of_prefect_with_another_name_is_in_the_table() -> None:
    page = PAGE.read_text()
    renamed = [old for old, new in option_reading._PREFECT.items() if new]
    missing = [old for old in renamed if not re.search(rf"`{old}\b", page)]
    assert not missing


def test_the_options_of_the_table_exist() -> None:
    table = re.search(r"^\| Prefect .*?(?=\n\n)", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert table is not None
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in table[0].splitlines()[2:]]
    ours = " ".join(row[1] for row in rows)
    options = {*TaskOptions._fields, *FlowOptions._fields, *ALIASES, "schema"}
    assert set(re.findall(r"`(\w+)=", ours)) <= options
    called = {name for name in re.findall(r"`(\w+)\(", ours)}
    assert called <= {*pauta.__all__, "logging"}
