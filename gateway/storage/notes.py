"""Store what staff write, all sealed that names a caller: notes, drafts of notes, case records, and the referral book.

A case record stands until its request is closed; the referral book lists services that help, and whether staff may
pass them on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    LargeBinary,
    Row,
    Select,
    String,
    cast,
    delete,
    literal,
    null,
    select,
    union_all,
    update,
)

from gateway.storage.audit import AuditEntry
from gateway.storage.database import Tx, insert_into
from gateway.storage.encryption import name_row
from gateway.storage.tables import audit, callbacks, drafts, notes, people, records, referrals, referrals_made

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
    return _read_draft(tx, row, name_row(callback_id, person_id))


def _read_draft(tx: Tx, row: Any, place: str) -> DraftNote | None:
    if row is None:
        return None
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


def add_note(
    tx: Tx, *, note_id: str, callback_id: str, person_id: str | None, text: str, now: datetime
) -> bool:
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
    return tuple(_read_note(tx, row) for row in found)


def _read_note(tx: Tx, row: Any) -> Note:
    text = tx.ring.open_text(row.text, table="notes", column="text", row=row.id) or ""
    return Note(id=row.id, at=row.at, who=row.name or "", text=text)


def is_written(tx: Tx, note_id: str) -> bool:
    """Say whether the note of this form exists, so that a late draft of it is dropped."""
    return tx.execute(select(notes.c.id).where(notes.c.id == note_id)).first() is not None


def empty_notes(tx: Tx, caller_id: str) -> None:
    """Empty the notes and delete the drafts of a number; must run before the caller is deleted."""
    empty_drafts(tx, caller_id)
    of_number = select(callbacks.c.id).where(callbacks.c.caller_id == caller_id)
    tx.execute(update(notes).where(notes.c.callback_id.in_(of_number)).values(text=None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Everything written about a request: notes, one person's draft, the case record, and audit entries."""

    notes: tuple[Note, ...]
    draft: DraftNote | None
    record: Mapping[str, Any]
    acts: tuple[AuditEntry, ...] = ()


def read_written(tx: Tx, callback_id: str, person_id: str, *, acts_about: Sequence[str] = ()) -> Written:
    """Return the notes of a request, this person's draft, the case record and audit entries, in one statement.

    ``acts_about`` are the requests whose audit entries are returned too, oldest first.
    """
    nobody, nothing = cast(null(), String), cast(null(), LargeBinary)
    no_act = [nobody] * 3
    of_notes = (
        select(
            literal("note").label("sort"), notes.c.id, notes.c.at, people.c.name, notes.c.text,
            *(nobody.label(name) for name in ("act", "subject", "detail")),
        )
        .join_from(notes, people, notes.c.person_id == people.c.id, isouter=True)
        .where(notes.c.callback_id == callback_id)
    )  # fmt: skip
    of_draft = select(
        literal("draft"), drafts.c.callback_id, drafts.c.at, nobody, drafts.c.text, *no_act
    ).where(drafts.c.callback_id == callback_id, drafts.c.person_id == person_id)
    of_record = select(
        literal("record"), records.c.callback_id, records.c.at, nobody, records.c.said, *no_act
    ).where(records.c.callback_id == callback_id)
    acts = (
        select(
            literal("act"), audit.c.id, audit.c.at, people.c.name, nothing,
            audit.c.act, audit.c.subject, audit.c.detail,
        )
        .join_from(audit, people, audit.c.person_id == people.c.id, isouter=True)
        .where(audit.c.kind == "callback", audit.c.subject.in_(list(acts_about)))
    )  # fmt: skip
    rows = sorted(
        tx.execute(union_all(of_notes, of_draft, of_record, acts)).all(), key=lambda row: (row.at, row.id)
    )
    found = {row.sort: row for row in rows if row.sort in ("draft", "record")}
    return Written(
        notes=tuple(_read_note(tx, row) for row in rows if row.sort == "note"),
        draft=_read_draft(tx, found.get("draft"), name_row(callback_id, person_id)),
        record=_open_record(tx, found["record"].text if "record" in found else None, callback_id),
        acts=tuple(_read_act(row) for row in rows if row.sort == "act"),
    )


def _read_act(row: Any) -> AuditEntry:
    return AuditEntry(
        at=row.at,
        act=row.act,
        kind="callback",
        subject=row.subject,
        detail=row.detail,
        who=row.name or "",
        id=row.id,
    )


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
    return _open_record(tx, sealed, callback_id)


def take_record(tx: Tx, callback_id: str) -> Mapping[str, Any]:
    """Return the case record and delete it, so that it is counted exactly once."""
    statement = delete(records).where(records.c.callback_id == callback_id).returning(records.c.said)
    sealed = tx.execute(statement).scalar()
    return _open_record(tx, sealed, callback_id)


