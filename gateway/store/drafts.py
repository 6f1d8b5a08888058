"""Notes that are still being written, sealed, one a person and callback, so that a reload or a lost line takes none."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from gateway.store.dialects import insert_into
from gateway.store.engines import Tx
from gateway.store.sealed import row_name
from gateway.store.tables import callbacks, drafts


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What somebody has typed so far, and when it was kept."""

    text: str
    at: datetime


def put(tx: Tx, callback_id: str, person_id: str, text: str, *, now: datetime) -> None:
    """Keep what was typed so far in the place of what was kept before."""
    sealed = tx.ring.seal_text(text, table="drafts", column="text", row=row_name(callback_id, person_id))
    statement = insert_into(tx, drafts).values(
        callback_id=callback_id, person_id=person_id, text=sealed, at=now
    )
    tx.execute(
        statement.on_conflict_do_update(
            index_elements=["callback_id", "person_id"], set_={"text": sealed, "at": now}
        )
    )


def of(tx: Tx, callback_id: str, person_id: str) -> Draft | None:
    """Return what this person has typed so far, if anything."""
    row = tx.execute(
        select(drafts.c.text, drafts.c.at).where(
            drafts.c.callback_id == callback_id, drafts.c.person_id == person_id
        )
    ).first()
    if row is None:
        return None
    place = row_name(callback_id, person_id)
    text = tx.ring.open_text(row.text, table="drafts", column="text", row=place)
    return Draft(text=text, at=row.at) if text else None


def drop(tx: Tx, callback_id: str, person_id: str) -> None:
    """Delete this person's draft: it became a note, or was emptied."""
    tx.execute(delete(drafts).where(drafts.c.callback_id == callback_id, drafts.c.person_id == person_id))


def empty(tx: Tx, caller_id: str) -> None:
    """Delete every draft about the requests of a number; this must come before the caller is dropped."""
    hers = select(callbacks.c.id).where(callbacks.c.caller_id == caller_id)
    tx.execute(delete(drafts).where(drafts.c.callback_id.in_(hers)))
