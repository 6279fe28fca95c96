"""A project whose server runs: what commands ask of it goes through the server."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pauta.adapters import clock
from pauta.assembly import RECORDS
from pauta.assembly.remote_project_following import Follower
from pauta.assembly.remote_project_sending import Sending, inputs_of, publication_of
from pauta.assembly.stores import opened_objects
from pauta.domain.problems import Conflict, InvalidInput, NotFound, PautaError, Problem
from pauta.domain.runs import LogLine

if TYPE_CHECKING:
    from pauta.adapters.api_client import ApiClient
    from pauta.ports.watcher import Watcher
    from pauta.services.view_calls import Answered, CallView, WaitingView
    from pauta.services.views import CollectView, FrameView, OutlookLine, RunDifference, RunLine, RunView

_MOST_RUNS_AT_ONCE = 500
_GOES_ON = frozenset({"scheduled", "pending", "running", "paused"})


class RemoteProject(AbstractContextManager["RemoteProject"]):
    """All that commands ask of a project, asked of its server.

    Args:
        folder: The project's folder here.
        client: The server.
        here: The server works in this very folder.
        language: Of what is shown: ``en`` or ``pt``.
    """

    is_own = False
    """There is no server: these are the project's own records, opened by this process."""

    def __init__(self, folder: Path, client: ApiClient, *, here: bool, language: str) -> None:
        self.folder = folder
        self.records = folder / RECORDS
        self.language = language
        self.client = client
        self._here = here
        self._unfollowed: str | None = None

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and issubclass(kind, KeyboardInterrupt) and self._unfollowed is not None:
            # Ctrl-C came between the asking and the following: it means the run all the same.
            with suppress(PautaError):
                self.client.runs.cancel(self._unfollowed)
        self.close()

    def close(self) -> None:
        """Let go of the server."""
        self.client.close()

    # ---- before a run -------------------------------------------------------------------------

    def get_ready(self) -> None:
        """Nothing: the server has its workers."""

    def prepare(
        self,
        document: Path,
        *,
        scripts: Path | None,
        inputs: Mapping[str, Path],
        parameters: Mapping[str, str],
        only: str | None,
    ) -> Sending:
        """Check and plan a document here, so that its problems are told with their places in these files.

        Raises:
            InvalidInput: With every problem found.
        """
        from pauta.authoring.parameters import read_texts
        from pauta.services.prepare import prepare

        prepared = prepare(document, scripts=scripts, inputs=inputs, texts=parameters, only=only)
        return Sending(
            prepared,
            publication=publication_of(document, scripts=scripts, supplied=inputs.keys()),
            parameters=read_texts(prepared.pipeline, parameters),
        )

    def outlook(self, prepared: Sending, *, use_cache: bool) -> Sequence[OutlookLine]:
        """What a run would do with each step. The document is published for that, but not made the active one."""
        return self.client.runs.outlook(self._request(prepared, use_cache=use_cache))

    def submit(self, prepared: Sending, *, use_cache: bool) -> str:
        """Publish the document, bring its data to the server, ask for a run; gives its id.

        The version that others run is left as it is: this one runs because it is asked for by number.

        Raises:
            InvalidInput: RCP-006 when an input was not supplied; CSV-…, DAT-… when one cannot be read.
        """
        self._unfollowed = self.client.runs.submit(self._request(prepared, use_cache=use_cache)).run
        return self._unfollowed

    def _request(self, sending: Sending, *, use_cache: bool) -> dict[str, Any]:
        if sending.unsupplied:
            raise InvalidInput(sending.unsupplied)
        published = self.client.pipelines.publish(sending.publication, activate=False)
        files = {name: sending.prepared.files[name] for name in sending.plan.inputs}
        request = {
            "pipeline": published.name,
            "version": published.version,
            "parameters": dict(sending.parameters),
            "inputs": self.bring(files),
            "only": sending.prepared.options.only,
            "use_cache": use_cache,
        }
        return {name: value for name, value in request.items() if value is not None}

    def bring(self, files: Mapping[str, Path]) -> dict[str, dict[str, str]]:
        """Where the server finds these files: in the folder that it works in too, or uploaded to it.

        Raises:
            InvalidInput: CSV-…, DAT-… when one cannot be read.
        """
        return inputs_of(files, folder=self.folder if self._here else None, client=self.client)

    def typed(self, texts: Mapping[str, str], *, pipeline: str, version: int | None) -> dict[str, Any]:
        """Parameters in the types that a published pipeline declares.

        Args:
            texts: Values as typed, by name.
            pipeline: Its name.
            version: Which version; the active one when None.

        Raises:
            NotFound: There is no such pipeline or version.
        """
        from pauta.authoring.document import parse_document
        from pauta.authoring.parameters import read_texts

        number = version or self.client.pipelines.get(pipeline).get("active")
        if number is None:
            return dict(texts)
        found = self.client.pipelines.version(pipeline, int(number))
        return read_texts(parse_document(found.document.encode(), file=found.file), texts)

    # ---- runs ---------------------------------------------------------------------------------

    def execute(
        self, run: str, *, slots: int | None, watcher: Watcher | None, interrupted: Callable[[], int]
    ) -> RunView:
        """Follow a run until it is final or held, or only people can move it on. How many stages go at a time is the
        workers' to decide, not that of `slots`.
        """
        from pauta.ports.watcher import Nobody

        Follower(self.client, run, watcher=watcher or Nobody(), now=clock.now).follow(interrupted)
        self._unfollowed = None
        return self.view(run)

    def resume(self, run: str) -> str:
        """Let a run that did not end go on: what is held is tried again; gives its id. One that goes on is left alone.

        Raises:
            NotFound: RUN-001.
            Conflict: RUN-006 when it has ended.
        """
        if self.view(run).state in _GOES_ON:
            return run
        return self.client.runs.resume(run).run

    def rerun(self, run: str, *, from_step: str | None, use_cache: bool) -> str:
        """Ask for a new run of the same; gives its id."""
        self._unfollowed = self.client.runs.rerun(run, from_step=from_step, use_cache=use_cache).run
        return self._unfollowed

    def cancel(self, run: str) -> RunView:
        """Cancel a run."""
        self.client.runs.cancel(run)
        return self.view(run)

    # ---- looking ------------------------------------------------------------------------------

    def find(self, prefix: str) -> str:
        """The one run whose id begins so; ``latest`` is the newest."""
        return self.client.runs.find(prefix)

    def view(self, run: str) -> RunView:
        """A run as it stands."""
        return self.client.runs.view(run)

    def runs(
        self, *, limit: int, before: str | None, states: Sequence[str], pipeline: str | None, children: bool
    ) -> Sequence[RunLine]:
        """Runs, newest first; without `children` not those that flows of others began."""
        found: list[RunLine] = []
        while len(found) < limit:
            most = min(limit - len(found), _MOST_RUNS_AT_ONCE)
            page = self.client.runs.page(limit=most, before=before, states=states, pipeline=pipeline, children=children)
            found += page.runs
            before = page.next
            if before is None:
                break
        return found

    def called(self, run: str) -> Sequence[CallView]:
        """All calls of a run's flows, by number."""
        return self.client.calls.all(run)

    def children(self, run: str) -> Sequence[RunLine]:
        """The runs that flows of this run began, oldest first."""
        return self.client.runs.children(run).runs

    def frame(self, run: str, name: str) -> FrameView:
        """A frame of a run, or what a call of its flow gave."""
        return self.client.runs.frame(run, name)

    def waiting(self, run: str | None) -> Sequence[WaitingView]:
        """What waits for people: of all runs, or of one and those that it began."""
        return self.client.calls.waiting(run)

    def idle(self, runs: Sequence[str]) -> Sequence[str]:
        """None: a server has its workers."""
        return ()

    def answer(self, run: str, call: str, value: Any) -> Answered:
        """Give a flow the value that it asks for."""
        return self.client.calls.answer(run, call, value)

    def decide(self, run: str, call: str, *, approved: bool, comment: str) -> Answered:
        """Approve or reject."""
        return self.client.calls.decide(run, call, approved=approved, comment=comment)

    def logs(self, run: str, *, step: str | None, after: int) -> Sequence[tuple[int, str, LogLine]]:
        """Log lines numbered above `after`: number, step or call, line. A page at a time; empty: no more."""
        page = self.client.runs.logs(run, after=after, step=step)
        while not page.lines and page.more:
            page = self.client.runs.logs(run, after=page.next, step=step)
        return [
            (line.number, line.step, LogLine(line.at, line.level, line.text, stream=line.stream, logger=line.logger))
            for line in page.lines
        ]

    def profile(self, run: str, frame: str) -> Mapping[str, Any] | None:
        """Profile and preview of a frame."""
        try:
            return self.client.runs.profile(run, frame)
        except NotFound as error:
            if error.problems[0].code == "RUN-030":  # there is none of it
                return None
            raise

    def export(self, run: str, frame: str, to: Path, *, raw: bool) -> int:
        """Write a frame to a file; gives the number of rows. A file that was there stays until the new one is whole."""
        form = {".parquet": "parquet", ".arrow": "arrow"}.get(to.suffix.lower(), "csv")
        descriptor, name = tempfile.mkstemp(dir=to.parent, prefix=f".{to.name}.")
        part = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                self.client.runs.download(run, frame, file, form=form, raw=raw)
            part.chmod(0o666 & ~_umask())
            part.replace(to)
        finally:
            with suppress(FileNotFoundError):
                part.unlink()
        return self.client.runs.frame(run, frame).rows or 0

    def difference(self, a: str, b: str) -> RunDifference:
        """How two runs differ."""
        return self.client.runs.difference(a, b)

    def collect(self, *, dry_run: bool, keep_runs: int | None, older_than_days: float | None) -> CollectView:
        """Remove what nothing needs, or tell what would be removed."""
        return self.client.house.collect(dry_run=dry_run, keep_runs=keep_runs, older_than_days=older_than_days)

    def replay(self, run: str, step: str, *, pdb: bool) -> dict[str, Any]:
        """Run one step of a run again here, in the foreground. The objects are read where the server keeps them.

        Returns:
            ``state``, ``seconds``, ``same`` (whether it gave the same again) or ``error``.

        Raises:
            NotFound: RUN-001, RUN-003.
            Conflict: RUN-008 when something it takes was never made; API-110 when the server is not of this folder.
        """
        from pauta.assembly.replaying import run_replay
        from pauta.services.view_replay import replay_from

        if not self._here:
            raise Conflict(Problem("API-110", {"step": step}))
        found = replay_from(self.client.runs.given(run, step))
        aside = sys.stderr if sys.stdout is sys.stderr else None
        with opened_objects(self.folder) as objects:
            return run_replay(found, records=self.records, objects=objects, run=run, pdb=pdb, output=aside)


def _umask() -> int:
    before = os.umask(0o077)
    os.umask(before)
    return before
