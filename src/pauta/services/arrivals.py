"""Watches for arrivals: files that have stopped growing, runs of other deployments that have ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pauta.domain.deploying import Switch, Trigger, TriggerKind
from pauta.domain.ids import RunId
from pauta.domain.problems import InvalidInput
from pauta.services.arrivals_looking import FOLDER_PROBLEM, Arrived, look_into
from pauta.services.control import Control
from pauta.services.triggers_completed import ended_events, event_of
from pauta.services.triggers_off import follow, is_new, note_problem, use_up

STILL = 2
"""Polls in a row in which a file must not have changed."""

Look = Callable[[Control, Trigger], Sequence[Arrived]]


class Arrivals:
    """Looks for what has arrived, each time it is told to.

    What it remembers only spares work: each event is noted for ever in the transaction that records its run, so a
    second watcher, or one that starts anew, finds it settled.

    Args:
        control: The server's hold of the project.
        look: Lists what lies where a trigger points: the seam for other places than folders.
    """

    def __init__(self, control: Control, *, look: Look = look_into) -> None:
        self._control = control
        self._look = look
        self._still: dict[str, dict[str, int]] = {}  # trigger → event → polls in which it was the same
        self._settled: dict[str, set[str]] = {}

    def files(self) -> list[RunId]:
        """Look into every watched folder once; the runs that came of it.

        Raises:
            StoreFault: Try again.
        """
        started: list[RunId] = []
        active = [trigger for trigger, awake in self._active(TriggerKind.FILE) if awake]
        self._still = {k: v for k, v in self._still.items() if k in {t.id for t in active}}
        for trigger in active:
            started += self._files_of(trigger)
        return started

    def completions(self) -> list[RunId]:
        """Look for runs that ended and were not seen to: after a crash, or when another server ended them.

        Ends that come while the deployment is paused start nothing, then or later.

        Raises:
            StoreFault: Try again.
        """
        started: list[RunId] = []
        for trigger, awake in self._active(TriggerKind.COMPLETION):
            events = [event for event, _ in reversed(ended_events(self._control, trigger))]
            settled = self._settled.setdefault(trigger.id, set())
            settled &= set(events)
            new = [event for event in events if event not in settled]
            if not awake:
                use_up(self._control, trigger, new)
                settled.update(new)
                continue
            for event in new:
                started += self._settle(trigger, event, settled)
        return started

    def _files_of(self, trigger: Trigger) -> list[RunId]:
        try:
            found = self._look(self._control, trigger)
        except InvalidInput as error:
            note_problem(self._control, trigger, error.problems[0])
            return []
        if trigger.problem is not None and trigger.problem.code == FOLDER_PROBLEM:
            note_problem(self._control, trigger, None)
        before = self._still.get(trigger.id, {})
        self._still[trigger.id] = {a.event: before.get(a.event, -1) + 1 for a in found}
        settled = self._settled.setdefault(trigger.id, set())
        settled &= self._still[trigger.id].keys()
        started: list[RunId] = []
        for arrived in found:
            if arrived.event not in settled and self._still[trigger.id][arrived.event] >= STILL:
                name = trigger.settings["input"]
                inputs = {name: {"path": arrived.source}} if name is not None else None
                started += self._settle(trigger, arrived.event, settled, inputs=inputs)
        return started

    def _settle(
        self, trigger: Trigger, event: str, settled: set[str], *, inputs: dict[str, dict[str, str]] | None = None
    ) -> list[RunId]:
        if not is_new(self._control, trigger, event):
            settled.add(event)
            return []
        done, run_id = follow(self._control, trigger, event, inputs=inputs)
        if done:
            settled.add(event)
        return [run_id] if run_id is not None else []

    def _active(self, kind: TriggerKind) -> list[tuple[Trigger, bool]]:
        """Active triggers, each with whether its deployment is active too."""
        with self._control.store.transaction() as tx:
            triggers = [t for t in tx.triggers.all() if t.kind is kind and t.state is Switch.ACTIVE]
            deployments = {name: tx.deployments.get(name) for name in {t.deployment for t in triggers}}
        return [
            (trigger, deployment.state is Switch.ACTIVE)
            for trigger in triggers
            if (deployment := deployments[trigger.deployment]) is not None
        ]


def run_ended(control: Control, run_id: RunId) -> list[RunId]:
    """Set off what waits for this run's end; the runs that came of it. To be called when a run has ended.

    Nothing is lost when it is not: `Arrivals.completions` finds it later.

    Raises:
        StoreFault: The database cannot be used.
    """
    with control.store.transaction() as tx:
        run = tx.runs.get(run_id)
        if run is None or run.deployment is None or run.ended_at is None:
            return []
        triggers = tx.triggers.all()
    started: list[RunId] = []
    for trigger in triggers:
        if (
            trigger.kind is TriggerKind.COMPLETION
            and trigger.state is Switch.ACTIVE
            and trigger.settings["deployment"] == run.deployment
            and run.state.value in trigger.settings["states"]
        ):
            _, started_id = follow(control, trigger, event_of(run))
            started += [started_id] if started_id is not None else []
    return started
