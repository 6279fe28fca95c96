"""Examples for the description of the API: real structs, so that they cannot say what the API does not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pauta.domain.outputs import Column
from pauta.domain.runs import PipelineRef
from pauta.services.view_calls import Answered, AwaitedView, CallPage, CallView, GaveView, WaitingList, WaitingView
from pauta.services.view_runs import Asked, Found, LogPage, LogView, RunPage, UploadView, Waited
from pauta.services.views import FrameView, RunLine, RunView, StepView

_RUN, _OLDER = "1kq2v9x4c7hm2pfa", "1kq2tzm0b9w4jr5c"
_ADDRESS = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_AT = datetime(2026, 3, 2, 6, 0, 4, tzinfo=UTC)
_LATER = datetime(2026, 3, 2, 6, 0, 31, tzinfo=UTC)
_COLUMNS = (Column("vehicle", "large_string"), Column("failures", "int64"))
_STEP = StepView(
    name="clean",
    state="completed",
    part="training",
    stage=0,
    attempts=1,
    cached=False,
    cached_from=None,
    seconds=1.7,
    rows_in=5200,
    rows_out=5180,
    output="clean",
    reason="the script changed",
    started_at=_AT,
    ended_at=_LATER,
    metrics={"dropped": 20.0},
    files=(),
    problem=None,
)
_FRAME = FrameView("clean", 0, "frame", "clean", 5180, _COLUMNS, 131072, _ADDRESS, "pandas", "arrow")
_LINE = RunLine(
    _RUN,
    "vehicle_failures",
    "completed",
    _AT,
    27.0,
    started_at=_AT,
    ended_at=_LATER,
    published=PipelineRef("vehicle_failures", 3),
    deployment="nightly",
    pool="default",
    asked_by="schedule every-night",
)
_VIEW = RunView(
    run=_RUN,
    pipeline="vehicle_failures",
    state="completed",
    created_at=_AT,
    started_at=_AT,
    ended_at=_LATER,
    seconds=27.0,
    of=None,
    parameters={"horizon_days": 30},
    steps=(_STEP,),
    frames=(_FRAME,),
    models=(),
    problem=None,
    records="/srv/plant/.pauta",
    published=PipelineRef("vehicle_failures", 3),
    deployment="nightly",
    pool="default",
    asked_by="schedule every-night",
)
_CALL = CallView(
    call=1_000_003,
    label="fetch_titles",
    step="full_flow",
    parent=1_000_000,
    kind="task",
    name="fetch_titles",
    index=0,
    state="completed",
    attempts=1,
    started_at=_AT,
    ended_at=_LATER,
    seconds=0.8,
    given={"listing": "9f86d081884c7d65"},
    metrics={"titles": 30.0},
    gave=GaveView("frame", rows=30, frames=("fetch_titles",)),
    tags=("feed",),
)
_WAITING = WaitingView(
    run=_RUN,
    call=1_000_007,
    label="approval",
    kind="approval",
    pipeline="full_flow",
    top=_RUN,
    since=_AT,
    awaited=AwaitedView(until=_LATER, prompt="Post 12 items?", roles=("approver",)),
    deployment="parent-scrape-post-deployment",
)
_ANSWERED = Answered(_RUN, 1_000_007, "approval", "ana (4f9k2mzq1c)", approved=True)

ANSWERS: Mapping[str, Any] = {
    "list_runs": RunPage((_LINE,), next=_RUN),
    "find_run": Found(_RUN),
    "view_run": _VIEW,
    "view_step": _STEP,
    "submit_run": Asked(_RUN, "pending"),
    "cancel_run": Asked(_RUN, "running"),
    "rerun_run": Asked(_RUN, "pending"),
    "wait_for_run": Waited(_RUN, "completed", over=True, seconds=27.0),
    "read_log": LogPage(
        (LogView(0, "clean", _AT, "INFO", "log", "root", "20 rows dropped"),), 0, more=False, over=True
    ),
    "view_frame": _FRAME,
    "list_calls": CallPage((_CALL,), next=_CALL.call),
    "view_call": _CALL,
    "list_waiting": WaitingList((_WAITING,)),
    "list_children": RunPage((_LINE,), next=None),
    "answer_call": Answered(_RUN, 1_000_008, "input", "ana (4f9k2mzq1c)"),
    "approve_call": _ANSWERED,
    "reject_call": Answered(_RUN, 1_000_007, "approval", "ana (4f9k2mzq1c)", approved=False),
    "upload_frame": UploadView("failures", _ADDRESS, 5200, _COLUMNS, 131072),
}
"""Answers, by operation."""

BODIES: Mapping[str, Mapping[str, Any]] = {
    "submit_run": {
        "pipeline": "vehicle_failures",
        "parameters": {"horizon_days": 30},
        "inputs": {"failures": {"address": _ADDRESS}},
    },
    "rerun_run": {"from_step": "clean", "use_cache": True},
    "answer_call": {"value": {"limit": 12}},
    "approve_call": {"comment": "checked by hand"},
    "reject_call": {"comment": "two titles are the same"},
    "make_pool": {"name": "gpu", "kind": "process"},
}
"""Bodies, by operation."""

REFUSAL: Mapping[str, Any] = {
    "problems": [
        {
            "code": "RUN-001",
            "message": f"there is no run {_OLDER}",
            "remedy": "`pauta runs` lists them",
            "file": None,
            "line": None,
            "column": None,
            "field": None,
            "traceback": None,
        }
    ],
    "request": "4be1c0ffee5ca1e5",
}
