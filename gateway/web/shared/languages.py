"""Chooses the language of a page, and formats times in it.

The language is the person's own, else the one chosen in this browser, else that of Accept-Language. Times are relative
and absolute, in the helpline's time zone.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton
from flask import request, session
from flask_babel import Babel, get_locale
from markupsafe import Markup, escape

from gateway.web.shared.auth import find_sign_in
from gateway.web.shared.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from gateway.foundation.services import Services


NAMES = {"en": "English", "lo": "ລາວ", "th": "ไทย"}
"""BCP 47 tag → name of the languages with a catalogue."""


def choose_language() -> str:
    """Return the language tag of this page."""
    who = find_sign_in()
    for wish in (who.person.page_language if who else "", session.get("language", "")):
        if wish in NAMES:
            return str(wish)
    return request.accept_languages.best_match(list(NAMES)) or "en"


def remember_language(language: str) -> None:
    """Store the language in the browser's session, for pages before sign-in."""
    if language in NAMES:
        session["language"] = language


def get_language() -> str:
    """Return the language tag in which this page is rendered."""
    return str(get_locale() or "en")


def install(app: Flask) -> None:
    """Add the catalogues to the app."""
    app.config.setdefault("BABEL_TRANSLATION_DIRECTORIES", "web/shared/translations")
    Babel(app, locale_selector=choose_language)
    app.jinja_env.globals.update(language=get_language)


_BUDDHIST = 543
_SPAN = re.compile(r"\d\d:\d\d–\d\d:\d\d")
_SYLLABLE = re.compile("(?<=[\u0e01-\u0eff])(?=[\u0e01-\u0e2e\u0e40-\u0e44\u0e81-\u0eae\u0ec0-\u0ec4])")
"""Between two signs of Lao or Thai of which the second is a consonant or a vowel written before one."""
_MINUTE, _DAY = 60, 24  # seconds per minute and minutes per hour; hours per day


def list_filters(parts: Services) -> dict[str, Callable[..., str]]:
    """Return name → function of the template filters."""
    zone = ZoneInfo(parts.line.zone)

    def local(instant: datetime) -> datetime:
        return instant.astimezone(zone)

    def now() -> datetime:
        return local(parts.clock.now())

    return {
        "ago": lambda instant: format_ago(local(instant), now()),
        "clock": lambda instant: format_clock(local(instant)),
        "day_and_clock": lambda instant: format_day_and_clock(local(instant), now()),
        "window": lambda start, end: keep_times_whole(format_window(local(start), local(end), now())),
        "whole_times": keep_times_whole,
        "span": lambda instant: format_span(parts.clock.now() - instant),
        "lasts": format_span,
        "on_day": lambda day: format_day(datetime(day.year, day.month, day.day, tzinfo=zone), now()),
        "iso": lambda instant: instant.isoformat(timespec="seconds"),
    }


def format_clock(instant: datetime) -> str:
    """Return the time of day."""
    return f"{instant:%H:%M}"


def show_clock(parts: Services) -> str:
    """Return the current time of day in the helpline's time zone."""
    return format_clock(parts.clock.now().astimezone(ZoneInfo(parts.line.zone)))


def format_span(length: timedelta) -> str:
    """Return a duration in its two largest units."""
    minutes = max(0, int(length.total_seconds()) // _MINUTE)
    if minutes < _MINUTE:
        return _("%(n)s min", n=minutes)
    hours, rest = divmod(minutes, _MINUTE)
    if hours < _DAY:
        return _("%(h)s h %(m)s min", h=hours, m=rest) if rest else _("%(h)s h", h=hours)
    return _("%(d)s d %(h)s h", d=hours // _DAY, h=hours % _DAY)


def format_ago(instant: datetime, now: datetime) -> str:
    """Return how long ago and when, as in ``2 h ago · 14:05``."""
    return f"{_format_since(now - instant)} · {format_day_and_clock(instant, now)}"


def format_day_and_clock(instant: datetime, now: datetime) -> str:
    """Return the time of day, with the day if it is not today."""
    day = name_day(instant, now)
    return f"{day} {format_clock(instant)}".strip()


def format_window(start: datetime, end: datetime, now: datetime) -> str:
    """Return a window: ``18:00–21:00`` for today, ``tomorrow 06:00–09:00``, ``Sun 09:00–18:00``.

    One that is empty or over is no promise and never written like one.
    """
    if end <= now or end <= start:
        over = _("over since %(t)s") if end <= now else _("ends %(t)s")
        return over % {"t": format_day_and_clock(end, now)}
    return f"{name_day(start, now)} {format_clock(start)}–{format_clock(end)}".strip()


def keep_times_whole(words: str) -> Markup:
    """Wrap each time span in words, so that no line of a page breaks inside it.

    A line may break after an en dash (UAX #14, class BA), which leaves ``08:00–`` alone on a small button.
    """
    return Markup(_SPAN.sub(r'<span class="nowrap">\g<0></span>', str(escape(words))))  # noqa: S704 - escaped first


def name_day(instant: datetime, now: datetime) -> str:
    """Return the name of a day relative to now, in which no line breaks; empty for today."""
    days = (instant.date() - now.date()).days
    if days == 0:
        return ""
    if abs(days) == 1:
        return _keep_word_whole(_("tomorrow") if days == 1 else _("yesterday"))
    if 1 < days < 7:  # noqa: PLR2004 - within a week the name of the day is enough
        return _keep_word_whole(format_date(instant, "EEE", locale=get_language()))
    return _keep_word_whole(format_day(instant, now))


def _keep_word_whole(words: str) -> str:
    """Join the syllables of Lao and Thai words by U+2060.

    Browsers break these scripts by a dictionary (UAX #14, class SA), which takes the Lao of *yesterday* for two words.
    """
    return _SYLLABLE.sub("\u2060", words)


def format_day(instant: datetime, now: datetime) -> str:
    """Return a date, with the year if it is not the current one; in Thai in the Buddhist era."""
    day = format_skeleton("MMMd", instant, locale=get_language())
    if instant.year == now.year:
        return day
    return f"{day} {instant.year + (_BUDDHIST if get_language() == 'th' else 0)}"


def _format_since(length: timedelta) -> str:
    minutes = int(length.total_seconds()) // _MINUTE
    if minutes < 1:
        return _("just now")
    if minutes < _MINUTE:
        return _("%(n)s min ago", n=minutes)
    hours = minutes // _MINUTE
    return _("%(h)s h ago", h=hours) if hours < _DAY else _("%(d)s d ago", d=hours // _DAY)
