"""``pauta schema``: the JSON Schema of pipeline documents."""

from __future__ import annotations

import typer

from pauta.cli.session import session_of


def schema(context: typer.Context) -> int:
    """Print the JSON Schema; it is JSON with and without ``--json``."""
    from pauta.authoring.schema import json_schema

    session_of(context).answer(json_schema())
    return 0
