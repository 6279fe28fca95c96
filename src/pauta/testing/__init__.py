"""Whole flows in memory, in milliseconds: time that moves by itself, answers and faults that a test decides.

    from pauta.testing import run_flow

    def test_a_title_is_posted_once():
        run = run_flow(full_flow, limit=2)
        assert run.value == 2
        assert run.names == ["fetch_data", "fetch_titles", "post_items"]

The engine is the one of real runs, and values go through the same form as on record, so what could not be stored
fails here as well. Nothing is written to disk, no process is started and nobody sleeps. Imported by tests only.
"""

from __future__ import annotations

from pauta.testing.everywhere import crash_everywhere
from pauta.testing.faults import Crash, Fault
from pauta.testing.harness import Harness, run_flow
from pauta.testing.ran import Ran, Unanswered
from pauta.testing.timing import Clock, firings

__all__ = ["Clock", "Crash", "Fault", "Harness", "Ran", "Unanswered", "crash_everywhere", "firings", "run_flow"]
