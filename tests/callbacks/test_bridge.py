"""The bridge as a table: every state with every event, what comes of it, and a machine of late, doubled and missing words."""

from datetime import timedelta
from itertools import product

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gateway.callbacks.bridge import (
    BEFORE_DIAL,
    MOVES,
    SUGGESTS,
    Event,
    NotNow,
    Result,
    State,
    move,
    result,
    silent_after,
)
from gateway.callbacks.outcomes import NOT_DIALLED, Outcome
from gateway.messages import Cause
from gateway.store.tables import RUNG

OVER = (State.ENDED, State.LOST)
WANTED = {
    State.ASKED: {
        "placed": "calling_you",
        "refused": "ended",
        "answered": "press_one",
        "over": "ended",
        "silence": "lost",
    },
    State.CALLING_YOU: {"answered": "press_one", "over": "ended", "silence": "lost"},
    State.PRESS_ONE: {
        "answered": "press_one",
        "other_key": "press_one",
        "pressed": "calling_her",
        "withdrawn": "ended",
        "over": "ended",
        "silence": "lost",
    },
    State.CALLING_HER: {"connected": "talking", "dial_over": "ended", "over": "ended", "silence": "lost"},
    State.TALKING: {"dial_over": "ended", "over": "ended", "silence": "lost"},
    State.ENDED: {},
    State.LOST: {},
}


@pytest.mark.parametrize(("state", "event"), list(product(State, Event)))
def test_every_state_with_every_event(state: State, event: Event) -> None:
    follows = WANTED[state].get(event)

    if follows is None:
        with pytest.raises(NotNow) as refused:
            move(state, event)
        assert (refused.value.state, refused.value.event) == (state, event)
    else:
        assert move(state, event) == follows


def test_her_phone_is_dialled_out_of_one_state_by_one_event() -> None:
    ways = [
        (state, event)
        for state, moves in MOVES.items()
        for event, to in moves.items()
        if to is State.CALLING_HER
    ]

    assert ways == [(State.PRESS_ONE, Event.PRESSED)]


def test_no_way_leads_back_before_the_dial() -> None:
    for state in (State.CALLING_HER, State.TALKING, *OVER):
        assert not set(MOVES[state].values()) & set(BEFORE_DIAL)


@pytest.mark.parametrize("state", [state for state in State if state not in OVER])
def test_whatever_lives_ends_by_a_last_word_or_by_silence(state: State) -> None:
    assert move(state, Event.OVER) is State.ENDED
    assert move(state, Event.SILENCE) is State.LOST