def _open_record(tx: Tx, sealed: bytes | None, callback_id: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = (
        tx.ring.open_json(sealed, table="records", column="said", row=callback_id) or {}
    )
    return found


def empty_records(tx: Tx, caller_id: str) -> None:
    """Empty the case records of a number; must run before the caller is deleted."""
    of_number = select(callbacks.c.id).where(callbacks.c.caller_id == caller_id)
    tx.execute(update(records).where(records.c.callback_id.in_(of_number)).values(said=None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral:
    """One service; an empty list of languages or topics means not recorded."""

    id: str
    team: str
    name: str
    number: str
    place: str = ""
    hours: str = ""
    languages: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    may_share: bool = True
    checked_on: date | None = None


def save_referral(tx: Tx, referral: Referral) -> None:
    """Insert or update an entry."""
    values = asdict(referral) | {"languages": list(referral.languages), "topics": list(referral.topics)}
    statement = insert_into(tx, referrals).values(values)
    changed = {name: value for name, value in values.items() if name not in ("id", "team")}
    tx.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changed))


def list_referrals(tx: Tx, team: str) -> tuple[Referral, ...]:
    """Return a team's entries by name."""
    query = select(referrals).where(referrals.c.team == team).order_by(referrals.c.name, referrals.c.id)
    return tuple(_read_referral(row) for row in tx.execute(query))


def find_referral(tx: Tx, referral_id: str) -> Referral | None:
    """Return one entry, if it exists."""
    row = tx.execute(select(referrals).where(referrals.c.id == referral_id)).first()
    return _read_referral(row) if row is not None else None


def drop_referral(tx: Tx, referral_id: str) -> None:
    """Delete an entry."""
    tx.execute(delete(referrals).where(referrals.c.id == referral_id))


def _read_referral(row: Row[Any]) -> Referral:
    values = row._asdict()
    return Referral(**{**values, "languages": tuple(row.languages), "topics": tuple(row.topics)})


# Referrals that were made: to which service, until when it is asked what came of it, and what came.


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeReferral:
    """A caller was told of a service; ``outcome`` is empty until somebody knows what came of it."""

    id: str
    callback_id: str
    person_id: str
    referral_id: str
    name: str
    made_at: datetime
    due_on: date
    outcome: str = ""
    code: str = ""
    topic: str = ""
    by: str = ""


def add_made_referral(tx: Tx, made: MadeReferral) -> None:
    """Insert a referral; a service that the caller was told of before stays as it is."""
    shown = ("code", "topic", "by")
    values = {name: value for name, value in asdict(made).items() if name not in shown}
    tx.execute(
        insert_into(tx, referrals_made)
        .values(values)
        .on_conflict_do_nothing(index_elements=["callback_id", "referral_id"])
    )


def list_made_referrals(tx: Tx, team: str, person_id: str = "") -> tuple[MadeReferral, ...]:
    """Return the referrals of a team, or those that one person made: open ones by their day, then the newest."""
    settled = referrals_made.c.outcome != ""
    query = (
        _select_made()
        .where(callbacks.c.team == team)
        .order_by(settled, referrals_made.c.due_on, referrals_made.c.id)
    )
    if person_id:
        query = query.where(referrals_made.c.person_id == person_id)
    return tuple(MadeReferral(**row._asdict()) for row in tx.execute(query.limit(_MOST_MADE)))


def find_made_referral(tx: Tx, made_id: str, team: str) -> MadeReferral | None:
    """Return one referral of a team, if it exists."""
    row = tx.execute(_select_made().where(referrals_made.c.id == made_id, callbacks.c.team == team)).first()
    return MadeReferral(**row._asdict()) if row is not None else None


def settle_made_referral(tx: Tx, made_id: str, *, due_on: date, outcome: str) -> bool:
    """Write the day and what came of a referral; False where somebody wrote what came of it before."""
    statement = (
        update(referrals_made)
        .where(referrals_made.c.id == made_id, referrals_made.c.outcome == "")
        .values(due_on=due_on, outcome=outcome)
        .returning(referrals_made.c.id)
    )
    return tx.execute(statement).first() is not None


def drop_made_referrals(tx: Tx, caller_id: str) -> None:
    """Delete the referrals of a number; must run before the caller is deleted."""
    of_number = select(callbacks.c.id).where(callbacks.c.caller_id == caller_id)
    tx.execute(delete(referrals_made).where(referrals_made.c.callback_id.in_(of_number)))


_MOST_MADE = 200


def _select_made() -> Select[Any]:
    """Return the query for referrals with the code and topic of their request and the name of who made them."""
    return (
        select(referrals_made, callbacks.c.code, callbacks.c.topic, people.c.name.label("by"))
        .join(callbacks, callbacks.c.id == referrals_made.c.callback_id)
        .join(people, people.c.id == referrals_made.c.person_id)
    )
