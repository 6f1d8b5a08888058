"""A planned time in the few words that fit a screen of hers: ``Wed 18-21``."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.engine.hours import span_words, spans_in
from gateway.engine.menu import Menu
from gateway.engine.text import units

WEEK = timedelta(days=7)


def window_words(
    menu: Menu, due_at: datetime, due_until: datetime, language: str, zone: str, now: datetime
) -> str:
    """Return the day and hours of a window in her zone.

    A day of the month is added when the weekday alone could mean an earlier one. A window of whole hours that has
    begun is told by its hours, though it is planned from this minute on.
    """
    start, end = (instant.astimezone(ZoneInfo(zone)) for instant in (due_at, due_until))
    names = menu.pattern(language).days
    date = f"{start.day}/{start.month}"
    day = f"{names[start.weekday()]} {date}" if names and due_at - now >= WEEK else date
    if names and due_at - now < WEEK:
        day = names[start.weekday()]
    begun = due_at <= now and not end.minute
    return f"{day} {start.hour if begun else _hour(start)}-{_hour(end)}"


def until_words(due_until: datetime, zone: str) -> str:
    """Return the instant at which a promise dies, as her clock shows it."""
    return f"{due_until.astimezone(ZoneInfo(zone)):%H:%M}"


def longest_words(menu: Menu, language: str) -> str:
    """Return the longest words that a window of this menu can need in a language, within the coming week."""
    hours = max((*map(span_words, spans_in(menu)), "18-21"), key=len)
    return f"{max(menu.pattern(language).days or ('30/12',), key=units)} {hours}"


def _hour(instant: datetime) -> str:
    return f"{instant.hour}:{instant.minute:02d}" if instant.minute else str(instant.hour)
