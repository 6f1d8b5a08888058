"""Tells those who keep the line that a channel has stopped, by another road than that channel.

A channel that pauses itself is tried again within minutes, so a pause is told when it lasts; silence lasted already.
What was told is a setting, so that one stop is told once, whichever process looks.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from gateway.delivery import channel_status, clock_guard
from gateway.helpdesk.alerts import alerts, push_alerts
from gateway.helpdesk.alerts.announce import list_keepers
from gateway.storage import outbox, rate_limits, settings

if TYPE_CHECKING:
    from gateway.foundation.services import Services
    from gateway.storage.database import Tx

STOPPED = "stopped-lines"
"""Name of the setting: channel → since when it has stopped, when it was last seen so, and whether that was told."""

LASTS = timedelta(minutes=5)
QUIET = timedelta(minutes=4)
"""Without a problem for so long a channel works again: between two pauses it looks well for a moment."""

SILENT, PAUSED = frozenset({"silent"}), frozenset({"paused"})


def tell_stopped_lines(parts: Services) -> int:
    """Add a text and a push message about each real channel that has newly stopped; return the number of texts.

    Raises:
        Unavailable: the database cannot be reached.
    """
    if not parts.reaches_real_phones:
        return 0

    def work(tx: Tx) -> list[str]:
        now = parts.clock.now()
        if not clock_guard.is_trusted(parts, tx, now):
            return []
        known = settings.get_setting(tx, STOPPED, {})
        stopped = _note_stopped(parts, tx, known, now)
        added = [
            row
            for name, stop in stopped.items()
            if _is_to_tell(stop, now)
            for row in _tell_keepers(parts, tx, name, stop, now)
        ]
        if stopped != known:
            settings.save_setting(tx, STOPPED, stopped, by="clock", now=now)
        return added

    rows = parts.store.run(work)
    for row in rows:
        parts.nudge(row)
    return len(rows)


def find_stopped_lines(tx: Tx, now: datetime) -> frozenset[str]:
    """Return the channels that have stopped for so long that others stand in, as ``tell_stopped_lines`` saw."""
    return frozenset(
        name
        for name, stop in settings.get_setting(tx, STOPPED, {}).items()
        if _has_lasted(stop, now) and now - datetime.fromisoformat(stop["seen"]) < QUIET
    )


def _has_lasted(stop: dict[str, Any], now: datetime) -> bool:
    return bool(stop["silent"]) or now - datetime.fromisoformat(stop["since"]) >= LASTS


def _is_to_tell(stop: dict[str, Any], now: datetime) -> bool:
    """Say whether a channel that is stopped right now has been so for long enough, and nobody knows."""
    return _has_lasted(stop, now) and not stop["told"] and stop["seen"] == now.isoformat()


def _note_stopped(parts: Services, tx: Tx, known: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Return what is known of stopped channels, with what is seen now."""
    found: dict[str, Any] = {}
    for status in channel_status.compose_statuses(parts, rate_limits.read_channels(tx, parts.channels)):
        before = known.get(status.name)
        if status.channel.contract.real and status.sort in SILENT | PAUSED:
            fresh = {"since": now.isoformat(), "told": False}
            seen = {"seen": now.isoformat(), "silent": status.sort in SILENT}
            found[status.name] = fresh | (before or {}) | seen
        elif before and now - datetime.fromisoformat(before["seen"]) < QUIET:
            found[status.name] = before
    return found


def _tell_keepers(parts: Services, tx: Tx, name: str, stop: dict[str, Any], now: datetime) -> list[str]:
    """Tell each of them, and mark the stop as told; without anybody to tell it stays open."""
    added: list[str] = []
    for person in list_keepers(tx):
        once = f"line:{name}:{stop['since'][:19]}:{person.id}"
        if outbox.is_added(tx, once):
            continue
        push_alerts.add_pushes(parts, tx, person, once, urgent=True)
        road = alerts.choose_channel(parts, tx, "", person.number or "")
        text = alerts.fill_text(parts, "line", person, line=name)
        row = alerts.add_alert(tx, person, text, road, now, once=once)
        added += [row] if row is not None else []
    if added:
        stop["told"] = True
    return added
