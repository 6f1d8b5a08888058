"""Tells those on duty that a text held a word of danger: without her words or number; nobody calls her for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.callbacks import escalation
from gateway.desk.alerts import tell
from gateway.desk.announce import listed
from gateway.desk.shifts import on_duty
from gateway.store import callers

if TYPE_CHECKING:
    from gateway.parts import Parts
    from gateway.store.engines import Tx
    from gateway.store.outbox import OutboxRow

TEAM = "main"


def tell_of_danger(parts: Parts, tx: Tx, row: OutboxRow) -> None:
    """Tell everybody on duty to read the texts; where nobody is, the first of those who are called for help."""
    caller = callers.by_id(tx, row.caller_id) if row.caller_id else None
    if caller is None:
        return  # erased meanwhile: there is nothing left to read
    here = on_duty(parts, tx, parts.clock.now(), TEAM)
    told = here or escalation.told(listed(tx, TEAM), (), 0)
    tell(parts, tx, row, told, "texted", once=f"danger_text:{row.id}")
