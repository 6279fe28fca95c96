"""T9: whatever happens to the broker, no state differs; what is lost is found at the next sweep (P12)."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from celery_works import QUEUE, Works
from pauta.adapters.celery_announcer import CeleryAnnouncer
from pauta.domain.problems import StoreFault
from servers import NoServer
from servers_redis import redis_binaries, redis_server
from work_site import soon

CI = os.environ.get("PAUTA_TEST_SCALE") == "ci"
TIMES = range(20 if CI else 1)
STOPPED_SECONDS = 30.0 if CI else 3.0
KINDS = [kind for kind in ("valkey", "redis") if kind in redis_binaries()] if CI else ["valkey"]
SLOW = "import time\ndef execute():\n    time.sleep({seconds})\n    return {number}\n"


@pytest.fixture(scope="module", params=KINDS)
def works(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Works]:
    folder: Path = tmp_path_factory.mktemp("celery")
    try:
        with redis_server(request.param) as broker:
            made = Works(folder, broker)
            made.worker("-c", "2")
            yield made
            made.close()
    except NoServer as why:
        if os.environ.get("CI"):
            pytest.fail(f"CI needs Valkey: {why}")
        pytest.skip(str(why))


def starts(works: Works, run: str) -> int:
    """How often a body of the run began."""
    return sum(line.startswith("began") for line in works.site.lines(run))  # type: ignore[arg-type]


@pytest.mark.parametrize("time_", TIMES)
def test_a_broker_that_starts_anew_without_its_messages_costs_time_only(works: Works, time_: int) -> None:
    before = works.submit(a=SLOW.format(seconds=0.5, number=time_))
    works.broker.stop()
    while_away = works.submit(b=SLOW.format(seconds=0.0, number=time_))
    works.broker.start()
    works.completes(before)
    works.completes(while_away)


@pytest.mark.parametrize("time_", TIMES)
def test_emptying_the_broker_loses_nothing(works: Works, time_: int) -> None:
    runs = [works.submit(**{f"f{n}": SLOW.format(seconds=0.3, number=f"{n}+{time_}")}) for n in range(6)]
    with works.broker.client() as client:
        client.flushall()
    for run in runs:
        works.completes(run)


@pytest.mark.parametrize("time_", TIMES)
def test_cutting_every_connection_of_the_broker_loses_nothing(works: Works, time_: int) -> None:
    running = works.submit(c=SLOW.format(seconds=1.0, number=time_))
    soon(lambda: works.site.stages(running)[0].owner)
    with works.broker.client() as client:
        client.client_kill_filter(_type="normal", skipme=True)
        client.client_kill_filter(_type="pubsub", skipme=True)
    works.completes(works.submit(d=f"def execute():\n    return {time_}\n"))
    works.completes(running)
    assert [a.fence for a in works.site.attempts(running)] == [1]


@pytest.mark.parametrize("time_", range(2 if CI else 1))
def test_a_stopped_broker_holds_up_no_submission_and_no_running_stage(works: Works, time_: int) -> None:
    running = works.submit(e=SLOW.format(seconds=1.0, number=time_))
    soon(lambda: works.site.stages(running)[0].owner)
    assert works.broker.process is not None
    works.broker.process.send_signal(signal.SIGSTOP)
    try:
        began = time.monotonic()
        waiting = works.submit(g=SLOW.format(seconds=0.0, number=time_))
        assert time.monotonic() - began < 2.0
        works.completes(running)
        end = began + STOPPED_SECONDS
        soon(lambda: time.monotonic() > end, seconds=STOPPED_SECONDS + 5)
    finally:
        works.broker.process.send_signal(signal.SIGCONT)
    works.completes(waiting)


@pytest.mark.parametrize("time_", TIMES)
def test_each_message_three_times_runs_each_stage_once(works: Works, time_: int) -> None:
    announced: list[str] = []
    original = CeleryAnnouncer.announce

    def thrice(self: CeleryAnnouncer, queue: str, *, pool: str, hints: list[str]) -> None:
        announced.extend(hints)
        original(self, queue, pool=pool, hints=[hint for hint in hints for _ in range(3)])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CeleryAnnouncer, "announce", thrice)
        text = "def execute():\n    print('began')\n    return '{name}{time}'\n"
        runs = [works.submit(**{f"h{n}": text.format(name=n, time=time_)}) for n in range(4)]
        for run in runs:
            works.completes(run)
    assert announced
    assert [starts(works, run) for run in runs] == [1] * 4
    assert [[a.fence for a in works.site.attempts(run)] for run in runs] == [[1]] * 4


@pytest.mark.parametrize("time_", TIMES)
def test_a_broker_that_is_full_costs_time_only(works: Works, time_: int) -> None:
    full: list[int] = []
    with works.broker.client() as client:
        client.config_set("maxmemory", 1)
        try:
            with pytest.raises(StoreFault, match="CEL-001"):
                works.announcer.announce("elsewhere", pool="p", hints=["x/0"])
            run = works.submit(i=f"def execute():\n    return {time_}\n")
            soon(lambda: full.append(1) or len(full) > 50)
        finally:
            client.config_set("maxmemory", 0)
        works.completes(run)
        client.delete("elsewhere")


@pytest.mark.parametrize("time_", TIMES)
def test_a_killed_worker_of_celerys_loses_its_lease_and_nothing_else(works: Works, time_: int) -> None:
    run = works.submit(j=SLOW.format(seconds=2.0, number=time_))
    soon(lambda: works.site.stages(run)[0].owner)
    victim = works.workers.pop()
    os.killpg(victim.pid, signal.SIGKILL)
    victim.wait()
    works.worker("-c", "2")
    works.completes(run)
    assert [a.outcome.value for a in works.site.attempts(run) if a.outcome] == ["crashed", "completed"]


def test_queues_do_not_fill_up_while_nobody_reads(works: Works) -> None:
    """A stage is announced again at each sweep; what nobody reads runs out."""
    with works.broker.client() as client:
        assert client.llen(QUEUE) < 50
