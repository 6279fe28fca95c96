"""Makes a deployment as it is wanted: its pipeline published, itself and its schedules; tells what that changed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pauta.assembly.flow_material import Drift, Material, drift_of
from pauta.authoring.schedule_arguments import USUAL_NAME, WantedSchedule
from pauta.domain.problems import Conflict, InvalidInput, NotFound, PautaError, Place, Problem, shorten
from pauta.domain.runs import DEFAULT_POOL

if TYPE_CHECKING:
    from pauta.adapters.api_client import ApiClient
    from pauta.adapters.api_rows import Row
    from pauta.services.view_pipelines import PublishedView

_FIRINGS_SHOWN = 3
_LONGEST_CHANGE = 60
_OURS = re.compile(rf"{USUAL_NAME}( [0-9]+)?").fullmatch


@dataclass(frozen=True, slots=True)
class Wanted:
    """A deployment as somebody wants it.

    Attributes:
        fields: Fields of the deployment; what is not among them stays as it is.
        material: What is published for it; None: `fields` name a pipeline.
        pinned: It runs the very version that is published, whichever is the active one.
        schedules: Those it is to have; None: they stay as they are.
        only_these: Schedules that were made for it before without a name, and are not wanted any more, go.
        paused: It is to be paused.
        note: What is said of the version.
        strict: A deployment of that name that runs another pipeline is not touched.
    """

    name: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    material: Material | None = None
    pinned: bool = False
    schedules: Sequence[WantedSchedule] | None = None
    only_these: bool = False
    paused: bool = False
    note: str = ""
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that was done, or would be.

    Attributes:
        what: ``published``, ``created``, ``changed``, ``same``, ``schedule_created`` …
        of: What it was done to, when that is not the deployment.
        fields: What of it is otherwise now: fields of a deployment or schedule, files of what was published.
        told: The same for people, with what it was and is where that is short.
    """

    what: str
    of: str = ""
    fields: tuple[str, ...] = ()
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deployed:
    """What came of it.

    Attributes:
        changes: In the order they were made.
        pipeline, version, digest: What it runs; the digest is empty when nothing was published.
        pool: Where it runs.
        next: Its next firings, soonest first: schedule and local time.
        drift: How what is published now differs from what it ran before.
    """

    name: str
    changes: tuple[Change, ...]
    pipeline: str
    version: int | None
    digest: str
    pool: str
    next: tuple[tuple[str, str], ...] = ()
    drift: Drift = field(default_factory=Drift)

    @property
    def is_same(self) -> bool:
        """Nothing had to be changed."""
        return all(change.what == "same" for change in self.changes)