RESULTS = [
    (State.ASKED, Event.REFUSED, Cause.UNKNOWN, 0, Result.FAILED),
    (State.ASKED, Event.SILENCE, Cause.UNKNOWN, 0, Result.FAILED),
    (State.ASKED, Event.OVER, Cause.FAILED, 0, Result.FAILED),
    (State.CALLING_YOU, Event.OVER, Cause.UNKNOWN, 0, Result.YOU_NO_ANSWER),
    (State.CALLING_YOU, Event.OVER, Cause.NO_ANSWER, 0, Result.YOU_NO_ANSWER),
    (State.CALLING_YOU, Event.OVER, Cause.CLEARED, 0, Result.YOU_NO_ANSWER),
    (State.CALLING_YOU, Event.OVER, Cause.SWITCHED_OFF, 0, Result.YOU_NO_ANSWER),
    (State.CALLING_YOU, Event.OVER, Cause.BUSY, 0, Result.YOU_BUSY),
    (State.CALLING_YOU, Event.OVER, Cause.REJECTED, 0, Result.YOU_BUSY),
    (State.CALLING_YOU, Event.SILENCE, Cause.UNKNOWN, 0, Result.FAILED),
    (State.PRESS_ONE, Event.OVER, Cause.CLEARED, 0, Result.NOT_PRESSED),
    (State.PRESS_ONE, Event.OVER, Cause.FAILED, 0, Result.NOT_PRESSED),
    (State.PRESS_ONE, Event.SILENCE, Cause.UNKNOWN, 0, Result.NOT_PRESSED),
    (State.PRESS_ONE, Event.WITHDRAWN, Cause.UNKNOWN, 0, Result.FAILED),
    (State.CALLING_HER, Event.OVER, Cause.UNKNOWN, 0, Result.NO_ANSWER),
    (State.CALLING_HER, Event.OVER, Cause.CLEARED, 0, Result.NO_ANSWER),
    (State.CALLING_HER, Event.DIAL_OVER, Cause.REJECTED, 0, Result.NO_ANSWER),
    (State.CALLING_HER, Event.DIAL_OVER, Cause.BUSY, 0, Result.BUSY),
    (State.CALLING_HER, Event.DIAL_OVER, Cause.SWITCHED_OFF, 0, Result.SWITCHED_OFF),
    (State.CALLING_HER, Event.DIAL_OVER, Cause.FAILED, 0, Result.FAILED),
    (State.CALLING_HER, Event.DIAL_OVER, Cause.CLEARED, 31, Result.TALKED),
    (State.CALLING_HER, Event.SILENCE, Cause.UNKNOWN, 0, Result.FAILED),
    (State.TALKING, Event.DIAL_OVER, Cause.UNKNOWN, 0, Result.TALKED),
    (State.TALKING, Event.OVER, Cause.BUSY, 0, Result.TALKED),
    (State.TALKING, Event.SILENCE, Cause.UNKNOWN, 0, Result.TALKED),
]


@pytest.mark.parametrize(("state", "event", "cause", "seconds", "wanted"), RESULTS)
def test_what_came_of_it(state: State, event: Event, cause: Cause, seconds: int, wanted: Result) -> None:
    assert result(state, event, cause, seconds) is wanted


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
    state: State, event: Event, cause: Cause, seconds: int
) -> None:
    suggested = SUGGESTS.get(result(state, event, cause, seconds))

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

    assert {silent_after(state, longest) for state in BEFORE_DIAL} == {timedelta(minutes=3)}
    assert silent_after(State.TALKING, longest) == timedelta(minutes=35)
    assert silent_after(State.CALLING_HER, longest) > longest


class BridgeMachine(RuleBasedStateMachine):
    """A provider that says anything at any time, beside a book of what was said."""

    def __init__(self) -> None:
        super().__init__()
        self.state = State.ASKED
        self.heard: list[Event] = []
        self.dials = 0

    @rule(event=st.sampled_from(list(Event)), times=st.integers(1, 3))
    def is_said(self, event: Event, times: int) -> None:
        for _ in range(times):
            before = self.state
            try:
                self.state = move(self.state, event)
            except NotNow:
                assert self.state is before
                continue
            self.heard.append(event)
            self.dials += event is Event.PRESSED

    @invariant()
    def never_dialled_twice(self) -> None:
        assert self.dials <= 1

    @invariant()
    def dialled_exactly_where_the_state_says_so(self) -> None:
        if self.state in BEFORE_DIAL:
            assert self.dials == 0
        if self.state in (State.CALLING_HER, State.TALKING):
            assert self.dials == 1

    @invariant()
    def what_is_over_stays_over(self) -> None:
        ends = [n for n, event in enumerate(self.heard) if self._ends(event)]
        assert ends in ([], [len(self.heard) - 1])

    @invariant()
    def nobody_is_dialled_before_a_person_answered_and_pressed(self) -> None:
        if self.dials:
            assert self.heard.index(Event.ANSWERED) < self.heard.index(Event.PRESSED)

    def _ends(self, event: Event) -> bool:
        return event in (Event.REFUSED, Event.WITHDRAWN, Event.DIAL_OVER, Event.OVER, Event.SILENCE)


TestBridge = BridgeMachine.TestCase
TestBridge.settings = settings(max_examples=200, stateful_step_count=30, deadline=None, database=None)
