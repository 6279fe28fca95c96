"""Tokens, the audit log, health, figures and settings over the API."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from house import SECRET, House, open_house
from pauta.domain.access import Role
from pauta.domain.deploying import Pool, PoolKind
from pauta.domain.problems import Problem, StoreFault
from pauta.domain.settings import SettingLine, Settings
from pauta.server.app import create_app
from pauta.server.routes import access, system
from pauta.services.access import LINK, SESSION, actor_of
from pauta.services.audit import verify
from pauta.services.audit_heads import NAME, export_head, exported_heads
from pauta.services.control import Control

ROUTES = [access.ROUTES, *system.ROUTES]


@pytest.fixture
def house() -> Iterator[House]:
    with open_house(routes=ROUTES) as opened:
        opened.ask.token = opened.token(name="root")
        yield opened


def test_me_tells_role_scope_and_permissions(house: House) -> None:
    token, text = house.made(Role.EDITOR, name="ana", pipelines=("daily",))
    assert house.ask("GET", "/api/v1/me", token=text).json == {
        "id": token.id,
        "name": "ana",
        "role": "editor",
        "kind": "token",
        "permissions": ["edit", "operate", "read"],
        "pools": [],
        "pipelines": ["daily"],
    }


def test_a_tokens_text_is_told_once_and_stands_nowhere(house: House) -> None:
    made = house.ask("POST", "/api/v1/tokens", json={"name": "ci", "role": "operator", "pipelines": ["daily"]})
    assert made.status == 201
    text = made.json["text"]
    assert house.ask("GET", "/api/v1/me", token=text).json["pipelines"] == ["daily"]
    listed = house.ask("GET", "/api/v1/tokens")
    assert text not in listed.text
    assert "digest" not in listed.text
    assert text.split("_")[2] not in repr(house.audit())
    assert {t["name"] for t in listed.json} == {"ci", "root"}


def test_a_worker_gets_a_token_for_its_pools_only(house: House) -> None:
    made = house.ask("POST", "/api/v1/tokens", json={"name": "w", "role": "worker", "pools": ["gpu"]})
    assert made.status == 201
    assert house.ask("GET", "/api/v1/me", token=made.json["text"]).status == 403


def test_a_link_is_made_for_somebody_else_and_ends_with_whoever_made_it(house: House) -> None:
    admin, text = house.made(name="boss")
    made = house.ask("POST", "/api/v1/tokens", token=text, json={"name": "bob", "role": "viewer", "kind": "link"})
    assert made.json["text"].startswith("/login?code=pauta_")
    with house.store.transaction() as tx:
        link = tx.tokens.get(made.json["id"])
    assert link is not None
    assert (link.kind, link.created_by) == (LINK, actor_of("boss", admin.id))
    assert link.expires_at == house.clock.now() + timedelta(minutes=10)
    house.ask("DELETE", f"/api/v1/tokens/{admin.id}")
    with house.store.transaction() as tx:
        assert tx.tokens.get(link.id).revoked_at is not None  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"role": "viewer"}, "API-001", "name"),
        ({"name": "x", "role": "king"}, "API-001", "role"),
        ({"name": "", "role": "viewer"}, "API-001", "name"),
        ({"name": "x", "role": "worker"}, "AUT-009", "pools"),
        ({"name": "x", "role": "viewer", "pools": ["a"]}, "AUT-009", "pools"),
        ({"name": "x", "role": "viewer", "kind": "session"}, "API-001", "kind"),
        ({"name": "x", "role": "viewer", "expires_at": "2020-01-01T00:00:00Z"}, "AUT-009", "expires_at"),
        ({"name": "x", "role": "viewer", "expires_at": "2030-01-01T00:00:00"}, "API-001", "expires_at"),
    ],
)
def test_a_token_that_makes_no_sense_is_refused_with_its_field(
    house: House, body: dict[str, object], code: str, field: str
) -> None:
    answer = house.ask("POST", "/api/v1/tokens", json=body)
    problem = answer.json["problems"][0]
    assert (answer.status, problem["code"], problem["field"]) == (422, code, field)


def test_every_change_of_tokens_is_in_the_audit_log(house: House) -> None:
    made = house.ask("POST", "/api/v1/tokens", json={"name": "ci", "role": "operator"}).json
    house.ask("DELETE", f"/api/v1/tokens/{made['id']}")
    rows = house.ask("GET", "/api/v1/audit").json
    assert [(row["action"], row["target"]) for row in rows] == [
        ("token.make", made["id"]),
        ("token.revoke", made["id"]),
    ]
    assert rows[0]["actor"].startswith("root (")
    assert rows[0]["details"]["role"] == "operator"


def test_the_audit_log_is_read_in_pages(house: House) -> None:
    for number in range(5):
        house.ask("POST", "/api/v1/tokens", json={"name": str(number), "role": "viewer"})
    pages = [house.ask("GET", f"/api/v1/audit?after={after}&limit=2").json for after in (0, 2, 4)]
    assert [[row["seq"] for row in page] for page in pages] == [[1, 2], [3, 4], [5]]


def test_s22_the_log_can_be_checked_also_against_a_head_kept_elsewhere(house: House) -> None:
    house.ask("POST", "/api/v1/tokens", json={"name": "a", "role": "viewer"})
    verdict = house.ask("GET", "/api/v1/audit/verify").json
    assert (verdict["rows"], verdict["content"], verdict["order"], verdict["complete"]) == (1, [], [], True)
    head = verdict["head"]
    house.ask("POST", "/api/v1/tokens", json={"name": "b", "role": "viewer"})
    kept = f"count={head['count']}&mac={head['mac']}"
    assert house.ask("GET", f"/api/v1/audit/verify?{kept}").json["complete"] is True
    assert house.ask("GET", f"/api/v1/audit/verify?count=3&mac={head['mac']}").json["complete"] is False


def test_s22_heads_are_written_down_outside_the_database(house: House, tmp_path: Path) -> None:
    control = replace_records(house, tmp_path)
    assert export_head(control).count == 0
    assert not (tmp_path / NAME).exists()
    house.ask("POST", "/api/v1/tokens", json={"name": "a", "role": "viewer"})
    head = export_head(control)
    assert export_head(control) == head
    assert exported_heads(control) == [head]
    with open_house(routes=ROUTES) as emptied:
        assert not verify(emptied.store, secret=SECRET, known=exported_heads(control)).complete


def replace_records(house: House, folder: Path) -> Control:
    return dataclasses.replace(house.control, records=folder)


def test_only_administrators_see_tokens_audit_log_and_settings(house: House) -> None:
    for role in Role:
        if role is Role.ADMIN:
            continue
        token = house.token(role)
        for path in ("/tokens", "/audit", "/audit/verify", "/settings"):
            assert house.ask("GET", f"/api/v1{path}", token=token).status == 403


def test_health_says_the_same_to_anybody_and_asks_nothing_for_it(house: House) -> None:
    with house.store.transaction():  # whoever asks the store now waits
        answer = house.ask("GET", "/health", token=None)
    assert (answer.status, answer.json) == (200, {"status": "ok"})


def test_health_is_open_to_a_browser_whose_session_is_over(house: House) -> None:
    stale = {"cookie": "pauta_session_7311=" + house.token(kind=SESSION)[:-1]}
    assert house.ask("GET", "/health", token=None, headers=stale).status == 200
    assert house.ask("GET", "/login", token=None, headers=stale).status == 200


def test_ready_tells_whether_the_records_can_be_reached(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    assert house.ask("GET", "/ready").json == {"ready": True, "queued": 0, "running": 0}

    def broken(**_: object) -> None:
        raise StoreFault(Problem("DB-001", {"detail": "gone"}))

    monkeypatch.setattr(house.store, "transaction", broken)
    assert house.ask("GET", "/ready").status == 503


def test_the_figures_are_in_prometheus_format(house: House) -> None:
    with house.store.transaction() as tx:
        tx.pools.put(None, Pool(name="gpu", kind=PoolKind.PROCESS, created_at=house.clock.now()))
    house.ask("GET", "/api/v1/me")
    house.ask("GET", "/api/v1/no/such/thing")
    answer = house.ask("GET", "/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    assert {
        "pauta_requests",
        "pauta_request_seconds",
        "pauta_queue_depth",
        "pauta_leases",
        "pauta_runs",
        "pauta_workers",
        "pauta_stuck_runs",
        "pauta_schedule_lateness_seconds",
        "pauta_build_info",
    } <= set(families)
    requests = {tuple(s.labels.values()): s.value for s in families["pauta_requests"].samples if "total" in s.name}
    assert requests["GET", "/api/v1/me", "200"] == 1
    assert requests["other", "none", "404"] == 1


def test_strangers_cannot_make_figures_grow(house: House) -> None:
    for number in range(30):
        house.ask(f"M{number}", f"/nothing/{number}", token=None)
        house.ask(f"M{number}", "/api/v1/me", token=None)
    lines = [line for line in house.ask("GET", "/metrics").text.splitlines() if line.startswith("pauta_requests_total")]
    assert len(lines) <= 4


def test_status_tells_how_things_stand(house: House) -> None:
    found = house.ask("GET", "/api/v1/status").json
    assert found["version"] == "0"
    assert {"queued", "leased", "runs", "workers", "stuck", "lateness_seconds"} <= set(found)


def test_settings_are_shown_as_they_were_given_to_be_shown(house: House) -> None:
    lines = [SettingLine("database.url", "***", "environment", "PAUTA_DATABASE_URL")]
    house.ask.app = create_app(house.control, settings=Settings(), routes=ROUTES, setting_lines=lines)
    found = house.ask("GET", "/api/v1/settings").json
    assert found[0]["value"] == "***"
    assert found[0]["where"] == "PAUTA_DATABASE_URL"
