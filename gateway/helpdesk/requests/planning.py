"""Plans the window of a request, given staffing and the earlier calls to its number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.domain.callbacks.outcomes import find_rest_end
from gateway.domain.callbacks.windows import ALWAYS, Hours, Window, find_natural_start, find_next_window
from gateway.domain.contact_safety import When, read_rule
from gateway.storage.duty import find_hours

if TYPE_CHECKING:
    from collections.abc import Sequence
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
