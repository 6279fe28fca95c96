"""A project folder, opened by the one process that owns its records."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from pauta.adapters import clock
from pauta.adapters.window import open_window
from pauta.assembly import RECORDS
from pauta.assembly.owners import owner_here
from pauta.assembly.project_people import WINDOW, ProjectPeople
from pauta.assembly.stores import counter_for, let_go, project_objects, store_settings
from pauta.assembly.warmth import Warmth
from pauta.domain.ids import RunId
from pauta.domain.problems import Conflict, InvalidInput, Problem
from pauta.domain.states import FINAL_RUNS
from pauta.services.accept_reading import read_input_file

if TYPE_CHECKING:
    from pauta.adapters.process_launcher import ProcessLauncher
    from pauta.domain.runs import LogLine
    from pauta.ports.store import Store
    from pauta.ports.watcher import Watcher
    from pauta.services.desk import Desk
    from pauta.services.look import Looker
    from pauta.services.prepare import Prepared
    from pauta.services.views import CollectView, OutlookLine, RunDifference, RunLine, RunView
    from pauta.worker.departing import Departing

RUNTIME = f"py{sys.version_info.major}.{sys.version_info.minor}"
"""Part of every cache key: a result made under another Python is not taken."""


def own_project(folder: Path, *, wait: Callable[[], bool] | None, language: str) -> Project:
    """Open the project for this process alone.

    Args:
        folder: The project's folder.
        wait: Called again and again while another process owns it: True waits on. None gives up at once.
        language: Of what is shown.

    Raises:
        StoreFault: DB-003 when another process owns it; other DB-…; OBJ-006, OBJ-008 when its objects are elsewhere
            and cannot be had.
    """
    from pauta.storage.sqlite import open_sqlite

    store = open_sqlite(folder / RECORDS, wait=wait)
    try:
        return Project(folder, store, language=language)
    except BaseException:
        store.close()
        raise


class Project(ProjectPeople, AbstractContextManager["Project"]):
    """A project folder, opened: all that commands ask of it. Only one process has it open at a time."""

    def __init__(self, folder: Path, store: Store, *, language: str = "en") -> None:
        self.folder = folder
        self.records = folder / RECORDS
        self.language = language
        self._store = store
        self._objects = project_objects(self.records, store_settings(folder))
        self._executing: str | None = None
        self._kept_desk: Desk | None = None
        self._kept_launcher: ProcessLauncher | None = None
        self._kept_departing: Departing | None = None

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes and let go of the records."""
        if self._kept_launcher is not None:
            self._departing().wait(self._kept_launcher)
            self._kept_launcher.close()
        let_go(self._objects)
        self._store.close()

    # ---- before a run -------------------------------------------------------------------------

    def get_ready(self) -> None:
        """A run will follow: start what it needs, beside what this process does meanwhile."""
        self._launcher()

    def prepare(
        self,
        document: Path,
        *,
        scripts: Path | None,
        inputs: Mapping[str, Path],
        parameters: Mapping[str, str],
        only: str | None,
    ) -> Prepared:
        """Check and plan a document.

        Raises:
            InvalidInput: With every problem found.
        """
        from pauta.services.prepare import prepare

        return prepare(document, scripts=scripts, inputs=inputs, texts=parameters, only=only)

    def outlook(self, prepared: Prepared, *, use_cache: bool) -> Sequence[OutlookLine]:
        """What a run would do with each step. Its inputs are read and stored for that; no run is recorded."""
        from pauta.services.outlook import foresee

        return foresee(
            prepared.plan,
            self._bring_in(prepared),
            store=self._store,
            objects=self._objects,
            options=replace(prepared.options, use_cache=use_cache),
            runtime=RUNTIME,
            now=clock.now(),
            language=self.language,
        )

    def submit(self, prepared: Prepared, *, use_cache: bool) -> str:
        """Record a new run; gives its id.

        Raises:
            InvalidInput: RCP-006 when an input was not supplied; CSV-…, DAT-… when one cannot be read; PRM-003
                when a secret is not set.
        """
        from pauta.services.secrets import require_secrets
        from pauta.services.submit import Request, submit

        require_secrets(prepared.plan, os.environ.get)
        request = Request(
            prepared.plan,
            self._bring_in(prepared),
            sources=prepared.sources,
            parameters=prepared.parameters,
            options=replace(prepared.options, use_cache=use_cache),
        )
        return submit(request, store=self._store, objects=self._objects, now=clock.now(), random_bits=clock.random_bits)

    def _bring_in(self, prepared: Prepared) -> Any:
        from pauta.services.inputs import bring_in

        if prepared.unsupplied:
            raise InvalidInput(prepared.unsupplied)
        names = prepared.plan.inputs
        files = {name: prepared.files[name] for name in names}
        specs = {name: prepared.spec(name) for name in names}
        return bring_in(files, specs, store=self._store, objects=self._objects, read=read_input_file)

    # ---- runs ---------------------------------------------------------------------------------

    def execute(
        self, run: str, *, slots: int | None, watcher: Watcher | None, interrupted: Callable[[], int]
    ) -> RunView:
        """Work on a run until it is final, held, or nothing of it can go on by itself."""
        from pauta.ports.watcher import Nobody
        from pauta.services.desk_counter import DeskCounter
        from pauta.services.secrets import require_secrets
        from pauta.worker.crew import Crew
        from pauta.worker.feed import DirectFeed
        from pauta.worker.loop import RunLoop
        from pauta.worker.place import Place

        run_id = RunId(run)
        require_secrets(self._looker().records(run_id)[1], os.environ.get)
        place = Place(
            work=self.records / "work",
            bundles=self.records / "bundles",
            objects=self.records / "objects",
            slots=slots or os.cpu_count() or 1,
            departing=self._departing(),
            secret=os.environ.get,
            warm=Warmth(self._objects).wanted,
        )
        counter = counter_for(DeskCounter(self._desk(), owner=owner_here(), pools=()), self._objects)
        crew = Crew(
            counter=counter,
            feed=lambda nudge, hold: DirectFeed(counter, hold=hold, run_id=run_id),
            launcher=self._launcher,
            objects=self._objects,
            place=place,
            watch=lambda each: watcher if watcher is not None and each == run_id else Nobody(),
            now=clock.now,
        )
        loop = RunLoop(
            run_id,
            crew=crew,
            cancel=lambda: self._desk().cancel(run_id),
            now=clock.now,
            next_due=self._next_due,
        )
        asked: list[str] = []

        self._executing = run

        def cancel(run: str) -> RunView:
            if run != self._executing:
                raise Conflict(Problem("RUN-018", {"detail": f"cancel {run}"}))
            asked.append(run)
            return self.view(run)

        calls = {name: getattr(self, name) for name in WINDOW}
        with open_window(self.records, {**calls, "cancel": cancel}):
            loop.run(lambda: max(interrupted(), 1 if run in asked else 0))
        self._executing = None
        return self.view(run)

    def _departing(self) -> Departing:
        from pauta.worker.departing import Departing

        if self._kept_departing is None:
            self._kept_departing = Departing()
        return self._kept_departing

    def _next_due(self, run_id: RunId) -> datetime | None:
        """When something of the run goes on by itself; None also when only people can move it on."""
        from pauta.services.standstill import family_of, waits_for_people

        with self._store.transaction() as tx:
            family = family_of(tx, run_id)
            if waits_for_people(tx, family):
                return None
            return min((at for each in family if (at := tx.stages.next_due(each)) is not None), default=None)

    def _take_over(self, run_id: RunId, *, reopen: bool) -> None:
        from pauta.services.standstill import family_of

        with self._store.transaction() as tx:
            family = family_of(tx, run_id)
        for each in family:
            self._desk().take_over(each, reopen=reopen)

    def _launcher(self) -> ProcessLauncher:
        """The warm parent, kept from run to run. It starts by itself while this process goes on."""
        from pauta.adapters.process_launcher import ProcessLauncher

        if self._kept_launcher is None:
            self._kept_launcher = ProcessLauncher()
        return self._kept_launcher

    def resume(self, run: str) -> str:
        """Make a run that did not end ready to go on: what its lost worker held is free again.

        What its completed steps gave is read and checked first: a power cut may have come before it was on the
        disk, and a run that built on nothing would fail later and less clearly.

        Raises:
            NotFound: RUN-001.
            Conflict: RUN-006 when it has ended.
            StoreFault: OBJ-001, OBJ-002 when something is lost: `rerun` makes it again.
        """
        from pauta.services.desk import objects_of

        run_id = RunId(run)
        found, _, steps = self._looker().records(run_id)
        if found.state in FINAL_RUNS:
            raise Conflict(Problem("RUN-006", {"run": run, "state": found.state.value}))
        for step in steps:
            for address in objects_of(step):
                self._objects.path(address)
        self._take_over(run_id, reopen=True)
        return run

    def rerun(self, run: str, *, from_step: str | None, use_cache: bool) -> str:
        """Record a new run of the same plan, inputs and parameters; gives its id."""
        from pauta.services.submit import request_again, submit

        request = request_again(RunId(run), store=self._store, from_step=from_step, use_cache=use_cache)
        return submit(request, store=self._store, objects=self._objects, now=clock.now(), random_bits=clock.random_bits)

    def cancel(self, run: str) -> RunView:
        """Cancel a run that nobody works on: this process owns the project, so whoever did is gone."""
        self._desk().cancel(RunId(run))
        self._take_over(RunId(run), reopen=False)
        return self.view(run)

    # ---- looking ------------------------------------------------------------------------------

    def find(self, prefix: str) -> str:
        """The one run whose id begins so; ``latest`` is the newest."""
        return self._looker().find(prefix)

    def view(self, run: str) -> RunView:
        """A run as it stands."""
        return self._looker().view(RunId(run), now=clock.now())

    def runs(
        self, *, limit: int, before: str | None, states: Sequence[str], pipeline: str | None, children: bool
    ) -> Sequence[RunLine]:
        """Runs, newest first; without `children` not those that flows of others began."""
        return self._looker().runs(
            limit=limit, before=before, states=states, pipeline=pipeline, now=clock.now(), children=children
        )

    def logs(self, run: str, *, step: str | None, after: int) -> Sequence[tuple[int, str, LogLine]]:
        """Log lines numbered above `after`: number, step or call, line."""
        return self._looker().logs(RunId(run), step=step, after=after)

    def profile(self, run: str, frame: str) -> Mapping[str, Any] | None:
        """Profile and preview of a frame."""
        return self._looker().profile(RunId(run), frame)

    def export(self, run: str, frame: str, to: Path, *, raw: bool) -> int:
        """Write a frame to a CSV, Parquet or Arrow file, as its name ends; gives the number of rows.

        Raises:
            InvalidInput: RUN-009 when it is no frame.
        """
        from pauta.frames.decode import open_output
        from pauta.frames.export import to_arrow, to_csv, to_parquet

        output = self._looker().output(RunId(run), frame)
        if output.kind.value != "frame":
            raise InvalidInput(Problem("RUN-009", {"run": run, "frame": frame, "kind": output.kind.value}))
        table = open_output(self._objects.path(output.address), output, want="pyarrow")
        match to.suffix.lower():
            case ".parquet":
                to_parquet(table, to)
            case ".arrow":
                to_arrow(table, to)
            case _:
                to_csv(table, to, raw=raw)
        return output.rows or 0

    def difference(self, a: str, b: str) -> RunDifference:
        """How two runs differ."""
        from pauta.frames.difference import compare
        from pauta.services.difference import difference

        return difference(
            RunId(a),
            RunId(b),
            looker=self._looker(),
            store=self._store,
            objects=self._objects,
            compare=compare,
            views=(self.view(a), self.view(b)),
        )

    def replay(self, run: str, step: str, *, pdb: bool) -> dict[str, Any]:
        """Run one step of a run again in the foreground, with its script version and real inputs.

        Returns:
            ``state``, ``seconds``, ``same`` (whether it gave the same again) or ``error``.

        Raises:
            NotFound: RUN-001, RUN-003.
            Conflict: RUN-008 when something it takes was never made.
        """
        from pauta.assembly.replaying import run_replay
        from pauta.services.replay import replay_of

        found = replay_of(RunId(run), step, looker=self._looker(), store=self._store)
        aside = sys.stderr if sys.stdout is sys.stderr else None
        return run_replay(found, records=self.records, objects=self._objects, run=run, pdb=pdb, output=aside)

    def collect(self, *, dry_run: bool, keep_runs: int | None, older_than_days: float | None) -> CollectView:
        """Remove what nothing needs, or tell what would be removed."""
        from pauta.services.retain import collect

        return collect(
            store=self._store,
            objects=self._objects,
            now=clock.now(),
            dry_run=dry_run,
            keep_runs=keep_runs,
            older_than=timedelta(days=older_than_days) if older_than_days is not None else None,
        )

    def _looker(self) -> Looker:
        from pauta.services.look import Looker

        return Looker(self._store, records=str(self.records), language=self.language)

    def _desk(self) -> Desk:
        from pauta.assembly.project_arranging import arranger
        from pauta.services.desk import Desk, Hooks, Machine

        if self._kept_desk is None:
            machine = Machine(
                now=clock.now, chance=lambda: clock.random_bits(53) / 2**53, random_bits=clock.random_bits
            )
            store, objects = self._store, self._objects
            arrange = arranger(self.records, store=store, objects=objects, desk=self._desk, runtime=RUNTIME)
            hooks = Hooks(arrange=arrange)
            self._kept_desk = Desk(store, objects, machine=machine, runtime=RUNTIME, hooks=hooks)
        return self._kept_desk
