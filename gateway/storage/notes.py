"""Store what staff write about a request, all sealed: notes, drafts of notes, and the case record until closing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update

from gateway.storage.database import Tx, insert_into
from gateway.storage.encryption import name_row
from gateway.storage.tables import callbacks, drafts, notes, people, records

# Drafts: one per person and request, so that a reload or a lost connection loses nothing.


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftNote:
    """A note as typed so far, and when it was saved."""

    text: str
    at: datetime


def save_draft(tx: Tx, callback_id: str, person_id: str, text: str, *, now: datetime) -> None:
    """Save the draft, replacing the previous one."""
    sealed = tx.ring.seal_text(text, table="drafts", column="text", row=name_row(callback_id, person_id))
    statement = insert_into(tx, drafts).values(
        callback_id=callback_id, person_id=person_id, text=sealed, at=now
    )
    tx.execute(
        statement.on_conflict_do_update(
            index_elements=["callback_id", "person_id"], set_={"text": sealed, "at": now}
        )
    )


def find_drafts(tx: Tx, callback_id: str, person_id: str) -> DraftNote | None:
    """Return this person's draft, if any."""
    row = tx.execute(
        select(drafts.c.text, drafts.c.at).where(
            drafts.c.callback_id == callback_id, drafts.c.person_id == person_id
        )
    ).first()
    if row is None:
        return None
    place = name_row(callback_id, person_id)
    text = tx.ring.open_text(row.text, table="drafts", column="text", row=place)
    return DraftNote(text=text, at=row.at) if text else None


def drop_draft(tx: Tx, callback_id: str, person_id: str) -> None:
    """Delete this person's draft, because it became a note or was emptied."""
    tx.execute(delete(drafts).where(drafts.c.callback_id == callback_id, drafts.c.person_id == person_id))


def empty_drafts(tx: Tx, caller_id: str) -> None:
    """Delete every draft about the requests of a number; must run before the caller is deleted."""
    of_number = select(callbacks.c.id).where(callbacks.c.caller_id == caller_id)
    tx.execute(delete(drafts).where(drafts.c.callback_id.in_(of_number)))


# Notes.


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One note and its author's name; the text is empty after erasure."""

    id: str
    at: datetime
    who: str
    text: str


def add_note(tx: Tx, *, note_id: str, callback_id: str, person_id: str, text: str, now: datetime) -> bool:
    """Insert a note; False where its id exists, so that a form sent twice writes one note."""
    sealed = tx.ring.seal_text(text, table="notes", column="text", row=note_id)
    statement = (
        insert_into(tx, notes)
        .values(id=note_id, callback_id=callback_id, person_id=person_id, text=sealed, at=now)
        .on_conflict_do_nothing(index_elements=["id"])
        .returning(notes.c.id)
    )
    return tx.execute(statement).first() is not None


def list_notes(tx: Tx, callback_id: str) -> tuple[Note, ...]:
    """Return the notes of a request, oldest first."""
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
    """Say whether the note of this form exists, so that a late draft of it is dropped."""
    return tx.execute(select(notes.c.id).where(notes.c.id == note_id)).first() is not None


def empty_notes(tx: Tx, caller_id: str) -> None:
    """Empty the notes and delete the drafts of a number; must run before the caller is deleted."""
    empty_drafts(tx, caller_id)
    of_number = select(callbacks.c.id).where(callbacks.c.caller_id == caller_id)
    tx.execute(update(notes).where(notes.c.callback_id.in_(of_number)).values(text=None))


# Case records: what was ticked about an open request; counted and deleted at closing.


def save_record(tx: Tx, callback_id: str, said: Mapping[str, Any], *, now: datetime) -> None:
    """Save the case record: field → ticked value or values."""
    sealed = tx.ring.seal_json(dict(said), table="records", column="said", row=callback_id)
    statement = insert_into(tx, records).values(callback_id=callback_id, said=sealed, at=now)
    tx.execute(
        statement.on_conflict_do_update(index_elements=["callback_id"], set_={"said": sealed, "at": now})
    )


def find_record(tx: Tx, callback_id: str) -> Mapping[str, Any]:
    """Return the case record; empty where there is none."""
    sealed = tx.execute(select(records.c.said).where(records.c.callback_id == callback_id)).scalar()
    found: Mapping[str, Any] = (
        tx.ring.open_json(sealed, table="records", column="said", row=callback_id) or {}
    )
    return found


def take_record(tx: Tx, callback_id: str) -> Mapping[str, Any]:
    """Return the case record and delete it, so that it is counted exactly once."""
    statement = delete(records).where(records.c.callback_id == callback_id).returning(records.c.said)
    sealed = tx.execute(statement).scalar()
    found: Mapping[str, Any] = (
        tx.ring.open_json(sealed, table="records", column="said", row=callback_id) or {}
    )
    return found


def empty_records(tx: Tx, caller_id: str) -> None:
    """Empty the case records of a number; must run before the caller is deleted."""
    of_number = select(callbacks.c.id).where(callbacks.c.caller_id == caller_id)
    tx.execute(update(records).where(records.c.callback_id.in_(of_number)).values(said=None))
