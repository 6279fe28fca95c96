"""Looks back: why a step ran, told from its last time in the newest earlier run of the pipeline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

from pauta.domain.ids import Address, RunId
from pauta.domain.states import StepState
from pauta.engine.reasons import CacheUse, Known, LastTime, Reason, why
from pauta.ports.store import Store, Transaction
from pauta.services.sheet import Sheet


class Past:
    """The newest earlier run of a pipeline, step by step by name."""

    def __init__(self, read: Callable[[], Sheet | None], *, runtime: str) -> None:
        self._read = read
        self._runtime = runtime

    @classmethod
    def before(cls, tx: Transaction, *, pipeline: str, run_id: RunId | None, runtime: str) -> Past:
        """Read the newest run of this pipeline before `run_id` (None: the newest of all)."""
        sheet = _newest_before(tx, pipeline, run_id)
        return cls(lambda: sheet, runtime=runtime)

    @classmethod
    def when_needed(cls, store: Store, *, pipeline: str, run_id: RunId, runtime: str) -> Past:
        """As `before`, but read from the store when a reason is first asked for that depends on it."""

        def read() -> Sheet | None:
            with store.transaction() as tx:
                return _newest_before(tx, pipeline, run_id)

        return cls(read, runtime=runtime)

    @cached_property
    def _sheet(self) -> Sheet | None:
        return self._read()

    @cached_property
    def _numbers(self) -> Mapping[str, int]:
        return {s.name: s.no for s in self._sheet.plan.steps} if self._sheet is not None else {}

    def last_time(self, name: str) -> LastTime | None:
        """What is known of the step of this name, or None when that run had none or did not come to it."""
        sheet = self._sheet
        if sheet is None or name not in self._numbers:
            return None
        no = self._numbers[name]
        step, record = sheet.planned(no), sheet.step(no)
        inputs = sheet.addresses(step)
        if inputs is None or record.state in (StepState.PENDING, StepState.SKIPPED):
            return None
        return LastTime(
            sheet.run.id,
            known_of(sheet, no, inputs, runtime=self._runtime),
            completed=record.state is StepState.COMPLETED,
            kept=step.policy.cache,
        )

    def reason(
        self, sheet: Sheet, no: int, inputs: Mapping[str, Address], *, taken_from: RunId | None, asked: bool
    ) -> Reason:
        """Why the step ran, or was taken from the cache."""
        step = sheet.planned(no)
        cache = CacheUse.ON
        if asked:
            cache = CacheUse.ASKED_AGAIN
        elif not step.policy.cache:
            cache = CacheUse.OFF_FOR_STEP
        elif not sheet.run.options.use_cache:
            cache = CacheUse.OFF_FOR_RUN
        if cache is not CacheUse.ON or taken_from is not None:
            return why(Known(step.script.version), last=None, taken_from=taken_from, cache=cache)
        known = known_of(sheet, no, inputs, runtime=self._runtime)
        return why(known, last=self.last_time(step.name), cache=cache)


def _newest_before(tx: Transaction, pipeline: str, run_id: RunId | None) -> Sheet | None:
    found = tx.runs.newest(limit=1, before=run_id, pipeline=pipeline)
    return Sheet.load(tx, found[0]) if found else None


def known_of(sheet: Sheet, no: int, inputs: Mapping[str, Address | None], *, runtime: str) -> Known:
    """What decides the result of a step, as the sheet has it."""
    step = sheet.planned(no)
    return Known(
        script=step.script.version,
        inputs=dict(inputs),
        kwargs=step.kwargs,
        env=step.policy.env,
        output=step.gives,
        min_rows=step.min_rows,
        runtime=runtime,
    )
