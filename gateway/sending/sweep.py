"""Finds what no nudge reached: leases that are over, rows that came too late, rows that are due and wait for nobody."""

import logging
from datetime import timedelta

from gateway.parts import Parts
from gateway.sending import asking, guard
from gateway.sending.send import drain
from gateway.store import claims, deliveries, outbox
from gateway.store.outbox import OutboxRow

_log = logging.getLogger(__name__)

GRACE = timedelta(seconds=2)  # the nudge that follows a commit has this long
AGAIN = timedelta(seconds=30)
PARKED = timedelta(days=3)
NUDGES = 20  # each of them drains all that is due, so a few are enough for any backlog
OWN_SECONDS = 8.0


def sweep(parts: Parts) -> None:
    """Do one round.

    Raises:
        Unavailable: SQL cannot be asked.
    """
    now = parts.clock.now()
    repeatable = [name for name, channel in parts.channels.items() if channel.contract.takes_our_id]
    askable = [name for name, channel in parts.channels.items() if channel.contract.can_ask]
    with parts.store.write() as tx:
        trusted = guard.is_trusted(parts, tx, now)
        ended = claims.end_leases(tx, now=now, repeatable=repeatable) if trusted else ()
        expired = outbox.expire(tx, now=now, askable=askable) if trusted else 0
        if trusted:
            deliveries.drop(tx, before=now - PARKED)
    _tell(parts, ended, expired)
    if trusted:
        asking.ask(parts)
    if _nudge(parts):
        drain(parts, seconds=OWN_SECONDS)


def _nudge(parts: Parts) -> bool:
    """Nudge what waits; return whether this process should send by itself: nudges fail, or nobody follows them."""
    now = parts.clock.now()
    with parts.store.write() as tx:
        waiting = outbox.overdue(tx, due_before=now - GRACE, nudged_before=now - AGAIN, limit=NUDGES)
        if waiting:
            outbox.mark_nudged(tx, [row_id for row_id, _ in waiting], now=now)
    followed = not any(nudged_before for _, nudged_before in waiting)
    # The first that does not get through says that Redis is away; the others would only wait for it too.
    got_through = all(parts.nudge(row_id) for row_id, _ in waiting)
    return bool(waiting) and not (followed and got_through)


def _tell(parts: Parts, ended: tuple[OutboxRow, ...], expired: int) -> None:
    for row in ended:
        _log.warning("outbox row %s: its lease is over, it is %s now", row.id, row.state)
        parts.count.add("outbox", row.state if row.state == "unclear" else "retried", channel=row.channel)
    if expired:
        parts.count.add("outbox", "expired", n=expired)
