"""Notifications: once for each state and addressee, tried again for a day, in both languages."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from pauta.adapters.apprise_notifier import AppriseNotifier
from pauta.domain.deploying import Deployment, Notice, Notification
from pauta.domain.problems import Problem
from pauta.domain.runs import Run
from pauta.domain.states import RunState, StepState
from pauta.scheduler.notices import NoticeSender
from pauta.services.control import Control
from pauta.services.notify import NEVER, NotDelivered, Undeliverable, notices_for, signing_key
from pauta.services.notify_letters import Letter
from pauta.storage.memory import MemoryStore
from store_samples import NOON, SECOND, submit

HOOK = Notification(("failed", "held"), "webhook", "https://example.com/hook")
MAIL = Notification(("failed",), "apprise", "env:MAIL")
DEPLOYMENT = Deployment("nightly", "p", NOON, NOON, "me", notifications=(HOOK, MAIL))


@dataclass
class FakePostman:
    """Remembers what it delivered; fails as told."""

    errors: list[Exception] = field(default_factory=list)
    delivered: list[tuple[str, Letter]] = field(default_factory=list)

    def deliver(self, address: str, letter: Letter) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.delivered.append((address, letter))


@dataclass
class World:
    """A server with a failed run, its clock, and its postmen."""

    store: MemoryStore = field(default_factory=MemoryStore)
    now: datetime = NOON + timedelta(hours=1)
    environ: dict[str, str] = field(default_factory=lambda: {"MAIL": "mailto://me:pw@example.com"})
    webhook: FakePostman = field(default_factory=FakePostman)
    apprise: FakePostman = field(default_factory=FakePostman)

    def sender(self, language: str = "en") -> NoticeSender:
        nothing: Any = None
        control = Control(
            Path(), Path(), self.store, nothing, nothing, nothing, lambda: self.now, nothing, b"s" * 32,
            self.environ.get, "py", "0",
        )  # fmt: skip
        postmen = {"webhook": self.webhook, "apprise": self.apprise}
        return NoticeSender(control, postmen, link=lambda run: f"https://pauta.example/runs/{run}", language=language)

    def notices(self) -> list[Notice]:
        with self.store.transaction() as tx:
            return tx.notices.due(now=NEVER, limit=100)


@pytest.fixture
def world() -> World:
    """A failed run of a deployment whose notices are on record."""
    world = World()
    run, _, steps = submit(world.store, 1, deployment="nightly", asked_by="schedule daily")
    failed = failed_run(run)
    problem = Problem("RCP-002", {"name": "x"})
    with world.store.transaction() as tx:
        assert tx.runs.save(run, failed)
        tx.steps.put([replace(steps[0], state=StepState.FAILED, problem=problem)])
        tx.notices.add(notices_for(failed, DEPLOYMENT, world.now))
    return world


def failed_run(run: Run) -> Run:
    problem = Problem("RUN-010", {"step": "step0"})
    return replace(run, state=RunState.FAILED, problem=problem, started_at=NOON, ended_at=NOON + 90 * SECOND)


def test_only_the_states_asked_for_are_told_and_twice_is_once(world: World) -> None:
    run = Run("r1", "p", RunState.HELD, NOON, 1, deployment="nightly")  # type: ignore[arg-type]
    assert [notice.kind for notice in notices_for(run, DEPLOYMENT, NOON)] == ["webhook"]
    assert notices_for(replace(run, state=RunState.COMPLETED), DEPLOYMENT, NOON) == []
    first = notices_for(replace(run, state=RunState.FAILED), DEPLOYMENT, NOON)
    again = notices_for(replace(run, state=RunState.FAILED), DEPLOYMENT, NOON + SECOND)
    assert [notice.id for notice in first] == [notice.id for notice in again]
    assert len({notice.id for notice in first}) == 2
    assert "example.com" not in str([notice.id for notice in first])


def test_a_notice_is_delivered_once(world: World) -> None:
    assert world.sender().send_due() == 2
    assert world.sender().send_due() == 0
    assert [address for address, _ in world.webhook.delivered] == ["https://example.com/hook"]
    assert [address for address, _ in world.apprise.delivered] == ["mailto://me:pw@example.com"]
    assert world.notices() == []


def test_a_message_tells_what_happened_in_words_and_for_programs(world: World) -> None:
    world.sender().send_due()
    letter = world.webhook.delivered[0][1]
    run = json.loads(letter.body)["run"]
    assert letter.title == f"nightly: run {run} failed"
    lines = letter.text.splitlines()
    assert lines[0] == "Pipeline p, asked for by schedule daily"
    assert lines[1] == 'RUN-010 step "step0" failed'
    assert lines[2].startswith("Step step0: RCP-002 ")
    assert lines[3:] == ["It took 90.0 s.", f"https://pauta.example/runs/{run}"]
    body = json.loads(letter.body)
    assert body["event"] == "run.failed"
    assert body["problem"]["code"] == "RUN-010"
    assert body["steps"][0]["problem"]["code"] == "RCP-002"
    assert letter.key == signing_key(b"s" * 32, "nightly")


def test_a_message_in_portuguese_is_portuguese(world: World) -> None:
    world.sender("pt").send_due()
    letter = world.apprise.delivered[0][1]
    assert letter.title.endswith("falhou")
    assert 'RUN-010 a etapa "step0" falhou' in letter.text
    assert "Levou 90.0 s." in letter.text


def test_what_was_not_delivered_is_tried_again_later_and_later_and_given_up_after_a_day(world: World) -> None:
    world.environ.clear()
    began, waits = world.now, []
    while True:
        world.webhook.errors = [NotDelivered(Problem("CFG-020", {"address": "example.com", "detail": "HTTP 500"}))]
        assert world.sender().send_due() == 0
        notice = next(n for n in world.notices() if n.kind == "webhook")
        if notice.next_at == NEVER:
            break
        waits.append(notice.next_at - world.now)
        world.now = notice.next_at
    assert waits[:3] == [timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=2)]
    assert max(waits) == timedelta(hours=1)
    assert timedelta(hours=22) < world.now - began <= timedelta(hours=24)
    assert notice.sent_at is None
    assert notice.error == "CFG-020 a notification cannot go to example.com: HTTP 500"
    assert notice.tries == len(waits) + 1


def test_what_cannot_be_delivered_is_not_tried_again(world: World) -> None:
    world.webhook.errors = [Undeliverable(Problem("CFG-020", {"address": "h", "found": "10.0.0.1"}, variant="inside"))]
    world.sender().send_due()
    assert [n.next_at for n in world.notices()] == [NEVER]


def test_an_address_whose_variable_is_missing_is_tried_again(world: World) -> None:
    world.environ.clear()
    world.sender().send_due()
    assert [n.error for n in world.notices()] == [
        'CFG-005 setting "notifications": the environment variable MAIL is not set'
    ]


def test_s15_an_error_of_a_foreign_package_shows_no_address(world: World) -> None:
    world.apprise.errors = [RuntimeError("cannot reach mailto://me:pw@example.com")]
    world.sender().send_due()
    assert "pw" not in str(world.notices())
    assert "RuntimeError" in str(world.notices()[0].error)


def test_of_two_senders_only_one_takes_a_notice(world: World) -> None:
    other = world.sender()
    seen: list[int] = []

    class Meanwhile(FakePostman):
        def deliver(self, address: str, letter: Letter) -> None:
            seen.append(other.send_due())
            super().deliver(address, letter)

    world.webhook = Meanwhile()
    world.sender().send_due()
    assert len(world.webhook.delivered) == 1
    assert len(world.apprise.delivered) == 1
    assert seen == [0]


def test_a_notice_whose_run_is_gone_is_given_up(world: World) -> None:
    with world.store.transaction() as tx:
        tx.notices.add([Notice("n", "1k9", "failed", "webhook", "https://example.com", NOON, NOON)])
    world.sender().send_due()
    assert [(n.id, n.next_at) for n in world.notices()] == [("n", NEVER)]


def test_keys_differ_between_deployments_and_servers() -> None:
    keys = {signing_key(secret, name) for secret in (b"a" * 32, b"b" * 32) for name in ("x", "y")}
    assert len(keys) == 4
    assert all(len(key) == hashlib.sha256().digest_size * 2 for key in keys)


class _Apprise:
    """What apprise looks like from outside."""

    said: Callable[..., bool]

    def __init__(self) -> None:
        self.urls: list[str] = []

    def add(self, url: str) -> bool:
        self.urls.append(url)
        return url.startswith("mailto://")

    def notify(self, *, title: str, body: str) -> bool:
        return title == "title" and body == "text"


LETTER = Letter("1", "title", "text", b"{}", "key", NOON)


def test_apprise_is_told_title_and_text(monkeypatch: pytest.MonkeyPatch) -> None:
    apprise = pytest.importorskip("apprise")
    monkeypatch.setattr(apprise, "Apprise", _Apprise)
    AppriseNotifier().deliver("mailto://me:pw@example.com", LETTER)
    with pytest.raises(NotDelivered, match="mailto") as caught:
        AppriseNotifier().deliver("mailto://me:pw@example.com", replace(LETTER, title="other"))
    assert "pw" not in str(caught.value)
    with pytest.raises(Undeliverable):
        AppriseNotifier().deliver("postgresql://me:pw@example.com", LETTER)


def test_without_apprise_it_is_told_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "apprise", None)
    with pytest.raises(Undeliverable, match="CFG-021"):
        AppriseNotifier().deliver("mailto://x", LETTER)
