"""Two servers on one PostgreSQL database: the same key gives one run, versions get distinct numbers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from looking import opened
from publishing import DOCUMENT, SCRIPT

from pauta.domain.deploying import Deployment
from pauta.domain.problems import Conflict, NotFound, PautaError
from pauta.services import deployments, pools, pools_workers, publish_views
from pauta.services.accept import Accepted, Asked, accept
from pauta.services.behalf import Behalf
from pauta.services.control import Control
from pauta.services.publish import publish
from pauta.services.publish_checks import Sent
from pauta.storage.postgres import open_postgres

pytestmark = pytest.mark.postgres
ME = Behalf("me")


@pytest.fixture
def controls(tmp_path: Path, postgres_address: str) -> Iterator[tuple[Control, Control]]:
    """Two servers' holds of one project."""
    stores = [open_postgres(postgres_address) for _ in range(2)]
    with opened(tmp_path) as control:
        yield replace(control, store=stores[0]), replace(control, store=stores[1])
    for store in stores:
        store.close()


def put(control: Control, number: int = 0, **more: Any) -> int:
    script = SCRIPT + f"# {number}\n"
    return publish(control, Sent("p.json", DOCUMENT.encode(), {"a.py": script.encode()}), behalf=ME, **more).version


def at_once(count: int, act: Callable[[int], Any]) -> list[Any]:
    """What comes of doing something in many threads at the same time: answers, and codes of what was refused."""
    start = threading.Barrier(count)
    came: list[Any] = []

    def one(number: int) -> None:
        start.wait()
        try:
            came.append(act(number))
        except PautaError as error:
            came.append(error.problems[0].code)

    threads = [threading.Thread(target=one, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(came) == count
    return came


def test_b67_fifty_at_once_at_two_servers_with_one_key_make_one_run(controls: tuple[Control, Control]) -> None:
    put(controls[0])
    came = at_once(50, lambda n: accept(controls[n % 2], Asked(pipeline="p", key="k"), behalf=ME))
    assert all(isinstance(answer, Accepted) for answer in came), came
    assert len({answer.run_id for answer in came}) == 1
    assert sum(not answer.identical for answer in came) == 1
    with controls[0].store.transaction() as tx:
        assert len(tx.runs.newest()) == 1


def test_publishers_at_two_servers_get_distinct_numbers_without_gaps(controls: tuple[Control, Control]) -> None:
    assert sorted(at_once(12, lambda n: put(controls[n % 2], n))) == list(range(1, 13))


def test_of_publishers_on_the_same_base_one_wins(controls: tuple[Control, Control]) -> None:
    put(controls[0])
    came = at_once(8, lambda n: put(controls[n % 2], n + 1, based_on=1))
    assert sorted(came, key=str) == [2] + ["SCR-040"] * 7


def test_the_same_bytes_published_at_once_are_one_version(controls: tuple[Control, Control]) -> None:
    assert at_once(8, lambda n: put(controls[n % 2])) == [1] * 8


def test_changes_of_a_deployment_at_two_servers_all_count(controls: tuple[Control, Control]) -> None:
    put(controls[0])
    now = controls[0].now()
    deployments.create(controls[0], Deployment("d", "p", now, now, "me"), behalf=ME)
    came = at_once(8, lambda n: deployments.change(controls[n % 2], "d", {"priority": n}, behalf=ME))
    assert sorted(form.version for form in came) == list(range(2, 10))
    assert len(deployments.history(controls[1], "d").forms) == 9


def test_a_deployment_made_at_two_servers_at_once_is_made_once(controls: tuple[Control, Control]) -> None:
    put(controls[0])
    now = controls[0].now()

    def make(number: int) -> int:
        return deployments.create(controls[number % 2], Deployment("d", "p", now, now, "me"), behalf=ME).version

    assert sorted(at_once(6, make), key=str) == [1] + ["DEP-002"] * 5


def test_a_deployment_runs_from_either_server(controls: tuple[Control, Control]) -> None:
    put(controls[0])
    now = controls[0].now()
    deployments.create(controls[0], Deployment("d", "p", now, now, "me", limit=2), behalf=ME)
    came = at_once(6, lambda n: accept(controls[n % 2], Asked(deployment="d"), behalf=ME))
    assert len({answer.run_id for answer in came}) == 6
    assert pools.view(controls[1], "default").queued == 6


@pytest.mark.parametrize("name", ["\0", "p\0", "\ud800", "x" * 100_000])
def test_b65_a_name_that_the_database_cannot_hold_is_only_unknown(controls: tuple[Control, Control], name: str) -> None:
    control = controls[0]
    put(control)
    acts: list[Callable[[], Any]] = [
        lambda: publish_views.view_pipeline(control, name),
        lambda: publish_views.list_activations(control, name),
        lambda: deployments.view(control, name),
        lambda: deployments.history(control, name),
        lambda: pools.view(control, name),
        lambda: pools_workers.drain(control, name, behalf=ME),
        lambda: accept(control, Asked(pipeline=name)),
        lambda: accept(control, Asked(deployment=name)),
    ]
    for act in acts:
        with pytest.raises(NotFound):
            act()
    with pytest.raises(PautaError) as caught:
        accept(control, Asked(pipeline="p", pool=name))
    assert [p.code for p in caught.value.problems] == ["POL-001"]
    assert not isinstance(caught.value, Conflict)
