"""Parts the callers of trial phones from real ones in a ledger of the first release, where both were one row."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Table, delete, select, update

from gateway.callbacks.model import OPEN, State
from gateway.ids import random_bytes
from gateway.store.callers import TRIAL, hash_number
from gateway.store.engines import Tx
from gateway.store.tables import attempts, callbacks, callers, outbox, texts, threads

_ONE_GO = 200
_BY_LINE: tuple[Table, ...] = (callbacks, texts, threads, outbox)
"""What names both a caller and the line by which it came."""


def part_trials(tx: Tx, *, trial_lines: Collection[str], now: datetime) -> int:
    """Part some callers who were first seen on a trial phone; return how many, zero once all are.

    Where nothing of a row ever passed a line that reaches real phones it becomes a trial's. Else it is a real number:
    it keeps its requests, its STOP and its texts, and loses what a stranger may have said in its name (the consent
    and the safety answers that rings rely on, the language) as well as the requests that trials made.
    """
    query = select(callers).where(callers.c.trial, ~callers.c.lookup_key.endswith(TRIAL)).limit(_ONE_GO)
    rows = tx.execute(query.with_for_update()).all()
    for row in rows:
        if any(_is_named_by_a_real_line(tx, table, row.id, trial_lines) for table in _BY_LINE):
            _make_real(tx, row, trial_lines, now)
        else:
            _make_trial(tx, row)
    return len(rows)


def _is_named_by_a_real_line(tx: Tx, table: Table, caller_id: str, trial_lines: Collection[str]) -> bool:
    real = table.c.caller_id == caller_id, table.c.channel.not_in(trial_lines)
    return tx.execute(select(table.c.channel).where(*real).limit(1)).first() is not None


def _make_trial(tx: Tx, row: Row[Any]) -> None:
    """Look this row up as a trial's; where a trial has dialled since, the older one loses its number instead."""
    number = tx.ring.open_text(row.number, table="callers", column="number", row=row.id)
    lookup = hash_number(tx, number, trial=True) if number else None
    taken = tx.execute(select(callers.c.id).where(callers.c.lookup == lookup)).first() if lookup else None
    values: dict[str, Any] = {"lookup_key": row.lookup_key + TRIAL, "lookup": lookup}
    if lookup is None or taken is not None:
        values |= {"lookup": random_bytes(32), "number": None}
    tx.execute(update(callers).where(callers.c.id == row.id).values(**values))


def _make_real(tx: Tx, row: Row[Any], trial_lines: Collection[str], now: datetime) -> None:
    of_trials = callbacks.c.caller_id == row.id, callbacks.c.channel.in_(trial_lines)
    tried = select(callbacks.c.id).where(*of_trials)
    tx.execute(update(attempts).where(attempts.c.callback_id.in_(tried)).values(caller_id=None))
    ended = {"state": State.CANCELLED, "reason": "trial", "closed_at": now, "changed_at": now}
    tx.execute(update(callbacks).where(*of_trials, callbacks.c.state.in_(OPEN)).values(**ended))
    for table in (callbacks, texts, outbox):
        theirs = table.c.caller_id == row.id, table.c.channel.in_(trial_lines)
        tx.execute(update(table).where(*theirs).values(caller_id=None))
    tx.execute(delete(threads).where(threads.c.caller_id == row.id, threads.c.channel.in_(trial_lines)))
    unsaid = {"contact": None, "consent_at": None, "consent_version": "", "language": "", "script": ""}
    tx.execute(update(callers).where(callers.c.id == row.id).values(trial=False, zone="", **unsaid))
