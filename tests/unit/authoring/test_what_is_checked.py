"""What the checks know of flows agrees with the flows themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from pauta.authoring.code_check import check_code
from pauta.authoring.code_flows import OPTIONS
from pauta.authoring.scripts import ReadScript
from pauta.domain.ids import Address
from pauta.domain.scripts import Script, Signature
from pauta.flows.options import ALIASES, FlowOptions, TaskOptions

ROOT = Path(__file__).resolve().parents[3]
SOURCES = sorted(
    path.relative_to(ROOT)
    for folder in ("examples", "tools", "src/pauta/authoring", "src/pauta/flows")
    for path in (ROOT / folder).rglob("*.py")
    if ".pauta" not in path.parts
)


@pytest.mark.parametrize(("kind", "options"), [("flow", FlowOptions), ("task", TaskOptions)])
def test_the_options_that_are_known_are_those_of_the_decorators(kind: str, options: type) -> None:
    assert set(OPTIONS[kind]) == {*options._fields, *ALIASES}  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_nothing_is_told_of_code_that_runs(path: Path) -> None:
    source = (ROOT / path).read_bytes()
    nothing = Address("0" * 64)
    named = Address(f"{abs(hash(str(path))):064x}"[-64:])
    script = Script(path.name, path.name, nothing, named, Signature(()))
    found = check_code([ReadScript(script, source, {})], here=False)
    assert [problem.line() for problem in (*found.errors, *found.warnings)] == []
