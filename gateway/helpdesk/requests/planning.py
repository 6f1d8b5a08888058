"""Plans the window of a request, and words what is sent about it in the live menu and the reader's language.

A window follows from staffing and from the earlier calls to its number. A text to a caller is added to the outbox
only where texts are safe.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from gateway.domain.callbacks.outcomes import find_rest_end
from gateway.domain.callbacks.windows import ALWAYS, Hours, Window, find_natural_start, find_next_window
from gateway.domain.contact_safety import When, read_rule
from gateway.menus.engine.wording import fill_template
from gateway.storage import callers, outbox
from gateway.storage.duty import find_hours

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from gateway.domain.callbacks.outcomes import Past
    from gateway.foundation.services import Services
    from gateway.menus.engine.model import Menu
    from gateway.storage.callbacks import Callback
    from gateway.storage.database import Tx


_AT_MOST = 8


def find_duty_hours(parts: Services, tx: Tx, now: datetime, team: str = "main") -> Hours:
    """Return when this team is on duty: by shifts and holidays, or by the opening hours if there are no shifts."""
    return find_hours(tx, parts.line.hours, parts.line.zone, now, team)


def resolve_window(word: str, hours: str) -> When:
    """Return the window that a turn chose; ``hours`` are the hours its menu displayed, which take precedence."""
    return When(word, *read_rule(hours)) if hours else When(word)


def list_windows(parts: Services, channel: str = "") -> tuple[When, ...]:
    """Return the windows that a channel's live menu offers; a stored request carries its own."""
    menu = find_menu(parts, channel)
    return tuple(menu.windows.values()) if menu else ()


def find_menu(parts: Services, channel: str = "") -> Menu | None:
    """Return the live menu of a channel, or of the first channel; None if none is live."""
    line = parts.channels.get(channel) or next(iter(parts.channels.values()), None)
    names = [line.config.menu] if line else sorted(parts.versions.loaded())
    try:
        return parts.versions.live(names[0])[1] if names else None
    except LookupError:
        return None


def plan_window(
    parts: Services, when: When, past: Sequence[Past], now: datetime, *, hours: Hours | None = None
) -> Window | None:
    """Return the next window in which the number may ring, skipping windows that had their attempt.

    Without ``hours`` the opening hours of the settings apply.
    """
    on_duty = parts.line.hours if hours is None else hours
    used = {one.window_from for one in past}
    not_before = find_rest_end(past)
    for _ in range(_AT_MOST):
        window = find_next_window(when, on_duty, parts.line.zone, now, not_before=not_before)
        if window is None or find_natural_start(when, parts.line.zone, window[0]) not in used:
            return window
        not_before = window[1]
    return None


def plan_on(
    parts: Services, callback: Callback, past: Sequence[Past], now: datetime, *, hours: Hours | None = None
) -> Window | None:
    """Return the window after one that passed; if nobody is on duty in any, the next window regardless of staffing.

    So an open request always has a next step, even if the settings say that nobody is ever on duty.
    """
    when = When(callback.window)
    return plan_window(parts, when, past, now, hours=hours) or find_next_window(
        when, ALWAYS, parts.line.zone, now
    )


def find_window_start(parts: Services, callback: Callback) -> datetime:
    """Return the instant shared by all attempts of one window; for ``now`` it is when the caller asked.

    An erased request has no window and is never called, so the instant of the request serves.
    """
    if callback.due_at is None or callback.window in ("", When.NOW):
        return callback.last_asked_at
    return find_natural_start(When(callback.window), parts.line.zone, callback.due_at) or callback.due_at


