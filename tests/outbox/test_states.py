"""The table of moves, in full: every state against every event."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.outbox.states import DELIVERY_ORDER, Event, Impossible, State, after, forward

P, S, U = State.PENDING, State.SENDING, State.UNCLEAR
POSSIBLE = {
    P: {Event.CLAIM: S, Event.CANCEL: State.CANCELLED, Event.EXPIRE: State.EXPIRED},
    S: {
        Event.SENT: State.SENT,
        Event.AGAIN: P,
        Event.FAIL: State.FAILED,
        Event.UNKNOWN: U,
        Event.LEASE_OVER: U,
    },
    U: {
        Event.SENT: State.SENT,
        Event.AGAIN: P,
        Event.FAIL: State.FAILED,
        Event.UNKNOWN: U,
        Event.SETTLE_SENT: State.SENT,
        Event.SETTLE_FAILED: State.FAILED,
    },
}


@pytest.mark.parametrize(("state", "event"), list(product(State, Event)))
def test_every_state_against_every_event(state: State, event: Event) -> None:
    expected = POSSIBLE.get(state, {}).get(event)
    if expected is None:
        with pytest.raises(Impossible):
            after(state, event)
    else:
        assert after(state, event) is expected


def test_what_is_over_is_over() -> None:
    for state in (State.SENT, State.FAILED, State.CANCELLED, State.EXPIRED):
        for event in Event:
            with pytest.raises(Impossible):
                after(state, event)


@given(st.lists(st.sampled_from(DELIVERY_ORDER)))
def test_deliveries_only_move_forward_in_whatever_order_they_come(words: list[str]) -> None:
    known = ""
    for word in words:
        further = forward(known, word)
        assert DELIVERY_ORDER.index(further) >= DELIVERY_ORDER.index(known)
        known = further
    assert known == max(words, key=DELIVERY_ORDER.index, default="")
