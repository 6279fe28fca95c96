"""What a plan runs: its scripts with their modules, and whether flows are among them."""

from __future__ import annotations

from collections.abc import Mapping

from pauta.domain.ids import Address
from pauta.domain.plan import Plan


def has_flows(plan: Plan) -> bool:
    """Whether a step of the plan may make calls."""
    return any(step.entry for step in plan.steps)


def bundle_of(plan: Plan) -> Mapping[str, Address]:
    """Every script and local module that a plan runs: path relative to the scripts' folder → address."""
    files: dict[str, Address] = {}
    for script in {id(step.script): step.script for step in plan.steps}.values():
        files[script.path] = script.source
        files.update(script.modules)
    return files
