"""Deliveries to webhooks: what is signed rightly starts one run, and nothing else does."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pauta.domain.deploying import Trigger, TriggerKind
from pauta.domain.ids import RunId
from pauta.domain.problems import Conflict, InvalidInput
from pauta.services import deployments, triggers
from pauta.services.access import Unauthorized
from pauta.services.triggers_webhook import deliver, sign
from scheduling_world import NOBODY, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path / "project")
    made.deploy()
    return made


@pytest.fixture
def hook(world: World) -> tuple[World, Trigger, str]:
    made = world.trigger(TriggerKind.WEBHOOK, allow=["machine"])
    assert made.secret is not None
    return world, made.trigger, made.secret


def sent(world: World, trigger: Trigger, secret: str, said: Any = None, *, late: int = 0, body: bytes = b"") -> RunId:
    body = body if said is None else json.dumps(said).encode()
    signature = sign(secret, timestamp=int(world.clock().timestamp()) - late, body=body)
    return deliver(world.control, trigger.id, body=body, signature=signature)


def test_a_signed_delivery_starts_a_run_with_the_parameters_it_may_give(hook: tuple[World, Trigger, str]) -> None:
    world, trigger, secret = hook
    run_id = sent(world, trigger, secret, {"parameters": {"machine": "M7"}, "anything": ["else"]})
    with world.store.transaction() as tx:
        run = tx.runs.get(run_id)
    assert run is not None
    assert (run.parameters["machine"], run.asked_by) == ("M7", "trigger t")
    world.clock.move(seconds=1)
    assert sent(world, trigger, secret)


def test_a_delivery_is_followed_once_by_its_signature_and_by_its_id(hook: tuple[World, Trigger, str]) -> None:
    world, trigger, secret = hook
    sent(world, trigger, secret)
    with pytest.raises(Conflict, match="TRG-013"):
        sent(world, trigger, secret)
    sent(world, trigger, secret, {"id": "d1"})
    world.clock.move(seconds=30)
    with pytest.raises(Conflict, match="TRG-013"):
        sent(world, trigger, secret, {"id": "d1"})
    assert len(world.runs()) == 2


def test_what_is_not_signed_rightly_is_refused_alike(hook: tuple[World, Trigger, str]) -> None:
    world, trigger, secret = hook
    other = world.trigger(TriggerKind.WEBHOOK, "other").trigger
    now = int(world.clock().timestamp())
    good = sign(secret, timestamp=now, body=b"{}")
    refused: list[Callable[[], Any]] = [
        lambda: deliver(world.control, trigger.id, body=b"{}", signature=None),
        lambda: deliver(world.control, trigger.id, body=b"{}", signature="v1=0"),
        lambda: deliver(world.control, trigger.id, body=b"{ }", signature=good),
        lambda: deliver(world.control, trigger.id, body=b"{}", signature=good.replace(str(now), str(now + 1))),
        lambda: deliver(world.control, other.id, body=b"{}", signature=good),
        lambda: deliver(world.control, "nobody", body=b"{}", signature=good),
        lambda: deliver(world.control, "x" * 9000, body=b"{}", signature=good),
        lambda: sent(world, trigger, "0" * 64),
        lambda: sent(world, trigger, secret, late=301),
        lambda: sent(world, trigger, secret, late=-301),
    ]
    told = set()
    for attempt in refused:
        with pytest.raises(Unauthorized) as error:
            attempt()
        told.add(str(error.value))
    assert len(told) == 1
    assert world.runs() == []
    assert sent(world, trigger, secret, late=299)


def test_secrets_differ_by_trigger_and_by_server(hook: tuple[World, Trigger, str]) -> None:
    world, trigger, secret = hook
    assert len(secret) == 64
    assert triggers.secret_of(world.control, "another") != secret
    assert secret not in repr(triggers.get_trigger(world.control, trigger.id))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "TRG-011"),
        (b"[]", "TRG-011"),
        (b'{"parameters": 1}', "TRG-011"),
        (b'{"id": ""}', "TRG-011"),
        (b'{"id": "\\n"}', "TRG-011"),
        (b"\xff", "TRG-011"),
        (b"[" * 100_000, "TRG-011"),
        (b'{"parameters": {"pool": "x"}}', "TRG-012"),
        (b'{"parameters": {"machine": 7}}', "PRM-001"),
    ],
)
def test_bodies_that_ask_for_what_they_may_not_are_refused(
    hook: tuple[World, Trigger, str], body: bytes, code: str
) -> None:
    world, trigger, secret = hook
    with pytest.raises((InvalidInput, Conflict), match=code):
        sent(world, trigger, secret, body=body)
    assert world.runs() == []


def test_a_paused_trigger_or_deployment_follows_no_delivery(hook: tuple[World, Trigger, str]) -> None:
    world, trigger, secret = hook
    triggers.pause_trigger(world.control, trigger.id)
    with pytest.raises(Conflict, match="TRG-014"):
        sent(world, trigger, secret)
    triggers.resume_trigger(world.control, trigger.id)
    deployments.pause(world.control, "daily", behalf=NOBODY)
    with pytest.raises(Conflict, match="DEP-004"):
        sent(world, trigger, secret)
    deployments.resume(world.control, "daily", behalf=NOBODY)
    assert sent(world, trigger, secret)  # a refused delivery was not used up
