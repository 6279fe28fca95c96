"""The logger of a run."""

from __future__ import annotations

import logging

NAME = "pauta.run"


def get_run_logger() -> logging.Logger:
    """A logger whose lines belong to the task or flow that writes them, as those of any logger do.

    At a prompt they appear as the program's own `logging` is set up to show them.
    """
    return logging.getLogger(NAME)