_FALLBACK = "en"
LAST: Mapping[str, str] = {
    "ours_missed": "Hello, we called. You can dial again any time. STOP to end.",
    "ours_number": "Hello, the number: {number}",
    "staff_asked": "A request is waiting. Please look at the list.",
    "staff_waiting": "{n} requests are waiting. Please look at the list.",
    "staff_urgent": "An urgent request is waiting. Please look at the list.",
    "staff_still": "A request needs a decision. Please look at the list.",
    "staff_texted": "An urgent text came. Please read the texts.",
    "staff_passed": "A request was passed to you. Please look at the list.",
    "staff_many": "One of us opened many numbers within an hour. Please look at the record of what was done.",
    "staff_test": "This is a test. Nothing needs to be done.",
    "staff_facts": "Facts of the menu: {ended} ended, {soon} end soon. First: {day}. Please check.",
    "staff_line": "The line {line} has stopped. Please look at it.",
    "staff_digits": "Answer 1 to take it, 2 if you cannot (no. {mark}).",
    "staff_taken": "Yours: code {code}. Open the console or press the link.",
    "staff_cannot": "Noted. The request stays in the list.",
    "staff_which": "Which one? Answer {choices}.",
    "staff_gone": "It is not free any more. Nothing is changed.",
    "staff_full": "You have as many in hand as was agreed. Nothing is changed.",
    "staff_answered": "This was answered before. Nothing is changed.",
    "staff_late": "This alert is too old. Please look at the list.",
    "opener": "Hello, does this number end in {code}?",
    "opener_wrong": "Sorry, wrong number.",
}
"""Neutral English fallbacks, used if no live menu has the message, for example after an update."""


def fill_message(
    parts: Services, name: str, languages: tuple[str, ...], *, channel: str = "", **values: str
) -> str:
    """Return a message of the channel's live menu with its placeholders filled.

    Args:
        parts: the services of this process.
        name: key of the message.
        languages: BCP 47 tags, preferred first.
        channel: name of the channel; empty for the first one.
        values: values of the placeholders, by name.
    """
    menu = _menu_for(parts, name, channel)
    text = menu.messages.get(name, {}) if menu else {}
    wanted = (
        text.get(tag) or (menu.text(text, tag) if menu else "") for tag in (*languages, _FALLBACK) if tag
    )
    return fill_template(next((words for words in wanted if words), LAST[name]), values)


def _menu_for(parts: Services, name: str, channel: str) -> Menu | None:
    """Return the live menu; for a message to callers on a real channel only a reviewed text counts."""
    line = parts.channels.get(channel)
    if line is None or not line.contract.real or not name.startswith("ours_"):
        return find_menu(parts, channel)
    try:
        return parts.versions.live_reviewed(line.config.menu)[1]
    except LookupError:
        return None


def fill_opener(parts: Services, language: str, code: str) -> list[tuple[str, str, str]]:
    """Return the opening sentences of a call in the caller's language, if the menu has it, and in English.

    Each is a triple: language tag, sentence for the caller, sentence for anyone else.
    """
    menu = find_menu(parts)
    has = menu.messages.get("opener", {}) if menu else {}
    own = next((tag for tag in (language, language.partition("-")[0]) if has.get(tag)), "")
    return [
        (
            tag,
            fill_message(parts, "opener", (tag,), code=code),
            fill_message(parts, "opener_wrong", (tag,)),
        )
        for tag in dict.fromkeys((own, _FALLBACK))
        if tag
    ]


# Texts that the centre starts: neutral, only to callers who said that texts are safe, and only inside their windows.

LASTS = timedelta(days=14)


def may_be_sent(callback: Callback, now: datetime) -> bool:
    """Return whether a text that the centre starts may be sent to this caller."""
    if callback.caller_id is None or callback.contact is None or callers.is_sample(callback):
        return False
    return callback.contact.may_text(now)


def add_text(
    parts: Services,
    tx: Tx,
    callback: Callback,
    key: str,
    *,
    channel: str,
    once: str,
    now: datetime,
    **values: str,
) -> str | None:
    """Add such a text to the outbox if it may be sent; the check is repeated at sending, which waits for the window."""
    if not may_be_sent(callback, now):
        return None
    tongues = (callback.script or callback.language, callback.language)
    text = fill_message(parts, f"ours_{key}", tongues, channel=channel, **values)
    return outbox.add_row(
        tx,
        kind="ours",
        channel=channel,
        lane=f"{channel}:{callback.caller_id}",
        due_at=now,
        expires_at=now + LASTS,
        once=once,
        now=now,
        payload={"text": text, "link": ""},
        caller_id=callback.caller_id,
        callback_id=callback.id,
    )
