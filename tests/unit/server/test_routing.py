"""The frame itself: it does not start without permissions, answers errors, leaves audit rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Annotated, Any

import pytest
from fastapi import Header, Query
from fastapi.responses import Response
from fastapi.routing import APIRoute, APIWebSocketRoute
from msgspec import Struct
from starlette.routing import BaseRoute, Mount, Route

from asking import Answer
from house import House, open_house
from pauta.domain.access import Permission, Role
from pauta.domain.problems import Conflict, InvalidInput, NotFound, Problem, StepFault, StoreFault
from pauta.server.app import UnguardedRoute, check_routes, create_app
from pauta.server.caller import AuditDep, CallerDep, ControlDep, LanguageDep
from pauta.server.routing import GuardedRoute, Routes
from pauta.services.access import Forbidden

THINGS = Routes("/things", tag="things")
RAISED: dict[str, Exception] = {
    "invalid": InvalidInput(Problem("API-001", variant="missing")),
    "missing": NotFound(Problem("API-008")),
    "conflict": Conflict(Problem("API-008")),
    "store": StoreFault(Problem("DB-001", {"detail": "/srv/secret/place.db"})),
    "forbidden": Forbidden(Problem("AUT-005", {"pipeline": "x"})),
    "step": StepFault(Problem("API-008")),
    "bug": RuntimeError("SELECT * FROM token at /srv/secret/place.db, version 1.2.3"),
    "no room": MemoryError("/srv/secret"),
    "deep": RecursionError("/srv/secret"),
}
STATUS = {"invalid": 422, "missing": 404, "conflict": 409, "store": 503, "forbidden": 403}


class Thing(Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    number: int = 3
    deep: dict[str, list[int]] = {}
    at: datetime | None = None
    anything: Any = None


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    force: bool = False


class View(Struct, frozen=True):
    name: str
    number: int


@THINGS.add("GET", "", permission=Permission.READ, answers=list[View], summary="Things")
def things(caller: CallerDep, limit: Annotated[int, Query(ge=1, le=500)] = 5) -> list[View]:
    return [View(caller.name, limit)]


@THINGS.add("POST", "", permission=Permission.EDIT, answers=View, status=201, summary="Make")
def make_thing(
    body: Thing,
    control: ControlDep,
    audit: AuditDep,
    key: Annotated[str | None, Header(alias="Idempotency-Key")] = None,
) -> View:
    with control.store.transaction() as tx:
        audit.note(tx, "thing.make", body.name, key=key)
    return View(body.name, body.number)


@THINGS.add("DELETE", "/{name}", permission=Permission.EDIT, status=204, summary="Remove")
def remove_thing(name: str) -> None:
    if name == "held":
        raise Conflict(Problem("API-008"))


@THINGS.add("POST", "/{name}/touch", permission=Permission.OPERATE, answers=View, summary="Touch")
async def touch_thing(name: str, body: Options) -> View:
    return View(name, int(body.force))


@THINGS.add("GET", "/{name}/fault", permission=Permission.READ, answers=View, summary="Fail", waits=True)
def fail(name: str) -> View:
    raise RAISED[name]


@THINGS.add("GET", "/{name}/text", permission=Permission.READ, media="text/plain", summary="Text")
def text_of_thing(name: str, language: LanguageDep) -> Response:
    return Response(f"{name} {language}", media_type="text/plain", headers={"cache-control": "max-age=60"})


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with open_house(routes=[THINGS], body_limit_bytes=20_000) as opened:
        opened.ask.token = opened.token(Role.EDITOR, name="ana")
        yield opened


# ---- starting ---------------------------------------------------------------------------------


def nothing() -> None: ...


def one(permission: Any, path: str = "/x", method: str = "GET", base: str = "") -> Routes:
    routes = Routes("", tag="t", base=base)
    routes.add(method, path, permission=permission, summary="x")(nothing)
    return routes


@pytest.mark.parametrize("permission", [None, "read", "", 0, object()])
def test_s1_the_application_does_not_start_with_a_route_without_permission(permission: Any) -> None:
    with pytest.raises(UnguardedRoute), open_house(routes=[THINGS, one(permission)]):
        pass


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/health/"), ("POST", "/health"), ("GET", "/api/v1/health"), ("PUT", "/login"), ("GET", "/Health")],
)
def test_s1_nothing_is_public_but_what_is_on_the_list(method: str, path: str) -> None:
    with pytest.raises(UnguardedRoute), open_house(routes=[one(Permission.PUBLIC, path, method)]):
        pass


def test_s1_what_is_on_the_public_list_is_public() -> None:
    with pytest.raises(UnguardedRoute), open_house(routes=[one(Permission.READ, "/health")]):
        pass


@pytest.mark.parametrize("again", [[THINGS, THINGS], [one(Permission.READ), one(Permission.EDIT)]])
def test_a_route_that_is_there_twice_does_not_start(again: list[Routes]) -> None:
    with pytest.raises(UnguardedRoute), open_house(routes=again):
        pass


async def an_app(*_: Any) -> None: ...


@pytest.mark.parametrize(
    "route",
    [
        Route("/x", an_app),
        APIRoute("/x", nothing),
        APIWebSocketRoute("/x", an_app),
        Mount("/x", an_app),
    ],
    ids=lambda route: type(route).__name__,
)
def test_s1_no_other_kind_of_route_is_let_in(route: BaseRoute) -> None:
    with pytest.raises(UnguardedRoute):
        check_routes([route])


def test_s1_a_route_that_lost_its_permission_or_answers_to_more_methods_is_found(house: House) -> None:
    route = GuardedRoute(one(Permission.READ).routes[0], guard=an_app)
    check_routes([route])
    route.methods.add("DELETE")
    with pytest.raises(UnguardedRoute):
        check_routes([route])
    route.methods.discard("DELETE")
    del route.permission
    with pytest.raises(UnguardedRoute):
        check_routes([route])


def test_a_body_that_takes_unknown_fields_is_no_body() -> None:
    class Loose(Struct):
        name: str

    def handler(body: Loose) -> None: ...

    handler.__annotations__["body"] = Loose
    with pytest.raises(TypeError, match="unknown fields"):
        Routes("", tag="t").add("POST", "", permission=Permission.EDIT, summary="x")(handler)


def test_every_route_of_the_server_starts(house: House) -> None:
    with open_house() as whole:
        assert whole.ask("GET", "/health", token=None).json == {"status": "ok"}
    create_app(house.control, settings=house.app._settings, routes=[])


# ---- answering --------------------------------------------------------------------------------


def test_a_handlers_structs_are_the_answer(house: House) -> None:
    answer = house.ask("GET", "/api/v1/things?limit=7")
    assert (answer.status, answer.json) == (200, [{"name": "ana", "number": 7}])
    assert answer.headers["content-type"] == "application/json"


def test_a_body_is_read_into_its_struct(house: House) -> None:
    answer = house.ask("POST", "/api/v1/things", json={"name": "a", "number": 4})
    assert (answer.status, answer.json) == (201, {"name": "a", "number": 4})


def test_an_empty_body_will_do_where_no_field_is_required(house: House) -> None:
    assert house.ask("POST", "/api/v1/things/x/touch").json == {"name": "x", "number": 0}
    assert house.ask("POST", "/api/v1/things/x/touch", json={"force": True}).json == {"name": "x", "number": 1}


def test_no_content_has_no_body(house: House) -> None:
    answer = house.ask("DELETE", "/api/v1/things/x")
    assert (answer.status, answer.body) == (204, b"")


def test_405_names_all_methods_of_the_path(house: House) -> None:
    answer = house.ask("PUT", "/api/v1/things")
    assert (answer.status, answer.codes, answer.headers["allow"]) == (405, ["API-009"], "GET, POST")


def test_a_trailing_slash_is_another_path(house: House) -> None:
    assert house.ask("GET", "/api/v1/things/").status == 404


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        (None, "en"),
        ("pt-BR", "pt"),
        ("pt-BR,pt;q=0.9,en;q=0.8", "pt"),
        ("en;q=0.8, pt;q=0.9", "pt"),
        ("de, fr;q=0.9", "en"),
        ("*", "en"),
        ("pt;q=x, en", "en"),
        (";;;,,,q=", "en"),
    ],
)
def test_the_language_is_the_one_asked_for(house: House, wanted: str | None, language: str) -> None:
    headers = {"accept-language": wanted} if wanted else {}
    assert house.ask("GET", "/api/v1/things/x/text", headers=headers).text == f"x {language}"


def test_problems_are_told_in_that_language(house: House) -> None:
    answer = house.ask("GET", "/nothing", headers={"accept-language": "pt-BR"})
    assert answer.json["problems"][0]["message"] == "não há nada aqui"


def test_every_answer_has_an_id_and_the_headers_that_keep_browsers_out(house: House) -> None:
    for path, token in (("/api/v1/things", ""), ("/api/v1/things", None), ("/nothing", ""), ("/health", None)):
        answer = house.ask("GET", path, token=token)
        assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["x-request-id"])
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; frame-ancestors 'none'")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"


def test_a_handler_may_say_how_long_its_answer_keeps(house: House) -> None:
    assert house.ask("GET", "/api/v1/things/x/text").headers["cache-control"] == "max-age=60"


# ---- errors (S23) -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(STATUS))
def test_an_error_has_the_status_of_its_kind(house: House, kind: str) -> None:
    assert house.ask("GET", f"/api/v1/things/{kind}/fault").status == STATUS[kind]


@pytest.mark.parametrize("kind", ["store", "step", "bug", "no room", "deep"])
def test_s23_a_failure_tells_its_id_and_nothing_else(house: House, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    answer = house.ask("GET", f"/api/v1/things/{kind.replace(' ', '%20')}/fault")
    assert answer.status == STATUS.get(kind, 500)
    assert answer.json == {"problems": [], "request": answer.headers["x-request-id"]}
    told = answer.text + str(answer.headers)
    assert not any(word in told for word in ("secret", "SELECT", "1.2.3", "Error", "Traceback", ".py"))
    assert answer.json["request"] in caplog.text
    assert "Traceback" in caplog.text


# ---- audit rows -------------------------------------------------------------------------------


def rows_after(house: House, act: Callable[[], Answer]) -> list[tuple[str, str]]:
    before = len(house.audit())
    assert act().status < 500
    return [(row.action, row.target) for row in house.audit()[before:]]


def test_a_handler_leaves_its_own_row_with_whoever_asked(house: House) -> None:
    assert rows_after(house, lambda: house.ask("POST", "/api/v1/things", json={"name": "a"})) == [("thing.make", "a")]
    row = house.audit()[-1]
    assert row.actor.startswith("ana (")
    assert len(row.details["request"]) == 16


def test_a_change_that_left_no_row_gets_one(house: House) -> None:
    assert rows_after(house, lambda: house.ask("DELETE", "/api/v1/things/x")) == [("things.remove_thing", "x")]
    touch = rows_after(house, lambda: house.ask("POST", "/api/v1/things/y/touch"))
    assert touch == [("things.touch_thing", "y")]


def test_what_was_refused_or_only_looked_at_leaves_none(house: House) -> None:
    assert rows_after(house, lambda: house.ask("DELETE", "/api/v1/things/held")) == []
    assert rows_after(house, lambda: house.ask("GET", "/api/v1/things")) == []
    assert rows_after(house, lambda: house.ask("DELETE", "/api/v1/things/x", token=house.token(Role.VIEWER))) == []
