"""The table of moves, in full: every state against every event."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.outbox.states import (
    DELIVERY_ORDER,
    Impossible,
    OutboxEvent,
    OutboxState,
    choose_further_word,
    find_next_state,
)

P, S, U = OutboxState.PENDING, OutboxState.SENDING, OutboxState.UNCLEAR
POSSIBLE = {
    P: {
        OutboxEvent.CLAIM: S,
        OutboxEvent.CANCEL: OutboxState.CANCELLED,
        OutboxEvent.EXPIRE: OutboxState.EXPIRED,
    },
    S: {
        OutboxEvent.SENT: OutboxState.SENT,
        OutboxEvent.AGAIN: P,
        OutboxEvent.FAIL: OutboxState.FAILED,
        OutboxEvent.UNKNOWN: U,
        OutboxEvent.LEASE_OVER: U,
    },
    U: {
        OutboxEvent.SENT: OutboxState.SENT,
        OutboxEvent.AGAIN: P,
        OutboxEvent.FAIL: OutboxState.FAILED,
        OutboxEvent.UNKNOWN: U,
        OutboxEvent.SETTLE_SENT: OutboxState.SENT,
        OutboxEvent.SETTLE_FAILED: OutboxState.FAILED,
    },
}


@pytest.mark.parametrize(("state", "event"), list(product(OutboxState, OutboxEvent)))
def test_every_state_against_every_event(state: OutboxState, event: OutboxEvent) -> None:
    expected = POSSIBLE.get(state, {}).get(event)
    if expected is None:
        with pytest.raises(Impossible):
            find_next_state(state, event)
    else:
        assert find_next_state(state, event) is expected


def test_what_is_over_is_over() -> None:
    for state in (OutboxState.SENT, OutboxState.FAILED, OutboxState.CANCELLED, OutboxState.EXPIRED):
        for event in OutboxEvent:
            with pytest.raises(Impossible):
                find_next_state(state, event)


@given(st.lists(st.sampled_from(DELIVERY_ORDER)))
def test_deliveries_only_move_forward_in_whatever_order_they_come(words: list[str]) -> None:
    known = ""
    for word in words:
        further = choose_further_word(known, word)
        assert DELIVERY_ORDER.index(further) >= DELIVERY_ORDER.index(known)
        known = further
    assert known == max(words, key=DELIVERY_ORDER.index, default="")
