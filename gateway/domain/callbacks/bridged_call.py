"""Define the states of a bridged call, in which the provider dials the counsellor first and then the caller.

One table holds every possible move; events that arrive late, twice or out of order change nothing.
"""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

from gateway.domain.callbacks.outcomes import Outcome
from gateway.domain.events import Cause


class BridgeState(StrEnum):
    """State of a bridge, as the counsellor sees it."""

    ASKED = "asked"
    CALLING_YOU = "calling_you"
    PRESS_ONE = "press_one"
    CALLING_HER = "calling_her"
    TALKING = "talking"
    ENDED = "ended"
    LOST = "lost"


class BridgeEvent(StrEnum):
    """What can happen to a bridge.

    ``PRESSED`` is key 1 while the caller may be called, ``WITHDRAWN`` the same key when not any more. ``DIAL_OVER``
    is the end of the caller's leg while the call is active, ``OVER`` the end of the call, ``SILENCE`` a missing post.
    """

    PLACED = "placed"
    REFUSED = "refused"
    ANSWERED = "answered"
    OTHER_KEY = "other_key"
    PRESSED = "pressed"
    WITHDRAWN = "withdrawn"
    CONNECTED = "connected"
    DIAL_OVER = "dial_over"
    OVER = "over"
    SILENCE = "silence"


class Result(StrEnum):
    """The result of a bridge; the outcome of the call is still entered by the counsellor."""

    YOU_NO_ANSWER = "you_no_answer"
    YOU_BUSY = "you_busy"
    NOT_PRESSED = "not_pressed"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    SWITCHED_OFF = "switched_off"
    TALKED = "talked"
    FAILED = "failed"


BEFORE_DIAL = (BridgeState.ASKED, BridgeState.CALLING_YOU, BridgeState.PRESS_ONE)
"""States in which the caller's phone was certainly not dialled."""

MOVES: Mapping[BridgeState, Mapping[BridgeEvent, BridgeState]] = {
    BridgeState.ASKED: {
        BridgeEvent.PLACED: BridgeState.CALLING_YOU,
        BridgeEvent.REFUSED: BridgeState.ENDED,
        BridgeEvent.ANSWERED: BridgeState.PRESS_ONE,
        BridgeEvent.OVER: BridgeState.ENDED,
        BridgeEvent.SILENCE: BridgeState.LOST,
    },
    BridgeState.CALLING_YOU: {
        BridgeEvent.ANSWERED: BridgeState.PRESS_ONE,
        BridgeEvent.OVER: BridgeState.ENDED,
        BridgeEvent.SILENCE: BridgeState.LOST,
    },
    BridgeState.PRESS_ONE: {
        BridgeEvent.ANSWERED: BridgeState.PRESS_ONE,  # a repeated post gets the same question
        BridgeEvent.OTHER_KEY: BridgeState.PRESS_ONE,
        BridgeEvent.PRESSED: BridgeState.CALLING_HER,
        BridgeEvent.WITHDRAWN: BridgeState.ENDED,
        BridgeEvent.OVER: BridgeState.ENDED,
        BridgeEvent.SILENCE: BridgeState.LOST,
    },
    BridgeState.CALLING_HER: {
        BridgeEvent.CONNECTED: BridgeState.TALKING,
        BridgeEvent.DIAL_OVER: BridgeState.ENDED,
        BridgeEvent.OVER: BridgeState.ENDED,
        BridgeEvent.SILENCE: BridgeState.LOST,
    },
    BridgeState.TALKING: {
        BridgeEvent.DIAL_OVER: BridgeState.ENDED,
        BridgeEvent.OVER: BridgeState.ENDED,
        BridgeEvent.SILENCE: BridgeState.LOST,
    },
    BridgeState.ENDED: {},
    BridgeState.LOST: {},
}

SUGGESTS: Mapping[Result, Outcome] = {
    Result.TALKED: Outcome.REACHED,
    Result.NO_ANSWER: Outcome.NO_ANSWER,
    Result.BUSY: Outcome.BUSY,
    Result.SWITCHED_OFF: Outcome.SWITCHED_OFF,
}
"""Result → outcome preselected in the counsellor's form."""

_COUNSELLOR_RESULTS: Mapping[Cause, Result] = {
    Cause.BUSY: Result.YOU_BUSY,
    Cause.REJECTED: Result.YOU_BUSY,
    Cause.FAILED: Result.FAILED,
}
# A rejected call is not a busy one: it must not be repeated within minutes.
_CALLER_RESULTS: Mapping[Cause, Result] = {
    Cause.BUSY: Result.BUSY,
    Cause.SWITCHED_OFF: Result.SWITCHED_OFF,
    Cause.FAILED: Result.FAILED,
}

_UNHEARD = timedelta(minutes=3)
_AFTER_THE_LONGEST = timedelta(minutes=5)


class NotNow(Exception):
    """The event cannot happen in this state (late, repeated or out of order) and changes nothing."""

    def __init__(self, state: BridgeState, event: BridgeEvent) -> None:
        super().__init__(f"a bridge that is {state} takes no {event}")
        self.state = state
        self.event = event


def move_bridge(state: BridgeState, event: BridgeEvent) -> BridgeState:
    """Return the next state.

    Raises:
        NotNow: the event is not possible in this state.
    """
    try:
        return MOVES[state][event]
    except KeyError:
        raise NotNow(state, event) from None


def find_result(state: BridgeState, event: BridgeEvent, cause: Cause, seconds: int) -> Result:
    """Return the result of a bridge that ends.

    Args:
        state: its last state.
        event: what ended it.
        cause: the provider's cause, often unknown.
        seconds: duration of the caller's leg by the provider; 0 where unknown.
    """
    if event in (BridgeEvent.REFUSED, BridgeEvent.WITHDRAWN):
        return Result.FAILED
    if state is BridgeState.TALKING or (state is BridgeState.CALLING_HER and seconds > 0):
        return Result.TALKED
    if state is BridgeState.PRESS_ONE:
        return Result.NOT_PRESSED
    if event is BridgeEvent.SILENCE:
        return Result.FAILED
    if state is BridgeState.CALLING_HER:
        return _CALLER_RESULTS.get(cause, Result.NO_ANSWER)
    return _COUNSELLOR_RESULTS.get(cause, Result.YOU_NO_ANSWER)


def find_silence_limit(state: BridgeState, longest: timedelta) -> timedelta:
    """Return after how long without a post a bridge counts as lost; ``longest`` is the longest call."""
    return _UNHEARD if state in BEFORE_DIAL else longest + _AFTER_THE_LONGEST
