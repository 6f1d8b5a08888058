"""Which window a request is planned for, seen together with the calls that her number has had."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.domain.callbacks.attempt_spacing import find_rest_end
from gateway.domain.callbacks.windows import ALWAYS, Hours, Window, natural_start, next_window
from gateway.domain.contact_safety import When, read_rule
from gateway.storage.duty import find_hours

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gateway.domain.callbacks.attempt_spacing import Past
    from gateway.foundation.services import Services
    from gateway.menus.engine.model import Menu
    from gateway.storage.callbacks import Callback
    from gateway.storage.database import Tx

_AT_MOST = 8


def hours_of(parts: Services, tx: Tx, now: datetime, team: str = "main") -> Hours:
    """Return when somebody of this team is on duty: by shifts and holidays, or else by the opening hours."""
    return find_hours(tx, parts.line.hours, parts.line.zone, now, team)


def resolve_window(word: str, hours: str) -> When:
    """Return the window that a turn asked for: with the hours that she read, where its menu said them."""
    return When(word, *read_rule(hours)) if hours else When(word)


def windows_of(parts: Services, channel: str = "") -> tuple[When, ...]:
    """Return the windows that the live menu of a line offers; those of a request on record travel with it."""
    menu = menu_of(parts, channel)
    return tuple(menu.windows.values()) if menu else ()


def menu_of(parts: Services, channel: str = "") -> Menu | None:
    """Return the live menu of a line, or of the first line; None while none is live."""
    line = parts.channels.get(channel) or next(iter(parts.channels.values()), None)
    names = [line.config.menu] if line else sorted(parts.versions.loaded())
    try:
        return parts.versions.live(names[0])[1] if names else None
    except LookupError:
        return None


def plan(
    parts: Services, when: When, past: Sequence[Past], now: datetime, *, hours: Hours | None = None
) -> Window | None:
    """Return the next window in which her number may ring; one that had its attempt is passed over.

    Without ``hours`` the opening hours of the settings count.
    """
    on_duty = parts.line.hours if hours is None else hours
    used = {one.window_from for one in past}
    not_before = find_rest_end(past)
    for _ in range(_AT_MOST):
        window = next_window(when, on_duty, parts.line.zone, now, not_before=not_before)
        if window is None or natural_start(when, parts.line.zone, window[0]) not in used:
            return window
        not_before = window[1]
    return None


def plan_on(
    parts: Services, callback: Callback, past: Sequence[Past], now: datetime, *, hours: Hours | None = None
) -> Window | None:
    """Return the window that follows one that passed; where opening hours cover none, the bare one.

    Nothing open is without a next step, even while the settings say that nobody is ever on duty.
    """
    when = When(callback.window)
    return plan(parts, when, past, now, hours=hours) or next_window(when, ALWAYS, parts.line.zone, now)


def window_from(parts: Services, callback: Callback) -> datetime:
    """Return the instant that all attempts of one window share; *now* begins with her own asking.

    An erased request has no window any more; nobody can be called for it, so her asking will do.
    """
    if callback.due_at is None or callback.window in ("", When.NOW):
        return callback.last_asked_at
    return natural_start(When(callback.window), parts.line.zone, callback.due_at) or callback.due_at
