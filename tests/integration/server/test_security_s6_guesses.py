"""Guessing, revoking, limits on requests, and what a wrong credential is told (S6, S20, B70)."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from house import House, open_house
from pauta.domain.access import Role
from pauta.server.door import FRESH_SECONDS
from pauta.server.routes import access, runs, system
from pauta.server.throttle import GUESSES_A_MINUTE, Throttle
from pauta.services.access import LINK

FORM = "application/x-www-form-urlencoded"
ROUTES = [access.ROUTES, runs.ROUTES, *system.ROUTES]


@pytest.fixture
def house():  # type: ignore[no-untyped-def]
    with open_house(routes=ROUTES) as opened:
        yield opened


def foreign(count: int) -> list[str]:
    """Well-formed tokens of another server."""
    with open_house(routes=ROUTES) as other:
        return [other.token() for _ in range(count)]


def statuses(house: House, texts: list[str], **more: object) -> list[int]:
    return [house.ask("GET", "/api/v1/me", token=text, **more).status for text in texts]  # type: ignore[arg-type]


def test_s6_of_a_thousand_guesses_five_a_minute_pass_the_gate(house: House) -> None:
    found = statuses(house, foreign(1_000))
    assert found.count(401) == GUESSES_A_MINUTE
    assert found.count(429) == 1_000 - GUESSES_A_MINUTE


def test_s6_turning_headers_changes_nothing(house: House) -> None:
    found = []
    for number, text in enumerate(foreign(60)):
        headers = {
            "x-forwarded-for": f"10.0.0.{number}",
            "forwarded": f"for=10.0.0.{number}",
            "user-agent": str(number),
        }
        found.append(house.ask("GET", "/api/v1/me", token=text, headers=headers).status)
    assert found.count(401) == GUESSES_A_MINUTE


def test_s6_all_addresses_of_a_host_count_as_one(house: House) -> None:
    found = [
        house.ask("GET", "/api/v1/me", token=text, peer=f"2001:db8::{number:x}").status
        for number, text in enumerate(foreign(20))
    ]
    assert found.count(401) == GUESSES_A_MINUTE


def all_at_once(house: House, texts: list[str]) -> list[int]:
    async def asking() -> list[int]:
        headers = [[("host", "localhost:7311"), ("authorization", f"Bearer {text}")] for text in texts]
        asked = (house.ask._ask("GET", "/api/v1/me", given, [b""], "10.1.1.1") for given in headers)
        return [answer.status for answer in await asyncio.gather(*asked)]

    return house.ask._runner.run(asking())


def test_s6_many_guesses_at_once_are_no_more(house: House) -> None:
    assert all_at_once(house, foreign(200)).count(401) == GUESSES_A_MINUTE


def test_many_good_tokens_at_once_from_one_address_are_no_guesses(house: House) -> None:
    assert set(all_at_once(house, [house.token(Role.VIEWER) for _ in range(40)])) == {200}


def test_s6_guessing_the_code_of_a_link_counts_too(house: House) -> None:
    found = []
    for text in foreign(20):
        body = urlencode({"code": text}).encode()
        found.append(house.ask("POST", "/login", body=body, headers={"content-type": FORM}).status)
    assert found.count(401) == GUESSES_A_MINUTE
    assert found.count(429) == 20 - GUESSES_A_MINUTE
    body = urlencode({"code": house.token(kind=LINK)}).encode()
    assert house.ask("POST", "/login", body=body, headers={"content-type": FORM}).status == 429


def test_who_was_let_in_before_is_not_shut_out_by_a_neighbours_guesses(house: House) -> None:
    good = house.token(Role.VIEWER)
    assert house.ask("GET", "/api/v1/me", token=good).status == 200
    statuses(house, foreign(20))
    assert house.ask("GET", "/api/v1/me", token=good).status == 200
    assert house.ask("GET", "/api/v1/me", token=house.token(Role.VIEWER)).status == 429
    assert house.ask("GET", "/api/v1/me", token=house.token(Role.VIEWER), peer="10.2.2.2").status == 200


def test_good_tokens_are_no_guesses_however_many(house: House) -> None:
    assert set(statuses(house, [house.token(Role.VIEWER) for _ in range(40)])) == {200}


def test_a_blocked_address_is_told_how_long(house: House) -> None:
    statuses(house, foreign(GUESSES_A_MINUTE))
    answer = house.ask("GET", "/api/v1/me", token=foreign(1)[0])
    assert (answer.status, answer.codes) == (429, ["AUT-007"])
    assert 1 <= int(answer.headers["retry-after"]) <= 12


def test_a_proxy_that_is_trusted_tells_whom_it_asks_for() -> None:
    texts = foreign(60)
    with open_house(routes=ROUTES, trusted_proxies=("10.9.0.0/16",)) as behind:
        found = [
            behind.ask("GET", "/api/v1/me", token=text, peer="10.9.0.1", headers={"x-forwarded-for": chain}).status
            for text, chain in zip(texts, (f"1.2.3.4, 7.7.7.{n // 20}, 10.9.0.2" for n in range(60)), strict=True)
        ]
        assert found.count(401) == 3 * GUESSES_A_MINUTE
        spoofed = [
            behind.ask(
                "GET", "/api/v1/me", token=text, peer="8.8.8.8", headers={"x-forwarded-for": f"7.0.0.{n}"}
            ).status
            for n, text in enumerate(texts)
        ]
        assert spoofed.count(401) == GUESSES_A_MINUTE


# ---- the end of a token -----------------------------------------------------------------------


def test_s6_a_revoked_token_is_worth_nothing_at_once(house: House) -> None:
    admin = house.token()
    made = house.ask("POST", "/api/v1/tokens", token=admin, json={"name": "bob", "role": "viewer"}).json
    assert house.ask("GET", "/api/v1/me", token=made["text"]).status == 200
    assert house.ask("DELETE", f"/api/v1/tokens/{made['id']}", token=admin).status == 204
    assert house.ask("GET", "/api/v1/me", token=made["text"]).status == 401


def test_s6_a_token_that_another_server_revoked_dies_within_a_second(house: House) -> None:
    with open_house(routes=ROUTES, store=house.store) as second:
        token, text = house.made(Role.VIEWER)
        assert house.ask("GET", "/api/v1/me", token=text).status == 200
        assert second.ask("DELETE", f"/api/v1/tokens/{token.id}", token=second.token()).status == 204
        revoked = time.monotonic()
        while house.ask("GET", "/api/v1/me", token=text).status == 200:
            assert time.monotonic() - revoked < FRESH_SECONDS + 0.5
        assert FRESH_SECONDS <= 1


def test_a_token_ends_on_time_although_it_was_seen_a_moment_ago(house: House) -> None:
    text = house.token(Role.VIEWER, expires_at=house.clock.now() + timedelta(seconds=1))
    assert house.ask("GET", "/api/v1/me", token=text).status == 200
    house.clock.pass_by(timedelta(seconds=1))
    assert house.ask("GET", "/api/v1/me", token=text).status == 401


def test_the_last_use_is_noted_once_a_minute(house: House) -> None:
    token, text = house.made(Role.VIEWER)

    def used() -> object:
        with house.store.transaction() as tx:
            found = tx.tokens.get(token.id)
        return found and found.last_used_at

    first = house.clock.now()
    house.ask("GET", "/api/v1/me", token=text)
    assert used() == first
    house.clock.pass_by(timedelta(seconds=30))
    house.app._door.forget(token)
    house.ask("GET", "/api/v1/me", token=text)
    assert used() == first
    house.clock.pass_by(timedelta(seconds=30))
    house.app._door.forget(token)
    house.ask("GET", "/api/v1/me", token=text)
    assert used() == first + timedelta(minutes=1)


# ---- limits on requests -----------------------------------------------------------------------


def test_s20_one_token_may_ask_so_often_and_another_all_the_same() -> None:
    with open_house(routes=ROUTES, requests_per_minute=30) as house:
        one, other = house.token(Role.VIEWER), house.token(Role.VIEWER)
        for text, peer in ((one, "10.0.0.1"), (other, "10.0.0.2")):
            assert house.ask("GET", "/api/v1/me", token=text, peer=peer).status == 200
        found = [house.ask("GET", "/api/v1/me", token=one, peer=f"10.3.0.{n}").status for n in range(40)]
        assert found.count(429) >= 8
        assert house.ask("GET", "/api/v1/me", token=other).status == 200
        refused = house.ask("GET", "/api/v1/me", token=one)
        assert (refused.codes, refused.headers["retry-after"]) == (["API-007"], "2")


def test_s20_strangers_are_limited_by_address() -> None:
    with open_house(routes=ROUTES, requests_per_minute=10) as house:
        found = [house.ask("GET", "/health").status for _ in range(15)]
        assert found.count(429) >= 4
        assert house.ask("GET", "/health", peer="10.0.0.9").status == 200


def test_a_bucket_fills_up_evenly() -> None:
    seconds = [0.0]
    throttle = Throttle(60, clock=lambda: seconds[0])
    assert [throttle.take("a") for _ in range(60)] == [0.0] * 60
    assert throttle.take("a") == pytest.approx(1.0)
    seconds[0] = 0.5
    assert throttle.take("a") == pytest.approx(0.5)
    seconds[0] = 1.0
    assert throttle.take("a") == 0.0
    seconds[0] = 1_000.0
    assert [throttle.take("a") for _ in range(60)] == [0.0] * 60
    assert throttle.take("a") > 0


def test_the_memory_of_a_throttle_is_bounded() -> None:
    throttle = Throttle(60, clock=lambda: 0.0)
    for number in range(50_000):
        throttle.take(str(number))
    assert len(throttle._buckets) <= 20_000


# ---- what a wrong credential is told (B70) ----------------------------------------------------


def test_b70_expired_revoked_and_unknown_get_the_same_answer(house: House) -> None:
    expired = house.token(expires_at=house.clock.now() + timedelta(seconds=1))
    gone, revoked = house.made()
    admin = house.token()
    house.ask("DELETE", f"/api/v1/tokens/{gone.id}", token=admin)
    house.clock.pass_by(timedelta(seconds=1))
    answers = [house.ask("GET", "/api/v1/me", token=text) for text in (expired, revoked, foreign(1)[0])]
    assert {(a.status, str(a.json["problems"])) for a in answers} == {(401, str(answers[0].json["problems"]))}
    assert answers[0].codes == ["AUT-003"]
    assert answers[0].headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("form", ['"{}"', "'{}'", " {}", "{} ", "<{}>", "{}\t", "{},"])
def test_b70_a_token_pasted_with_something_around_it_is_told_so(house: House, form: str) -> None:
    answer = house.ask("GET", "/api/v1/me", token=form.format(house.token()))
    assert (answer.status, answer.codes) == (401, ["AUT-002"])
    assert "spaces or quotes" in answer.json["problems"][0]["message"]


def test_b70_no_answer_repeats_a_credential(house: House) -> None:
    for text in (house.token()[:-1], f'"{house.token()}"', foreign(1)[0], "secret words"):
        answer = house.ask("GET", "/api/v1/me", token=text)
        assert text.strip('"') not in answer.text


def test_b70_a_role_that_may_not_is_403_and_says_what_it_takes(house: House) -> None:
    answer = house.ask("POST", "/api/v1/tokens", token=house.token(Role.VIEWER), json={})
    assert (answer.status, answer.codes) == (403, ["AUT-004"])
    assert "admin" in answer.json["problems"][0]["message"]


def test_b65_a_stranger_to_a_thing_and_a_thing_that_is_not_there_get_the_same_404(house: House) -> None:
    admin = house.token()
    answers = [
        house.ask("GET", f"/api/v1/runs/{run}", token=admin)
        for run in ("0" * 16, "nothing", "a" * 300, "%00", "..", "x'--", "%F0%9F%8E%B5")
    ]
    assert {a.status for a in answers} == {404}
    assert len({a.json["problems"][0]["code"] for a in answers}) == 1
