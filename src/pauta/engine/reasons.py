"""Why a step ran or did not, in words of both languages, from what is known of it now and of its last time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any

from pauta.domain.ids import Address, RunId
from pauta.domain.problems import shorten
from pauta.engine.cachekey import canonical_json

_SHOWN_DIGITS = 4
_SHOWN_VALUE = 40
_HIDDEN = "•••"


class Kind(StrEnum):
    """What sort of reason it is; what its details are stands beside it."""

    TAKEN = "taken"  # run
    FIRST = "first"
    CHANGED = "changed"  # the changes
    UNFINISHED = "unfinished"  # run in which it did not complete
    UNKEPT = "unkept"  # run that kept no result of it
    LOST = "lost"  # run whose result is gone
    CACHE_OFF = "cache_off"  # for the whole run
    STEP_OFF = "step_off"  # for this step: it has effects
    ASKED = "asked"  # a person asked for this step to be run again
    AWAITS = "awaits"  # names of frames that are not known yet


class CacheUse(StrEnum):
    """Whether a result from the cache was looked for."""

    ON = "on"
    OFF_FOR_RUN = "off_for_run"
    OFF_FOR_STEP = "off_for_step"
    ASKED_AGAIN = "asked_again"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs from the last time.

    Attributes:
        what: ``script``, ``input``, ``kwargs``, ``env``, ``output``, ``min_rows`` or ``runtime``.
        name: Which input, argument or variable; empty where there is only one.
        before: What it was, shortened; None when it was not there.
        after: What it is, shortened; None when it is not there any more.
    """

    what: str
    name: str = ""
    before: str | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a step ran or did not. `details` as its kind says; `changes` for `Kind.CHANGED` only."""

    kind: Kind
    details: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()

    @lru_cache(maxsize=1024)  # noqa: B019 - reasons are small, frozen values, and most steps of a run share one
    def text(self, language: str = "en") -> str:
        """In words, of a step that ran or was taken: ``ran because script changed: a1b2 → c3d4``."""
        return self._words(language, _PAST)

    def outlook(self, language: str = "en") -> str:
        """In words, of a step that has not run yet: ``would run because script changed: a1b2 → c3d4``."""
        return self._words(language, _OUTLOOK)

    def _words(self, language: str, tense: Mapping[str, Mapping[str, str]]) -> str:
        tongue = "pt" if language.lower().startswith("pt") else "en"
        changes = "; ".join(_change_in_words(change, tongue) for change in self.changes)
        return _TEXTS[tongue][self.kind].format(details=", ".join(self.details), changes=changes, **tense[tongue])

    def encode(self) -> str:
        """The compact form that is stored; `decode` gives the reason back."""
        return _encoded(self)

    @classmethod
    @lru_cache(maxsize=1024)
    def decode(cls, text: str) -> Reason:
        """The reason with this stored form.

        Raises:
            ValueError: It is no such form.
        """
        try:
            kind, *parts = json.loads(text)
            details = tuple(part for part in parts if isinstance(part, str))
            changes = tuple(_change_of(part) for part in parts if not isinstance(part, str))
            return cls(Kind(kind), details, changes)
        except (TypeError, ValueError) as error:
            raise ValueError(f"not a stored reason: {shorten(text)}") from error


@dataclass(frozen=True, slots=True)
class Known:
    """What decides a step's result.

    Attributes:
        script: Script version.
        inputs: Address by frame name; None for a frame that is not made yet.
        kwargs: Keyword arguments.
        env: Declared environment variables.
        output: Name of what it gives.
        min_rows: Fewest rows allowed.
        runtime: What it runs in, e.g. ``py3.11|pandas3``.
        hidden: Names of keyword arguments whose values are secrets: that they changed is said, their values are
            not. The values of environment variables are never said.
    """

    script: str
    inputs: Mapping[str, Address | None] = field(default_factory=dict)
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    output: str | None = None
    min_rows: int = 0
    runtime: str = ""
    hidden: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class LastTime:
    """The same step in the newest earlier run of its pipeline that came to it.

    `completed` tells whether it was completed there, `kept` whether its result was kept in the cache.
    """

    run_id: RunId
    known: Known
    completed: bool = True
    kept: bool = True


@lru_cache(maxsize=1024)
def _encoded(reason: Reason) -> str:
    """Most steps of a run have the same reason."""
    parts: list[Any] = [reason.kind.value, *reason.details]
    parts.extend([change.what, change.name, change.before, change.after] for change in reason.changes)
    return json.dumps(parts, ensure_ascii=False, separators=(",", ":"))


def why(
    known: Known,
    *,
    last: LastTime | None,
    taken_from: RunId | None = None,
    cache: CacheUse = CacheUse.ON,
) -> Reason:
    """Why the step ran, runs, or was taken from the cache.

    Args:
        known: What is known of it now.
        last: Its last time, or None when there was none.
        taken_from: The run whose result stood in for running it, or None when it ran.
        cache: Whether a stored result was looked for at all.
    """
    if taken_from is not None:
        return Reason(Kind.TAKEN, (taken_from,))
    if cache is not CacheUse.ON:
        return Reason(_WITHOUT_CACHE[cache])
    if last is None:
        return Reason(Kind.FIRST)
    changes = changes_between(last.known, known)
    if changes:
        return Reason(Kind.CHANGED, changes=changes)
    return _unchanged(known, last)


def _unchanged(known: Known, last: LastTime) -> Reason:
    """Why a step runs although all that is known of it is as it was."""
    unknown = tuple(name for name, address in known.inputs.items() if address is None)
    if unknown:
        return Reason(Kind.AWAITS, unknown)
    if not last.completed:
        return Reason(Kind.UNFINISHED, (last.run_id,))
    return Reason(Kind.LOST if last.kept else Kind.UNKEPT, (last.run_id,))


_WITHOUT_CACHE = {
    CacheUse.OFF_FOR_RUN: Kind.CACHE_OFF,
    CacheUse.OFF_FOR_STEP: Kind.STEP_OFF,
    CacheUse.ASKED_AGAIN: Kind.ASKED,
}


def _change_of(part: list[Any]) -> Change:
    change = Change(*part)
    if change.what not in _CHANGES["en"]:
        raise ValueError(change.what)
    return change


def changes_between(before: Known, after: Known) -> tuple[Change, ...]:
    """What differs, in the order of importance: script, inputs, arguments, environment, the rest.

    An input whose address is not known in one of the two counts as unchanged.
    """
    changes = []
    if before.script != after.script:
        changes.append(Change("script", "", *_shortest_pair(before.script, after.script)))
    changes.extend(_input_changes(before.inputs, after.inputs))
    changes.extend(_kwargs_changes(before, after))
    for name in sorted(before.env.keys() | after.env.keys()):
        if before.env.get(name) != after.env.get(name):
            was, now = (_HIDDEN if name in env else None for env in (before.env, after.env))
            changes.append(Change("env", name, was, now))
    if before.output != after.output:
        changes.append(Change("output", "", before.output, after.output))
    if before.min_rows != after.min_rows:
        changes.append(Change("min_rows", "", str(before.min_rows), str(after.min_rows)))
    if before.runtime != after.runtime:
        changes.append(Change("runtime", "", before.runtime, after.runtime))
    return tuple(changes)


def _input_changes(before: Mapping[str, Address | None], after: Mapping[str, Address | None]) -> list[Change]:
    changes = []
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name), after.get(name)
        if name in before and name in after:
            if was is not None and now is not None and was != now:
                changes.append(Change("input", name, *_shortest_pair(was, now)))
        else:
            changes.append(Change("input", name, _digits(was, name in before), _digits(now, name in after)))
    return changes


def _kwargs_changes(before: Known, after: Known) -> list[Change]:
    changes = []
    hidden = before.hidden | after.hidden
    for name in sorted(before.kwargs.keys() | after.kwargs.keys()):
        was, now = (canonical_json(kw[name]) if name in kw else None for kw in (before.kwargs, after.kwargs))
        if was != now:
            shown = [
                None if name not in kw else _HIDDEN if name in hidden else _shown(kw[name])
                for kw in (before.kwargs, after.kwargs)
            ]
            changes.append(Change("kwargs", name, *shown))
    return changes


def _shown(value: Any) -> str:
    return shorten(json.dumps(value, sort_keys=True, ensure_ascii=False), _SHOWN_VALUE)


def _digits(address: Address | None, there: bool) -> str | None:
    if not there:
        return None
    return "?" if address is None else address[:_SHOWN_DIGITS]


def _shortest_pair(before: str, after: str) -> tuple[str, str]:
    """Both hashes, cut where they can still be told apart."""
    digits = _SHOWN_DIGITS
    while before[:digits] == after[:digits] and digits < max(len(before), len(after)):
        digits += 1
    return before[:digits], after[:digits]


def _change_in_words(change: Change, tongue: str) -> str:
    added, removed, changed = _CHANGES[tongue][change.what]
    template = added if change.before is None else removed if change.after is None else changed
    return template.format(name=change.name, before=change.before, after=change.after)


_TEXTS: Mapping[str, Mapping[Kind, str]] = {
    "en": {
        Kind.TAKEN: "{taken} from run {details}",
        Kind.FIRST: "{ran} for the first time",
        Kind.CHANGED: "{ran} because {changes}",
        Kind.UNFINISHED: "{ran} because it did not complete in run {details}",
        Kind.UNKEPT: "{ran} because run {details} kept no result of it",
        Kind.LOST: "{ran} because its result of run {details} was lost",
        Kind.CACHE_OFF: "{ran} because the cache {was} off",
        Kind.STEP_OFF: "{ran} because caching is off for this step (cache: false)",
        Kind.ASKED: "{ran} because it {was} asked for",
        Kind.AWAITS: "{ran} unless {details} comes out as before",
    },
    "pt": {
        Kind.TAKEN: "{taken} da execução {details}",
        Kind.FIRST: "{ran} pela primeira vez",
        Kind.CHANGED: "{ran} porque {changes}",
        Kind.UNFINISHED: "{ran} porque não foi concluída na execução {details}",
        Kind.UNKEPT: "{ran} porque a execução {details} não guardou o resultado",
        Kind.LOST: "{ran} porque o resultado da execução {details} se perdeu",
        Kind.CACHE_OFF: "{ran} porque o cache {was} desligado",
        Kind.STEP_OFF: "{ran} porque o cache está desligado para esta etapa (cache: false)",
        Kind.ASKED: "{ran} porque isso foi pedido",
        Kind.AWAITS: "{ran} a menos que {details} saia como antes",
    },
}

_PAST = {
    "en": {"ran": "ran", "taken": "taken", "was": "was"},
    "pt": {"ran": "executou", "taken": "reaproveitada", "was": "estava"},
}
_OUTLOOK = {
    "en": {"ran": "would run", "taken": "would be taken", "was": "is"},
    "pt": {"ran": "executaria", "taken": "seria reaproveitada", "was": "está"},
}

_CHANGES: Mapping[str, Mapping[str, tuple[str, str, str]]] = {
    "en": {
        "script": ("script added: {after}", "script removed: {before}", "script changed: {before} → {after}"),
        "input": (
            "input {name} is new: {after}",
            "input {name} is no longer taken",
            "input {name} changed: {before} → {after}",
        ),
        "kwargs": (
            "kwargs added: {name} {after}",
            "kwargs removed: {name}",
            "kwargs changed: {name} {before} → {after}",
        ),
        "env": ("env added: {name}", "env removed: {name}", "env changed: {name}"),
        "output": ("output added: {after}", "output removed: {before}", "output changed: {before} → {after}"),
        "min_rows": ("min_rows added: {after}", "min_rows removed", "min_rows changed: {before} → {after}"),
        "runtime": ("runtime added: {after}", "runtime removed", "runtime changed: {before} → {after}"),
    },
    "pt": {
        "script": ("script novo: {after}", "script retirado: {before}", "o script mudou: {before} → {after}"),
        "input": (
            "a entrada {name} é nova: {after}",
            "a entrada {name} não é mais usada",
            "a entrada {name} mudou: {before} → {after}",
        ),
        "kwargs": ("kwargs ganhou {name} {after}", "kwargs perdeu {name}", "kwargs mudou: {name} {before} → {after}"),
        "env": ("env ganhou {name}", "env perdeu {name}", "env mudou: {name}"),
        "output": ("saída nova: {after}", "saída retirada: {before}", "a saída mudou: {before} → {after}"),
        "min_rows": ("min_rows novo: {after}", "min_rows retirado", "min_rows mudou: {before} → {after}"),
        "runtime": ("ambiente novo: {after}", "ambiente retirado", "o ambiente mudou: {before} → {after}"),
    },
}
