"""Checks a deployment before it is kept: every problem at once, each with the field it lies in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from pauta.authoring.names import MAX_NAME, matches_name
from pauta.domain.deploying import Deployment, Notification
from pauta.domain.ids import is_address
from pauta.domain.pipelines import PipelineVersion
from pauta.domain.problems import InvalidInput, NotFound, Place, Problem, Scalar, StoreFault, shorten
from pauta.domain.states import RunState
from pauta.ports.store import Transaction
from pauta.services.accept_inputs import project_file, stored_frame, stray_problems
from pauta.services.accept_terms import (
    LONGEST_TEXT,
    limit_problems,
    parameter_problems,
    part_problems,
    pool_problems,
    priority_problems,
    text_problems,
)
from pauta.services.control import Control
from pauta.services.published import checked_version, find_version

MOST_AT_A_TIME = 100_000
MOST_NOTIFICATIONS = 20
MOST_TAGS = 50
_KINDS = ("webhook", "apprise")
_SECRET = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*", re.ASCII).fullmatch
_WEB = re.compile(r"https?://[^\s/?#@]+(?:[/?#]\S*)?", re.ASCII).fullmatch
_STATES = tuple(state.value for state in RunState)


def check_deployment(control: Control, deployment: Deployment) -> None:
    """Whether a deployment may be kept.

    Raises:
        InvalidInput: With every problem: DEP-005 to DEP-011, PIP-…, PRM-…, ASK-…, POL-001.
    """
    with control.store.transaction() as tx:
        version, problems = _version(tx, deployment)
        problems += pool_problems(tx, deployment.pool)
    problems = [
        *name_problems(deployment.name),
        *problems,
        *part_problems(deployment.only),
        *priority_problems(deployment.priority),
        *amount_problems("limit", deployment.limit),
        *limit_problems(deployment.limits),
        *_notification_problems(deployment.notifications),
        *text_problems("description", deployment.description),
        *_tag_problems(deployment.tags),
        *_source_problems(deployment.source),
        *_input_problems(control, deployment.inputs),
    ]
    if version is not None:
        problems += _fit_problems(control, deployment, version)
    if problems:
        raise InvalidInput(problems)


def name_problems(name: str) -> list[Problem]:
    """DEP-005 when this cannot be the name of a deployment or a pool."""
    size = len(name.encode("utf-8", "replace"))
    if size > MAX_NAME:
        return [Problem("DEP-005", {"found": size, "limit": MAX_NAME}, variant="long", place=Place(field="name"))]
    if matches_name(name) and "\\" not in name and name.isprintable():
        return []
    return [Problem("DEP-005", {"name": shorten(name)}, place=Place(field="name"))]


def amount_problems(field: str, amount: int | None) -> list[Problem]:
    """DEP-009 when a limit is out of range."""
    if amount is None or 0 <= amount <= MOST_AT_A_TIME:
        return []
    values: dict[str, Scalar] = {"found": shorten(amount), "least": 0, "most": MOST_AT_A_TIME}
    return [Problem("DEP-009", values, place=Place(field=field))]


def _version(tx: Transaction, deployment: Deployment) -> tuple[PipelineVersion | None, list[Problem]]:
    try:
        return find_version(tx, deployment.pipeline, deployment.pipeline_version), []
    except NotFound as error:
        field = "pipeline" if error.problems[0].code == "PIP-001" else "pipeline_version"
        return None, [replace(problem, place=Place(field=field)) for problem in error.problems]


def _fit_problems(control: Control, deployment: Deployment, version: PipelineVersion) -> list[Problem]:
    """What the pipeline says of the parameters and of the part. Inputs may still be given with each run."""
    only = None if part_problems(deployment.only) else deployment.only
    try:
        checked = checked_version(version, objects=control.objects, given=frozenset(deployment.inputs), only=only)
    except InvalidInput as error:
        if not deployment.inputs:
            return list(error.problems)
        # Frames that are given with a run later may be missing now; the version itself was checked.
        checked = checked_version(version, objects=control.objects, only=only)
    unfit = parameter_problems(checked.pipeline, deployment.parameters)
    stray = stray_problems(checked.pipeline, deployment.inputs)
    return [*(_below(problem, "parameters") for problem in unfit), *stray]


def _below(problem: Problem, field: str) -> Problem:
    name = problem.place.field if problem.place is not None else None
    return replace(problem, place=Place(field=f"{field}.{name}" if name else field))


def _input_problems(control: Control, inputs: Mapping[str, str]) -> list[Problem]:
    """Paths must stay in the project, but files may arrive later; objects must be there."""
    problems: list[Problem] = []
    for name, where in inputs.items():
        try:
            if is_address(where):
                stored_frame(control, name, where)
            else:
                project_file(control, name, where)
        except (InvalidInput, StoreFault) as error:
            problems += error.problems
    return problems


def _tag_problems(tags: Sequence[str]) -> list[Problem]:
    if len(tags) > MOST_TAGS:
        values: dict[str, Scalar] = {"found": len(tags), "least": 0, "most": MOST_TAGS}
        return [Problem("DEP-009", values, place=Place(field="tags"))]
    return [problem for i, tag in enumerate(tags) for problem in text_problems(f"tags[{i}]", tag)]


def _source_problems(source: Mapping[str, str]) -> list[Problem]:
    if len(source) > MOST_TAGS:
        values: dict[str, Scalar] = {"found": len(source), "least": 0, "most": MOST_TAGS}
        return [Problem("DEP-009", values, place=Place(field="source"))]
    texts = [(f"source.{shorten(name)}", text) for name, value in source.items() for text in (name, value)]
    return [problem for where, text in texts for problem in text_problems(where, text)]


def _notification_problems(notifications: Iterable[Notification]) -> list[Problem]:
    problems: list[Problem] = []
    listed = list(notifications)
    if len(listed) > MOST_NOTIFICATIONS:
        values: dict[str, Scalar] = {"found": len(listed), "least": 0, "most": MOST_NOTIFICATIONS}
        return [Problem("DEP-009", values, place=Place(field="notifications"))]
    for i, notification in enumerate(listed):
        at = f"notifications[{i}]"
        if notification.kind not in _KINDS:
            problems.append(Problem("DEP-006", {"found": shorten(notification.kind)}, place=Place(field=f"{at}.kind")))
        if not notification.on:
            problems.append(Problem("DEP-007", variant="none", place=Place(field=f"{at}.on")))
        for state in notification.on:
            if state not in _STATES:
                values = {"found": shorten(state), "known": ", ".join(_STATES)}
                problems.append(Problem("DEP-007", values, place=Place(field=f"{at}.on")))
        problems += _address_problems(notification, f"{at}.address")
    return problems


def _address_problems(notification: Notification, field: str) -> list[Problem]:
    """A webhook is a web address. One with a password in it, and any of apprise, is to be named, not written."""
    address = notification.address
    if _SECRET(address):
        return []
    if notification.kind != "apprise" and _WEB(address) and len(address) <= LONGEST_TEXT:
        return []
    expected = "env:VARIABLE" if notification.kind == "apprise" else "https://…, env:VARIABLE"
    # The address itself is not repeated: it may hold a password.
    values: dict[str, Scalar] = {"found": shorten(address.partition(":")[0], 20), "expected": expected}
    return [Problem("DEP-008", values, place=Place(field=field))]
