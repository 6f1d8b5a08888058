"""The order of the line: danger, then the window that closes first among those due now, then her place."""

from dataclasses import dataclass
from datetime import datetime, timedelta

DANGER, NORMAL = 0, 1
NAMES = {DANGER: "danger", NORMAL: "normal"}
LONG_ENOUGH = timedelta(minutes=10)
"""What must be left of a window for a callback to be handed to somebody who asks for the next one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What decides where a waiting callback stands."""

    priority: int
    due_at: datetime
    due_until: datetime
    asked_at: datetime
    id: str

    def is_due(self, now: datetime) -> bool:
        """Say whether her window is open."""
        return self.due_at <= now < self.due_until


def key(place: Place, now: datetime) -> tuple[int, int, datetime, datetime, str]:
    """Return what the line is sorted by; those not due yet stand behind those due, the soonest first."""
    if place.is_due(now):
        return place.priority, 0, place.due_until, place.asked_at, place.id
    return place.priority, 1, place.due_at, place.asked_at, place.id


def worth_handing_out(place: Place, now: datetime) -> bool:
    """Say whether whoever takes it now has time to read it and to ring before her window closes."""
    return place.is_due(now) and place.due_until - now >= LONG_ENOUGH
