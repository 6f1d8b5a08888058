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


def opening_words(menu: Menu, opens: str, language: str, zone: str, now: datetime) -> str:
    """Return the day and the hour at which somebody is there next, or the menu's words for a day that nobody knows."""
    if not opens:
        return menu.text(menu.messages.get("opens_unknown", {}), language)
    at = datetime.fromisoformat(opens)
    local = at.astimezone(ZoneInfo(zone))
    names, date = menu.pattern(language).days, f"{local.day}/{local.month}"
    day = f"{names[local.weekday()]} {date}" if names and at - now >= WEEK else date
    return f"{names[local.weekday()] if names and at - now < WEEK else day} {local:%-H:%M}"


def list_openings(menu: Menu, language: str) -> tuple[str, ...]:
    """Return the words that an opening may need in a language, so that room can be kept for the widest."""
    days = menu.pattern(language).days or ("30/12",)
    unknown = menu.text(menu.messages.get("opens_unknown", {}), language)
    return (*(f"{day} 30/12 00:00" for day in days), unknown)


def until_words(due_until: datetime, zone: str) -> str:
    """Return the instant at which a promise dies, as her clock shows it."""
    return f"{due_until.astimezone(ZoneInfo(zone)):%H:%M}"


def longest_words(menu: Menu, language: str) -> str:
    """Return the longest words that a window of this menu can need in a language, within the coming week."""
    hours = max((*map(span_words, spans_in(menu)), "18-21"), key=len)
    return f"{max(menu.pattern(language).days or ('30/12',), key=units)} {hours}"


def _hour(instant: datetime) -> str:
    return f"{instant.hour}:{instant.minute:02d}" if instant.minute else str(instant.hour)
