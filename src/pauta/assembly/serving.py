"""`pauta server`: one process that owns the records, answers, works, fires schedules and cleans up."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from pauta.assembly.control import opened_control
from pauta.assembly.duties import Household
from pauta.assembly.local_access import LocalAccess
from pauta.assembly.owners import is_gone
from pauta.assembly.settings import Loaded, load_settings
from pauta.assembly.standing_worker import Presence, listen, standing_worker
from pauta.scheduler.duties import Duties, Duty
from pauta.services.reaping import free_the_dead

_log = logging.getLogger("pauta.server")
_KEEP_ALIVE_SECONDS = 75
_STREAMS_SECONDS = 2
_LONGEST_HEAD = 131_072
"""Bytes. More than the gate allows, so that it can say what is wrong."""


def serve(
    folder: Path, *, flags: Mapping[str, Any], say: Callable[[str], None], greet: Callable[[str, str], None]
) -> int:
    """Serve a project until told to end.

    Args:
        folder: The project's folder.
        flags: Settings given on the command line, by name.
        say: Where lines for the person who started it go.
        greet: Called once it answers, with its address and the link that signs a browser in once.

    Returns:
        The exit code: 0 when it was asked to end.

    Raises:
        InvalidInput: CFG-… when settings do not fit.
        StoreFault: DB-… when the records cannot be opened.
    """
    loaded = load_settings(folder, environ=os.environ, flags=flags)
    with Serving(folder, loaded, say=say) as serving, _ended_by_signals(serving.end):
        return serving.run(lambda: greet(serving.access.url, serving.access.first_link()))


class Serving(AbstractContextManager["Serving"]):
    """A server, from its opening to its end."""

    def __init__(self, folder: Path, loaded: Loaded, *, say: Callable[[str], None]) -> None:
        self._loaded = loaded
        self._settings = settings = loaded.settings
        self._ended = threading.Event()
        self._failed = False
        self._stack = ExitStack()
        with ExitStack() as opening:
            self.control = opening.enter_context(opened_control(folder, settings, say=say))
            self.access = opening.enter_context(LocalAccess(self.control, settings))
            self._stack = opening.pop_all()

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def end(self) -> None:
        """Ask for the end: from any thread or signal."""
        self._ended.set()

    def run(self, greet: Callable[[], None]) -> int:
        """Answer, `greet`, and go on until told to end; then let what runs finish. Gives the exit code."""
        answering = self._answer()
        for run_id, stage in free_the_dead(self.control.store, self.control.desk, is_gone=is_gone):
            _log.warning("stage %s of run %s is free again: the process that held it is gone", stage, run_id)
        with ExitStack() as stack:
            # Uvicorn listens in a moment, in its thread: whoever reads the greeting and calls sooner waits that long.
            self.access.socket.listen()
            answering.start()
            stack.callback(answering.stop)
            stack.enter_context(Household(self.control, self._settings, url=self.access.url))
            if self._settings.server.worker:
                self._work(stack)
            stack.callback(self.access.withdraw)
            self.access.announce()
            greet()
            self._ended.wait()
        return 1 if self._failed else 0

    def _work(self, stack: ExitStack) -> None:
        """Have the server's own worker work in a thread, until the stack unwinds: then it is drained."""
        worker = standing_worker(self.control, self._settings)
        thread = threading.Thread(target=self._guard, args=(worker.work,), name="worker")
        presence = Presence(self.control, self._settings, worker)
        telling = Duties([Duty("presence", self._settings.queue.heartbeat_seconds, presence.tell)])
        thread.start()
        telling.start()
        stack.callback(presence.leave)
        stack.callback(telling.stop)
        stack.callback(thread.join)
        stack.callback(worker.drain, self._settings.server.drain_seconds)
        stack.callback(listen(self.control.bell, self._settings.worker.pools, worker.nudge))

    def _answer(self) -> _Answering:
        import uvicorn

        from pauta.server.app import create_app
        from pauta.server.routes.all import all_routes

        server = self._settings.server
        lines = self._loaded.lines()
        app = create_app(self.control, settings=self._settings, routes=all_routes(), setting_lines=lines)
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # the gate itself decides whose word it takes
            http="h11",  # the one that bounds what it keeps of a request's head
            h11_max_incomplete_event_size=_LONGEST_HEAD,
            lifespan="off",
            ws="none",
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=_STREAMS_SECONDS,
            ssl_certfile=server.tls_certificate,
            ssl_keyfile=server.tls_key,
        )
        answering = uvicorn.Server(config)
        run = partial(self._guard, partial(answering.run, sockets=[self.access.socket]))
        return _Answering(answering, run, end_streams=app.end_streams)

    def _guard(self, act: Callable[[], object]) -> None:
        """Half a server is worse than none: when a part of it fails for a reason unknown, the whole ends."""
        try:
            act()
        except Exception:
            _log.exception("a part of the server failed; the server ends")
            self._failed = True
        self.end()


class _Answering:
    """The HTTP server in a thread of its own; signals stay with the main thread."""

    def __init__(self, server: Any, run: Callable[[], None], *, end_streams: Callable[[], None]) -> None:
        self._server = server
        self._end_streams = end_streams
        self._thread = threading.Thread(target=run, name="http")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._end_streams()
        self._server.should_exit = True
        if self._thread.ident is not None:
            self._thread.join()


@contextmanager
def _ended_by_signals(end: Callable[[], None]) -> Iterator[None]:
    """While it serves, TERM and INT ask for the end."""

    def obey(number: int, frame: FrameType | None) -> None:
        end()

    former = {}
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(ValueError):  # not the main thread: whoever started it ends it
            former[number] = signal.signal(number, obey)
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
