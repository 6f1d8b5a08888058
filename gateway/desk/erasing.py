"""Erases a number: her requests leave the line, everything of hers is emptied, the counts stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.engine.effects import Erased
from gateway.numbers import to_e164
from gateway.store import audit, callbacks, callers, notes, outbox, records, threads, turns

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.engine.effects import Receipt
    from gateway.parts import Parts
    from gateway.store.callers import Caller
    from gateway.store.engines import Tx


def erase(parts: Parts, tx: Tx, *, caller: Caller, now: datetime) -> Receipt:
    """Erase everything about this caller in the transaction of her turn; the caller's row goes last."""
    callbacks.empty(tx, caller.id, now=now)
    notes.empty(tx, caller.id)
    records.empty(tx, caller.id)
    outbox.cancel_of_caller(tx, caller.id, reason="erased", now=now)
    outbox.empty_of_caller(tx, caller.id)
    threads.forget_texts(tx, caller.id)
    threads.drop(tx, caller.id)
    turns.forget(tx, caller.id)
    callers.drop(tx, caller.id)
    audit.add(tx, now=now, person_id=None, act="erased", kind="caller", subject=caller.id)
    parts.count.add("erased")
    return Erased()


def forget(parts: Parts, number: str) -> bool:
    """Erase a number on the word of whoever runs the server; False where it is no number, or not known."""
    e164 = to_e164(number, parts.line.regions)
    now = parts.clock.now()

    def work(tx: Tx) -> bool:
        caller = callers.find(tx, e164) if e164 else None
        if caller is None:
            return False
        erase(parts, tx, caller=caller, now=now)
        return True

    done = parts.store.run(work)
    if done and e164:
        asking = parts.sessions.ask()
        for channel in parts.channels:
            asking.drop(channel, e164)
    return done
