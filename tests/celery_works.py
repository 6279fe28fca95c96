"""A server that announces stages, and Celery workers that run them, as real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from msgspec.structs import replace

from pauta.adapters import clock
from pauta.adapters.celery_announcer import CeleryAnnouncer
from pauta.adapters.celery_app import make_app
from pauta.assembly.announcing import Announcements
from pauta.domain.deploying import Pool, PoolKind
from pauta.domain.ids import RunId
from pauta.domain.settings import CelerySettings, QueueSettings, Secret
from servers_redis import RedisServer
from work_site import Site, soon

QUEUE = "training_queue"
POOL = "training"
QUICK = QueueSettings(lease_seconds=6.0, heartbeat_seconds=1.0, reaper_seconds=0.5)
SWEEP_SECONDS = 2.0
ONE = {"one": "def execute():\n    return 1\n"}


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
        self._homes = 0

    def worker(self, *flags: str) -> subprocess.Popen[bytes]:
        """Start a worker of Celery's and wait until it listens."""
        home = self.folder / f"celery{self._homes}"
        self._homes += 1
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
        ready = self._homes
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
        print(self.log.read_text()[-9000:] if self.log.exists() else "no worker ran")
