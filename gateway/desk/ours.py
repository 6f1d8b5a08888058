"""The few texts that we start to a caller: neutral, only where she said texts are safe, only inside her windows."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from gateway.store import outbox

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from gateway.store.callbacks import Callback
    from gateway.store.engines import Tx

LASTS = timedelta(days=14)

_FALLBACK = "en"
# Drafts for a native reader. No topic, no organisation, no name: the text stays on her phone.
TEXTS: Mapping[str, Mapping[str, str]] = {
    "missed": {
        "en": "Hello, we called. You can dial again any time. STOP to end.",
        "lo": "ສະບາຍດີ, ພວກເຮົາໂທຫາ. ໂທມາໃໝ່ໄດ້ຕະຫຼອດ. ສົ່ງ STOP ເພື່ອຢຸດ",
        "lo-Latn": "Sabaidee, phuak hao tho ha. Tho ma mai dai talot. STOP pheua yut.",
        "th": "สวัสดี เราโทรหา โทรมาใหม่ได้ทุกเมื่อ ส่ง STOP เพื่อหยุด",
    },
    "number": {
        "en": "Hello, the number: {number}",
        "lo": "ສະບາຍດີ, ເບີ: {number}",
        "lo-Latn": "Sabaidee, ber: {number}",
        "th": "สวัสดี เบอร์: {number}",
    },
}


def may_be_sent(callback: Callback, now: datetime) -> bool:
    """Say whether a text that we start may go to her at all."""
    return callback.caller_id is not None and callback.contact is not None and callback.contact.may_text(now)


def add(
    tx: Tx, callback: Callback, key: str, *, channel: str, once: str, now: datetime, **values: str
) -> str | None:
    """Add such a text to the outbox where it may be sent; the send asks once more, and waits for her window."""
    if not may_be_sent(callback, now):
        return None
    texts = TEXTS[key]
    script = callback.script or callback.language
    text = texts.get(script) or texts.get(callback.language) or texts[_FALLBACK]
    return outbox.add(
        tx,
        kind="ours",
        channel=channel,
        lane=f"{channel}:{callback.caller_id}",
        due_at=now,
        expires_at=now + LASTS,
        once=once,
        now=now,
        payload={"text": text.format(**values), "link": ""},
        caller_id=callback.caller_id,
        callback_id=callback.id,
    )
