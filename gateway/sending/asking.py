"""Asks a line what became of the texts that stay unclear, where it knows them by our id; so no person has to."""

from datetime import timedelta

from gateway.channel import Asked, Outcome
from gateway.parts import Parts
from gateway.store import life, outbox

AT_ONCE = 10
"""Questions in one round: a phone is slow, and the round has more to do."""

REST = timedelta(seconds=30)
"""A text that is unclear so lately may still be on its way there."""


def ask(parts: Parts) -> int:
    """Ask about the oldest unclear rows of the lines that can be asked; return how many are clear now.

    Raises:
        Unavailable: SQL cannot be asked.
    """
    now = parts.clock.now()
    with parts.store.read() as tx:
        down = life.silent(tx, parts.channels, now)
        lines = [name for name, each in parts.channels.items() if each.contract.can_ask and name not in down]
        rows = outbox.unclear_of(tx, lines, before=now - REST, limit=AT_ONCE) if lines else ()
    return sum(_ask(parts, row.id, row.channel) for row in rows)


def _ask(parts: Parts, row_id: str, name: str) -> bool:
    channel = parts.channels[name]
    now = parts.clock.now()
    told = channel.ask(row_id, now=now) if isinstance(channel, Asked) else None
    if told is None:
        return False
    state = "sent" if told.outcome is Outcome.SENT else "failed"
    with parts.store.write() as tx:
        clear = outbox.settle(tx, row_id, state=state, reason=told.reason or "asked", now=now)
    if clear:
        parts.count.add("outbox", f"settled.{state}", channel=name)
    return clear
