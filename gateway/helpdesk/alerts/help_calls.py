"""Calls for help with one request: the row that tells people, and when they are told again."""

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
    """Have people told that a request waits for them, and plan when they are told again.

    Args:
        tx: the transaction of the change that made it necessary.
        callback: the request as it stood before.
        round_: what sets this call for help apart from earlier ones: two with one word are one.
        now: the instant.

    Returns:
        The outbox row to nudge; None where this call for help is on its way already.
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
