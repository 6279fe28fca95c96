"""The loop of a script's process: takes orders until it is told to leave, and never lets a script's fault out."""

from __future__ import annotations

import atexit
import os
import threading
import time
from contextlib import suppress

from pauta.domain.wire import Leave, RunStage
from pauta.runtime.channel import Channel, ChannelLost
from pauta.runtime.newborn import Lines
from pauta.runtime.orders import Left, Orders
from pauta.runtime.stage import StageRun
from pauta.runtime.streams import Streams
from pauta.runtime.tools import Tools

_FAREWELL_SECONDS = 5.0


def wall_clock() -> float:
    """Seconds since 1970, to stamp reports with. Nothing is decided by it."""
    return time.clock_gettime(time.CLOCK_REALTIME)


def serve(lines: Lines, *, mark: str) -> int:
    """Run stages until told to leave.

    Args:
        lines: This process's own descriptors.
        mark: What is written into the output before the number of a step.

    Returns:
        The process's exit code.
    """
    left_before = atexit._ncallbacks()
    channel = Channel(lines.control)
    tools = Tools(channel, Streams(out=lines.out, err=lines.err, mark=mark), wall_clock, os.getcwd())
    orders = Orders(channel)
    # After a failure nothing more is run here: whatever was queued behind it begins in a clean process.
    failed = False
    try:
        while True:
            order = orders.next()
            if isinstance(order, Leave):
                break
            if isinstance(order, RunStage) and not failed:
                failed = not StageRun(order, tools=tools, orders=orders).run()
    except Left:
        pass
    except ChannelLost:
        _wait_for_the_end()
    if atexit._ncallbacks() != left_before:
        _say_farewell()
    tools.streams.end()
    return 0


def _wait_for_the_end() -> None:
    """Without its connection this process is of no use. The launcher sees that and ends it, with the right cause."""
    while True:
        time.sleep(3600)


def _say_farewell() -> None:
    """Run what scripts left for the end of the program, but not for ever; threads they left are not waited for."""
    watchdog = threading.Timer(_FAREWELL_SECONDS, os._exit, (0,))
    watchdog.daemon = True
    watchdog.start()
    with suppress(BaseException):  # all is reported already; what is raised now concerns nobody
        atexit._run_exitfuncs()
