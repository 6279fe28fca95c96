"""What commands ask of a project. `assembly.open_project` gives one; tests give a fake."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from pauta.cli.session import Session

if TYPE_CHECKING:
    from pauta.domain.pipeline import Pipeline
    from pauta.domain.plan import Plan
    from pauta.domain.problems import Problem
    from pauta.domain.runs import LogLine
    from pauta.ports.watcher import Watcher
    from pauta.services.view_calls import Answered, CallView, WaitingView
    from pauta.services.views import CollectView, FrameView, OutlookLine, RunDifference, RunLine, RunView


class Prepared(Protocol):
    """A document, checked and planned, with its inputs. Nothing of it is recorded yet."""

    @property
    def pipeline(self) -> Pipeline:
        """The checked document."""
        ...

    @property
    def plan(self) -> Plan:
        """What a run of it does."""
        ...

    @property
    def required_inputs(self) -> tuple[str, ...]:
        """Names of inputs that still have no data."""
        ...

    @property
    def warnings(self) -> Sequence[Problem]:
        """What is doubtful in the scripts, but stops nothing."""
        ...

    @property
    def unsupplied(self) -> Sequence[Problem]:
        """The same as problems, with their places."""
        ...


class Project(Protocol):
    """A project folder, opened."""

    @property
    def folder(self) -> Path:
        """The project's folder."""
        ...

    @property
    def records(self) -> Path:
        """Where its records are kept."""
        ...

    def get_ready(self) -> None:
        """A run will follow: what it needs may be started already."""
        ...

    def prepare(
        self,
        document: Path,
        *,
        scripts: Path | None,
        inputs: Mapping[str, Path],
        parameters: Mapping[str, str],
        only: str | None,
    ) -> Any:
        """Check and plan a document; gives a `Prepared`.

        Raises:
            InvalidInput: With every problem found.
        """
        ...

    def outlook(self, prepared: Any, *, use_cache: bool) -> Sequence[OutlookLine]:
        """What a run would do with each step."""
        ...

    def submit(self, prepared: Any, *, use_cache: bool) -> str:
        """Record a new run; gives its id."""
        ...

    def execute(
        self, run: str, *, slots: int | None, watcher: Watcher | None, interrupted: Callable[[], int]
    ) -> RunView:
        """Work on a run until it is final or held. `interrupted` gives the number of Ctrl-C so far."""
        ...

    def resume(self, run: str) -> str:
        """Make a run that did not end ready to go on; gives its id."""
        ...

    def rerun(self, run: str, *, from_step: str | None, use_cache: bool) -> str:
        """Record a new run of the same; gives its id."""
        ...

    def cancel(self, run: str) -> RunView:
        """Cancel a run."""
        ...

    def find(self, prefix: str) -> str:
        """The one run whose id begins so; ``latest`` is the newest.

        Raises:
            NotFound: RUN-001.
            Conflict: RUN-002, when there are several.
        """
        ...

    def view(self, run: str) -> RunView:
        """A run as it stands."""
        ...

    def runs(
        self, *, limit: int, before: str | None, states: Sequence[str], pipeline: str | None, children: bool
    ) -> Sequence[RunLine]:
        """Runs, newest first; without `children` not those that flows of others began."""
        ...

    def called(self, run: str) -> Sequence[CallView]:
        """All calls of a run's flows, by number."""
        ...

    def waiting(self, run: str | None) -> Sequence[WaitingView]:
        """What waits for people: of all runs, or of one and those that it began."""
        ...

    def idle(self, runs: Sequence[str]) -> Sequence[str]:
        """Those of these runs that are under way while nobody works on them: somebody has to resume them."""
        ...

    def answer(self, run: str, call: str, value: Any) -> Answered:
        """Give a flow the value that it asks for.

        Raises:
            InvalidInput: FLW-087 when it does not fit.
            Conflict: FLW-085 when the call does not wait any more.
        """
        ...

    def decide(self, run: str, call: str, *, approved: bool, comment: str) -> Answered:
        """Approve or reject.

        Raises:
            Conflict: FLW-085 when the call does not wait any more.
        """
        ...

    def frame(self, run: str, name: str) -> FrameView:
        """A frame of a run, or what a call of its flow gave, by the call's name or number.

        Raises:
            NotFound: RUN-004.
        """
        ...

    def logs(self, run: str, *, step: str | None, after: int) -> Sequence[tuple[int, str, LogLine]]:
        """Log lines numbered above `after`: number, step or call, line. Perhaps not all at once; empty: no more."""
        ...

    def profile(self, run: str, frame: str) -> Mapping[str, Any] | None:
        """Profile and preview of a frame."""
        ...

    def export(self, run: str, frame: str, to: Path, *, raw: bool) -> int:
        """Write a frame to a file; gives the number of rows."""
        ...

    def difference(self, a: str, b: str) -> RunDifference:
        """How two runs differ."""
        ...

    def collect(self, *, dry_run: bool, keep_runs: int | None, older_than_days: float | None) -> CollectView:
        """Remove what nothing needs, or tell what would be removed."""
        ...

    def replay(self, run: str, step: str, *, pdb: bool) -> Any:
        """Run one step of a run again in the foreground; gives a summary."""
        ...


@contextmanager
def opened(session: Session) -> Iterator[Project]:
    """The project of a command, opened for as long as the block lasts. Waits while another process owns it."""
    from pauta import assembly

    waiting = _Waiting(session)
    with assembly.open_project(session.project_folder(), wait_for_lock=waiting, language=session.language) as project:
        # A project that another process works on answers by forwarding, which no type checker can follow.
        yield cast("Project", project)


def find_run(project: Project, text: str) -> str:
    """The run that a person means: an id, its unique beginning, or ``latest``.

    Raises:
        NotFound: RUN-001.
        Conflict: RUN-002, when the beginning fits several.
    """
    return project.find(text.strip())


class _Waiting:
    """Says once for whom it waits, then lets wait."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._said: set[str] = set()

    def __call__(self, holder: str) -> bool:
        if holder not in self._said:
            self._said.add(holder)
            self._session.aside(self._session.words("run.waiting", holder=holder))
        return True
