"""Correct instants that were written while the clock was wrong, found by the monotonic mark of each row."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Table, or_, select, text, update

from gateway.domain.contact_safety import SafeContact
from gateway.storage.callbacks import Callback, open_row
from gateway.storage.callers import seal_contact
from gateway.storage.database import Tx
from gateway.storage.tables import LIVE, PENDING, attempts, callbacks, callers, outbox, texts, tries


@dataclass(frozen=True, slots=True)
class Marked:
    """A row's id, its clock mark, and the wall-clock instant that was written."""

    id: str
    mark: str
    at: datetime


def list_marked_requests(tx: Tx, boots: Collection[str]) -> tuple[Callback, ...]:
    """Return the requests made during these boots of the machine, in any state."""
    query = select(callbacks).where(_of_runs(callbacks, boots)).with_for_update()
    return tuple(open_row(tx, row) for row in tx.execute(query))


def list_marked_texts(tx: Tx, boots: Collection[str]) -> tuple[Marked, ...]:
    """Return the texts received during these boots of the machine."""
    query = select(texts.c.id, texts.c.mark, texts.c.at).where(_of_runs(texts, boots))
    return tuple(Marked(row.id, row.mark, row.at) for row in tx.execute(query))


def list_marked_rows(tx: Tx, boots: Collection[str]) -> tuple[Marked, ...]:
    """Return the pending outbox rows added during these boots of the machine."""
    query = select(outbox.c.id, outbox.c.mark, outbox.c.at).where(text(PENDING), _of_runs(outbox, boots))
    return tuple(Marked(row.id, row.mark, row.at) for row in tx.execute(query))


def move_text(tx: Tx, text_id: str, by: timedelta, at: datetime) -> None:
    """Shift the instant of a text."""
    tx.execute(update(texts).where(texts.c.id == text_id).values(at=at + by))


def move_row(tx: Tx, row_id: str, by: timedelta) -> None:
    """Shift all instants of an outbox row, so that its lifetime stays as intended."""
    row = tx.execute(select(outbox).where(outbox.c.id == row_id)).one()
    moved = {"at": row.at + by, "due_at": row.due_at + by, "expires_at": row.expires_at + by}
    tx.execute(update(outbox).where(outbox.c.id == row_id).values(**moved, nudged_at=None))


def keep_contact(tx: Tx, caller_id: str, contact: SafeContact, *, contacted_at: datetime) -> None:
    """Write corrected safety answers of a number, and when it was last in contact."""
    sealed = seal_contact(tx, caller_id, contact)
    statement = update(callers).where(callers.c.id == caller_id, callers.c.contact.is_not(None))
    tx.execute(statement.values(contact=sealed, contacted_at=contacted_at))


def end_impossible(tx: Tx, now: datetime, *, held_until: datetime, lease_until: datetime) -> None:
    """Set instants after ``now`` to ``now``, and restart the leases of all claims and running calls."""
    c, a = callbacks.c, attempts.c
    tx.execute(
        update(callbacks).where(or_(c.closed_at > now, c.closed_at < c.asked_at)).values(closed_at=now)
    )
    tx.execute(update(callbacks).where(c.state == "claimed").values(held_until=held_until))
    tx.execute(update(attempts).where(text(LIVE)).values(lease_until=lease_until))
    tx.execute(update(attempts).where(a.started_at > now).values(started_at=now))
    tx.execute(update(callers).where(callers.c.contacted_at > now).values(contacted_at=now))
    tx.execute(update(tries).where(tries.c.last_at > now).values(last_at=now))


def _of_runs(table: Table, boots: Collection[str]) -> ColumnElement[bool]:
    return or_(*(table.c.mark.startswith(f"{boot}:", autoescape=True) for boot in sorted(boots)))
