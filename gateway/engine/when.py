"""A planned time in the few words that fit a screen of hers: ``Wed 18-21``."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.engine.text import units

FALLBACK = "en"
WEEK = timedelta(days=7)

WEEKDAYS = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "lo": ("ຈັນ", "ອັງຄານ", "ພຸດ", "ພະຫັດ", "ສຸກ", "ເສົາ", "ອາທິດ"),
    "lo-Latn": ("Chan", "Angkhan", "Phut", "Phahat", "Suk", "Sao", "Athit"),
    "th": ("จันทร์", "อังคาร", "พุธ", "พฤหัส", "ศุกร์", "เสาร์", "อาทิตย์"),
}


def window_words(due_at: datetime, due_until: datetime, language: str, zone: str, now: datetime) -> str:
    """Return the day and hours of a window in her zone.

    A day of the month is added when the weekday alone could mean an earlier one. A window of whole hours that has
    begun is told by its hours, though it is planned from this minute on.
    """
    start, end = (instant.astimezone(ZoneInfo(zone)) for instant in (due_at, due_until))
    day = _weekdays(language)[start.weekday()]
    if due_at - now >= WEEK:
        day = f"{day} {start.day}/{start.month}"
    begun = due_at <= now and not end.minute
    return f"{day} {start.hour if begun else _hour(start)}-{_hour(end)}"


def until_words(due_until: datetime, zone: str) -> str:
    """Return the instant at which a promise dies, as her clock shows it."""
    return f"{due_until.astimezone(ZoneInfo(zone)):%H:%M}"


def longest_words(language: str) -> str:
    """Return the longest words that a window of whole hours can need in this language, within the coming week."""
    return f"{max(_weekdays(language), key=units)} 18-21"


def _weekdays(language: str) -> tuple[str, ...]:
    return WEEKDAYS.get(language, WEEKDAYS[FALLBACK])


def _hour(instant: datetime) -> str:
    return f"{instant.hour}:{instant.minute:02d}" if instant.minute else str(instant.hour)
