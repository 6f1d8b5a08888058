"""Which window a request is planned for, seen together with the calls that her number has had."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.callbacks.spacing import rested
from gateway.callbacks.windows import ALWAYS, Hours, Window, natural_start, next_window
from gateway.duty import find_hours
from gateway.safe_contact import When, read_rule

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gateway.callbacks.spacing import Past
    from gateway.engine.menu import Menu
    from gateway.parts import Parts
    from gateway.store.callbacks import Callback
    from gateway.store.engines import Tx

_AT_MOST = 8


def hours_of(parts: Parts, tx: Tx, now: datetime, team: str = "main") -> Hours:
    """Return when somebody of this team is on duty: by shifts and holidays, or else by the opening hours."""
    return find_hours(tx, parts.line.hours, parts.line.zone, now, team)


def asked_when(word: str, hours: str) -> When:
    """Return the window that a turn asked for: with the hours that she read, where its menu said them."""
    return When(word, *read_rule(hours)) if hours else When(word)


def windows_of(parts: Parts, channel: str = "") -> tuple[When, ...]:
    """Return the windows that the live menu of a line offers; those of a request on record travel with it."""
    menu = menu_of(parts, channel)
    return tuple(menu.windows.values()) if menu else ()


def menu_of(parts: Parts, channel: str = "") -> Menu | None:
    """Return the live menu of a line, or of the first line; None while none is live."""
    line = parts.channels.get(channel) or next(iter(parts.channels.values()), None)
    names = [line.config.menu] if line else sorted(parts.versions.loaded())
    try:
        return parts.versions.live(names[0])[1] if names else None
    except LookupError:
        return None


def plan(
    parts: Parts, when: When, past: Sequence[Past], now: datetime, *, hours: Hours | None = None
) -> Window | None:
    """Return the next window in which her number may ring; one that had its attempt is passed over.

    Without ``hours`` the opening hours of the settings count.
    """
    on_duty = parts.line.hours if hours is None else hours
    used = {one.window_from for one in past}
    not_before = rested(past)
    for _ in range(_AT_MOST):
        window = next_window(when, on_duty, parts.line.zone, now, not_before=not_before)
        if window is None or natural_start(when, parts.line.zone, window[0]) not in used:
            return window
        not_before = window[1]
    return None


def plan_on(
    parts: Parts, callback: Callback, past: Sequence[Past], now: datetime, *, hours: Hours | None = None
) -> Window | None:
    """Return the window that follows one that passed; where opening hours cover none, the bare one.

    Nothing open is without a next step, even while the settings say that nobody is ever on duty.
    """
    when = When(callback.window)
    return plan(parts, when, past, now, hours=hours) or next_window(when, ALWAYS, parts.line.zone, now)


def window_from(parts: Parts, callback: Callback) -> datetime:
    """Return the instant that all attempts of one window share; *now* begins with her own asking.

    An erased request has no window any more; nobody can be called for it, so her asking will do.
    """
    if callback.due_at is None or callback.window in ("", When.NOW):
        return callback.last_asked_at
    return natural_start(When(callback.window), parts.line.zone, callback.due_at) or callback.due_at
