"""What follows a fault of our own: the row is tried again a few times and then left, so that its lane is free."""

import logging
from datetime import timedelta

from gateway.ids import jitter
from gateway.outbox import retry
from gateway.outbox.states import Event
from gateway.parts import Parts
from gateway.store import claims
from gateway.store.outbox import OutboxRow

_log = logging.getLogger(__name__)


def jittered(attempts: int) -> timedelta:
    """Return the delay before the next try, with jitter."""
    return timedelta(seconds=jitter(retry.delay(attempts).total_seconds()))


def note(parts: Parts, row: OutboxRow, error: Exception) -> None:
    """Write the fault on a row whose claim was rolled back; the claimed row that was read has counted this try."""
    now = parts.clock.now()
    then = retry.after_fault(
        attempts=row.attempts, now=now, wait=jittered(row.attempts), expires_at=row.expires_at
    )
    failed = then.event is Event.FAIL
    # The class alone: the words of an exception may hold what the row holds.
    _log.error("outbox row %s (%s): %s in try %d", row.id, row.kind, type(error).__name__, row.attempts)
    with parts.store.write() as tx:
        claims.note_fault(
            tx,
            row.id,
            state="failed" if failed else "pending",
            attempts=row.attempts,
            due_at=then.due_at,
            now=now,
        )
    if failed:
        parts.count.add("outbox", "failed", channel=row.channel)
        parts.count.add("alarm", "fault", channel=row.channel)
