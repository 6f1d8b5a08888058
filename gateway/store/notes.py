"""Notes: what people wrote down about a callback, sealed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from gateway.store import drafts
from gateway.store.dialects import insert_into
from gateway.store.engines import Tx
from gateway.store.tables import callbacks, notes, people


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One note and who wrote it; the text is empty after an erasing."""

    id: str
    at: datetime
    who: str
    text: str


def add(tx: Tx, *, note_id: str, callback_id: str, person_id: str, text: str, now: datetime) -> bool:
    """Write a note; False where a note with this id is there already, so a form sent twice writes once."""
    sealed = tx.ring.seal_text(text, table="notes", column="text", row=note_id)
    statement = (
        insert_into(tx, notes)
        .values(id=note_id, callback_id=callback_id, person_id=person_id, text=sealed, at=now)
        .on_conflict_do_nothing(index_elements=["id"])
        .returning(notes.c.id)
    )
    return tx.execute(statement).first() is not None


def of(tx: Tx, callback_id: str) -> tuple[Note, ...]:
    """Return the notes of a callback, oldest first."""
    found = tx.execute(
        select(notes, people.c.name)
        .join_from(notes, people, notes.c.person_id == people.c.id, isouter=True)
        .where(notes.c.callback_id == callback_id)
        .order_by(notes.c.at, notes.c.id)
    )
    return tuple(
        Note(
            id=row.id,
            at=row.at,
            who=row.name or "",
            text=tx.ring.open_text(row.text, table="notes", column="text", row=row.id) or "",
        )
        for row in found
    )


def is_written(tx: Tx, note_id: str) -> bool:
    """Say whether the note of this form is there already, so that a late draft of it comes to nothing."""
    return tx.execute(select(notes.c.id).where(notes.c.id == note_id)).first() is not None


def empty(tx: Tx, caller_id: str) -> None:
    """Empty every note about the requests of a number, drafts too; this must come before the caller is dropped."""
    drafts.empty(tx, caller_id)
    hers = select(callbacks.c.id).where(callbacks.c.caller_id == caller_id)
    tx.execute(update(notes).where(notes.c.callback_id.in_(hers)).values(text=None))
