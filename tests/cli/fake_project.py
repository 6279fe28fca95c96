"""A project without a database, scripts or processes: it answers as told and remembers what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from pauta.domain.ids import Address, RunId
from pauta.domain.outputs import Column, FileRef, Kind, Output
from pauta.domain.pipeline import Part, Pipeline, Step
from pauta.domain.plan import Plan, PlannedStage, PlannedStep
from pauta.domain.problems import Conflict, NotFound, Problem
from pauta.domain.runs import LogLine, StepRecord
from pauta.domain.scripts import Script, Signature
from pauta.domain.states import StepState
from pauta.ports.watcher import Watcher
from pauta.services.view_calls import Answered, CallView, WaitingView
from pauta.services.views import (
    CollectView,
    FrameDifference,
    FrameView,
    ModelView,
    OutlookLine,
    RunDifference,
    RunLine,
    RunView,
    StepView,
)

NOON = datetime(2024, 5, 20, 12, 0, tzinfo=UTC)
RUN = "1hy7k2m9p0000001"
OTHER = "1hy7k2m9q0000002"
NAMES = (
    "processa_falhas_1",
    "processa_falhas_2",
    "processa_resultados_1",
    "processa_resultados_2",
    "junta_falhas_resultados",
    "treina_modelo",
)
OUTPUTS = (
    "df_falhas_processed_1",
    "df_falhas_processed_2",
    "df_resultados_processed_1",
    "df_resultados_processed_2",
    "df_merged",
    "trained_model",
)
ADDRESS = Address("ab" * 32)
SCRIPT = Script("x.py", "x.py", ADDRESS, ADDRESS, Signature(()))


def plan_of(names: Sequence[str] = NAMES) -> Plan:
    steps = tuple(
        PlannedStep(no, name, Part.PREDICTION, SCRIPT, gives=f"out_{no}", gives_version=1)
        for no, name in enumerate(names)
    )
    return Plan("principal", steps, (PlannedStage(0, tuple(range(len(steps)))),), ("df_falhas", "df_resultados"))


def step_view(no: int, **changes: Any) -> StepView:
    name = NAMES[no] if no < len(NAMES) else f"step_{no}"
    made = StepView(
        name=name,
        state="completed",
        part="prediction_steps",
        stage=no // 2,
        attempts=1,
        cached=False,
        cached_from=None,
        seconds=0.25 + no,
        rows_in=758_916,
        rows_out=87_407,
        output=OUTPUTS[no] if no < len(OUTPUTS) else f"out_{no}",
        reason="first run",
        started_at=NOON,
        ended_at=NOON + timedelta(seconds=1),
        metrics={},
        files=(),
        problem=None,
    )
    return replace(made, **changes)


def frame_view(name: str, **changes: Any) -> FrameView:
    made = FrameView(
        name=name,
        version=1,
        kind="frame",
        made_by="junta_falhas_resultados",
        rows=87_407,
        columns=(Column("KNR", "large_string"), Column("TORQUE", "double"), Column("STATUS", "int64")),
        size=3_456_789,
        address="cd" * 32,
        library="pandas",
        format="arrow",
    )
    return replace(made, **changes)


def run_view(**changes: Any) -> RunView:
    files = (FileRef("pipeline/models/principal/model.h5", ADDRESS, 1_234_567),)
    metrics = {"accuracy": 0.858123, "recall": 0.81, "f1_score": 0.833, "precision": 0.86}
    made = RunView(
        run=RUN,
        pipeline="principal",
        state="completed",
        created_at=NOON,
        started_at=NOON,
        ended_at=NOON + timedelta(seconds=9),
        seconds=9.04,
        of=None,
        parameters={},
        steps=tuple(step_view(no) for no in range(6)),
        frames=(
            frame_view("df_falhas", made_by=None),
            frame_view("df_merged"),
            frame_view("trained_model", kind="value", rows=None, columns=(), format="json", made_by="treina_modelo"),
        ),
        models=(ModelView("GRUOII", "type0", "treina_modelo", metrics, files),),
        problem=None,
        records="/project/.pauta",
        document="pipeline.json",
    )
    return replace(made, **changes)


def failed_view() -> RunView:
    problem = Problem(
        "SCR-021",
        {"step": "junta_falhas_resultados", "error": "KeyError: 'KNR'"},
        traceback=(
            'Traceback (most recent call last):\n  File "junta_falhas_resultados.py", line 7, in execute\n'
            "    return a.merge(b, on=\"KNR\")\nKeyError: '\x1b[31mKNR\x1b[0m'\n"
        ),
    )
    steps = [step_view(no) for no in range(6)]
    steps[4] = step_view(4, state="failed", problem=problem, rows_out=None)
    steps[5] = step_view(5, state="skipped", seconds=None, rows_in=None, rows_out=None, attempts=0)
    return run_view(state="failed", steps=tuple(steps), models=(), problem=problem)


def cached_view() -> RunView:
    steps = tuple(step_view(no, cached=True, cached_from=OTHER, seconds=0.0) for no in range(6))
    return run_view(steps=steps, seconds=0.31)


def record_of(view: StepView, no: int) -> StepRecord:
    output = Output(Kind.FRAME, ADDRESS, 10, rows=view.rows_out) if view.rows_out is not None else None
    return StepRecord(
        RunId(RUN),
        no,
        view.name,
        view.stage,
        state=StepState(view.state),
        attempts=view.attempts,
        seconds=view.seconds,
        cached_from=RunId(view.cached_from) if view.cached_from else None,
        output=output,
        problem=view.problem,
    )


QUANTILES = [38.5 + 11.25 * (share / 20) ** 2 for share in range(21)]
PROFILE: dict[str, Any] = {
    "version": 1,
    "rows": 87_407,
    "columns": 3,
    "sampled": None,
    "schema": [["KNR", "large_string"], ["TORQUE", "double"], ["STATUS", "int64"]],
    "detail": {
        "KNR": {"nulls": 0, "distinct": 80_000, "top": [["2024-2056234", 9], ["2024-2056235", 7]], "min": "2023-1"},
        "TORQUE": {
            "nulls": 874, "nans": 0, "min": 38.5, "max": 49.75, "mean": 44.1234, "quantiles": QUANTILES, "top": [],
        },
        "STATUS": {
            "nulls": 0, "min": 10, "max": 13, "mean": 10.25, "quantiles": [10.0] * 19 + [13.0] * 2,
            "distinct": 2, "top": [[10, 80_000], [13, 7_407]],
        },
    },
    "preview": {
        "columns": ["KNR", "TORQUE", "STATUS"],
        "head": [["2024-2056234", 44.1, 10], ["2024-2056235\x1b[2J", None, 13]],
        "tail": [["2024-2099999", 41.0, 10]],
    },
}  # fmt: skip


@dataclass
class FakePrepared:
    plan: Plan = field(default_factory=plan_of)
    required_inputs: tuple[str, ...] = ()
    warnings: tuple[Problem, ...] = ()

    @property
    def unsupplied(self) -> tuple[Problem, ...]:
        """One problem for each input without data."""
        return tuple(
            Problem("RCP-006", {"step": "a", "frame": name}, variant="unsupplied") for name in self.required_inputs
        )

    @property
    def pipeline(self) -> Pipeline:
        return Pipeline("principal", tuple(Step(s.name, s.part, "x.py") for s in self.plan.steps))


@dataclass
class FakeProject:
    """Set the fields to what it shall answer; `asked` has every call with its arguments."""

    folder: Path = Path("/project")
    known: dict[str, RunView] = field(default_factory=lambda: {RUN: run_view()})
    prepared: FakePrepared = field(default_factory=FakePrepared)
    fault: Exception | None = None
    lines: list[tuple[int, str, LogLine]] = field(default_factory=list)
    profiled: dict[str, Any] | None = field(default_factory=lambda: PROFILE)
    lines_of_plan: list[OutlookLine] = field(default_factory=list)
    during: Callable[[Watcher | None, Callable[[], int]], None] | None = None
    replayed: Any = field(default_factory=lambda: {"state": "completed", "seconds": 0.5})
    flow_calls: list[CallView] = field(default_factory=list)
    awaited: list[WaitingView] = field(default_factory=list)
    goes_on: bool = True
    idling: frozenset[str] = frozenset()
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def records(self) -> Path:
        return self.folder / ".pauta"

    def _ask(self, call: str, /, **arguments: Any) -> None:
        self.asked.append((call, arguments))
        if self.fault is not None:
            raise self.fault

    def calls(self, name: str) -> list[dict[str, Any]]:
        return [arguments for call, arguments in self.asked if call == name]

    def get_ready(self) -> None:
        """Nothing has to be started."""

    def prepare(
        self,
        document: Path,
        *,
        scripts: Path | None,
        inputs: Mapping[str, Path],
        parameters: Mapping[str, str],
        only: str | None,
    ) -> FakePrepared:
        self._ask("prepare", document=document, scripts=scripts, inputs=inputs, parameters=parameters, only=only)
        return self.prepared

    def outlook(self, prepared: Any, *, use_cache: bool) -> Sequence[OutlookLine]:
        self._ask("outlook", use_cache=use_cache)
        return self.lines_of_plan

    def submit(self, prepared: Any, *, use_cache: bool) -> str:
        self._ask("submit", use_cache=use_cache)
        return RUN

    def execute(
        self, run: str, *, slots: int | None, watcher: Watcher | None, interrupted: Callable[[], int]
    ) -> RunView:
        self._ask("execute", run=run, slots=slots, watched=watcher is not None)
        view = self.known[run]
        if watcher is not None:
            for no, step in enumerate(view.steps):
                if step.state not in ("skipped",) and not step.cached:
                    watcher.step_started(no, step.name, 1, NOON)
                watcher.step_ended(record_of(step, no))
        if self.during is not None:
            self.during(watcher, interrupted)
        return view

    def resume(self, run: str) -> str:
        self._ask("resume", run=run)
        return run

    def rerun(self, run: str, *, from_step: str | None, use_cache: bool) -> str:
        self._ask("rerun", run=run, from_step=from_step, use_cache=use_cache)
        return run

    def cancel(self, run: str) -> RunView:
        self._ask("cancel", run=run)
        return replace(self.known[run], state="cancelled")

    def find(self, prefix: str) -> str:
        self._ask("find", prefix=prefix)
        if prefix == "latest" and self.known:
            return max(self.known)
        found = [run for run in self.known if run.startswith(prefix)]
        if not found:
            raise NotFound(Problem("RUN-001", {"run": prefix}))
        if len(found) > 1:
            raise Conflict(Problem("RUN-002", {"run": prefix, "count": len(found), "matches": ", ".join(found)}))
        return found[0]

    def view(self, run: str) -> RunView:
        self._ask("view", run=run)
        return self.known[run]

    def called(self, run: str) -> Sequence[CallView]:
        self._ask("called", run=run)
        return self.flow_calls

    def waiting(self, run: str | None) -> Sequence[WaitingView]:
        self._ask("waiting", run=run)
        return self.awaited

    def idle(self, runs: Sequence[str]) -> Sequence[str]:
        self._ask("idle", runs=list(runs))
        return [run for run in runs if run in self.idling]

    def answer(self, run: str, call: str, value: Any) -> Answered:
        self._ask("answer", run=run, call=call, value=value)
        return Answered(run, int(call), "settings", "ana", top=run, goes_on=self.goes_on)

    def decide(self, run: str, call: str, *, approved: bool, comment: str) -> Answered:
        self._ask("decide", run=run, call=call, approved=approved, comment=comment)
        return Answered(run, int(call), "approval", "ana", approved, top=run, goes_on=self.goes_on)

    def frame(self, run: str, name: str) -> FrameView:
        self._ask("frame", run=run, name=name)
        for found in self.known[run].frames:
            if found.name == name:
                return found
        known = ", ".join(found.name for found in self.known[run].frames)
        raise NotFound(Problem("RUN-004", {"run": run, "frame": name, "known": known}))

    def runs(
        self, *, limit: int, before: str | None, states: Sequence[str], pipeline: str | None, children: bool
    ) -> Sequence[RunLine]:
        self._ask("runs", limit=limit, before=before, states=states, pipeline=pipeline, children=children)
        newest = sorted(self.known, reverse=True)[:limit]
        return [RunLine(r, self.known[r].pipeline, self.known[r].state, NOON, self.known[r].seconds) for r in newest]

    def logs(self, run: str, *, step: str | None, after: int) -> Sequence[tuple[int, str, LogLine]]:
        self._ask("logs", run=run, step=step, after=after)
        return [line for line in self.lines if line[0] > after and step in (None, line[1])][:2]

    def profile(self, run: str, frame: str) -> dict[str, Any] | None:
        self._ask("profile", run=run, frame=frame)
        return self.profiled

    def export(self, run: str, frame: str, to: Path, *, raw: bool) -> int:
        self._ask("export", run=run, frame=frame, to=to, raw=raw)
        to.write_text("KNR\n1\n")
        return 87_407

    def difference(self, a: str, b: str) -> RunDifference:
        self._ask("difference", a=a, b=b)
        if a == b:
            return RunDifference((a, b), {}, {}, {}, (FrameDifference("df_merged", True, (5, 5)),), {}, {})
        changed = FrameDifference(
            "df_merged",
            False,
            (87_407, 87_000),
            added=("TURNO",),
            retyped={"STATUS": ("int64", "double")},
            columns={"TORQUE": {"mean": [44.1, 45.25], "new": ["a", "b"], "psi": 0.31}},
        )
        return RunDifference(
            (a, b),
            scripts={"treina_modelo": ("a1b2" * 16, "c3d4" * 16)},
            script_texts={"treina_modelo": "--- a\n+++ b\n@@ -1 +1 @@\n-epochs = 5\n+epochs = 9\n"},
            parameters={"alpha": (0.1, 0.2)},
            frames=(changed, FrameDifference("df_falhas", True, (5, 5))),
            metrics={"GRUOII.accuracy": (0.858, 0.871), "GRUOII.recall": (None, 0.8)},
            steps={"junta": ("completed", None)},
        )

    def collect(self, *, dry_run: bool, keep_runs: int | None, older_than_days: float | None) -> CollectView:
        self._ask("collect", dry_run=dry_run, keep_runs=keep_runs, older_than_days=older_than_days)
        return CollectView(dry_run, ("r1", "r2"), 14, 5_000_000, 3, 1_000)

    def replay(self, run: str, step: str, *, pdb: bool) -> Any:
        self._ask("replay", run=run, step=step, pdb=pdb)
        print("the script speaks")
        return self.replayed
