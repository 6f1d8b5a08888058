"""A bridged call, in which the provider rings the counsellor first and then her: its states and events as one table."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

from gateway.domain.callbacks.outcomes import Outcome
from gateway.domain.events import Cause


class BridgeState(StrEnum):
    """Where a bridge stands, as the counsellor sees it."""

    ASKED = "asked"
    CALLING_YOU = "calling_you"
    PRESS_ONE = "press_one"
    CALLING_HER = "calling_her"
    TALKING = "talking"
    ENDED = "ended"
    LOST = "lost"


class BridgeEvent(StrEnum):
    """What can happen to a bridge.

    ``PRESSED`` is the key 1 while she may be called, ``WITHDRAWN`` the same key when she may not be any more.
    ``DIAL_OVER`` is the provider's word, with the call still active, that her side is over; ``OVER`` its last word.
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
    """What came of a bridge, as a word; the counsellor still says what came of the call."""

    YOU_NO_ANSWER = "you_no_answer"
    YOU_BUSY = "you_busy"
    NOT_PRESSED = "not_pressed"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    SWITCHED_OFF = "switched_off"
    TALKED = "talked"
    FAILED = "failed"


BEFORE_DIAL = (BridgeState.ASKED, BridgeState.CALLING_YOU, BridgeState.PRESS_ONE)
"""Her phone was surely never dialled."""

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
        BridgeEvent.ANSWERED: BridgeState.PRESS_ONE,  # the same post again gets the same question again
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
"""The outcome that the form is preset with; it is the counsellor who says it."""

_YOURS: Mapping[Cause, Result] = {
    Cause.BUSY: Result.YOU_BUSY,
    Cause.REJECTED: Result.YOU_BUSY,
    Cause.FAILED: Result.FAILED,
}
# Who rejects a call is not rung again after minutes, as one whose line is busy would be.
_HERS: Mapping[Cause, Result] = {
    Cause.BUSY: Result.BUSY,
    Cause.SWITCHED_OFF: Result.SWITCHED_OFF,
    Cause.FAILED: Result.FAILED,
}

_UNHEARD = timedelta(minutes=3)
_AFTER_THE_LONGEST = timedelta(minutes=5)


class NotNow(Exception):
    """The event cannot happen in this state: it came late, twice or out of order, and changes nothing."""

    def __init__(self, state: BridgeState, event: BridgeEvent) -> None:
        super().__init__(f"a bridge that is {state} takes no {event}")
        self.state = state
        self.event = event


def move_bridge(state: BridgeState, event: BridgeEvent) -> BridgeState:
    """Return the state that follows.

    Raises:
        NotNow: the table does not know this event in this state.
    """
    try:
        return MOVES[state][event]
    except KeyError:
        raise NotNow(state, event) from None


def find_result(state: BridgeState, event: BridgeEvent, cause: Cause, seconds: int) -> Result:
    """Say what came of a bridge that ends.

    Args:
        state: where it stood.
        event: what ended it.
        cause: why, by the provider, which often says nothing.
        seconds: how long her side lasted, by the provider; 0 where it said nothing.
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
        return _HERS.get(cause, Result.NO_ANSWER)
    return _YOURS.get(cause, Result.YOU_NO_ANSWER)


def find_silence_limit(state: BridgeState, longest: timedelta) -> timedelta:
    """Return how long a bridge may hear nothing before it counts as lost; ``longest`` is how long a call may last."""
    return _UNHEARD if state in BEFORE_DIAL else longest + _AFTER_THE_LONGEST
