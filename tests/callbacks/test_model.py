"""The states of a callback: the full product of states and events against the table as it was agreed."""

import pytest

from gateway.callbacks.model import HELD, MOVES, OPEN, Event, IllegalMove, State, move, taking, target

W, C, K, R = State.WAITING, State.CLAIMED, State.CALLING, State.REVIEW

AGREED = {
    (W, Event.CLAIM): State.CLAIMED,
    (W, Event.CLOSE): State.CLOSED,
    (W, Event.CANCEL): State.CANCELLED,
    (W, Event.WINDOW_PASSED): State.WAITING,
    (W, Event.NOW_PASSED): State.EXPIRED,
    (W, Event.AGED): State.EXPIRED,
    (W, Event.WITHHOLD): State.REVIEW,
    (C, Event.WITHHOLD): State.REVIEW,
    (R, Event.WITHHOLD): State.REVIEW,
    (W, Event.UNPLACED): State.REVIEW,
    (C, Event.RELEASE): State.WAITING,
    (C, Event.PUT_BACK): State.REVIEW,
    (C, Event.CALL): State.CALLING,
    (C, Event.CLOSE): State.CLOSED,
    (C, Event.CANCEL): State.CANCELLED,
    (K, Event.REACHED): State.REACHED,
    (K, Event.MISSED): State.WAITING,
    (K, Event.RUN_OUT): State.REVIEW,
    (K, Event.UNCLEAR): State.REVIEW,
    (K, Event.EMPTY): State.CLOSED,
    (K, Event.CANCEL): State.CANCELLED,
    (R, Event.CLAIM): State.CLAIMED,
    (R, Event.CLOSE): State.CLOSED,
    (R, Event.GIVE_UP): State.GIVEN_UP,
    (R, Event.TRY_AGAIN): State.WAITING,
    (R, Event.CANCEL): State.CANCELLED,
    (R, Event.AGED): State.EXPIRED,
    (State.REACHED, Event.CALL): State.CALLING,
    (State.REACHED, Event.CLOSE): State.CLOSED,
}


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("event", list(Event))
def test_every_event_in_every_state(state: State, event: Event) -> None:
    if (state, event) in AGREED:
        assert move(state, event) is AGREED[state, event]
        return
    with pytest.raises(IllegalMove) as refused:
        move(state, event)
    assert (refused.value.state, refused.value.event) == (state, event)
    assert state.value in str(refused.value)


@pytest.mark.parametrize("event", list(Event))
def test_an_event_leads_to_one_state_whatever_was_before(event: Event) -> None:
    assert {moves[event] for moves in MOVES.values() if event in moves} == {target(event)}
    assert taking(event) == tuple(state for state in State if (state, event) in AGREED)


def test_open_is_what_has_a_next_step() -> None:
    assert {W, C, K, R} == OPEN
    assert {C, K} == HELD
    assert all(MOVES[state] for state in OPEN)


@pytest.mark.parametrize("state", [State.GIVEN_UP, State.CLOSED, State.CANCELLED, State.EXPIRED])
def test_what_is_over_stays_over(state: State) -> None:
    assert not MOVES[state]


def test_from_every_open_state_she_can_take_it_back() -> None:
    assert set(taking(Event.CANCEL)) == OPEN
