"""Calls over the API: looked at, answered, approved, rejected; who may, and what stays of it in the audit log."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from flow_records import FIRST, SCHEMA, FlowRecords, record, table
from house import House, open_house
from pauta.domain.access import Role
from pauta.domain.calls import CallKind, CallState
from pauta.domain.runs import ParentCall
from pauta.domain.states import RunState
from store_samples import run_id

RUN, ASKING, OTHER = run_id(1), run_id(2), run_id(3)


@pytest.fixture
def house() -> Iterator[House]:
    with open_house() as opened:
        done = FlowRecords(RUN)
        inside = done.call("scrape_flow", CallKind.FLOW)
        for _ in range(3):
            done.call("fetch", parent=inside, result=table())
        record(opened.store, 1, done)
        asking = FlowRecords(ASKING)
        asking.waits(CallKind.APPROVAL, prompt="Post?", roles=("approver",))
        asking.waits(CallKind.INPUT, name="settings", schema=SCHEMA)
        record(opened.store, 2, asking, state=RunState.PAUSED)
        record(opened.store, 3, None, name="fetch", parent=ParentCall(RUN, FIRST))
        yield opened


def test_calls_are_read_page_by_page(house: House) -> None:
    token = house.token(Role.VIEWER)
    first = house.ask("GET", f"/api/v1/runs/{RUN}/calls?limit=3", token=token).json
    assert [(call["label"], call["parent"]) for call in first["calls"]] == [
        ("scrape_flow", None),
        ("fetch", FIRST),
        ("fetch#2", FIRST),
    ]
    rest = house.ask("GET", f"/api/v1/runs/{RUN}/calls?after={first['next']}", token=token).json
    assert ([call["label"] for call in rest["calls"]], rest["next"]) == (["fetch#3"], None)
    inside = house.ask("GET", f"/api/v1/runs/{RUN}/calls?parent={FIRST}&name=fetch", token=token).json
    assert len(inside["calls"]) == 3
    one = house.ask("GET", f"/api/v1/runs/{RUN}/calls/fetch%232", token=token).json
    assert (one["call"], one["gave"]["rows"]) == (FIRST + 2, 30)


def test_what_is_not_there_or_not_clear_is_told(house: House) -> None:
    token = house.token(Role.VIEWER)
    for path, status, code in (
        (f"/runs/{RUN}/calls/nothing", 404, "FLW-086"),
        (f"/runs/{RUN}/calls/fetch", 409, "FLW-086"),
        ("/runs/nothing/calls", 404, "RUN-001"),
        ("/waiting?run=nothing", 404, "RUN-001"),
        (f"/runs/{RUN}/calls?state=odd", 422, "API-001"),
    ):
        answer = house.ask("GET", f"/api/v1{path}", token=token)
        assert (answer.status, answer.codes) == (status, [code]), path


def test_what_waits_is_listed_with_what_is_asked(house: House) -> None:
    found = house.ask("GET", "/api/v1/waiting", token=house.token(Role.VIEWER)).json["waiting"]
    assert [(each["label"], each["kind"]) for each in found] == [("approval", "approval"), ("settings", "input")]
    assert found[0]["awaited"]["roles"] == ["approver"]
    assert found[1]["awaited"]["schema"] == SCHEMA
    elsewhere = house.token(Role.OPERATOR, pipelines=("another",))
    assert house.ask("GET", "/api/v1/waiting", token=elsewhere).json["waiting"] == []


def test_an_approval_takes_the_role_that_the_flow_names_and_is_given_once(house: House) -> None:
    path = f"/api/v1/runs/{ASKING}/calls/approval/approve"
    operator, approver = house.token(Role.OPERATOR), house.token(Role.APPROVER, name="bia")
    refused = house.ask("POST", path, json={}, token=operator)
    assert (refused.status, refused.codes) == (403, ["FLW-089"])
    done = house.ask("POST", path, json={"comment": "checked"}, token=approver)
    assert (done.status, done.json["approved"], done.json["by"][:3]) == (200, True, "bia")
    late = house.ask("POST", path.replace("approve", "reject"), json={}, token=approver)
    assert (late.status, late.codes) == (409, ["FLW-085"])
    assert "bia" in late.json["problems"][0]["message"]
    rows = [row for row in house.audit() if row.action.startswith("call.")]
    assert [(row.actor[:3], row.action, row.target) for row in rows] == [
        ("bia", "call.approve", f"{ASKING}/{FIRST}"),
    ]
    assert rows[0].details["comment"] == "checked"


def test_a_value_is_checked_and_not_kept_in_the_audit_log(house: House) -> None:
    path = f"/api/v1/runs/{ASKING}/calls/settings/answer"
    token = house.token(Role.OPERATOR)
    wrong = house.ask("POST", path, json={"value": {"limit": "many"}}, token=token)
    assert (wrong.status, wrong.codes, wrong.json["problems"][0]["field"]) == (422, ["FLW-087"], "limit")
    assert house.ask("POST", path, json={"value": {"limit": 7}}, token=token).status == 200
    (row,) = [row for row in house.audit() if row.action.startswith("call.")]
    assert (row.action, row.details["call"]) == ("call.answer", "settings")
    assert "limit" not in row.details
    with house.store.transaction() as tx:
        call = tx.calls.get(ASKING, [FIRST + 1])[0]
    assert (call.state, call.result and call.result.value.value) == (CallState.COMPLETED, {"limit": 7})


def test_who_may_only_look_may_not_answer(house: House) -> None:
    for what, body in (("answer", {"value": 1}), ("approve", {}), ("reject", {})):
        answer = house.ask(
            "POST", f"/api/v1/runs/{ASKING}/calls/approval/{what}", json=body, token=house.token(Role.VIEWER)
        )
        assert (answer.status, answer.codes) == (403, ["AUT-004"])
    scoped = house.token(Role.ADMIN, pipelines=("another",))
    answer = house.ask("POST", f"/api/v1/runs/{ASKING}/calls/approval/approve", json={}, token=scoped)
    assert (answer.status, answer.codes) == (403, ["AUT-005"])


def test_lists_leave_out_the_runs_of_flows_unless_asked(house: House) -> None:
    token = house.token(Role.VIEWER)
    assert [run["run"] for run in house.ask("GET", "/api/v1/runs", token=token).json["runs"]] == [ASKING, RUN]
    everything = house.ask("GET", "/api/v1/runs?children=true", token=token).json["runs"]
    assert [run["run"] for run in everything] == [OTHER, ASKING, RUN]
    assert everything[0]["parent"] == {"run": RUN, "call": FIRST}
    children = house.ask("GET", f"/api/v1/runs/{RUN}/children", token=token).json
    assert ([run["run"] for run in children["runs"]], children["next"]) == ([OTHER], None)


def test_a_run_tells_what_it_waits_for(house: House) -> None:
    view = house.ask("GET", f"/api/v1/runs/{ASKING}", token=house.token(Role.VIEWER)).json
    assert (view["paused"], [call["label"] for call in view["waits"]]) == (True, ["approval", "settings"])
    assert view["waiting"][0]["awaited"]["prompt"] == "Post?"
