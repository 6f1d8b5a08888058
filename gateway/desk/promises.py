"""Keeps what was told while the ledger was away: placed as it was told, or shown to a person who decides."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gateway.callbacks.model import Event, State
from gateway.desk.helping import call_for_help
from gateway.ids import new_id
from gateway.store import audit, callbacks

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.callbacks.windows import Window
    from gateway.store.callbacks import Callback
    from gateway.store.callers import Caller
    from gateway.store.engines import Tx

TOLD_AWAY = "told_away"
"""The reason of what stands in review because it was told while the ledger was away and cannot be placed so."""


def place_as_told(told: Window, planned: Window | None) -> Window | None:
    """Return the part of the told window in which the ledger allows the call too; None where there is none left.

    Args:
        told: the window that she read.
        planned: what the ledger plans by shifts, holidays and earlier attempts; None where it plans nothing.

    A window that is over by the time SQL is back was told all the same: the clock plans the next one, as it does for
    every request that nobody called in its window, and a *now* that she was told dies by itself dies.
    """
    if planned is None:
        return None
    start, end = max(told[0], planned[0]), min(told[1], planned[1])
    return (start, end) if start < end else None


def put_before_a_person(tx: Tx, callback_id: str, *, now: datetime) -> None:
    """Move a request that waits into review, and have somebody told; one in somebody's hands stays there."""
    callbacks.step(tx, callback_id, Event.UNPLACED, now=now, reason=TOLD_AWAY)
    found = callbacks.by_id(tx, callback_id)
    if found is not None and found.state is State.REVIEW:
        call_for_decision(tx, found, now=now)


def reopen(tx: Tx, caller: Caller, callback_id: str, *, now: datetime) -> Callback | None:
    """Open a closed request anew, in review: she was told a new time while nobody could see that it was closed.

    None where there is nothing of hers to be opened: it was erased.
    """
    closed = callbacks.by_id(tx, callback_id)
    if closed is None or closed.caller_id != caller.id or closed.contact is None:
        return None
    slots = {one.slot for one in callbacks.open_of(tx, caller.id)}
    made = replace(
        closed,
        id=new_id(now),
        slot=min(set(range(len(slots) + 1)) - slots),
        state=State.REVIEW,
        reason=TOLD_AWAY,
        holder_id=None,
        held_until=None,
        closed_at=None,
        attempts=0,
        told=0,
        follows=closed.id,
        changed_at=now,
    )
    return made if callbacks.insert(tx, made) else None


def call_for_decision(tx: Tx, callback: Callback, *, now: datetime) -> str | None:
    """Have somebody told at once that this request needs a decision; return the outbox row to nudge."""
    audit.add(tx, now=now, person_id=None, act="told while away", kind="callback", subject=callback.id)
    return call_for_help(tx, callback, f"told:{callback.told}", now=now)
