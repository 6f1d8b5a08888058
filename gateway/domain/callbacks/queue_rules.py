"""Which digits may be her code: none that others would guess or that her number gives away."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from gateway.domain.callbacks.states import CallbackState

_RUNS = "01234567890123456789"


def pick_code(candidates: Iterable[str], *, last_four: str, taken: Collection[str]) -> str | None:
    """Return the first candidate that may be hers, or None."""
    for code in candidates:
        if last_four not in code and code not in taken and not is_simple(code):
            return code
    return None


def is_simple(code: str) -> bool:
    """Say whether the digits are one digit repeated or a run up or down."""
    return len(set(code)) == 1 or code in _RUNS or code in _RUNS[::-1]


# When somebody is called for help because a callback stands still, how often, and how many are told each
# time.

REVIEW_AFTER = timedelta(minutes=30)
DANGER_AFTER = timedelta(minutes=10)
AGAIN_AFTER = timedelta(hours=4)

P = TypeVar("P")


def plan_first_alert(
    state: CallbackState, *, danger: bool, due_at: datetime | None, now: datetime
) -> datetime | None:
    """Return when somebody must be told, counted from a change at ``now``; None where nobody needs to be.

    A request in danger is due when her window opens, so the wait is counted from there: nobody may ring before.
    """
    if state is CallbackState.REVIEW:
        return now + (DANGER_AFTER if danger else REVIEW_AFTER)
    if state is CallbackState.WAITING and danger and due_at is not None:
        return max(now, due_at) + DANGER_AFTER
    return None


def plan_next_alert(*, danger: bool, now: datetime) -> datetime:
    """Return when they are told again if still nobody took it; danger is repeated until somebody does."""
    return now + (DANGER_AFTER if danger else AGAIN_AFTER)


def choose_alerted(listed: Sequence[P], on_duty: Sequence[P], round_: int) -> tuple[P, ...]:
    """Return who is told in this round, the first being 0: those on duty, and one more of the list each time.

    Where nobody is on duty the first of the list is told at once: somebody always is, if anybody is listed.
    """
    reached = listed[: round_ + (0 if on_duty else 1)]
    return tuple(dict.fromkeys([*on_duty, *reached]))


# The order of the line: danger, then the window that closes first among those due now, then her place.

DANGER, NORMAL = 0, 1
NAMES = {DANGER: "danger", NORMAL: "normal"}
LONG_ENOUGH = timedelta(minutes=10)
"""What must be left of a window for a callback to be handed to somebody who asks for the next one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePlace:
    """What decides where a waiting callback stands."""

    priority: int
    due_at: datetime
    due_until: datetime
    asked_at: datetime
    id: str

    def is_due(self, now: datetime) -> bool:
        """Say whether her window is open."""
        return self.due_at <= now < self.due_until


def sort_key(place: QueuePlace, now: datetime) -> tuple[int, int, datetime, datetime, str]:
    """Return what the line is sorted by; those not due yet stand behind those due, the soonest first."""
    if place.is_due(now):
        return place.priority, 0, place.due_until, place.asked_at, place.id
    return place.priority, 1, place.due_at, place.asked_at, place.id


def is_worth_handing_out(place: QueuePlace, now: datetime) -> bool:
    """Say whether whoever takes it now has time to read it and to ring before her window closes."""
    return place.is_due(now) and place.due_until - now >= LONG_ENOUGH
