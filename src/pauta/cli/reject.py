"""``pauta reject``: a no to what a flow wants to do."""

from __future__ import annotations

import typer

from pauta.cli.approve import Comment, Which, decide
from pauta.cli.options import Run
from pauta.cli.served import alone


def reject(context: typer.Context, run: Run, call: Which = None, comment: Comment = None) -> int:
    """Reject."""
    return decide(context, run, call, approved=False, comment=comment or "")


app = alone(reject)
