"""Python files with flows, for the tests of this folder."""

from __future__ import annotations

from pathlib import PurePosixPath
from textwrap import dedent

import pytest

from pauta.authoring.code_check import check_code
from pauta.authoring.code_findings import CodeFindings
from pauta.authoring.flow_document import FlowDocument
from pauta.authoring.flows import FlowSource, find_flow, flows_in
from pauta.authoring.opening import open_flow
from pauta.authoring.scripts import Reader, ReadScript
from pauta.domain.ids import Address
from pauta.domain.problems import InvalidInput
from pauta.domain.scripts import Script, Signature

FILE = "flows.py"


def files(source: str, **modules: str) -> dict[str, bytes]:
    """A file ``flows.py`` with its modules: ``lib__helpers`` is ``lib/helpers.py``."""
    named = {f"{name.replace('__', '/')}.py".replace("/INIT", "/__init__"): text for name, text in modules.items()}
    return {path: dedent(text).encode() for path, text in {FILE: source, **named}.items()}


def found_in(source: str, **modules: str) -> list[FlowSource]:
    """Flows and tasks of a file."""
    code = Reader(files(source, **modules)).code(PurePosixPath(FILE))
    return flows_in(code, PurePosixPath(FILE))


def flow(source: str, name: str = "f", **modules: str) -> FlowSource:
    """One flow or task of a file."""
    code = Reader(files(source, **modules)).code(PurePosixPath(FILE))
    found = find_flow(code, PurePosixPath(FILE), name)
    assert found is not None, f"no {name}"
    return found


def made_of(source: str, name: str = "f", *, supplied: frozenset[str] = frozenset(), **modules: str) -> FlowDocument:
    """The document made of a flow."""
    return open_flow(files(source, **modules), PurePosixPath(FILE), name, supplied=supplied)


def refused(source: str, name: str = "f", **modules: str) -> list[str]:
    """The lines with which a flow is refused."""
    with pytest.raises(InvalidInput) as caught:
        made_of(source, name, **modules)
    return [problem.line() for problem in caught.value.problems]


def checked(source: str, *, here: bool = True, **modules: str) -> CodeFindings:
    """What is wrong with a file and its modules."""
    given = files(source, **modules)
    nothing = Address("0" * 64)
    addresses = {path: Address(f"{abs(hash(data)):064x}"[-64:]) for path, data in given.items()}
    others = {path: data for path, data in given.items() if path != FILE}
    script = Script(FILE, FILE, nothing, addresses[FILE], Signature(()), {path: addresses[path] for path in others})
    return check_code([ReadScript(script, given[FILE], others)], here=here)


def errors(source: str, **modules: str) -> list[str]:
    """Errors, one a line."""
    return [problem.line() for problem in checked(source, **modules).errors]


def warnings(source: str, **modules: str) -> list[str]:
    """Warnings, one a line."""
    return [problem.line() for problem in checked(source, **modules).warnings]


def only_error(source: str, **modules: str) -> str:
    """The only error."""
    (line,) = errors(source, **modules)
    return line


def fine(source: str, **modules: str) -> None:
    """There is nothing to be said."""
    found = checked(source, **modules)
    assert [problem.line() for problem in (*found.errors, *found.warnings)] == []
