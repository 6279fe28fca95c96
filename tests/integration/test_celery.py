"""Celery as a bell: its workers run what the server gives them; messages carry ids and nothing else."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from celery_works import POOL, QUEUE, Works
from pauta.assembly.control import opened_control
from pauta.domain.settings import CelerySettings, Settings
from servers import NoServer
from servers_redis import RedisServer, redis_server
from work_site import soon


@pytest.fixture(scope="module", params=["valkey", "redis"])
def broker(request: pytest.FixtureRequest) -> Iterator[RedisServer]:
    try:
        with redis_server(request.param) as server:
            yield server
    except NoServer as why:
        if os.environ.get("CI"):
            pytest.fail(f"CI needs Redis and Valkey: {why}")
        pytest.skip(str(why))


@pytest.fixture
def works(tmp_path: Path, broker: RedisServer) -> Iterator[Works]:
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
    sent = json.loads(message)
    assert sent["content-type"] == "application/json"
    assert sent["headers"]["expires"]
    assert sent["headers"]["ignore_result"] is True
    _, named, _ = json.loads(base64.b64decode(sent["body"]))
    assert named == {"pool": POOL, "stage": f"{run}/0"}


def test_a_message_for_a_pool_that_the_token_does_not_reach_does_nothing(works: Works) -> None:
    works.worker()
    works.announcer.announce(QUEUE, pool="somebody_elses", hints=["x/0"])
    soon(lambda: "AUT-005" in works.log.read_text())
    works.completes(works.submit())


def test_an_idle_worker_of_celerys_stays_on_the_list(works: Works) -> None:
    works.worker()
    works.completes(works.submit())

    def seen() -> list[float]:
        with works.site.control.store.transaction() as tx:
            return [w.seen_at.timestamp() for w in tx.workers.all()]

    before = seen()
    soon(lambda: seen() > before)


# ---- what a server warns of when it starts (S25) ---------------------------------------------------


def warned(url: str, folder: Path) -> list[str]:
    """What a server with this broker says when it starts."""
    said: list[str] = []
    with opened_control(folder, Settings(celery=CelerySettings(broker_url=url)), say=said.append):
        return said


def test_a_broker_that_evicts_messages_is_warned_of(broker: RedisServer, tmp_path: Path) -> None:
    with broker.client() as client:
        assert warned(broker.url, tmp_path) == []
        client.config_set("maxmemory-policy", "allkeys-lru")
        try:
            (line,) = warned(broker.url, tmp_path)
        finally:
            client.config_set("maxmemory-policy", "noeviction")
    assert line.startswith("CFG-018 ")
    assert "allkeys-lru" in line


@pytest.mark.parametrize("url", ["redis://:hidden@127.0.0.1:1/0", "redis://:hidden@127.0.0.1/0?db=x"])
def test_a_broker_that_is_away_is_warned_of_without_its_password(tmp_path: Path, url: str) -> None:
    (line,) = warned(url, tmp_path)
    assert line.startswith("CEL-001 ")
    assert "hidden" not in line


def test_a_broker_that_keeps_how_it_is_set_up_to_itself_is_not_warned_of(broker: RedisServer, tmp_path: Path) -> None:
    with broker.client() as client:
        client.execute_command("ACL", "SETUSER", "worker", "on", ">secret", "~*", "+@all", "-config")
    assert warned(broker.url.replace("redis://", "redis://worker:secret@"), tmp_path) == []
