"""Ranges of a run's log, its attempts and its history, for people to read."""

from __future__ import annotations

from pauta.domain.ids import RunId
from pauta.domain.plan import Plan
from pauta.domain.problems import NotFound, Problem
from pauta.domain.runs import Run
from pauta.domain.states import FINAL_RUNS
from pauta.ports.store import Store, Transaction
from pauta.services.log_reading import read_lines
from pauta.services.naming import names_of, numbers_of
from pauta.services.view_runs import AttemptList, AttemptView, EventList, EventView, LogPage, LogView

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
"""Levels from the least to the most severe. Lines with a level of their own count as ``INFO``."""


class History:
    """Reads what a run left behind beside its results."""

    def __init__(self, store: Store, *, language: str) -> None:
        self._store = store
        self._language = language

    def logs(self, run_id: RunId, *, after: int, limit: int, step: str | None = None, level: str = "DEBUG") -> LogPage:
        """At most `limit` lines numbered above `after`, of this step or call and at least this level.

        A step or call, by name or number, means also what was called in it.

        Raises:
            NotFound: RUN-001; RUN-003 when the run has no such step and no such call.
        """
        with self._store.transaction() as tx:
            # The state is read first: lines recorded after it are found the next time.
            run, plan = _run(tx, run_id)
            wanted = None if step is None else numbers_of(tx, run, plan, step)
            found = read_lines(tx.logs, run_id, wanted=wanted, after=after, limit=limit)
            names = names_of(tx, run_id, plan, {no for _, no, _ in found.lines})
        lines = [
            LogView(number, names[no], line.at, line.level, line.stream, line.logger, line.text)
            for number, no, line in found.lines
            if severity(line.level) >= severity(level)
        ]
        return LogPage(
            lines=tuple(lines),
            next=found.next,
            more=found.more,
            over=run.state in FINAL_RUNS and not found.more,
        )

    def attempts(self, run_id: RunId) -> AttemptList:
        """All attempts of a run.

        Raises:
            NotFound: RUN-001.
        """
        with self._store.transaction() as tx:
            _, plan = _run(tx, run_id)
            attempts = tx.attempts.of_run(run_id)
        names = {stage.no: tuple(plan.steps[no].name for no in stage.steps) for stage in plan.stages}
        return AttemptList(
            tuple(
                AttemptView(
                    stage=a.stage_no,
                    steps=names[a.stage_no],
                    attempt=a.fence,
                    owner=a.owner,
                    started_at=a.started_at,
                    ended_at=a.ended_at,
                    outcome=a.outcome.value if a.outcome else None,
                    process=a.process,
                    code=a.problem.code if a.problem else None,
                    message=a.problem.message(self._language) if a.problem else None,
                )
                for a in attempts
            )
        )

    def events(self, run_id: RunId) -> EventList:
        """A run's history.

        Raises:
            NotFound: RUN-001.
        """
        with self._store.transaction() as tx:
            _, plan = _run(tx, run_id)
            events = tx.events.of_run(run_id)
            names = names_of(tx, run_id, plan, {e.step_no for e in events if e.step_no is not None})
        return EventList(
            tuple(
                EventView(
                    at=e.at,
                    kind=e.kind,
                    stage=e.stage_no,
                    step=None if e.step_no is None else names[e.step_no],
                    details=e.details,
                )
                for e in events
            )
        )


def severity(level: str) -> int:
    """Where a level stands among `LEVELS`."""
    name = level.upper()
    return LEVELS.index(name) if name in LEVELS else LEVELS.index("INFO")


def _run(tx: Transaction, run_id: RunId) -> tuple[Run, Plan]:
    run, plan = tx.runs.get(run_id), tx.runs.plan(run_id)
    if run is None or plan is None:
        raise NotFound(Problem("RUN-001", {"run": run_id}))
    return run, plan
