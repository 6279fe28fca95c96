"""Ranges of a run's log, its attempts and its history, for people to read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from pauta.domain.ids import RunId
from pauta.domain.plan import Plan
from pauta.domain.problems import NotFound, Problem
from pauta.domain.runs import LogChunk, LogLine, Run
from pauta.domain.states import FINAL_RUNS
from pauta.ports.store import Store, Transaction
from pauta.services.desk import step_named
from pauta.services.view_runs import AttemptList, AttemptView, EventList, EventView, LogPage, LogView

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
"""Levels from the least to the most severe. Lines with a level of their own count as ``INFO``."""


class History:
    """Reads what a run left behind beside its results."""

    def __init__(self, store: Store, *, language: str) -> None:
        self._store = store
        self._language = language

    def logs(self, run_id: RunId, *, after: int, limit: int, step: str | None = None, level: str = "DEBUG") -> LogPage:
        """At most `limit` lines numbered above `after`, of this step and at least this level.

        Raises:
            NotFound: RUN-001; RUN-003 when the run has no such step.
        """
        with self._store.transaction() as tx:
            # The state is read first: lines recorded after it are found the next time.
            run, plan = _run(tx, run_id)
            number = None if step is None else step_named(run, plan, step).no
            chunks = tx.logs.read(run_id, step_no=number, after=after, limit_lines=limit + 1)
            last = tx.logs.last(run_id)
        read = list(islice(_numbered(chunks, after), limit + 1))
        lines = [
            LogView(no, plan.steps[step_no].name, line.at, line.level, line.stream, line.logger, line.text)
            for no, step_no, line in read[:limit]
            if severity(line.level) >= severity(level)
        ]
        # The store counts whole chunks, the lines before `after` too: it may have stopped before our limit.
        stopped = sum(len(chunk.lines) for chunk in chunks) > limit
        more = len(read) > limit or (stopped and read[-1][0] < last)
        return LogPage(
            lines=tuple(lines),
            next=read[:limit][-1][0] if read else after,
            more=more,
            over=run.state in FINAL_RUNS and not more,
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
        return EventList(
            tuple(
                EventView(
                    at=e.at,
                    kind=e.kind,
                    stage=e.stage_no,
                    step=None if e.step_no is None else plan.steps[e.step_no].name,
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


def _numbered(chunks: Sequence[LogChunk], after: int) -> Iterator[tuple[int, int, LogLine]]:
    for chunk in chunks:
        for i, line in enumerate(chunk.lines):
            if chunk.first + i > after:
                yield chunk.first + i, chunk.step_no, line
