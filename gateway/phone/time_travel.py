"""Where the helpline's clock may be moved to from the phone's page: an hour on, tonight, tomorrow morning, any."""

from datetime import datetime, time, timedelta

FURTHEST = timedelta(days=400)
"""How far from the real time; beyond it lies nothing that a menu or a window could show."""

_HOURS = {"evening": time(18, 5), "morning": time(6, 5)}
REAL = "real"


class NoSuchTime(ValueError):
    """What was asked for is no time, or one too far away."""


def wished(wish: str, written: str, *, now: datetime, real: datetime) -> datetime | None:
    """Return the instant that was asked for; None for the real time.

    Args:
        wish: ``hour``, ``evening``, ``morning``, ``at`` or ``real``.
        written: for ``at``, the date and time as a page's field gives it, in the line's zone.
        now: what the helpline's clock shows, in the line's zone.
        real: the real time.

    Raises:
        NoSuchTime: it is none.
    """
    if wish == REAL:
        return None
    found = (
        _hour_on(now) if wish == "hour" else _next(wish, now) if wish in _HOURS else _at(wish, written, now)
    )
    if abs(found - real) > FURTHEST:
        raise NoSuchTime("too far away")
    return found


def _hour_on(now: datetime) -> datetime:
    return now + timedelta(hours=1)


def _next(wish: str, now: datetime) -> datetime:
    at = datetime.combine(now.date(), _HOURS[wish], tzinfo=now.tzinfo)
    return at if at > now else at + timedelta(days=1)


def _at(wish: str, written: str, now: datetime) -> datetime:
    try:
        found = datetime.fromisoformat(written) if wish == "at" else None
    except ValueError:
        found = None
    if found is None or found.tzinfo is not None:
        raise NoSuchTime("no date and time")
    return found.replace(tzinfo=now.tzinfo)
