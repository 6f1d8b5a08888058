"""Escalates one request: adds the outbox row that alerts more staff, and plans the next escalation."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from gateway.domain.callbacks import queue_rules
from gateway.domain.callbacks.queue_rules import DANGER
from gateway.storage import callbacks, outbox

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.storage.callbacks import Callback
    from gateway.storage.database import Tx

_LASTS = timedelta(days=14)


def call_for_help(tx: Tx, callback: Callback, round_: str, *, now: datetime) -> str | None:
    """Add an escalation for a waiting request, and plan the next one.

    Args:
        tx: the transaction of the change that made it necessary.
        callback: the request before that change.
        round_: part of the idempotency key: two escalations of a request with the same round are one.
        now: the current instant.

    Returns:
        The outbox row to nudge; None if this escalation was added before.
    """
    again = queue_rules.plan_next_alert(danger=callback.priority == DANGER, now=now)
    callbacks.change_callback(tx, callback.id, now=now, escalate_at=again, told=callback.told + 1)
    return outbox.add_row(
        tx,
        kind="escalate",
        channel=callback.channel,
        lane=f"callback:{callback.id}",
        due_at=now,
        expires_at=now + _LASTS,
        once=f"escalate:{callback.id}:{round_}",
        now=now,
        priority=0,
        callback_id=callback.id,
    )
