"""The few texts that we start to a caller: neutral, only where she said texts are safe, only inside her windows."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from gateway.desk.wordings import word_message
from gateway.store import outbox

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.parts import Parts
    from gateway.store.callbacks import Callback
    from gateway.store.engines import Tx

LASTS = timedelta(days=14)


def may_be_sent(callback: Callback, now: datetime) -> bool:
    """Say whether a text that we start may go to her at all."""
    return callback.caller_id is not None and callback.contact is not None and callback.contact.may_text(now)


def add(
    parts: Parts,
    tx: Tx,
    callback: Callback,
    key: str,
    *,
    channel: str,
    once: str,
    now: datetime,
    **values: str,
) -> str | None:
    """Add such a text to the outbox where it may be sent; the send asks once more, and waits for her window."""
    if not may_be_sent(callback, now):
        return None
    tongues = (callback.script or callback.language, callback.language)
    text = word_message(parts, f"ours_{key}", tongues, channel=channel, **values)
    return outbox.add(
        tx,
        kind="ours",
        channel=channel,
        lane=f"{channel}:{callback.caller_id}",
        due_at=now,
        expires_at=now + LASTS,
        once=once,
        now=now,
        payload={"text": text, "link": ""},
        caller_id=callback.caller_id,
        callback_id=callback.id,
    )
