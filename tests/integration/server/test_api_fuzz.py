"""F1: requests that nobody thought of, to every operation. No failure of the server, and answers as described."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from fuzzing import HOOK, MORNING, House, bounded, furnished
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode, openapi
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from pauta.domain.access import Permission
from pauta.server.openapi import describe
from pauta.server.routes.all import all_routes
from pauta.server.routing import GuardedRoute

CI = os.environ.get("PAUTA_TEST_SCALE") == "ci"
EXAMPLES = 200 if CI else 25
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
ROUTES = [
    GuardedRoute(route, guard=lambda *_: None)
    for subject in all_routes()
    for route in subject.routes
    if route.permission is not Permission.PUBLIC
]
SCHEMA = openapi.from_dict(describe(ROUTES, version="0"))
QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large, HealthCheck.large_base_example]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with furnished(tmp_path_factory.mktemp("fuzz")) as house:
        yield house


def operation(route: GuardedRoute) -> Any:
    return SCHEMA[route.path_format][route.route.method]


@pytest.mark.parametrize("route", ROUTES, ids=lambda r: r.name)
def test_f1_whatever_is_asked_is_answered_as_described(house: House, route: GuardedRoute) -> None:
    house.furnish()
    permission = route.permission.value
    token = house.token_for(permission)

    @given(case=cases(route), leading=st.sampled_from([True, True, False]))
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=QUIET, derandomize=not CI,
        phases=[Phase.explicit, Phase.generate],
    )  # fmt: skip
    def fuzz(case: Case, leading: bool) -> None:
        bounded(case)
        if leading:
            house.lead(case)
        answer = house.send(case, token=token)
        case.validate_response(answer, checks=CHECKS)
        if permission != "signed":
            unknown = house.send(case, token=None)
            assert unknown.status_code in (400, 401), f"{unknown.status_code} without a token: {case.as_curl_command()}"

    fuzz()


def cases(route: GuardedRoute) -> st.SearchStrategy[Case]:
    """What fits the description; and, where something can be wrong, as often what does not."""
    found = operation(route)
    good = found.as_strategy(generation_mode=GenerationMode.POSITIVE)
    takes = route.route.body is not None or any(p.location != "path" for p in found.iter_parameters())
    if not takes:
        return good
    return st.one_of(good, found.as_strategy(generation_mode=GenerationMode.NEGATIVE))


@pytest.mark.parametrize("route", ROUTES, ids=lambda r: r.name)
def test_f1_a_lower_role_gets_nowhere(house: House, route: GuardedRoute) -> None:
    """Whoever may do nothing of this kind is refused before anything about the request is told."""
    permission = route.permission.value
    if permission == "signed":
        pytest.skip("its credential is the body's signature")
    other = house.admin if permission == "work" else house.worker

    @given(case=operation(route).as_strategy(generation_mode=GenerationMode.POSITIVE))
    @settings(
        max_examples=3, deadline=None, database=None, suppress_health_check=QUIET, derandomize=True,
        phases=[Phase.generate],
    )  # fmt: skip
    def try_door(case: Case) -> None:
        house.lead(case)
        assert house.send(case, token=other).status_code in (400, 403)

    try:
        try_door()
    except Unsatisfiable:
        pytest.fail(f"no request could be made for {route.name}")


REMOVED = [
    ("pools", {"name": "brief"}, "brief"),
    ("deployments", {"name": "brief", "pipeline": "sales"}, "brief"),
    ("deployments/nightly/schedules", {"name": "brief", "timing": MORNING}, None),
    ("deployments/nightly/triggers", HOOK | {"name": "brief"}, None),
]


@pytest.mark.parametrize(("subject", "body", "name"), REMOVED, ids=[subject for subject, _, _ in REMOVED])
def test_f1_what_was_removed_is_gone(house: House, subject: str, body: dict[str, Any], name: str | None) -> None:
    house.furnish()
    made = house.ask("POST", f"/api/v1/{subject}", json=body)
    assert made.status == 201, made.text
    path = f"/api/v1/{subject.rpartition('/')[2]}/{name or made.json['id']}"
    assert house.ask("DELETE", path).status in (200, 204)
    again = [house.ask("DELETE", path).status]
    again += [house.ask(method, path).status for method in ("GET", "PATCH")]
    again += [house.ask("POST", f"{path}/{verb}").status for verb in ("pause", "resume")]
    # 405 where there is no such route at all.
    assert 404 in again
    assert set(again) <= {404, 405}, again


def test_f1_a_removed_token_opens_nothing(house: House) -> None:
    made = house.ask("POST", "/api/v1/tokens", json={"name": "brief", "role": "admin"}).json
    assert house.ask("GET", "/api/v1/me", token=made["text"]).status == 200
    assert house.ask("DELETE", f"/api/v1/tokens/{made['id']}").status == 204
    assert house.ask("GET", "/api/v1/me", token=made["text"]).status == 401
