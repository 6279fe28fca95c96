"""``pauta schema``: the JSON Schema of pipeline documents."""

from __future__ import annotations

import typer

from pauta.cli.session import session_of


def schema(context: typer.Context) -> int:
    """Print the JSON Schema; it is JSON with and without ``--json``."""
    from pauta import assembly

    session_of(context).answer(assembly.document_schema())
    return 0
