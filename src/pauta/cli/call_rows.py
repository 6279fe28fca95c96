"""Calls of flows while they go: rows of the live picture, and sentences."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from rich.progress_bar import ProgressBar
from rich.text import Text

from pauta.cli.amounts import duration
from pauta.cli.board import Board
from pauta.cli.call_board import CallBoard, Group, Twig
from pauta.cli.plain_text import one_line
from pauta.cli.tables import STATE_STYLES, STATE_SYMBOLS
from pauta.cli.words import Words
from pauta.domain.calls import Call, CallKind
from pauta.domain.problems import shorten

_ORDER = ("completed", "failed", "running", "paused", "pending", "cancelled")
_BUSY = frozenset({"running", "paused", "failed"})
_LEAST = 3
_MOST_READ = 500
_BAR = 18
_BAR_STYLES = {"completed": "green", "failed": "red", "cancelled": "yellow"}


def counts_of(states: Mapping[str, int], words: Words) -> str:
    """How many are in which state: ``998 completed, 2 failed``."""
    return ", ".join(words(f"calls.{s}", count=words.number(states[s])) for s in _ORDER if states.get(s))


def at_time(at: datetime) -> str:
    """A time in the reader's zone."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def twigs_that_fit(calls: CallBoard, step: int, room: int) -> list[Twig]:
    """What is shown of a step's calls: all groups, or else those that run, wait or failed, and the last of them."""
    found = [twig for _, twig in zip(range(_MOST_READ), calls.twigs(step), strict=False)]
    most = max(_LEAST, room)
    if len(found) <= most:
        return found
    busy = [twig for twig in found if twig.group.state in _BUSY]
    return busy[-most:] if busy else found[-most:]


def twig_name(twig: Twig) -> str:
    """A group's name, where it stands: ``  fetch ×1000``."""
    times = f" ×{twig.group.count}" if twig.group.count > 1 else ""
    return f"{'  ' * (twig.depth + 1)}{one_line(twig.group.name)}{times}"


def twig_row(twig: Twig, board: Board, words: Words) -> tuple[Text, Text, ProgressBar, Text, Text]:
    """A row of the picture."""
    group = twig.group
    since = min(group.running.values(), default=None)
    seconds = board.since(since) if since is not None else group.seconds if group.ended else None
    return (
        Text(STATE_SYMBOLS.get(group.state, "·"), style=STATE_STYLES.get(group.state, "")),
        Text(twig_name(twig)),
        _bar(group, board),
        Text(duration(seconds, words), style="" if group.running else "dim"),
        Text(_note(group, words), style="red" if group.state == "failed" else "dim"),
    )


def _bar(group: Group, board: Board) -> ProgressBar:
    if group.running and group.count == 1:
        return ProgressBar(total=100, completed=0.0, width=_BAR, pulse=True, animation_time=board.elapsed())
    style = _BAR_STYLES.get(group.state, "blue")
    share = 100.0 * group.ended / group.count if group.count else 0.0
    return ProgressBar(total=100, completed=share, width=_BAR, complete_style=style, finished_style=style)


def _note(group: Group, words: Words) -> str:
    parts = []
    if group.count > 1:
        parts.append(counts_of(group.states, words))
    if group.cached:
        parts.append(words("calls.cached", count=words.number(group.cached)))
    if group.failed is not None and group.failed.problem is not None and group.state == "failed":
        parts.append(group.failed.problem.code)
    return "  ".join(parts)


def ended_sentence(call: Call, words: Words) -> str:
    """What became of a call, as one line."""
    state = call.state.value
    parts = [duration(call.seconds, words)] if call.seconds is not None and call.cached_from is None else []
    if call.cached_from is not None:
        parts.append(words("run.cached"))
    if call.attempts > 1:
        parts.append(words("run.attempts", count=call.attempts))
    if call.problem is not None:
        parts.append(one_line(call.problem.line(words.language)))
    elif call.message:
        parts.append(shorten(call.message))
    tail = f" ({', '.join(parts)})" if parts else ""
    return f"  {STATE_SYMBOLS.get(state, '·')} {words(f'state.{state}')}: {_label(call)}{tail}"


def waiting_sentence(call: Call, words: Words) -> str:
    """What a flow waits for, as one line."""
    until = call.awaited.until if call.awaited is not None else None
    time = at_time(datetime.fromtimestamp(until, UTC)) if until is not None else ""
    prompt = call.message or (call.awaited.prompt if call.awaited is not None else "")
    if call.kind in (CallKind.INPUT, CallKind.APPROVAL):
        said = words(f"waiting.{call.kind.value}", call=_label(call))
    elif call.kind is CallKind.RUN:
        said = words("waiting.run", call=_label(call), run=call.child or "?")
    else:
        said = words("waiting.sleep", call=_label(call))
    more = [words("waiting.until", time=time)] if time else []
    more += [shorten(prompt)] if prompt else []
    return f"  ‖ {said}{' (' + ', '.join(more) + ')' if more else ''}"


def _label(call: Call) -> str:
    return one_line(call.name if call.index == 0 else f"{call.name}#{call.index + 1}")
