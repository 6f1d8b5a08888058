"""When somebody is called for help because a callback stands still, how often, and how many are told each time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from gateway.callbacks.model import State

REVIEW_AFTER = timedelta(minutes=30)
DANGER_AFTER = timedelta(minutes=10)
AGAIN_AFTER = timedelta(hours=4)

P = TypeVar("P")


def first(state: State, *, danger: bool, due_at: datetime | None, now: datetime) -> datetime | None:
    """Return when somebody must be told, counted from a change at ``now``; None where nobody needs to be.

    A request in danger is due when her window opens, so the wait is counted from there: nobody may ring before.
    """
    if state is State.REVIEW:
        return now + (DANGER_AFTER if danger else REVIEW_AFTER)
    if state is State.WAITING and danger and due_at is not None:
        return max(now, due_at) + DANGER_AFTER
    return None


def again(*, danger: bool, now: datetime) -> datetime:
    """Return when they are told again if still nobody took it; danger is repeated until somebody does."""
    return now + (DANGER_AFTER if danger else AGAIN_AFTER)


def told(listed: Sequence[P], on_duty: Sequence[P], round_: int) -> tuple[P, ...]:
    """Return who is told in this round, the first being 0: those on duty, and one more of the list each time.

    Where nobody is on duty the first of the list is told at once: somebody always is, if anybody is listed.
    """
    reached = listed[: round_ + (0 if on_duty else 1)]
    return tuple(dict.fromkeys([*on_duty, *reached]))