class Deployer:
    """Makes deployments as they are wanted.

    Args:
        client: The project's server, or its own records.
        dry_run: Only tell what would be done.
    """

    def __init__(self, client: ApiClient, *, dry_run: bool = False) -> None:
        self._client = client
        self._dry_run = dry_run
        self._changes: list[Change] = []

    def apply(self, wanted: Wanted) -> Deployed:
        """Make it so. Whatever can be found wrong with it is found before anything is changed that others see.

        Raises:
            InvalidInput: SCH-… of its schedules, FLW-079 when its pool is not there; with every problem of what is
                wanted.
            Conflict: FLW-078 when the name is another pipeline's.
        """
        self._changes = []
        before = self._present(wanted.name)
        self._check_pool(wanted, before)
        for schedule in wanted.schedules or ():
            self._client.schedules.preview(schedule.timing, count=1)
        fields = dict(wanted.fields)
        drift, published = Drift(), None
        if wanted.material is not None:
            drift, published = self._publish(wanted, wanted.material, before, fields)
        present = self._make(wanted, before, fields)
        if published is not None and not published.active:
            self._client.pipelines.activate(published.name, published.version)
        try:
            self._schedule(wanted, known=before is not None)
        except PautaError:
            if before is None:  # half a deployment is worse than none: it would never run
                self._client.deployments.remove(wanted.name)
            raise
        if wanted.paused and present.get("state") != "paused":
            self._paused(wanted.name)
        return Deployed(
            name=wanted.name,
            changes=tuple(self._changes),
            pipeline=str(present["pipeline"]),
            version=present.get("pipeline_version"),
            digest=published.digest if published is not None else "",
            pool=str(present.get("pool") or DEFAULT_POOL),
            next=self._firings(wanted.name, known=before is not None or not self._dry_run),
            drift=drift,
        )

    def _present(self, name: str) -> Row | None:
        try:
            return self._client.deployments.get(name)
        except NotFound:
            return None

    def _check_pool(self, wanted: Wanted, before: Row | None) -> None:
        """Before anything is published: a deployment that cannot be made leaves nothing behind."""
        pool = wanted.fields.get("pool")
        if not isinstance(pool, str) or pool == DEFAULT_POOL or (before and before.get("pool") == pool):
            return
        known = [str(row["name"]) for row in self._client.places.pools()]
        if pool not in known:
            values = {"pool": shorten(pool), "known": shorten(", ".join(known), 200)}
            raise InvalidInput(Problem("FLW-079", values, place=Place(field="work_pool_name")))

    def _publish(
        self, wanted: Wanted, material: Material, before: Row | None, fields: dict[str, Any]
    ) -> tuple[Drift, PublishedView | None]:
        if wanted.strict and before is not None and before["pipeline"] != material.name:
            values = {"deployment": wanted.name, "present": str(before["pipeline"]), "wanted": material.name}
            raise Conflict(Problem("FLW-078", {key: shorten(value) for key, value in values.items()}))
        drift = self._drift(material, before)
        fields["pipeline"] = material.name
        if material.source:
            fields["source"] = dict(material.source)
        if self._dry_run:
            if drift or before is None:
                self._note("would_publish", of=material.name, fields=names_of(drift))
            if before is not None and drift and wanted.pinned:
                self._note("would_run_new_version")
            return drift, None
        note = wanted.note or material.note or None
        made = self._client.pipelines.publish(material.publication, note=note, activate=not wanted.pinned)
        if not made.identical:
            self._note("published", of=f"{made.name} {made.version}", fields=names_of(drift))
        if wanted.pinned:
            fields["pipeline_version"] = made.version
        return drift, made

    def _drift(self, material: Material, before: Row | None) -> Drift:
        if before is None or before["pipeline"] != material.name:
            return Drift()
        number = before.get("pipeline_version") or self._client.pipelines.get(material.name).get("active")
        if number is None:
            return Drift()
        return drift_of(material, pipeline=material.name, version=int(number), client=self._client)

    def _make(self, wanted: Wanted, before: Row | None, fields: dict[str, Any]) -> Row:
        if before is None:
            self._note("created")
            if self._dry_run:
                return {"name": wanted.name, **fields}
            return self._client.deployments.create({"name": wanted.name, **fields})
        changes = differing(before, fields)
        if not changes:
            self._note("same")
            return before
        told = [_told(name, before.get(name), changes[name]) for name in sorted(changes)]
        self._note("changed", fields=sorted(changes), told=told)
        return {**before, **changes} if self._dry_run else self._client.deployments.change(wanted.name, changes)

    def _schedule(self, wanted: Wanted, *, known: bool) -> None:
        if wanted.schedules is None:
            return
        found = self._client.schedules.all(wanted.name) if known else []
        there = {str(row["name"]): row for row in found}
        for schedule in wanted.schedules:
            self._one_schedule(wanted.name, schedule, there.pop(schedule.name, None))
        for name, row in there.items():
            if wanted.only_these and _OURS(name):
                if not self._dry_run:
                    self._client.schedules.remove(row["id"])
                self._note("schedule_removed", of=name)

    def _one_schedule(self, deployment: str, wanted: WantedSchedule, before: Row | None) -> None:
        schedules = self._client.schedules
        body: dict[str, Any] = {"timing": dict(wanted.timing)}
        if wanted.parameters or before is not None:
            body["parameters"] = dict(wanted.parameters)
        if before is None:
            if not self._dry_run:
                before = schedules.create(deployment, {"name": wanted.name, **body})
            self._note("schedule_created", of=wanted.name, told=[timing_text(wanted.timing)])
        elif changes := differing(before, body):
            after = before if self._dry_run else schedules.change(before["id"], changes)
            was = timing_text(before.get("timing") or {})
            told = [f"{was} → {timing_text(wanted.timing)}" if name == "timing" else name for name in sorted(changes)]
            self._note("schedule_changed", of=wanted.name, fields=sorted(changes), told=told)
            before = after
        if before is not None and not wanted.active and before.get("state") == "active":
            if not self._dry_run:
                schedules.switch(before["id"], on=False)
            self._note("schedule_paused", of=wanted.name)

    def _paused(self, name: str) -> None:
        if not self._dry_run:
            self._client.deployments.switch(name, on=False)
        self._note("paused")

    def _firings(self, name: str, *, known: bool) -> tuple[tuple[str, str], ...]:
        if not known:
            return ()
        found: list[tuple[str, str, str]] = []
        for row in self._client.schedules.all(name):
            if row.get("state") != "active":
                continue
            zone = str((row.get("timing") or {}).get("zone", ""))
            for comes in self._client.schedules.next(row["id"], count=_FIRINGS_SHOWN):
                if comes.get("runs"):
                    local = f"{_clock(str(comes['runs']))} {zone}".rstrip()
                    found.append((str(comes["at"]), str(row["name"]), local))
        return tuple((schedule, local) for _, schedule, local in sorted(found)[:_FIRINGS_SHOWN])

    def _note(self, what: str, *, of: str = "", fields: Sequence[str] = (), told: Sequence[str] = ()) -> None:
        """Put a change on the list. That nothing had to be changed is only said when nothing had to be."""
        if what == "same" and self._changes:
            return
        self._changes = [change for change in self._changes if change.what != "same"]
        self._changes.append(Change(what, of, tuple(fields), tuple(told) or tuple(fields)))


