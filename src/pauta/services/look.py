"""Looks things up for people: runs, steps, frames, logs. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from msgspec.structs import replace

from pauta.domain.calls import Call, CallState
from pauta.domain.ids import RunId
from pauta.domain.outputs import Output
from pauta.domain.plan import FROM_INPUT, Plan, PlannedStep
from pauta.domain.problems import Conflict, NotFound, Problem, shorten
from pauta.domain.runs import LogLine, Run, StepRecord
from pauta.domain.states import FINAL_RUNS, StepState
from pauta.engine.reasons import Reason
from pauta.ports.store import Store, Transaction
from pauta.services.answers import waiting_below
from pauta.services.desk import step_named
from pauta.services.log_reading import read_lines
from pauta.services.look_calls import calls_of, numbered_outputs, outputs_of, view_of
from pauta.services.look_parts import parts_of, readable
from pauta.services.naming import calls_named, has_flows, label, names_of, numbers_of
from pauta.services.views import FrameView, ModelView, RunLine, RunView, StepView

_MOST_WAITS = 20
_MOST_FRAMES = 200
_MOST_NAMES = 100
_MOST_LINES = 10_000


class Looker:
    """Reads the records and shows them."""

    def __init__(self, store: Store, *, records: str, language: str) -> None:
        self._store = store
        self._records = records
        self._language = language

    def find(self, prefix: str) -> RunId:
        """The one run whose id begins so; ``latest`` is the newest that no flow began.

        Raises:
            NotFound: RUN-001 when there is none.
            Conflict: RUN-002 when there are several.
        """
        with self._store.transaction() as tx:
            found = _latest(tx) if prefix == "latest" else tx.runs.find(prefix)
        if not found:
            raise NotFound(Problem("RUN-001", {"run": prefix}, variant="none" if prefix == "latest" else ""))
        if len(found) > 1 and prefix not in found:
            raise Conflict(Problem("RUN-002", {"run": prefix, "count": len(found), "matches": ", ".join(found[:5])}))
        return RunId(prefix) if prefix in found else found[0]

    def view(self, run_id: RunId, *, now: datetime) -> RunView:
        """A run with everything in it.

        Raises:
            NotFound: RUN-001.
        """
        run, plan, records = self.records(run_id)
        with self._store.transaction() as tx:
            calls = calls_of(tx, run_id, plan)
            waiting = waiting_below(tx, run_id) if has_flows(plan) and run.state not in FINAL_RUNS else ()
        paused = [call for call in calls if call.state is CallState.PAUSED]
        steps = tuple(self._step(run, plan, step, records) for step in plan.steps)
        problem = run.problem or _first_problem(records)
        return RunView(
            run=run.id,
            pipeline=run.pipeline,
            state=run.state.value,
            created_at=run.created_at,
            started_at=run.started_at,
            ended_at=run.ended_at,
            seconds=_seconds(run, now),
            of=run.of,
            parameters=run.parameters,
            steps=steps,
            frames=(*_frames(run, plan, records), *_frames_of_calls(calls)),
            models=tuple(
                ModelView(m.name, m.type, r.name, m.metrics, m.files or r.files) for r in records for m in r.models
            ),
            problem=problem,
            records=self._records,
            document=run.options.document,
            published=run.document,
            deployment=run.deployment,
            pool=run.pool,
            priority=run.priority,
            asked_by=run.asked_by,
            cancel_requested_at=run.cancel_requested_at,
            message=problem.message(self._language) if problem else _said(records),
            remedy=problem.remedy(self._language) or None if problem else None,
            parent=run.parent,
            calls=len(calls),
            paused=run.paused_stages > 0,
            waits=tuple(view_of(call, plan, self._language) for call in paused[:_MOST_WAITS]),
            waiting=waiting,
        )

    def step(self, run_id: RunId, name: str) -> StepView:
        """One step of a run.

        Raises:
            NotFound: RUN-001, RUN-003.
        """
        run, plan, records = self.records(run_id)
        return self._step(run, plan, step_named(run, plan, name), records)

    def records(self, run_id: RunId) -> tuple[Run, Plan, Sequence[StepRecord]]:
        """The run, its plan and the records of its steps.

        Raises:
            NotFound: RUN-001.
        """
        with self._store.transaction() as tx:
            run, plan = tx.runs.get(run_id), tx.runs.plan(run_id)
            records = tx.steps.of_run(run_id)
        if run is None or plan is None:
            raise NotFound(Problem("RUN-001", {"run": run_id}))
        return run, plan, records

    def _step(self, run: Run, plan: Plan, step: PlannedStep, records: Sequence[StepRecord]) -> StepView:
        record = records[step.no]
        taken = [run.inputs.get(t.name) if t.source == FROM_INPUT else records[t.source].output for t in step.takes]
        rows = [o.rows for o in taken if o is not None and o.rows is not None]
        problem = record.problem if record.state is not StepState.COMPLETED else None
        return StepView(
            name=step.name,
            state=record.state.value,
            part=step.part.value,
            stage=record.stage_no,
            attempts=record.attempts,
            cached=record.cached,
            cached_from=record.cached_from,
            seconds=record.seconds,
            rows_in=sum(rows) if rows else None,
            rows_out=record.output.rows if record.output is not None else None,
            output=step.gives,
            reason=Reason.decode(record.reason).text(self._language) if record.reason else None,
            started_at=record.started_at,
            ended_at=record.ended_at,
            metrics=record.metrics,
            files=record.files,
            problem=problem,
            needs=tuple(plan.steps[n].name for n in sorted(step.needs)),
            message=problem.message(self._language) if problem else record.message or None,
            remedy=problem.remedy(self._language) or None if problem else None,
        )

    def runs(
        self,
        *,
        limit: int,
        before: str | None,
        states: Sequence[str],
        pipeline: str | None,
        now: datetime,
        deployment: str | None = None,
        children: bool = True,
    ) -> list[RunLine]:
        """Runs, newest first; without `children` not those that flows of others began."""
        with self._store.transaction() as tx:
            found = tx.runs.newest(
                limit=limit,
                before=RunId(before) if before else None,
                states=states,
                pipeline=pipeline,
                deployment=deployment,
                top_level=not children,
            )
        return [_line(run, now) for run in found]

    def children(self, run_id: RunId, *, now: datetime) -> list[RunLine]:
        """The runs that flows of this run began, oldest first.

        Raises:
            NotFound: RUN-001.
        """
        self.records(run_id)
        with self._store.transaction() as tx:
            return [_line(run, now) for run in tx.runs.children(run_id)]

    def logs(self, run_id: RunId, *, step: str | None, after: int) -> list[tuple[int, str, LogLine]]:
        """Log lines numbered above `after`: number, name of the step or call, line.

        Args:
            run_id: The run.
            step: Only lines of this step or call, by name or number, and of what was called in it.
            after: Number of a line; -1 for all.

        Raises:
            NotFound: RUN-001; RUN-003 when the run has no such step and no such call.
        """
        run, plan, _ = self.records(run_id)
        with self._store.transaction() as tx:
            wanted = None if step is None else numbers_of(tx, run, plan, step)
            found = read_lines(tx.logs, run_id, wanted=wanted, after=after, limit=_MOST_LINES)
            names = names_of(tx, run_id, plan, {no for _, no, _ in found.lines})
        return [(number, names[no], line) for number, no, line in found.lines]

    def output(self, run_id: RunId, name: str) -> Output:
        """The newest version of a frame, or ``name@version`` for an older one.

        Raises:
            NotFound: RUN-001, RUN-004.
        """
        return self._found(run_id, name)[2]

    def frame(self, run_id: RunId, name: str) -> FrameView:
        """A frame (or other output) of a run: the newest version, or ``name@version`` for an older one.

        What a call of a flow gave is known by the call's name or number.

        Raises:
            NotFound: RUN-001, RUN-004.
        """
        wanted, version, output, maker, objects = self._found(run_id, name)
        found = _frame(wanted, version, output, {(wanted, version): maker} if maker else {})
        return replace(found, value=readable(wanted, output, objects)) if output.inline else found

    def _found(self, run_id: RunId, name: str) -> tuple[str, int, Output, str | None, Sequence[Output]]:
        """Name, version, output, which step or call made it, and what it refers to."""
        run, plan, records = self.records(run_id)
        known = _outputs(run, plan, records)
        found = _named(name, known)
        if found is not None:
            whole = next((r for r in records if r.output is known[found]), None)
            return *found, known[found], _makers(plan, known).get(found), whole.objects if whole is not None else ()
        with self._store.transaction() as tx:
            calls = calls_of(tx, run_id, plan)
        by_calls = {key: (output, call) for key, output, call in outputs_of(calls)}
        found = _named(name, by_calls)
        if found is not None:
            output, call = by_calls[found]
            return *found, output, label(call), ()
        for call in calls_named(calls, name.partition(".")[0]):
            numbered = numbered_outputs(call)
            output_there = numbered.get(name) or numbered.get(str(call.no))
            if output_there is not None:
                return name, 1, output_there, label(call), call.result.objects if call.result is not None else ()
        names = ", ".join(sorted({n for n, _ in known} | {n.partition("#")[0] for n, _ in by_calls})[:_MOST_NAMES])
        raise NotFound(Problem("RUN-004", {"frame": shorten(name), "run": run.id, "known": names}))

    def profile(self, run_id: RunId, name: str) -> Mapping[str, Any] | None:
        """Profile and preview of a frame, when it has one.

        Raises:
            NotFound: RUN-001, RUN-004.
        """
        output = self.output(run_id, name)
        with self._store.transaction() as tx:
            return tx.objects.profile(output.address)


def _outputs(run: Run, plan: Plan, records: Sequence[StepRecord]) -> dict[tuple[str, int], Output]:
    found = {(name, 0): output for name, output in run.inputs.items()}
    for step in plan.steps:
        output = records[step.no].output
        if step.gives is not None and output is not None:
            found[step.gives, step.gives_version] = output
            for name, part in parts_of(step.gives, records[step.no].objects):
                found.setdefault((name, step.gives_version), part)
    return found


def _latest(tx: Transaction) -> list[RunId]:
    return [run.id for run in tx.runs.newest(limit=1, top_level=True)]


def _named(name: str, known: Mapping[tuple[str, int], Any]) -> tuple[str, int] | None:
    """Name and version that somebody means, if there is such a one."""
    wanted, _, version = (name, "", "") if any(n == name for n, _ in known) else name.partition("@")
    return max(((n, v) for n, v in known if n == wanted and (not version or str(v) == version)), default=None)


def _makers(plan: Plan, known: Iterable[tuple[str, int]]) -> dict[tuple[str | None, int], str]:
    makers = {(s.gives, s.gives_version): s.name for s in plan.steps}
    parts = ((name, version) for name, version in known if (name, version) not in makers and version)
    return makers | {(name, v): makers[name.rpartition(".")[0], v] for name, v in parts}


def _frames(run: Run, plan: Plan, records: Sequence[StepRecord]) -> list[FrameView]:
    newest: dict[str, int] = {}
    outputs = _outputs(run, plan, records)
    makers = _makers(plan, outputs)
    for name, version in outputs:
        newest[name] = max(version, newest.get(name, -1))
    return [
        _frame(name, version, output, makers) for (name, version), output in outputs.items() if newest[name] == version
    ]


def _frames_of_calls(calls: Sequence[Call]) -> list[FrameView]:
    """What calls gave, each name in its newest version; of very many the first."""
    newest = {name: (version, output, call) for (name, version), output, call in outputs_of(calls)}
    return [
        _frame(name, version, output, {(name, version): label(call)})
        for name, (version, output, call) in islice(newest.items(), _MOST_FRAMES)
    ]


def _frame(name: str, version: int, output: Output, makers: Mapping[tuple[str | None, int], str]) -> FrameView:
    return FrameView(
        name=name,
        version=version,
        kind=output.kind.value,
        made_by=makers.get((name, version)),
        rows=output.rows,
        columns=output.columns,
        size=output.size,
        address=output.address,
        library=output.library,
        format=output.format,
    )


def _line(run: Run, now: datetime) -> RunLine:
    return RunLine(
        run.id,
        run.pipeline,
        run.state.value,
        run.created_at,
        _seconds(run, now),
        of=run.of,
        started_at=run.started_at,
        ended_at=run.ended_at,
        published=run.document,
        deployment=run.deployment,
        pool=run.pool,
        asked_by=run.asked_by,
        parent=run.parent,
    )


def _said(records: Sequence[StepRecord]) -> str | None:
    """What the only flow of a run said with the state that it returned."""
    return records[0].message or None if len(records) == 1 else None


def _first_problem(records: Sequence[StepRecord]) -> Problem | None:
    bad = [r for r in records if r.problem is not None and r.state in (StepState.FAILED, StepState.HELD)]
    return bad[0].problem if bad else None


def _seconds(run: Run, now: datetime) -> float | None:
    if run.started_at is None:
        return None
    return ((run.ended_at or now) - run.started_at).total_seconds()
