"""Runs over the API: submitted, watched, steered, looked into."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

from pauta.adapters.api_connection import Connection
from pauta.adapters.api_streams import LiveStream
from pauta.domain.problems import InvalidInput, Problem, shorten
from pauta.services.view_replay import GivenView
from pauta.services.view_runs import (
    Asked,
    AttemptList,
    EventList,
    Found,
    FrameList,
    LogPage,
    RunPage,
    StepList,
    UploadView,
    Waited,
)
from pauta.services.views import FrameView, OutlookLine, RunDifference, RunView, StepView

LONGEST_WAIT = 60


class RunsApi:
    """The routes of runs and frames. Every method raises what `Connection.ask` raises."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # ---- asking for runs ----------------------------------------------------------------------

    def submit(self, request: Mapping[str, Any], *, key: str | None = None) -> Asked:
        """Ask for a run; the answer comes when it is on record. The same `key` gives the same run."""
        headers = {"idempotency-key": key} if key is not None else {}
        return self._connection.ask("POST", "/runs", Asked, body=request, headers=headers)

    def outlook(self, request: Mapping[str, Any]) -> list[OutlookLine]:
        """What a run would do with each step."""
        return self._connection.ask("POST", "/runs/outlook", list[OutlookLine], body=request)

    def cancel(self, run: str) -> Asked:
        """Cancel a run."""
        return self._connection.ask("POST", _path(run, "cancel"), Asked)

    def rerun(self, run: str, *, from_step: str | None, use_cache: bool) -> Asked:
        """Run it again, perhaps from a step on."""
        return self._connection.ask(
            "POST", _path(run, "rerun"), Asked, body={"from_step": from_step, "use_cache": use_cache}
        )

    def resume(self, run: str) -> Asked:
        """Let a held run go on."""
        return self._connection.ask("POST", _path(run, "resume"), Asked)

    def wait(self, run: str, *, seconds: float = LONGEST_WAIT) -> Waited:
        """Where a run stands, as soon as it is over or after so many seconds (at most 60)."""
        return self._connection.ask(
            "GET", _path(run, "wait"), Waited, query={"seconds": f"{seconds:g}"}, patience=seconds + 30
        )

    # ---- looking ------------------------------------------------------------------------------

    def page(
        self,
        *,
        limit: int = 20,
        before: str | None = None,
        states: Sequence[str] = (),
        pipeline: str | None = None,
        deployment: str | None = None,
        children: bool = False,
    ) -> RunPage:
        """Runs, newest first; at most 500 at a time. Without `children` not those that flows of others began."""
        query = {
            "limit": min(limit, 500),
            "before": before,
            "state": tuple(states),
            "pipeline": pipeline,
            "deployment": deployment,
            "children": "true" if children else None,
        }
        return self._connection.ask("GET", "/runs", RunPage, query=query)

    def children(self, run: str) -> RunPage:
        """The runs that its flows began."""
        return self._connection.ask("GET", _path(run, "children"), RunPage)

    def find(self, prefix: str) -> str:
        """The one run whose id begins so; ``latest`` is the newest."""
        return self._connection.ask("GET", "/runs/find", Found, query={"prefix": prefix}).run

    def view(self, run: str) -> RunView:
        """A run with everything in it."""
        return self._connection.ask("GET", _path(run), RunView)

    def steps(self, run: str) -> StepList:
        """Its steps."""
        return self._connection.ask("GET", _path(run, "steps"), StepList)

    def step(self, run: str, step: str) -> StepView:
        """One of them."""
        return self._connection.ask("GET", _path(run, "steps", step), StepView)

    def given(self, run: str, step: str) -> GivenView:
        """What a step was given, to run it again where the objects are."""
        return self._connection.ask("GET", _path(run, "steps", step, "given"), GivenView)

    def attempts(self, run: str) -> AttemptList:
        """All attempts of its stages."""
        return self._connection.ask("GET", _path(run, "attempts"), AttemptList)

    def events(self, run: str) -> EventList:
        """Its history."""
        return self._connection.ask("GET", _path(run, "events"), EventList)

    def logs(self, run: str, *, after: int = -1, limit: int = 1000, step: str | None = None) -> LogPage:
        """Log lines numbered above `after`."""
        query = {"after": after, "limit": limit, "step": step}
        return self._connection.ask("GET", _path(run, "logs"), LogPage, query=query)

    def difference(self, a: str, b: str) -> RunDifference:
        """How two runs differ."""
        return self._connection.ask("GET", _path(a, "diff", b), RunDifference)

    # ---- live ---------------------------------------------------------------------------------

    def live(self, run: str) -> LiveStream:
        """News of a run (`RunNews`) until it ends."""
        return LiveStream(self._connection, _path(run, "live"))

    def live_logs(self, run: str, *, after: int = -1, step: str | None = None) -> LiveStream:
        """Log lines (`LogView`) numbered above `after`, as they come, until the run ends."""
        last = str(after) if after >= 0 else ""
        return LiveStream(self._connection, _path(run, "logs", "live"), query={"step": step}, after=last)

    # ---- frames -------------------------------------------------------------------------------

    def frames(self, run: str) -> FrameList:
        """The frames of a run."""
        return self._connection.ask("GET", _path(run, "frames"), FrameList)

    def frame(self, run: str, frame: str) -> FrameView:
        """One of them."""
        return self._connection.ask("GET", _path(run, "frames", frame), FrameView)

    def profile(self, run: str, frame: str) -> dict[str, Any]:
        """Its profile and preview; RUN-030 when it has none."""
        return self._connection.ask("GET", _path(run, "frames", frame, "profile"), dict[str, Any])

    def download(self, run: str, frame: str, to: BinaryIO, *, form: str, raw: bool = False) -> None:
        """Write a frame to an open file as ``csv``, ``parquet`` or ``arrow``."""
        query = {"format": form, "raw": "true" if raw else None}
        self._connection.fetch(_path(run, "frames", frame, "data"), to, query=query)

    def upload(self, name: str, file: Path) -> UploadView:
        """Store a CSV, Parquet or Arrow file as a frame for runs to take in.

        Raises:
            InvalidInput: CLI-008 when the file's ending tells none of these; CSV-…, DAT-… of its content.
        """
        form = file.suffix.lower().removeprefix(".")
        if form not in ("csv", "parquet", "arrow"):
            expected = ".csv, .parquet, .arrow"
            raise InvalidInput(Problem("CLI-008", {"file": shorten(file), "expected": expected}))
        with file.open("rb") as opened:
            size = file.stat().st_size
            query = {"name": name, "format": form}
            return self._connection.send_file("/frames", opened, size, query=query, kind=UploadView)


def _path(run: str, *rest: str) -> str:
    return "/runs/" + "/".join(quote(part, safe="") for part in (run, *rest))
