"""When a supervisor is told that a callback stands still."""

from datetime import datetime, timedelta

from gateway.callbacks.model import State

REVIEW_AFTER = timedelta(minutes=30)
DANGER_AFTER = timedelta(minutes=10)
AGAIN_AFTER = timedelta(hours=4)


def first(state: State, *, danger: bool, due_at: datetime | None, now: datetime) -> datetime | None:
    """Return when somebody must be told, counted from a change at ``now``; None where nobody needs to be.

    A request in danger is due when her window opens, so the wait is counted from there: nobody may ring before.
    """
    if state is State.REVIEW:
        return now + (DANGER_AFTER if danger else REVIEW_AFTER)
    if state is State.WAITING and danger and due_at is not None:
        return max(now, due_at) + DANGER_AFTER
    return None
