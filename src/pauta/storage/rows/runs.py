"""Runs and plans in SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from operator import itemgetter

from blake3 import blake3

from pauta.domain.ids import RunId
from pauta.domain.plan import Plan
from pauta.domain.runs import Run, Stage, StepRecord
from pauta.storage import codec, references
from pauta.storage.records import newest, run_place, run_progress, run_row, stage_row, step_row, to_run
from pauta.storage.session import Session

_LAST = "\U0010ffff"


class SqlRuns:
    """`RunRows` in SQL."""

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, run: Run, plan: Plan, stages: Sequence[Stage], steps: Sequence[StepRecord]) -> bool:
        """See `RunRows`."""
        session = self._session
        body = codec.to_json(plan)
        digest = blake3(body.encode()).hexdigest()
        session.run("plan.add", {"hash": digest, "body": body})
        if session.run("run.add", {**run_row(run), "plan_hash": digest}) != 1:
            # Its plan may be new: nothing of a refused run may stay.
            session.run("plan.drop", {"k_hash": digest})
            return False
        place = run_place(run)
        session.run_many("stage.add", [{**stage_row(stage), **place} for stage in stages])
        session.run_many("step.add", [step_row(step) for step in steps])
        session.run_many(
            "need.add",
            [
                {"run_id": run.id, "upstream": upstream, "stage_no": stage.no}
                for stage in plan.stages
                for upstream in sorted(set(stage.needs))
            ],
        )
        found = references.of_run(run, plan)
        for step in steps:
            found |= references.of_result(step)
        session.run_many("reference.add", references.pairs(run.id, found))
        return True

    def get(self, run_id: RunId) -> Run | None:
        """See `RunRows`."""
        row = self._session.row("run.get", {"k_id": run_id})
        return to_run(row) if row else None

    def plan(self, run_id: RunId) -> Plan | None:
        """See `RunRows`."""
        row = self._session.row("plan.get", {"k_id": run_id})
        return codec.to_plan(row[1]) if row else None

    def by_key(self, idempotency_key: str) -> Run | None:
        """See `RunRows`."""
        row = self._session.row("run.by_key", {"k_idempotency_key": idempotency_key})
        return to_run(row) if row else None

    def find(self, prefix: str) -> list[RunId]:
        """See `RunRows`."""
        return [row[0] for row in self._session.rows("run.find", {"low": prefix, "high": prefix + _LAST})]

    def newest(
        self,
        *,
        limit: int = 50,
        before: RunId | None = None,
        states: Sequence[str] = (),
        pipeline: str | None = None,
        deployment: str | None = None,
        top_level: bool = False,
    ) -> list[Run]:
        """See `RunRows`."""
        name = newest(
            before=before is not None,
            state=bool(states),
            pipeline=pipeline is not None,
            deployment=deployment is not None,
            top_level=top_level,
        )
        params = {"limit": limit, "before": before, "k_pipeline": pipeline, "k_deployment": deployment}
        if not states:
            return [to_run(row) for row in self._session.rows(name, params)]
        # One state at a time is read in order from an index; several at once would all be read and sorted.
        rows = [row for state in set(states) for row in self._session.rows(name, {**params, "k_state": str(state)})]
        return [to_run(row) for row in sorted(rows, key=itemgetter(0), reverse=True)[:limit]]

    def children(self, run_id: RunId) -> list[Run]:
        """See `RunRows`."""
        return [to_run(row) for row in self._session.rows("run.children", {"k_parent_run": run_id})]

    def by_document(self, name: str, version: int, *, limit: int = 1) -> list[RunId]:
        """See `RunRows`."""
        params = {"k_name": name, "k_version": version, "limit": limit}
        return [row[0] for row in self._session.rows("run.by_document", params)]

    def states(self) -> Mapping[str, int]:
        """See `RunRows`."""
        return {row[0]: row[1] for row in self._session.rows("run.states", {})}

    def sources(self) -> Mapping[RunId, Set[RunId]]:
        """See `RunRows`."""
        found: dict[RunId, set[RunId]] = {}
        for run_id, source in self._session.rows("run.sources", {}):
            found.setdefault(run_id, set()).add(source)
        return found

    def save(self, before: Run, after: Run) -> bool:
        """See `RunRows`."""
        # What a run was asked with hardly ever changes; comparing identities spares writing it each time.
        goes_on = (
            after.parameters is before.parameters
            and after.inputs is before.inputs
            and after.options is before.options
            and after.pipeline == before.pipeline
            and after.created_at == before.created_at
            and after.of == before.of
            and after.idempotency_key == before.idempotency_key
            and _asked(after) == _asked(before)
        )
        row = run_progress(after) if goes_on else run_row(after)
        row["k_id"] = before.id
        row["was_state"] = before.state.value
        row["was_open_stages"] = before.open_stages
        row["was_failed_stages"] = before.failed_stages
        row["was_held_stages"] = before.held_stages
        row["was_paused_stages"] = before.paused_stages
        row["was_cancel_requested_at"] = codec.to_micros(before.cancel_requested_at)
        if self._session.run("run.save" if goes_on else "run.save_whole", row) != 1:
            return False
        if run_place(after) != run_place(before):
            self._session.run("stage.move", {**run_place(after), "k_id": before.id})
        if not goes_on:
            self._session.run_many("reference.add", references.pairs(after.id, references.of_inputs(after)))
        return True


def _asked(run: Run) -> tuple[object, ...]:
    return (run.pool, run.priority, run.deployment, run.limits, run.asked_by, run.document, run.parent)
