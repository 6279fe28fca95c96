"""Where the frames of a run come from: a file of the project, a stored object, a frame of another run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from pauta.authoring.locate import is_file
from pauta.authoring.nearest import nearest
from pauta.domain.ids import Address, RunId, is_address
from pauta.domain.outputs import Output
from pauta.domain.pipeline import InputSpec, Pipeline
from pauta.domain.problems import InvalidInput, NotFound, PautaError, Place, Problem, StoreFault, shorten
from pauta.frames.contract import check_rows, missing_columns
from pauta.ports.objects import Stored
from pauta.services.accept_reading import read_stored_frame, reader
from pauta.services.control import Control
from pauta.services.inputs import bring_in
from pauta.services.look import Looker

_RUN = re.compile(r"[0-9A-Za-z_-]{1,64}", re.ASCII).fullmatch


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one frame comes from: a `path` of the project, an `address`, or a `frame` of a `run`."""

    path: str | None = None
    address: str | None = None
    run: str | None = None
    frame: str | None = None


def origin_of(name: str, given: Any) -> Origin:
    """What was said of an input: ``{"path"}``, ``{"address"}``, ``{"run", "frame"}``, or a path or address as text.

    Raises:
        InvalidInput: ASK-005 when it is none of these.
    """
    if isinstance(given, str):
        return Origin(address=given) if is_address(given) else Origin(path=given)
    if isinstance(given, Mapping):
        said = {key: value for key, value in given.items() if value is not None}
        if set(said) in ({"path"}, {"address"}, {"run", "frame"}) and all(isinstance(v, str) for v in said.values()):
            return Origin(**said)
    raise InvalidInput(Problem("ASK-005", {"input": shorten(name)}, place=_place(name)))


def stray_problems(pipeline: Pipeline, names: Iterable[str]) -> list[Problem]:
    """ASK-010 for each name that is no frame of any step: it would be passed over, and another one read instead."""
    known = {frame for step in pipeline.steps for frame in step.dataframes} | set(pipeline.inputs)
    problems = []
    for name in names:
        if name in known:
            continue
        values = {"input": shorten(name), "known": shorten(", ".join(sorted(known)), 200) or "-"}
        near = nearest(name, known)
        variant = "near" if near else ""
        values |= {"suggestion": shorten(near[0])} if near else {}
        problems.append(Problem("ASK-010", values, variant=variant, place=_place(name)))
    return problems


def project_file(control: Control, name: str, path: str) -> Path:
    """The file of the project that a path means. Nothing outside of its folder is ever looked at (S7).

    Raises:
        InvalidInput: ASK-002 when it leads out of the folder, or to the records; ASK-003 when it cannot be a file.
    """
    values = {"input": shorten(name), "path": shorten(path)}
    top = control.folder.resolve()
    try:
        found = (top / path).resolve()
    except (OSError, ValueError, RuntimeError):  # too long, a NUL in it, links in a circle
        raise InvalidInput(Problem("ASK-003", values, place=_place(name))) from None
    if not found.is_relative_to(top) or found.is_relative_to(control.records.resolve()):
        raise InvalidInput(Problem("ASK-002", values, place=_place(name)))
    return found


def bring_all(
    control: Control, names: tuple[str, ...], *, origins: Mapping[str, Origin], pipeline: Pipeline
) -> dict[str, Output]:
    """Every frame that a run takes in, stored. What was given comes before the document's own sources.

    Raises:
        InvalidInput: With the problems of all of them.
    """
    problems: list[Problem] = []
    files: dict[str, Path] = {}
    outputs: dict[str, Output] = {}
    for name in names:
        spec = pipeline.inputs.get(name) or InputSpec(name)
        origin = origins.get(name) or Origin(path=spec.source)
        try:
            if origin.path is not None:
                files[name] = _existing(control, name, origin.path)
            else:
                outputs[name] = _fitting(_stored(control, name, origin), spec)
        except (InvalidInput, NotFound) as error:
            problems += error.problems
    specs = {name: pipeline.inputs.get(name) or InputSpec(name) for name in files}
    read = reader(control.tables, records=control.records)
    try:
        outputs |= bring_in(files, specs, store=control.store, objects=control.objects, read=read)
    except InvalidInput as error:
        problems += error.problems
    if problems:
        raise InvalidInput(problems)
    return outputs


def stored_frame(control: Control, name: str, address: str) -> Output:
    """The stored frame of this address.

    Raises:
        InvalidInput: ASK-004 when there is none, or it is no frame.
    """
    values = {"input": shorten(name), "address": shorten(address)}
    missing = Problem("ASK-004", values, place=_place(name))
    if not is_address(address) or not control.objects.exists(Address(address)):
        raise InvalidInput(missing)
    with control.store.transaction() as tx:
        kept = tx.objects.imported(address)
    if kept is not None:
        return msgspec.convert(kept, Output)
    try:
        path = control.objects.path(Address(address))
    except StoreFault as error:
        raise InvalidInput([missing, *error.problems]) from error
    stored = Stored(Address(address), path.stat().st_size)
    output = read_stored_frame(path, stored, tables=control.tables)
    if output is None:
        raise InvalidInput(Problem("ASK-004", values, variant="kind", place=_place(name)))
    with control.store.transaction() as tx:
        tx.objects.remember_import(address, msgspec.to_builtins(output))
    return output


def _existing(control: Control, name: str, path: str) -> Path:
    found = project_file(control, name, path)
    if not is_file(found):
        values = {"input": shorten(name), "path": shorten(path)}
        raise InvalidInput(Problem("ASK-003", values, place=_place(name)))
    return found


def _stored(control: Control, name: str, origin: Origin) -> Output:
    if origin.address is not None:
        return stored_frame(control, name, origin.address)
    if not _RUN(origin.run or ""):
        raise InvalidInput(Problem("RUN-001", {"run": shorten(origin.run)}, place=_place(name)))
    looker = Looker(control.store, records=str(control.records), language="en")
    try:
        output = looker.output(RunId(origin.run or ""), origin.frame or "")
    except PautaError as error:
        raise InvalidInput([replace(problem, place=_place(name)) for problem in error.problems]) from error
    if not output.inline and output.size and not control.objects.exists(output.address):
        values = {"input": shorten(name), "address": output.address}
        raise InvalidInput(Problem("ASK-004", values, place=_place(name)))
    return output


def _fitting(output: Output, spec: InputSpec) -> Output:
    """The frame, if it has the columns and rows that the document asks of this input.

    Raises:
        InvalidInput: CSV-030, DAT-011.
    """
    if not spec.schema and not spec.min_rows:
        return output
    problems = missing_columns(spec.schema, [column.name for column in output.columns], spec.name)
    if problems:
        raise InvalidInput(problems)
    check_rows(output.rows or 0, output=spec.name, least=spec.min_rows)
    return output


def _place(name: str) -> Place:
    return Place(field=f"inputs.{shorten(name)}")
