"""The states of a callback: the full product of states and events against the table as it was agreed."""

import pytest

from gateway.domain.callbacks.states import (
    HELD,
    MOVES,
    OPEN,
    CallbackEvent,
    CallbackState,
    IllegalMove,
    find_target,
    list_sources,
    move_callback,
)

W, C, K, R = CallbackState.WAITING, CallbackState.CLAIMED, CallbackState.CALLING, CallbackState.REVIEW

AGREED = {
    (W, CallbackEvent.CLAIM): CallbackState.CLAIMED,
    (W, CallbackEvent.CLOSE): CallbackState.CLOSED,
    (W, CallbackEvent.CANCEL): CallbackState.CANCELLED,
    (W, CallbackEvent.WINDOW_PASSED): CallbackState.WAITING,
    (W, CallbackEvent.NOW_PASSED): CallbackState.EXPIRED,
    (W, CallbackEvent.AGED): CallbackState.EXPIRED,
    (W, CallbackEvent.WITHHOLD): CallbackState.REVIEW,
    (C, CallbackEvent.WITHHOLD): CallbackState.REVIEW,
    (R, CallbackEvent.WITHHOLD): CallbackState.REVIEW,
    (W, CallbackEvent.UNPLACED): CallbackState.REVIEW,
    (C, CallbackEvent.RELEASE): CallbackState.WAITING,
    (C, CallbackEvent.PUT_BACK): CallbackState.REVIEW,
    (C, CallbackEvent.CALL): CallbackState.CALLING,
    (C, CallbackEvent.CLOSE): CallbackState.CLOSED,
    (C, CallbackEvent.CANCEL): CallbackState.CANCELLED,
    (K, CallbackEvent.REACHED): CallbackState.REACHED,
    (K, CallbackEvent.MISSED): CallbackState.WAITING,
    (K, CallbackEvent.RUN_OUT): CallbackState.REVIEW,
    (K, CallbackEvent.UNCLEAR): CallbackState.REVIEW,
    (K, CallbackEvent.EMPTY): CallbackState.CLOSED,
    (K, CallbackEvent.CANCEL): CallbackState.CANCELLED,
    (R, CallbackEvent.CLAIM): CallbackState.CLAIMED,
    (R, CallbackEvent.CLOSE): CallbackState.CLOSED,
    (R, CallbackEvent.GIVE_UP): CallbackState.GIVEN_UP,
    (R, CallbackEvent.TRY_AGAIN): CallbackState.WAITING,
    (R, CallbackEvent.RESUME): CallbackState.CALLING,
    (R, CallbackEvent.CANCEL): CallbackState.CANCELLED,
    (R, CallbackEvent.AGED): CallbackState.EXPIRED,
    (CallbackState.CLOSED, CallbackEvent.REOPEN): CallbackState.REVIEW,
    (CallbackState.GIVEN_UP, CallbackEvent.REOPEN): CallbackState.REVIEW,
    (CallbackState.EXPIRED, CallbackEvent.REOPEN): CallbackState.REVIEW,
    (CallbackState.REACHED, CallbackEvent.CALL): CallbackState.CALLING,
    (CallbackState.REACHED, CallbackEvent.CLOSE): CallbackState.CLOSED,
}


@pytest.mark.parametrize("state", list(CallbackState))
@pytest.mark.parametrize("event", list(CallbackEvent))
def test_every_event_in_every_state(state: CallbackState, event: CallbackEvent) -> None:
    if (state, event) in AGREED:
        assert move_callback(state, event) is AGREED[state, event]
        return
    with pytest.raises(IllegalMove) as refused:
        move_callback(state, event)
    assert (refused.value.state, refused.value.event) == (state, event)
    assert state.value in str(refused.value)


@pytest.mark.parametrize("event", list(CallbackEvent))
def test_an_event_leads_to_one_state_whatever_was_before(event: CallbackEvent) -> None:
    assert {moves[event] for moves in MOVES.values() if event in moves} == {find_target(event)}
    assert list_sources(event) == tuple(state for state in CallbackState if (state, event) in AGREED)


def test_open_is_what_has_a_next_step() -> None:
    assert {W, C, K, R} == OPEN
    assert {C, K} == HELD
    assert all(MOVES[state] for state in OPEN)


@pytest.mark.parametrize(
    "state", [CallbackState.GIVEN_UP, CallbackState.CLOSED, CallbackState.CANCELLED, CallbackState.EXPIRED]
)
def test_what_is_over_is_only_reopened_for_a_decision_and_never_what_she_cancelled(
    state: CallbackState,
) -> None:
    reopened = {CallbackEvent.REOPEN: CallbackState.REVIEW}
    assert MOVES[state] == ({} if state is CallbackState.CANCELLED else reopened)


def test_from_every_open_state_she_can_take_it_back() -> None:
    assert set(list_sources(CallbackEvent.CANCEL)) == OPEN
