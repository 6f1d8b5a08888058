"""The bridge as a table: every state with every event, what comes of it, and a machine of late, doubled and missing words."""

from datetime import timedelta
from itertools import product

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gateway.domain.callbacks.bridged_call import (
    BEFORE_DIAL,
    MOVES,
    SUGGESTS,
    BridgeEvent,
    BridgeState,
    NotNow,
    Result,
    find_result,
    find_silence_limit,
    move_bridge,
)
from gateway.domain.callbacks.outcomes import NOT_DIALLED, Outcome
from gateway.domain.events import Cause
from gateway.storage.tables import RUNG
from tests.support.examples import count_examples

OVER = (BridgeState.ENDED, BridgeState.LOST)
WANTED = {
    BridgeState.ASKED: {
        "placed": "calling_you",
        "refused": "ended",
        "answered": "press_one",
        "over": "ended",
        "silence": "lost",
    },
    BridgeState.CALLING_YOU: {"answered": "press_one", "over": "ended", "silence": "lost"},
    BridgeState.PRESS_ONE: {
        "answered": "press_one",
        "other_key": "press_one",
        "pressed": "calling_her",
        "withdrawn": "ended",
        "over": "ended",
        "silence": "lost",
    },
    BridgeState.CALLING_HER: {
        "connected": "talking",
        "dial_over": "ended",
        "over": "ended",
        "silence": "lost",
    },
    BridgeState.TALKING: {"dial_over": "ended", "over": "ended", "silence": "lost"},
    BridgeState.ENDED: {},
    BridgeState.LOST: {},
}


@pytest.mark.parametrize(("state", "event"), list(product(BridgeState, BridgeEvent)))
def test_every_state_with_every_event(state: BridgeState, event: BridgeEvent) -> None:
    follows = WANTED[state].get(event)

    if follows is None:
        with pytest.raises(NotNow) as refused:
            move_bridge(state, event)
        assert (refused.value.state, refused.value.event) == (state, event)
    else:
        assert move_bridge(state, event) == follows


def test_her_phone_is_dialled_out_of_one_state_by_one_event() -> None:
    ways = [
        (state, event)
        for state, moves in MOVES.items()
        for event, to in moves.items()
        if to is BridgeState.CALLING_HER
    ]

    assert ways == [(BridgeState.PRESS_ONE, BridgeEvent.PRESSED)]


def test_no_way_leads_back_before_the_dial() -> None:
    for state in (BridgeState.CALLING_HER, BridgeState.TALKING, *OVER):
        assert not set(MOVES[state].values()) & set(BEFORE_DIAL)


@pytest.mark.parametrize("state", [state for state in BridgeState if state not in OVER])
def test_whatever_lives_ends_by_a_last_word_or_by_silence(state: BridgeState) -> None:
    assert move_bridge(state, BridgeEvent.OVER) is BridgeState.ENDED
    assert move_bridge(state, BridgeEvent.SILENCE) is BridgeState.LOST


RESULTS = [
    (BridgeState.ASKED, BridgeEvent.REFUSED, Cause.UNKNOWN, 0, Result.FAILED),
    (BridgeState.ASKED, BridgeEvent.SILENCE, Cause.UNKNOWN, 0, Result.FAILED),
    (BridgeState.ASKED, BridgeEvent.OVER, Cause.FAILED, 0, Result.FAILED),
    (BridgeState.CALLING_YOU, BridgeEvent.OVER, Cause.UNKNOWN, 0, Result.YOU_NO_ANSWER),
    (BridgeState.CALLING_YOU, BridgeEvent.OVER, Cause.NO_ANSWER, 0, Result.YOU_NO_ANSWER),
    (BridgeState.CALLING_YOU, BridgeEvent.OVER, Cause.CLEARED, 0, Result.YOU_NO_ANSWER),
    (BridgeState.CALLING_YOU, BridgeEvent.OVER, Cause.SWITCHED_OFF, 0, Result.YOU_NO_ANSWER),
    (BridgeState.CALLING_YOU, BridgeEvent.OVER, Cause.BUSY, 0, Result.YOU_BUSY),
    (BridgeState.CALLING_YOU, BridgeEvent.OVER, Cause.REJECTED, 0, Result.YOU_BUSY),
    (BridgeState.CALLING_YOU, BridgeEvent.SILENCE, Cause.UNKNOWN, 0, Result.FAILED),
    (BridgeState.PRESS_ONE, BridgeEvent.OVER, Cause.CLEARED, 0, Result.NOT_PRESSED),
    (BridgeState.PRESS_ONE, BridgeEvent.OVER, Cause.FAILED, 0, Result.NOT_PRESSED),
    (BridgeState.PRESS_ONE, BridgeEvent.SILENCE, Cause.UNKNOWN, 0, Result.NOT_PRESSED),
    (BridgeState.PRESS_ONE, BridgeEvent.WITHDRAWN, Cause.UNKNOWN, 0, Result.FAILED),
    (BridgeState.CALLING_HER, BridgeEvent.OVER, Cause.UNKNOWN, 0, Result.NO_ANSWER),
    (BridgeState.CALLING_HER, BridgeEvent.OVER, Cause.CLEARED, 0, Result.NO_ANSWER),
    (BridgeState.CALLING_HER, BridgeEvent.DIAL_OVER, Cause.REJECTED, 0, Result.NO_ANSWER),
    (BridgeState.CALLING_HER, BridgeEvent.DIAL_OVER, Cause.BUSY, 0, Result.BUSY),
    (BridgeState.CALLING_HER, BridgeEvent.DIAL_OVER, Cause.SWITCHED_OFF, 0, Result.SWITCHED_OFF),
    (BridgeState.CALLING_HER, BridgeEvent.DIAL_OVER, Cause.FAILED, 0, Result.FAILED),
    (BridgeState.CALLING_HER, BridgeEvent.DIAL_OVER, Cause.CLEARED, 31, Result.TALKED),
    (BridgeState.CALLING_HER, BridgeEvent.SILENCE, Cause.UNKNOWN, 0, Result.FAILED),
    (BridgeState.TALKING, BridgeEvent.DIAL_OVER, Cause.UNKNOWN, 0, Result.TALKED),
    (BridgeState.TALKING, BridgeEvent.OVER, Cause.BUSY, 0, Result.TALKED),
    (BridgeState.TALKING, BridgeEvent.SILENCE, Cause.UNKNOWN, 0, Result.TALKED),
]


