"""Join the parts of a long text that a provider delivers one by one, in whatever order and however often.

Each part is a row before its delivery is acknowledged. The text is answered when its last part has come, or, with what
came, when the others are not to be expected any more: a cry for help must not wait for a part that the network lost.
"""

from datetime import datetime, timedelta

from gateway.domain.events import Inbound, Kind
from gateway.foundation.services import Services
from gateway.storage import callers, conversations
from gateway.storage.conversations import ReceivedText
from gateway.storage.database import Tx

LATE_AFTER = timedelta(minutes=10)

MISSING = " … "
"""Stands for a part that did not come."""


def join_part(parts: Services, tx: Tx, inbound: Inbound, *, now: datetime) -> tuple[Inbound, ...]:
    """Store one part, and return the texts that are whole by now.

    A part that is there already under another id belongs to a later text, since references come again: what came of the
    earlier one is returned as it is.
    """
    part = inbound.part
    assert part is not None  # noqa: S101 - the caller asks only for parts
    caller = callers.upsert_caller(tx, inbound.number, now=now, trial=parts.is_trial(inbound.channel))
    whole = parts.store.ring.lookup(
        "turn", "part", inbound.channel, inbound.number, part.reference, str(part.total)
    )
    found: list[Inbound] = []
    if conversations.has_part(tx, whole, part.number):
        found += _take(tx, whole)
    conversations.add_part(tx, whole, inbound, caller_id=caller.id, now=now)
    if conversations.count_parts(tx, whole) == part.total:
        found += _take(tx, whole)
    return tuple(found)


def join_late_parts(parts: Services, tx: Tx, *, now: datetime) -> tuple[Inbound, ...]:
    """Return the texts of which nothing more has come for LATE_AFTER, and forget their parts."""
    found = [
        text for whole in conversations.list_late(tx, before=now - LATE_AFTER) for text in _take(tx, whole)
    ]
    for text in found:
        parts.count.add("late_parts", channel=text.channel)
    return tuple(found)


def _take(tx: Tx, whole: bytes) -> tuple[Inbound, ...]:
    text = conversations.take_parts(tx, whole)
    return (_join(text),) if text is not None else ()


def _join(text: ReceivedText) -> Inbound:
    words: list[str] = []
    for number in range(1, text.total + 1):
        if number in text.parts:
            words.append(text.parts[number])
        elif not words or words[-1] != MISSING:
            words.append(MISSING)
    return Inbound(
        channel=text.channel,
        kind=Kind.SMS,
        number=text.number,
        text="".join(words).strip(),
        turn=text.turn,
        service=text.service,
        link=text.link,
    )
