"""Choose the line by which a text that the centre starts reaches a caller, and move those whose line has stopped.

What answers her always leaves by the line that she wrote to. What we start leaves by the line whose ``caller_prefixes``
fit her number best, else by the line of her request; while that one has stopped, by the lines of its
``caller_fallback`` in turn. A text that was tried once stays where it is: it may have gone, and by another line she
would have it twice.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from gateway.domain.outbox.send_policy import RouteWay, order_routes
from gateway.helpdesk.alerts.line_alerts import find_stopped_lines
from gateway.storage import callers, outbox_claims

if TYPE_CHECKING:
    from collections.abc import Collection

    from gateway.foundation.services import Services
    from gateway.storage.database import Tx

_AT_ONCE = 100
"""Rows moved in one round; the next one is a minute later."""


def choose_line(parts: Services, tx: Tx, caller_id: str | None, line: str, now: datetime) -> str:
    """Return the line for a text that we start to a caller whose request came by ``line``.

    Her own line where none is open, so that its alarm tells somebody; always for a phone of a simulator.
    """
    caller = callers.by_id(tx, caller_id) if caller_id else None
    if caller is None or caller.number is None:
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
