"""Commands that are loaded only when they are called: their words stand in the help, their code costs nothing."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

LATER: Mapping[str, str] = {
    "waiting": "waiting",
    "answer": "answer",
    "approve": "approve",
    "reject": "reject",
    "submit": "submit",
    "wait": "wait",
    "status": "status",
    "pipeline": "pipeline",
    "script": "script",
    "deployment": "deployment",
    "deploy": "deploy",
    "schedule": "schedule",
    "trigger": "trigger",
    "server": "server",
    "worker": "worker",
    "work-pool": "pool",
    "limit": "limit",
    "token": "token",
    "audit": "audit",
    "config": "config",
    "db": "db",
    "retention": "retention",
    "store": "store",
}
"""Command → its module in this room, which has it as `app`."""


def load(name: str) -> Any:
    """The command, or the group of commands, of this name."""
    import typer

    module = import_module(f"pauta.cli.{LATER[name]}")
    made = typer.main.get_command(module.app)
    made.name = name
    return made
