"""What flows did and what they wait for, as a person at the terminal sees it, and their answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from answers import Answer
from fake_project import NOON, OTHER, RUN, FakeProject, run_view, step_view

from pauta.cli.answer_form import Form
from pauta.cli.answer_values import value_of
from pauta.cli.call_tree import branches
from pauta.cli.session import Session
from pauta.domain.calls import Awaited, Call, CallKind, CallState
from pauta.domain.ids import RunId
from pauta.domain.problems import Conflict, InvalidInput, Problem
from pauta.domain.runs import ParentCall, StepRecord
from pauta.domain.states import StepState
from pauta.ports.watcher import Watcher
from pauta.services.view_calls import AwaitedView, CallView, GaveView, WaitingView
from pauta.services.views import RunView

Calling = Callable[..., Answer]
SCHEMA = {
    "type": "object",
    "required": ["limit", "name"],
    "properties": {
        "limit": {"type": "integer", "exclusiveMinimum": 0, "description": "how many"},
        "name": {"type": "string"},
        "mode": {"$ref": "#/$defs/Mode", "default": "fast"},
    },
    "$defs": {"Mode": {"enum": ["fast", "slow"], "type": "string"}},
}


def view_of_flow(**changes: Any) -> RunView:
    step = step_view(0, name="full_flow", rows_in=None, rows_out=None)
    return run_view(**{"steps": (step,), "frames": (), "models": (), "calls": 1, **changes})


def call_of(no: int, name: str, index: int = 0, **facts: Any) -> CallView:
    label = name if index == 0 else f"{name}#{index + 1}"
    given = {"step": "full_flow", "parent": None, "kind": "task", "state": "completed", "seconds": 0.5, **facts}
    return CallView(call=no, label=label, name=name, index=index, **given)


def waits(no: int = 1, kind: str = "approval", run: str = RUN, **awaited: Any) -> WaitingView:
    label = "settings" if kind == "input" else "approval"
    return WaitingView(run, no, label, kind, "principal", RUN, NOON, AwaitedView(**awaited))


def scraped() -> list[CallView]:
    inside = [call_of(10 + i, "fetch", i, parent=1) for i in range(1000)]
    trouble = Problem("SCR-024")
    for i in (17, 400):
        inside[i] = call_of(10 + i, "fetch", i, parent=1, state="failed", problem=trouble, attempts=3)
    return [
        call_of(1, "scrape_flow", kind="flow", seconds=12.0),
        call_of(2, "fetch_data", parent=1, gave=GaveView("frame", rows=30, frames=("fetch_data",))),
        *inside,
        call_of(2000, "train", kind="run", child=OTHER),
        call_of(2001, "settings", kind="input", by="ana (x1)"),
        call_of(2002, "summarize", cached_from=OTHER, message="12 posts"),
    ]


def test_show_draws_the_tree_of_calls_with_many_of_a_name_as_one_line(project: FakeProject, call: Calling) -> None:
    project.known[RUN] = view_of_flow(calls=1005)
    project.flow_calls = scraped()
    out = call("show", RUN, COLUMNS="110").out
    lines = [line.rstrip() for line in out.splitlines()]
    assert any(line.startswith("├─ scrape_flow") and "12.0 s" in line for line in lines)
    assert any(line.startswith("│  ├─ fetch_data") and "30" in line for line in lines)
    many = next(line for line in lines if "fetch ×1000" in line)
    assert "998 completed, 2 failed" in many
    assert sum("fetch#" in line for line in lines if "─" in line) == 2
    assert any(OTHER in line for line in lines)
    assert any(line.endswith("by ana") for line in lines)
    assert any(line.startswith("└─ summarize") and "cached" in line for line in lines)
    assert "1 step, 1,005 calls" in out
    assert "Call fetch#18 failed" in out


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("language", ["en", "pt"])
def test_the_tree_fits_the_terminal(project: FakeProject, call: Calling, width: int, language: str) -> None:
    project.known[RUN] = view_of_flow(calls=3)
    project.flow_calls = [
        call_of(1, "a_flow_with_quite_a_long_name_of_its_own", kind="flow"),
        call_of(2, "a_task_with_quite_a_long_name_of_its_own", parent=1),
        call_of(3, "another_task_with_quite_a_long_name", parent=2, message="it says much " * 9),
    ]
    out = call("show", RUN, "--lang", language, COLUMNS=str(width)).out
    assert max(map(len, out.splitlines())) <= width
    assert sum(line.lstrip("│ ").startswith(("└─", "├─")) for line in out.splitlines()) == 3


def test_json_has_every_call(project: FakeProject, call: Calling) -> None:
    project.known[RUN] = view_of_flow(calls=1005)
    project.flow_calls = scraped()
    found = call("show", RUN, "--json").json
    assert len(found["calls"]) == 1005
    failed = next(each for each in found["calls"] if each["label"] == "fetch#18")
    assert (failed["state"], failed["error"]["code"]) == ("failed", "SCR-024")


def test_the_tree_keeps_the_order_of_the_calls_however_deep_they_are() -> None:
    calls = [call_of(1, "f", kind="flow")]
    calls += [call_of(no, "f", parent=no - 1, kind="flow") for no in range(2, 3000)]
    assert len(branches(calls, "full_flow")) == 2999
    flat = [call_of(1, "a"), call_of(2, "b"), call_of(3, "a", 1)]
    assert [branch.name for branch in branches(flat, "full_flow")] == ["a", "b", "a#2"]
    assert branches(flat, "another_flow") == []


def test_a_failed_flow_is_told_with_the_call_whose_log_to_read(project: FakeProject, call: Calling) -> None:
    trouble = Problem("SCR-024")
    step = step_view(0, name="full_flow", state="failed", problem=trouble)
    project.known[RUN] = view_of_flow(state="failed", steps=(step,), problem=trouble)
    project.flow_calls = [call_of(1, "fetch_votes", 1, state="failed", problem=trouble)]
    out = call("show", RUN).out
    assert f"pauta logs {RUN} --step 'fetch_votes#2'" in out
    assert out.count("SCR-024  ") + out.count("✗ SCR-024") == 1  # told once, not for step and call


# ---- a run that waits -------------------------------------------------------------------------


def paused(**changes: Any) -> RunView:
    step = step_view(0, name="full_flow", state="paused", rows_in=None, rows_out=None)
    return view_of_flow(state="paused", paused=True, steps=(step,), ended_at=None, **changes)


def test_a_run_that_waits_for_a_person_says_for_what_and_ends_the_command_with_code_4(
    project: FakeProject, call: Calling
) -> None:
    asks = waits(prompt="Post 12 items?", roles=("approver",), until=NOON + timedelta(days=1))
    project.known[RUN] = paused(waiting=(asks,))
    answer = call("run", "--quiet")
    assert answer.code == 4
    for words in ("approval asks for a yes or no", "approver", "Post 12 items?", "waits for a person"):
        assert words in answer.out
    for line in (f"pauta approve {RUN}", f"pauta reject {RUN}", f"pauta run --resume {RUN}"):
        assert line in answer.out


def test_a_run_that_sleeps_says_until_when(project: FakeProject, call: Calling) -> None:
    until = NOON + timedelta(days=1)
    asleep = call_of(1, "sleep", kind="sleep", state="paused", awaited=AwaitedView(until=until))
    project.known[RUN] = paused(waits=(asleep,))
    shown = until.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    assert f"waits until {shown}" in call("show", RUN).out
    assert f"espera até {shown}" in call("show", RUN, "--lang", "pt").out


def test_what_waits_in_a_run_of_the_flow_is_answered_there(project: FakeProject, call: Calling) -> None:
    begun = call_of(1, "post_flow", kind="run", state="paused", child=OTHER)
    project.known[RUN] = paused(waits=(begun,), waiting=(waits(run=OTHER, prompt="Go?"),))
    out = call("show", RUN).out
    assert f"in run {OTHER}" in out
    assert f"pauta approve {OTHER}" in out
    project.awaited = [waits(7, run=OTHER)]
    assert call("approve", RUN).code == 0
    assert project.calls("decide")[-1]["run"] == OTHER


# ---- waiting, answer, approve, reject ---------------------------------------------------------


def test_what_waits_is_listed_with_how_to_answer(project: FakeProject, call: Calling) -> None:
    project.awaited = [waits(prompt="Post?", roles=("approver",)), waits(2, "input", OTHER, schema=SCHEMA)]
    out = call("waiting").out
    assert "Post?" in out
    assert "fields: limit, name, mode" in out
    assert f"pauta approve {RUN}" in out
    assert [each["label"] for each in call("waiting", "--json").json] == ["approval", "settings"]
    project.awaited = []
    assert call("waiting").out.strip() == "Nothing waits for a person."
    assert call("waiting", "latest").code == 0
    assert project.calls("waiting")[-1] == {"run": RUN}


def test_a_yes_and_a_no_reach_the_only_approval_that_waits(project: FakeProject, call: Calling) -> None:
    project.awaited = [waits(5), waits(6, "input", schema=SCHEMA)]
    assert "is approved" in call("approve", RUN, "--comment", "fine").out
    assert "rejeitada" in call("reject", RUN, "approval", "--lang", "pt").out
    asked = [(a["call"], a["approved"], a["comment"]) for a in project.calls("decide")]
    assert asked == [("5", True, "fine"), ("5", False, "")]


def test_which_of_several_is_to_be_said(project: FakeProject, call: Calling) -> None:
    project.awaited = [waits(5), WaitingView(RUN, 6, "approval#2", "approval", "p", RUN, NOON, AwaitedView())]
    answer = call("approve", RUN)
    assert answer.code == 2
    assert "approval#2 (6)" in answer.err
    assert call("approve", RUN, "6").code == 0
    assert call("approve", RUN, "approval#2").code == 0
    assert [a["call"] for a in project.calls("decide")] == ["6", "6"]
    project.awaited = []
    nothing = call("approve", RUN)
    assert (nothing.code, "nothing of run" in nothing.err) == (2, True)


def test_after_an_answer_without_a_worker_the_command_that_goes_on_is_told(project: FakeProject, call: Calling) -> None:
    project.awaited = [waits(5)]
    project.goes_on = False
    assert f"pauta run --resume {RUN}" in call("approve", RUN).out
    project.goes_on = True
    assert "goes on by itself" in call("approve", RUN).out


def test_a_run_that_nobody_works_on_is_not_called_running(project: FakeProject, call: Calling) -> None:
    project.known = {RUN: view_of_flow(state="running")}
    project.flow_calls = [call_of(1, "settings", kind="input", by="ana")]
    assert "running" in call("runs").out
    assert call("runs", "--json").json[0]["idle"] is False
    project.idling = frozenset({RUN})
    listed, shown = call("runs"), call("show", RUN)
    assert ("to be resumed" in listed.out, "running" in listed.out) == (True, False)
    assert "a retomar" in call("runs", "--lang", "pt").out
    assert "Answered: it goes on when you resume it." in shown.out
    assert f"pauta run --resume {RUN}" in shown.out
    project.flow_calls = [call_of(1, "fetch")]
    assert "Nobody works on it" in call("show", RUN).out
    assert [(r["state"], r["idle"]) for r in (call("runs", "--json").json[0], call("show", RUN, "--json").json)] == [
        ("running", True)
    ] * 2


def test_a_failed_call_can_be_made_again_and_its_own_run_looked_at(project: FakeProject, call: Calling) -> None:
    trouble = Problem("SCR-024")
    step = step_view(0, name="full_flow", state="failed", problem=trouble, rows_in=None, rows_out=None)
    project.known = {RUN: view_of_flow(state="failed", steps=(step,), problem=trouble)}
    project.flow_calls = [
        call_of(1, "fetch"),
        call_of(2, "doubling", kind="run", state="failed", child=OTHER, problem=trouble),
    ]
    out = call("show", RUN).out
    assert f"pauta show {OTHER}" in out
    assert f"pauta rerun {RUN} --from doubling" in out
    assert "replay" not in out
    project.flow_calls[1] = call_of(2, "fetch", kind="task", state="failed", problem=trouble)
    out = call("show", RUN).out
    assert f"pauta logs {RUN} --step fetch" in out
    assert f"pauta rerun {RUN} --from 2" in out, "fetch alone would mean the first of that name"


def test_lines_of_a_call_that_is_a_run_of_its_own_are_found_there(project: FakeProject, call: Calling) -> None:
    project.known = {RUN: view_of_flow()}
    project.flow_calls = [call_of(2, "doubling", kind="run", child=OTHER)]
    assert f"pauta logs {OTHER}" in call("logs", RUN, "--step", "doubling").err
    assert "No log lines" in call("logs", RUN, "--step", "other").err


@pytest.mark.parametrize(
    ("words", "value"),
    [
        (('{"limit": 3, "name": "x"}',), {"limit": 3, "name": "x"}),
        (("settings", '{"limit": 3}'), {"limit": 3}),
        (("--call", "settings", "7"), 7),
    ],
)
def test_a_value_is_given_alone_or_after_its_call(
    project: FakeProject, call: Calling, words: tuple[str, ...], value: Any
) -> None:
    project.awaited = [waits(6, "input", schema=SCHEMA), waits(5)]
    assert call("answer", RUN, *words).code == 0
    assert project.calls("answer") == [{"run": RUN, "call": "6", "value": value}]


def test_a_value_is_read_from_a_file(project: FakeProject, call: Calling, tmp_path: Path) -> None:
    project.awaited = [waits(6, "input", schema={"type": "string"})]
    (tmp_path / "v.json").write_text('"text"')
    assert call("answer", RUN, "settings", "--value-file", "v.json").code == 0
    assert project.calls("answer")[-1]["value"] == "text"
    (tmp_path / "v.json").write_text("text")
    broken = call("answer", RUN, "--value-file", "v.json")
    assert (broken.code, "FLW-087" in broken.err) == (2, True)
    assert call("answer", RUN, "--value-file", "none.json").code == 2


def test_a_value_that_nobody_gave_is_missing_where_nobody_can_be_asked(project: FakeProject, call: Calling) -> None:
    project.awaited = [waits(6, "input", schema=SCHEMA)]
    answer = call("answer", RUN)
    assert (answer.code, "needs" in answer.err, project.calls("answer")) == (2, True, [])
    assert call("answer", RUN, "a", "b", "c").code == 2


@pytest.mark.parametrize(
    ("text", "schema", "value"),
    [
        ("12", {"type": "string"}, "12"),
        ('"12"', {"type": "string"}, "12"),
        ("12", None, 12),
        ("twelve", None, "twelve"),
        ("12", {"anyOf": [{"type": "integer"}, {"type": "string"}]}, 12),
        ("x", {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}, "x"),
        ("null", {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}, None),
        ("fast", {"enum": ["fast"]}, "fast"),
    ],
)
def test_a_text_means_what_is_asked_for(text: str, schema: Any, value: Any) -> None:
    assert value_of(text, schema) == value


def test_what_is_neither_json_nor_asked_for_as_text_is_refused() -> None:
    with pytest.raises(InvalidInput) as caught:
        value_of("{nope", {"type": "object"})
    assert caught.value.problems[0].variant == "json"


def test_the_form_asks_field_by_field_and_again_what_does_not_fit(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = iter(["many", "0", "3", "ann", "odd", ""])
    asked: list[str] = []

    def answer(label: str) -> str:
        asked.append(label)
        return next(typed)

    monkeypatch.setattr("builtins.input", answer)
    form = Form(Session(language="en", as_json=False), SCHEMA, prompt="How shall it go on?")
    assert form.ask() == {"limit": 3, "name": "ann"}  # the model fills in what was left out
    assert [label.partition(" ")[0] for label in asked] == ["limit", "limit", "limit", "name", "mode", "mode"]
    assert asked[0] == "limit (integer, how many): "
    assert '"fast" | "slow"' in asked[-1]
    out = capsys.readouterr().out
    assert out.startswith("How shall it go on?")
    assert "expected > 0, got 0" in out


def test_who_gives_up_answers_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(label: str) -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", gone)
    with pytest.raises(KeyboardInterrupt):
        Form(Session(language="en", as_json=False), {"type": "integer"}, prompt="").ask()


def test_what_the_project_refuses_is_told(project: FakeProject, call: Calling) -> None:
    project.awaited = [waits(5)]
    project.fault = None

    def refuse(*_: Any, **__: Any) -> Any:
        raise Conflict(Problem("FLW-085", {"name": "approval", "by": "bia", "at": "noon"}, variant="when"))

    project.decide = refuse  # type: ignore[method-assign]
    answer = call("approve", RUN)
    assert (answer.code, "bia" in answer.err) == (2, True)


# ---- lists and progress -----------------------------------------------------------------------


def test_runs_of_flows_are_listed_on_demand(project: FakeProject, call: Calling) -> None:
    assert call("runs").code == 0
    assert call("runs", "--all").code == 0
    assert [asked["children"] for asked in project.calls("runs")] == [False, True]
    project.known[RUN] = view_of_flow(parent=ParentCall(RunId(OTHER), 1))
    assert f"Begun by run {OTHER}" in call("show", RUN).out


def made(no: int, name: str, kind: CallKind = CallKind.TASK, **facts: Any) -> Call:
    given: dict[str, Any] = {"state": CallState.COMPLETED, "parent": None, "index": 0, "seconds": 0.5, **facts}
    return Call(RunId(RUN), no, 0, kind=kind, name=name, position=0, **given)


def test_without_a_terminal_each_call_is_a_line_and_many_are_summed_up(project: FakeProject, call: Calling) -> None:
    def during(watcher: Watcher | None, interrupted: Callable[[], int]) -> None:
        assert watcher is not None
        for i in range(50):
            watcher.call_began(made(10 + i, "fetch", index=i, state=CallState.RUNNING))
            failed = {"state": CallState.FAILED, "problem": Problem("SCR-024")} if i == 30 else {}
            watcher.call_ended(made(10 + i, "fetch", index=i, **failed))
        asks = {"state": CallState.PAUSED, "seconds": None, "awaited": Awaited(prompt="Post?")}
        watcher.call_ended(made(100, "approval", CallKind.APPROVAL, **asks))
        watcher.step_ended(StepRecord(RunId(RUN), 0, "full_flow", 0, state=StepState.COMPLETED, seconds=1.0))

    project.during = during
    err = call("run").err
    assert "✓ completed: fetch (0.50 s)" in err
    assert "fetch#9 " in err
    assert "fetch#20" not in err
    assert "✗ failed: fetch#31" in err
    assert "fetch ×50: 49 completed, 1 failed" in err
    assert "approval asks for a yes or no (Post?)" in err
