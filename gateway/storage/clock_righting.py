"""Reads and moves the instants that a wrong clock wrote, by the marks that each row bears."""

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
    """A row by its id, with its mark and the instant that the wall clock gave it."""

    id: str
    mark: str
    at: datetime


def list_marked_requests(tx: Tx, boots: Collection[str]) -> tuple[Callback, ...]:
    """Return the requests that were asked for in these runs of the machine, whatever became of them."""
    query = select(callbacks).where(_of_runs(callbacks, boots)).with_for_update()
    return tuple(open_row(tx, row) for row in tx.execute(query))


def list_marked_texts(tx: Tx, boots: Collection[str]) -> tuple[Marked, ...]:
    """Return the texts that came in these runs of the machine."""
    query = select(texts.c.id, texts.c.mark, texts.c.at).where(_of_runs(texts, boots))
    return tuple(Marked(row.id, row.mark, row.at) for row in tx.execute(query))


def list_marked_rows(tx: Tx, boots: Collection[str]) -> tuple[Marked, ...]:
    """Return the outbox rows that wait and were added in these runs of the machine."""
    query = select(outbox.c.id, outbox.c.mark, outbox.c.at).where(text(PENDING), _of_runs(outbox, boots))
    return tuple(Marked(row.id, row.mark, row.at) for row in tx.execute(query))


def move_text(tx: Tx, text_id: str, by: timedelta, at: datetime) -> None:
    """Move the instant of a text."""
    tx.execute(update(texts).where(texts.c.id == text_id).values(at=at + by))


def move_row(tx: Tx, row_id: str, by: timedelta) -> None:
    """Move the instants of an outbox row: it lasts as long as it was meant to."""
    row = tx.execute(select(outbox).where(outbox.c.id == row_id)).one()
    moved = {"at": row.at + by, "due_at": row.due_at + by, "expires_at": row.expires_at + by}
    tx.execute(update(outbox).where(outbox.c.id == row_id).values(**moved, nudged_at=None))


def keep_contact(tx: Tx, caller_id: str, contact: SafeContact, *, contacted_at: datetime) -> None:
    """Write the moved safety answers of a number, and when it was heard of."""
    sealed = seal_contact(tx, caller_id, contact)
    statement = update(callers).where(callers.c.id == caller_id, callers.c.contact.is_not(None))
    tx.execute(statement.values(contact=sealed, contacted_at=contacted_at))


def end_impossible(tx: Tx, now: datetime, *, held_until: datetime, lease_until: datetime) -> None:
    """Bring back what lies ahead of now, and let every claim and every call that runs begin its lease anew."""
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