def _clock(local: str) -> str:
    """Date and time; seconds only where there are any."""
    return local.replace("T", " ")[:19].removesuffix(":00")


def timing_text(timing: Mapping[str, Any]) -> str:
    """A timing in few words: the expression or the interval, with its zone."""
    text = f"{timing.get('seconds') or 0:g} s" if timing.get("kind") == "interval" else str(timing.get("text", ""))
    return f"{text} ({timing.get('zone') or 'UTC'})"


def _told(field: str, before: Any, after: Any) -> str:
    """A changed field, with its values where those are short."""
    plain = all(value is None or isinstance(value, int | str) for value in (before, after))
    shown = f"{field} {before} → {after}" if plain else field
    return shown if len(shown) <= _LONGEST_CHANGE else field


def names_of(drift: Drift) -> tuple[str, ...]:
    """The files that are otherwise, each with a sign: ``~`` changed, ``+`` new, ``-`` gone."""
    signed = [("~", path) for path in drift.changed]
    signed += [("+", path) for path in drift.added] + [("-", path) for path in drift.removed]
    return tuple(f"{sign}{path}" for sign, path in signed)


def differing(before: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that are wanted otherwise. What is not mentioned stays as it is."""
    return {name: value for name, value in fields.items() if not _same(before.get(name), value)}


def _same(had: Any, wanted: Any) -> bool:
    """Whether nothing of what is wanted is missing: a server fills a timing's other fields in by itself."""
    if isinstance(wanted, Mapping) and isinstance(had, Mapping) and "kind" in wanted and "text" in had:
        return all(_same(had.get(name), value) for name, value in wanted.items())
    if isinstance(had, str) and isinstance(wanted, str) and had != wanted:
        return _moment(had) is not None and _moment(had) == _moment(wanted)
    return bool(had == wanted)


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