@pytest.mark.parametrize(("state", "event", "cause", "seconds", "wanted"), RESULTS)
def test_what_came_of_it(
    state: BridgeState, event: BridgeEvent, cause: Cause, seconds: int, wanted: Result
) -> None:
    assert find_result(state, event, cause, seconds) is wanted


@pytest.mark.parametrize(
    ("state", "event", "cause", "seconds"),
    [
        (state, event, cause, seconds)
        for state, moves in MOVES.items()
        for event, to in moves.items()
        if to in OVER
        for cause, seconds in product(Cause, (0, 9))
    ],
)
def test_a_suggestion_is_made_only_where_her_phone_was_dialled(
    state: BridgeState, event: BridgeEvent, cause: Cause, seconds: int
) -> None:
    suggested = SUGGESTS.get(find_result(state, event, cause, seconds))

    if state in BEFORE_DIAL:
        assert suggested is None
    else:
        assert suggested in {None, Outcome.REACHED, Outcome.NO_ANSWER, Outcome.BUSY, Outcome.SWITCHED_OFF}


def test_the_houses_own_word_is_no_outcome_and_is_the_one_that_the_index_leaves_out() -> None:
    assert NOT_DIALLED not in set(Outcome)
    assert f"'{NOT_DIALLED}'" in RUNG
    assert NOT_DIALLED not in {suggested.value for suggested in SUGGESTS.values()}


def test_silence_is_short_before_the_dial_and_longer_than_any_call_after() -> None:
    longest = timedelta(minutes=30)

    assert {find_silence_limit(state, longest) for state in BEFORE_DIAL} == {timedelta(minutes=3)}
    assert find_silence_limit(BridgeState.TALKING, longest) == timedelta(minutes=35)
    assert find_silence_limit(BridgeState.CALLING_HER, longest) > longest


class BridgeMachine(RuleBasedStateMachine):
    """A provider that says anything at any time, beside a book of what was said."""

    def __init__(self) -> None:
        super().__init__()
        self.state = BridgeState.ASKED
        self.heard: list[BridgeEvent] = []
        self.dials = 0

    @rule(event=st.sampled_from(list(BridgeEvent)), times=st.integers(1, 3))
    def is_said(self, event: BridgeEvent, times: int) -> None:
        for _ in range(times):
            before = self.state
            try:
                self.state = move_bridge(self.state, event)
            except NotNow:
                assert self.state is before
                continue
            self.heard.append(event)
            self.dials += event is BridgeEvent.PRESSED

    @invariant()
    def never_dialled_twice(self) -> None:
        assert self.dials <= 1

    @invariant()
    def dialled_exactly_where_the_state_says_so(self) -> None:
        if self.state in BEFORE_DIAL:
            assert self.dials == 0
        if self.state in (BridgeState.CALLING_HER, BridgeState.TALKING):
            assert self.dials == 1

    @invariant()
    def what_is_over_stays_over(self) -> None:
        ends = [n for n, event in enumerate(self.heard) if self._ends(event)]
        assert ends in ([], [len(self.heard) - 1])

    @invariant()
    def nobody_is_dialled_before_a_person_answered_and_pressed(self) -> None:
        if self.dials:
            assert self.heard.index(BridgeEvent.ANSWERED) < self.heard.index(BridgeEvent.PRESSED)

    def _ends(self, event: BridgeEvent) -> bool:
        return event in (
            BridgeEvent.REFUSED,
            BridgeEvent.WITHDRAWN,
            BridgeEvent.DIAL_OVER,
            BridgeEvent.OVER,
            BridgeEvent.SILENCE,
        )


TestBridge = BridgeMachine.TestCase
TestBridge.settings = settings(
    max_examples=count_examples(200), stateful_step_count=30, deadline=None, database=None
)
