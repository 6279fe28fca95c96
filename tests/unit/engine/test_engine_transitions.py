"""The tables of moves."""

from __future__ import annotations

import pytest

from pauta.domain.states import FINAL_RUNS, FINAL_STAGES, RunState, StageState
from pauta.engine import decide as stage_rules
from pauta.engine import run_moves
from pauta.engine.transitions import FENCED, RUN_EVENTS, RUN_TRANSITIONS, STAGE_EVENTS, TRANSITIONS


@pytest.mark.parametrize("state", sorted(FINAL_STAGES))
def test_a_final_state_of_a_stage_has_no_way_out(state: StageState) -> None:
    assert all(not TRANSITIONS[state, event] for event in STAGE_EVENTS)


@pytest.mark.parametrize("state", sorted(FINAL_RUNS))
def test_a_final_state_of_a_run_has_no_way_out(state: RunState) -> None:
    assert all(not RUN_TRANSITIONS[state, event] for event in RUN_EVENTS)


@pytest.mark.parametrize("state", sorted(set(StageState) - FINAL_STAGES))
def test_a_cancel_is_possible_in_every_state_that_is_not_final(state: StageState) -> None:
    assert TRANSITIONS[state, stage_rules.CancelAsked]


@pytest.mark.parametrize("state", sorted(set(RunState) - FINAL_RUNS))
def test_a_run_can_be_cancelled_in_every_state_that_is_not_final(state: RunState) -> None:
    assert RUN_TRANSITIONS[state, run_moves.RunCancelAsked] == {state}


@pytest.mark.parametrize("event", FENCED, ids=lambda event: event.__name__)
def test_a_report_of_an_attempt_moves_only_a_running_stage(event: type) -> None:
    assert {state for state in StageState if TRANSITIONS[state, event]} == {StageState.RUNNING}


def test_only_a_claim_leads_to_running() -> None:
    into = {
        event
        for (state, event), after in TRANSITIONS.items()
        if StageState.RUNNING in after and state is not StageState.RUNNING
    }
    assert into == {stage_rules.Claimed}


def test_every_state_of_a_stage_can_be_reached_from_the_first() -> None:
    reached = {StageState.PENDING}
    while more := {s for (before, _), after in TRANSITIONS.items() if before in reached for s in after} - reached:
        reached |= more
    assert reached == set(StageState)


def test_every_event_has_a_rule_and_a_row() -> None:
    assert set(stage_rules._RULES) == set(STAGE_EVENTS) == {event for (_, event), after in TRANSITIONS.items() if after}
    assert set(run_moves._RULES) == set(RUN_EVENTS) == {event for (_, event), after in RUN_TRANSITIONS.items() if after}
