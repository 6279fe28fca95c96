"""A project that another process works on: it is asked, or waited for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from pauta.adapters.window import ask
from pauta.assembly import RECORDS
from pauta.assembly.project import Project
from pauta.domain.runs import LogLine
from pauta.services.view_calls import Answered, CallView, WaitingView
from pauta.services.views import FrameView, RunDifference, RunLine, RunView

T = TypeVar("T")


class Visitor(AbstractContextManager["Visitor"]):
    """Asks the process that owns the project; what that one cannot answer waits until it has ended."""

    def __init__(self, folder: Path, wait: Callable[[], Project]) -> None:
        self.folder = folder
        self.records = folder / RECORDS
        self._wait = wait
        self._owned: Project | None = None

    def __exit__(self, *_: object) -> None:
        if self._owned is not None:
            self._owned.close()

    def __getattr__(self, name: str) -> Any:
        """Everything that is not a question: by this process, when its turn has come."""
        return getattr(self._turn(), name)

    def _turn(self) -> Project:
        if self._owned is None:
            self._owned = self._wait()
        return self._owned

    def _ask(self, kind: type[T], call: str, /, **args: Any) -> T:
        if self._owned is None:
            value = ask(self.records, call, **args)
            if value is not None:
                return msgspec.json.decode(value, type=kind)
        found: T = getattr(self._turn(), call)(**args)
        return found

    def get_ready(self) -> None:
        """Nothing is started before this process's turn has come."""

    def find(self, prefix: str) -> str:
        """The one run whose id begins so; ``latest`` is the newest."""
        return self._ask(str, "find", prefix=prefix)

    def view(self, run: str) -> RunView:
        """A run as it stands."""
        return self._ask(RunView, "view", run=run)

    def runs(
        self, *, limit: int, before: str | None, states: Sequence[str], pipeline: str | None, children: bool
    ) -> Sequence[RunLine]:
        """Runs, newest first; without `children` not those that flows of others began."""
        asked = {"limit": limit, "before": before, "states": states, "pipeline": pipeline, "children": children}
        return self._ask(list[RunLine], "runs", **asked)

    def called(self, run: str) -> Sequence[CallView]:
        """All calls of a run's flows, by number."""
        return self._ask(list[CallView], "called", run=run)

    def children(self, run: str) -> Sequence[RunLine]:
        """The runs that flows of this run began, oldest first."""
        return self._ask(list[RunLine], "children", run=run)

    def frame(self, run: str, name: str) -> FrameView:
        """A frame of a run, or what a call of its flow gave."""
        return self._ask(FrameView, "frame", run=run, name=name)

    def waiting(self, run: str | None) -> Sequence[WaitingView]:
        """What waits for people: of all runs, or of one and those that it began."""
        return self._ask(list[WaitingView], "waiting", run=run)

    def idle(self, runs: Sequence[str]) -> Sequence[str]:
        """Those of these runs that are under way while nobody works on them."""
        return self._ask(list[str], "idle", runs=runs)

    def answer(self, run: str, call: str, value: Any) -> Answered:
        """Give a flow the value that it asks for: the process that works on it goes on at once."""
        return self._ask(Answered, "answer", run=run, call=call, value=value)

    def decide(self, run: str, call: str, *, approved: bool, comment: str) -> Answered:
        """Approve or reject: the process that works on the run goes on at once."""
        return self._ask(Answered, "decide", run=run, call=call, approved=approved, comment=comment)

    def logs(self, run: str, *, step: str | None, after: int) -> Sequence[tuple[int, str, LogLine]]:
        """Log lines numbered above `after`: number, step or call, line."""
        return self._ask(list[tuple[int, str, LogLine]], "logs", run=run, step=step, after=after)

    def profile(self, run: str, frame: str) -> dict[str, Any] | None:
        """Profile and preview of a frame."""
        return self._ask(dict[str, Any] | None, "profile", run=run, frame=frame)  # type: ignore[arg-type]

    def difference(self, a: str, b: str) -> RunDifference:
        """How two runs differ."""
        return self._ask(RunDifference, "difference", a=a, b=b)

    def cancel(self, run: str) -> RunView:
        """Cancel a run: the process that works on it ends it."""
        return self._ask(RunView, "cancel", run=run)
