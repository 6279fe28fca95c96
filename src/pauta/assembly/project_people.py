"""What commands ask of a project about its flows: their calls, what waits for people, their answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from pauta.adapters import clock
from pauta.domain.ids import RunId

if TYPE_CHECKING:
    from pauta.ports.store import Store
    from pauta.services.answers import Answers, Person
    from pauta.services.desk import Desk
    from pauta.services.view_calls import Answered, CallView, WaitingView
    from pauta.services.views import FrameView, RunLine

_MOST = 1_000_000_000
_MOST_WAITING = 500


WINDOW = (
    *("find", "view", "runs", "logs", "profile", "difference"),
    *("called", "children", "frame", "waiting", "answer", "decide", "idle"),
)
"""What another process may ask of the one that works on a project."""


class ProjectPeople:
    """The part of a project that shows calls and takes answers."""

    _store: Store
    _executing: str | None
    language: str

    def _desk(self) -> Desk:
        raise NotImplementedError

    def called(self, run: str) -> Sequence[CallView]:
        """All calls of a run's flows, by number.

        Raises:
            NotFound: RUN-001.
        """
        from pauta.services.look_calls import CallLooker

        return CallLooker(self._store, language=self.language).page(RunId(run), after=-1, limit=_MOST).calls

    def children(self, run: str) -> Sequence[RunLine]:
        """The runs that flows of this run began, oldest first.

        Raises:
            NotFound: RUN-001.
        """
        from pauta.services.look import Looker

        return Looker(self._store, records="", language=self.language).children(RunId(run), now=clock.now())

    def frame(self, run: str, name: str) -> FrameView:
        """A frame of a run, or what a call of its flow gave.

        Raises:
            NotFound: RUN-001, RUN-004.
        """
        from pauta.services.look import Looker

        return Looker(self._store, records="", language=self.language).frame(RunId(run), name)

    def waiting(self, run: str | None) -> Sequence[WaitingView]:
        """What waits for people: of all runs, or of one and those that it began.

        Raises:
            NotFound: RUN-001.
        """
        return self._answers().waiting(run_id=RunId(run) if run is not None else None, limit=_MOST_WAITING)

    def idle(self, runs: Sequence[str]) -> Sequence[str]:
        """Those of these runs that are under way while nobody works on them: somebody has to resume them."""
        from pauta.services.standstill import under_way

        with self._store.transaction() as tx:
            found = under_way(tx, [RunId(run) for run in runs])
        return [run for run, line in found.items() if self._executing not in line]

    def answer(self, run: str, call: str, value: Any) -> Answered:
        """Give a flow the value that it asks for. See `services.answers.Answers.give` for what it raises."""
        return self._told(self._answers().give(RunId(run), call, value, person=self._person()))

    def decide(self, run: str, call: str, *, approved: bool, comment: str) -> Answered:
        """Approve or reject. See `services.answers.Answers.decide` for what it raises."""
        answers = self._answers()
        person = self._person()
        return self._told(answers.decide(RunId(run), call, approved=approved, comment=comment, person=person))

    def _told(self, done: Answered) -> Answered:
        """Without a server a run goes on only where this process works on it."""
        return replace(done, goes_on=self._executing is not None and done.top == self._executing)

    def _answers(self) -> Answers:
        from pauta.services.answers import Answers

        return Answers(self._store, self._desk(), clock.now)

    def _person(self) -> Person:
        """Whoever owns the folder may do everything in it; their name stands in the records."""
        from pauta.assembly.owners import person_here
        from pauta.services.answers import Person
        from pauta.services.behalf import Behalf

        return Person(Behalf(person_here()))
