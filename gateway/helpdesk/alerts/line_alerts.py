"""Looks after channels that have stopped: tells those who keep them, and moves waiting texts to another line.

They are told by another road than that channel. A channel that pauses itself is tried again within minutes, so a pause
is told when it lasts; silence lasted already. What was told is a setting, so that one stop is told once.

What answers a caller always leaves by the line that she wrote to. What we start leaves by the line whose
``caller_prefixes`` fit her number best, else by the line of her request; while that one has stopped, by the lines of
its ``caller_fallback`` in turn. A text that was tried once stays where it is: it may have gone, and by another line
she would have it twice.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from gateway.delivery import channel_status, clock_guard
from gateway.domain.outbox.send_policy import RouteWay, order_routes
from gateway.helpdesk.alerts import alerts, push_alerts
from gateway.helpdesk.alerts.announce import list_keepers
from gateway.storage import callers, counts, outbox, outbox_claims, settings

if TYPE_CHECKING:
    from collections.abc import Collection

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
    for status in channel_status.compose_statuses(parts, counts.read_channels(tx, parts.channels)):
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


_AT_ONCE = 100
"""Rows moved in one round; the next one is a minute later."""


def choose_line(parts: Services, tx: Tx, caller_id: str | None, line: str, now: datetime) -> str:
    """Return the line for a text that we start to a caller whose request came by ``line``.

    Her own line where none is open, so that its alarm tells somebody; always for a phone of a simulator.
    """
    caller = callers.by_id(tx, caller_id) if caller_id else None
    if caller is None or caller.number is None or (caller.trial and parts.is_trial(line)):
        return line
    return _find_open(parts, caller.number, line, find_stopped_lines(tx, now))


def _find_open(parts: Services, number: str, line: str, stopped: Collection[str]) -> str:
    if line in parts.channels and not parts.channels[line].contract.real:
        return line
    fit = [
        name
        for name in _order_lines(parts, number, line)
        if name in parts.channels
        and parts.channels[name].contract.real
        and parts.channels[name].contract.carries_texts
    ]
    return next((name for name in fit if name not in stopped), fit[0] if fit else line)


def _order_lines(parts: Services, number: str, line: str) -> tuple[str, ...]:
    ways = {
        name: RouteWay(prefixes=each.config.caller_prefixes, fallback=each.config.caller_fallback)
        for name, each in parts.channels.items()
    }
    return order_routes(number, ways, otherwise=line)


def move_waiting_texts(parts: Services) -> int:
    """Move texts that we start, and that were never tried, from lines that have stopped; return their number.

    Raises:
        Unavailable: the database cannot be reached.
    """
    now = parts.clock.now()
    with parts.store.read() as tx:
        stopped = find_stopped_lines(tx, now)
    if not stopped:
        return 0

    def work(tx: Tx) -> list[str]:
        moved = []
        for row in outbox_claims.list_untried(tx, stopped, due_by=now, limit=_AT_ONCE):
            target = choose_line(parts, tx, row.caller_id, row.channel, now)
            if target not in stopped and outbox_claims.move_row(
                tx, row.id, channel=target, lane=f"{target}:{row.caller_id}", now=now
            ):
                moved.append(row.id)
        return moved

    rows = parts.store.run(work)
    for row_id in rows:
        parts.nudge(row_id)
    return len(rows)
