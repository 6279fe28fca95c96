"""Deployments: what is checked before one is kept, its forms, its limit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from publishing_world import World, codes_of, deployment, pipeline, problems_of, taking, world

from pauta.domain.deploying import Deployment, Notification, Pool, PoolKind, Switch
from pauta.domain.problems import Conflict, InvalidInput, NotFound
from pauta.services import deployments, pools
from pauta.services.behalf import Behalf
from pauta.services.control import Control
from pauta.services.deployments_finding import find_deployment


@pytest.fixture
def at(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        made.publish()
        yield made


def make(at: World, name: str = "d", **more: Any) -> Any:
    return deployments.create(at.control, deployment(name, **more), behalf=at.me)


def limits(at: World) -> dict[str, int]:
    with at.transaction() as tx:
        return {limit.key: limit.most for limit in tx.pools.limits()}


def hook(address: str = "https://example.org/hook", **more: Any) -> Notification:
    return Notification(**{"on": ("failed",), "kind": "webhook", "address": address, **more})


def test_a_name_that_no_database_can_hold_is_that_of_no_deployment() -> None:
    class Asked:
        deployments: Any = None  # nobody may ask the records for it

    tx: Any = Asked()
    with pytest.raises(NotFound, match="DEP-001"):
        find_deployment(tx, "a\0b")


def test_a_deployment_is_kept_as_it_was_made(at: World) -> None:
    made = make(at, description="nightly", priority=3, limit=2, notifications=(hook(),))
    assert deployments.view(at.control, "d") == made
    assert (made.version, made.changed_by, made.created_at) == (1, "me", at.time)
    assert limits(at) == {"deployment:d": 2}
    assert at.actions[-1] == "deployment.create"


def test_a_name_is_taken_once(at: World) -> None:
    make(at)
    assert codes_of(lambda: make(at), Conflict) == ["DEP-002"]


def test_every_problem_of_a_deployment_is_told_at_once_with_its_field(at: World) -> None:
    at.publish(pipeline("q", parameters={"alpha": {"type": "number", "default": 1}}))
    wrong = deployment(
        " d",
        "q",
        parameters={"alpha": "x", "beta": 1},
        pool="nowhere",
        priority=10**9,
        limit=-1,
        limits=("a b",),
        notifications=(Notification(on=("lost",), kind="pigeon", address="x"),),
        description="x" * 2_001,
        inputs={"f": "../x.csv", "g": "0" * 64},
    )
    problems = problems_of(lambda: deployments.create(at.control, wrong, behalf=at.me), InvalidInput)
    assert {(p.code, p.place.field if p.place else "") for p in problems} == {
        ("DEP-005", "name"),
        ("POL-001", "pool"),
        ("ASK-007", "priority"),
        ("DEP-009", "limit"),
        ("ASK-008", "limits[0]"),
        ("DEP-006", "notifications[0].kind"),
        ("DEP-007", "notifications[0].on"),
        ("DEP-008", "notifications[0].address"),
        ("DEP-010", "description"),
        ("ASK-002", "inputs.f"),
        ("ASK-004", "inputs.g"),
        ("PRM-001", "parameters.alpha"),
        ("PRM-001", "parameters.beta"),
        ("ASK-010", "inputs.f"),
        ("ASK-010", "inputs.g"),
    }
    assert deployments.list_all(at.control).deployments == ()


@pytest.mark.parametrize("name", ["", " ", "a/b", "a\\b", "..", "a..b", "a\0", "a\n", "x" * 201, "\u202e", "ü" * 101])
def test_a_name_is_visible_and_no_path(at: World, name: str) -> None:
    assert codes_of(lambda: make(at, name), InvalidInput) == ["DEP-005"]


@pytest.mark.parametrize(
    ("more", "code", "field"),
    [
        ({"pipeline": "q"}, "PIP-001", "pipeline"),
        ({"pipeline_version": 9}, "PIP-002", "pipeline_version"),
        ({"pipeline_version": 2**80}, "PIP-002", "pipeline_version"),
        ({"only": "half"}, "ASK-006", "only"),
        ({"pool": "a\0"}, "POL-001", "pool"),
        ({"limits": ("pool:default",)}, "ASK-008", "limits[0]"),
        ({"limits": tuple("abcdefghijklmnopq")}, "ASK-008", "limits"),
        ({"inputs": {"f": "x.csv"}}, "ASK-010", "inputs.f"),
        ({"limit": 10**9}, "DEP-009", "limit"),
        ({"description": "a\0"}, "DEP-010", "description"),
        ({"notifications": (hook(on=()),)}, "DEP-007", "notifications[0].on"),
        ({"notifications": (hook(),) * 21}, "DEP-009", "notifications"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(at: World, more: dict[str, Any], code: str, field: str) -> None:
    wanted = deployment(**{"pipeline": "p", **more})
    problems = problems_of(lambda: deployments.create(at.control, wanted, behalf=at.me), InvalidInput)
    assert [(p.code, p.place.field if p.place else "") for p in problems] == [(code, field)]


@pytest.mark.parametrize(
    ("kind", "address", "fits"),
    [
        ("webhook", "https://example.org/x?y=1", True),
        ("webhook", "env:HOOK", True),
        ("webhook", "ftp://example.org", False),
        ("webhook", "https://user:password@example.org/", False),
        ("webhook", "javascript:alert(1)", False),
        ("webhook", "https://", False),
        ("apprise", "env:CHAT", True),
        ("apprise", "mailto://user:password@example.org", False),
        ("apprise", "env:", False),
    ],
)
def test_a_notification_address_with_a_password_is_named_not_written(
    at: World, kind: str, address: str, fits: bool
) -> None:
    wanted = deployment(notifications=(hook(address, kind=kind),))
    if fits:
        deployments.create(at.control, wanted, behalf=at.me)
        return
    problems = problems_of(lambda: deployments.create(at.control, wanted, behalf=at.me), InvalidInput)
    assert [p.code for p in problems] == ["DEP-008"]
    assert "password" not in problems[0].line()


def test_a_parameter_that_comes_with_each_run_may_be_missing(at: World) -> None:
    at.publish(pipeline("q", parameters={"alpha": {"type": "number"}}))
    assert make(at, pipeline="q").parameters == {}


def test_a_secret_in_plain_is_refused(at: World) -> None:
    at.publish(pipeline("q", parameters={"key": {"secret": True}}))
    problems = problems_of(lambda: make(at, pipeline="q", parameters={"key": "hunter2"}), InvalidInput)
    assert [p.code for p in problems] == ["PRM-001"]
    assert "hunter2" not in problems[0].line()
    make(at, pipeline="q", parameters={"key": "env:KEY"})


def test_a_file_may_arrive_after_the_deployment_was_made(at: World) -> None:
    at.publish(taking("sales"))
    assert make(at, inputs={"sales": "data/sales.csv"}).inputs == {"sales": "data/sales.csv"}


def test_a_change_is_a_new_form_and_the_old_one_stays(at: World) -> None:
    make(at, limit=2)
    at.passes(hours=1)
    changed = deployments.change(at.control, "d", {"priority": 5, "limit": None}, behalf=Behalf("you"))
    assert (changed.version, changed.priority, changed.limit, changed.changed_by) == (2, 5, None, "you")
    assert limits(at) == {}
    history = deployments.history(at.control, "d")
    assert [(f.version, f.priority) for f in history.forms] == [(2, 5), (1, 0)]
    assert history.present


def test_a_change_that_does_not_fit_changes_nothing(at: World) -> None:
    made = make(at)
    assert codes_of(lambda: deployments.change(at.control, "d", {"pool": "x"}, behalf=at.me)) == ["POL-001"]
    assert deployments.view(at.control, "d") == made


def test_a_change_of_another_version_than_was_looked_at_is_refused(at: World) -> None:
    make(at)
    deployments.change(at.control, "d", {"priority": 5}, behalf=Behalf("you"))
    problem = problems_of(
        lambda: deployments.change(at.control, "d", {"priority": 6}, behalf=at.me, expected=1), Conflict
    )[0]
    assert problem.code == "DEP-003"
    assert problem.values["by"] == "you"


def test_a_change_that_another_one_overtook_is_decided_again(at: World, monkeypatch: pytest.MonkeyPatch) -> None:
    make(at)
    check = deployments.check_deployment
    rivals = [Behalf("rival")]

    def overtaken(control: Control, wanted: Deployment) -> None:
        check(control, wanted)
        if rivals:
            deployments.change(control, "d", {"description": "of the rival"}, behalf=rivals.pop())

    monkeypatch.setattr(deployments, "check_deployment", overtaken)
    changed = deployments.change(at.control, "d", {"priority": 7}, behalf=at.me)
    assert (changed.version, changed.priority, changed.description) == (3, 7, "of the rival")
    assert [form.version for form in deployments.history(at.control, "d").forms] == [3, 2, 1]


def test_pausing_twice_is_pausing_once(at: World) -> None:
    make(at)
    first = deployments.pause(at.control, "d", behalf=at.me)
    assert (first.state, first.version) == (Switch.PAUSED, 2)
    assert deployments.pause(at.control, "d", behalf=at.me) == first
    assert deployments.resume(at.control, "d", behalf=at.me).state == Switch.ACTIVE
    assert at.actions[-2:] == ["deployment.pause", "deployment.resume"]


def test_a_removed_deployment_is_gone_and_its_history_stays(at: World) -> None:
    make(at, limit=2)
    deployments.remove(at.control, "d", behalf=at.me)
    assert codes_of(lambda: deployments.view(at.control, "d"), NotFound) == ["DEP-001"]
    assert codes_of(lambda: deployments.remove(at.control, "d", behalf=at.me), NotFound) == ["DEP-001"]
    assert not deployments.history(at.control, "d").present
    assert limits(at) == {}
    assert make(at).version == 2, "forms of one name are numbered on"


@pytest.mark.parametrize("name", ["nothing", "", "a\0", "../d"])
def test_b65_what_is_not_there_is_not_there(at: World, name: str) -> None:
    for act in (deployments.view, deployments.history):
        assert codes_of(lambda act=act: act(at.control, name), NotFound) == ["DEP-001"]  # type: ignore[misc]
    for act in (deployments.pause, deployments.resume, deployments.remove):
        assert codes_of(lambda act=act: act(at.control, name, behalf=at.me), NotFound) == ["DEP-001"]  # type: ignore[misc]
    assert codes_of(lambda: deployments.change(at.control, name, {}, behalf=at.me), NotFound) == ["DEP-001"]


def test_a_token_for_another_pipeline_touches_nothing(at: World) -> None:
    made = make(at)

    def refuse(pipeline: str) -> None:
        raise PermissionError(pipeline)

    def only_p(pipeline: str) -> None:
        if pipeline != "p":
            refuse(pipeline)

    other = Behalf("other", allow=refuse)
    for act in (deployments.pause, deployments.remove):
        with pytest.raises(PermissionError):
            act(at.control, "d", behalf=other)
    with pytest.raises(PermissionError):
        deployments.create(at.control, deployment("e"), behalf=other)
    with pytest.raises(PermissionError):
        deployments.change(at.control, "d", {"priority": 1}, behalf=other)
    at.publish(pipeline("secret"))
    with pytest.raises(PermissionError):
        deployments.change(at.control, "d", {"pipeline": "secret"}, behalf=Behalf("one", allow=only_p))
    assert deployments.list_all(at.control).deployments == (made,)


def test_a_deployment_may_use_a_pool_of_its_own(at: World) -> None:
    pools.create(at.control, Pool("gpu", PoolKind.PROCESS, at.time), behalf=at.me)
    assert make(at, pool="gpu").pool == "gpu"
