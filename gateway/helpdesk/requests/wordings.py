"""Looks up messages to callers and staff in the live menu, in the reader's language, and adds outgoing texts."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from gateway.helpdesk.requests.planning import find_menu
from gateway.menus.engine.wording import fill_template
from gateway.storage import outbox

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from gateway.foundation.services import Services
    from gateway.menus.engine.model import Menu
    from gateway.storage.callbacks import Callback
    from gateway.storage.database import Tx

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
    return callback.caller_id is not None and callback.contact is not None and callback.contact.may_text(now)


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
