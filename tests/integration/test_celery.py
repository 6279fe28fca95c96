"""Celery as a bell: its workers run what the server gives them, and nothing in the broker matters (P12, T9, S25)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from pauta.adapters import clock
from pauta.adapters.celery_announcer import CeleryAnnouncer
from pauta.adapters.celery_app import make_app
from pauta.assembly.announcing import Announcements
from pauta.domain.deploying import Pool, PoolKind
from pauta.domain.ids import RunId
from pauta.domain.settings import CelerySettings, QueueSettings, Secret
from servers import NoServer
from servers_redis import RedisServer, redis_binaries, redis_server
from work_site import Site, soon

QUEUE = "training_queue"
POOL = "training"
QUICK = QueueSettings(lease_seconds=6.0, heartbeat_seconds=1.0, reaper_seconds=0.5)
SWEEP_SECONDS = 2.0
TIMES = 20 if os.environ.get("PAUTA_TEST_SCALE") == "ci" else 1

ONE = {"one": "def execute():\n    return 1\n"}
ONE_STEP = ({"name": "one", "output": "one"},)


@pytest.fixture(scope="module", params=["valkey", "redis"])
def broker(request: pytest.FixtureRequest) -> Iterator[RedisServer]:
    if request.param == "redis" and "redis" not in redis_binaries() and not os.environ.get("CI"):
        pytest.skip("no redis-server on the path")
    try:
        with redis_server(request.param) as server:
            yield server
    except NoServer as why:
        if os.environ.get("CI"):
            pytest.fail(f"CI needs Redis and Valkey: {why}")
        pytest.skip(str(why))


class Works:
    """A server that announces, and Celery workers that run."""

    def __init__(self, folder: Path, broker: RedisServer) -> None:
        self.folder, self.broker = folder, broker
        self.site = Site(folder / "server", queue=QUICK)
        self.site.settings = replace(
            self.site.settings, celery=CelerySettings(broker_url=Secret(broker.url), sweep_seconds=SWEEP_SECONDS)
        )
        self.site.serve()
        with self.site.control.store.transaction() as tx:
            tx.pools.put(None, Pool(POOL, PoolKind.CELERY, clock.now(), queue=QUEUE))
        self.announcer = CeleryAnnouncer(make_app(broker.url), expires_seconds=2 * SWEEP_SECONDS)
        self.announcements = Announcements(self.site.control, self.site.settings, announcer=lambda: self.announcer)
        self.announcements.start()
        self.workers: list[subprocess.Popen[bytes]] = []
        self.log = folder / "celery.log"

    def worker(self, *flags: str) -> subprocess.Popen[bytes]:
        """Start a worker of Celery's and wait until it listens."""
        home = self.folder / f"celery{len(self.workers)}"
        home.mkdir()
        environment = {
            **os.environ,
            "PAUTA_CELERY_BROKER_URL": self.broker.url,
            "PAUTA_API_URL": self.site.url,
            "PAUTA_TOKEN": self.site.token(pools=(POOL,)),
            "XDG_CACHE_HOME": str(home / "cache"),
            "PYTHONUNBUFFERED": "1",
        }
        quiet = ("--without-gossip", "--without-mingle", "-l", "INFO")
        command = [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "pauta.celery",
            "worker",
            "-Q",
            QUEUE,
            *quiet,
            *(flags or ("-c", "1")),
        ]
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                command, env=environment, cwd=home, stdout=log, stderr=log, start_new_session=True
            )
        self.workers.append(process)
        ready = len(self.workers)
        soon(lambda: self.log.read_text().count(" ready.") >= ready or process.poll() is not None, what="for Celery")
        return process

    def submit(self, **script: str) -> RunId:
        scripts = script or ONE
        steps = tuple({"name": name, "output": name} for name in scripts)
        return self.site.submit(scripts, *steps, pool=POOL)

    def completes(self, run: RunId, *, seconds: float = 60.0) -> None:
        assert self.site.ended(run, seconds=seconds).state.value == "completed", self.site.steps(run)
        for stage in self.site.stages(run):
            done = [a for a in self.site.attempts(run) if a.stage_no == stage.no and a.outcome]
            assert sum(a.outcome.value == "completed" for a in done if a.outcome) == 1

    def close(self) -> None:
        self.announcements.stop()
        for process in self.workers:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.send_signal(signal.SIGTERM)
        for process in self.workers:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.site.close()
        print(self.log.read_text()[-4000:] if self.log.exists() else "no worker ran")


@pytest.fixture
def works(tmp_path: Path, broker: RedisServer) -> Iterator[Works]:
    if broker.process is None:
        broker.start()
    with broker.client() as client:
        client.flushall()
    made = Works(tmp_path, broker)
    yield made
    made.close()


def test_a_run_in_a_celery_pool_is_run_by_celery(works: Works) -> None:
    works.worker()
    run = works.submit()
    works.completes(run)
    (attempt,) = works.site.attempts(run)
    with works.site.control.store.transaction() as tx:
        worker = tx.workers.get(attempt.owner)
    assert worker is not None
    assert worker.name.startswith("celery@")


@pytest.mark.parametrize("flags", [("-P", "threads", "-c", "2"), ("-P", "solo"), ("-c", "2")], ids=" ".join)
def test_every_kind_of_celerys_pools_will_do(works: Works, flags: tuple[str, ...]) -> None:
    works.worker(*flags)
    for run in [works.submit() for _ in range(4)]:
        works.completes(run)


def test_messages_are_json_carry_ids_only_and_expire(works: Works) -> None:
    run = works.submit(secret_script="def execute():\n    return 'nothing of this'\n")
    with works.broker.client() as client:
        (message,) = soon(lambda: client.lrange(QUEUE, 0, -1))
    import base64
    import json

    sent = json.loads(message)
    assert sent["content-type"] == "application/json"
    assert sent["headers"]["expires"]
    assert sent["headers"]["ignore_result"] is True
    _, named, _ = json.loads(base64.b64decode(sent["body"]))
    assert named == {"pool": POOL, "stage": f"{run}/0"}
