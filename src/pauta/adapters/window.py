"""A window into a project that a process works on: others ask it over a Unix socket, as only it opens the records.

One line of JSON asks (``{"call": …, "args": {…}}``), one line answers (``{"value": …}`` or ``{"problems": […]}``).
The socket lies in the records' folder, for its owner alone.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

from pauta.domain.problems import Conflict, PautaError, Problem

NAME = "window.sock"
_PATIENCE_SECONDS = 30.0
_LARGEST_QUESTION = 1 << 20


class Question(msgspec.Struct, forbid_unknown_fields=True):
    """What somebody asks."""

    call: str
    args: dict[str, Any]


class Answer(msgspec.Struct):
    """What they are told: a value, or why not."""

    value: msgspec.Raw = msgspec.Raw(b"null")
    problems: list[Problem] = []


Calls = Mapping[str, Callable[..., Any]]


@contextmanager
def open_window(folder: Path, calls: Calls) -> Iterator[None]:
    """Answer these calls, from a thread of their own, for as long as the block lasts."""
    with _short(folder) as short, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        (folder / NAME).unlink(missing_ok=True)
        old = os.umask(0o177)
        try:
            listening.bind(f"{short}/{NAME}")
        finally:
            os.umask(old)
        listening.listen(16)
        thread = threading.Thread(target=_serve, args=(listening, calls), name="window", daemon=True)
        thread.start()
        try:
            yield
        finally:
            (folder / NAME).unlink(missing_ok=True)
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=1.0)


def _serve(listening: socket.socket, calls: Calls) -> None:
    while True:
        try:
            asking, _ = listening.accept()
        except OSError:
            return
        with asking, suppress(OSError):
            asking.settimeout(_PATIENCE_SECONDS)
            with asking.makefile("rb") as lines:
                line = lines.readline(_LARGEST_QUESTION)
            asking.sendall(msgspec.json.encode(_answer(line, calls)) + b"\n")


def _answer(line: bytes, calls: Calls) -> Answer:
    try:
        question = msgspec.json.decode(line, type=Question)
        value = calls[question.call](**question.args)
        return Answer(value=msgspec.Raw(msgspec.json.encode(value)))
    except PautaError as error:
        return Answer(problems=list(error.problems))
    except (msgspec.DecodeError, KeyError, TypeError) as error:
        return Answer(problems=[Problem("RUN-018", {"detail": str(error)})])


def ask(folder: Path, call: str, /, **args: Any) -> bytes | None:
    """Ask whoever works on the project; the value as JSON, or None when nobody answers.

    Raises:
        Conflict: With the problems that the answer names.
    """
    try:
        with _short(folder) as short, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
            asking.settimeout(_PATIENCE_SECONDS)
            asking.connect(f"{short}/{NAME}")
            asking.sendall(msgspec.json.encode(Question(call, args)) + b"\n")
            with asking.makefile("rb") as lines:
                line = lines.readline()
    except OSError:
        return None
    if not line:
        return None
    answer = msgspec.json.decode(line, type=Answer)
    if answer.problems:
        raise Conflict(answer.problems)
    return bytes(answer.value)


@contextmanager
def _short(folder: Path) -> Iterator[str]:
    """A short name for a folder: a socket's path may have 107 bytes at most."""
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)
