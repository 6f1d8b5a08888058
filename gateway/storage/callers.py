"""Callers: the only table that knows a number, and what each caller let us remember."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row as TableRow
from sqlalchemy import Table, delete, select, update
from sqlalchemy.engine import Row

from gateway.domain.callbacks.states import OPEN, CallbackState
from gateway.domain.contact_safety import PhoneSeen, SafeContact, When
from gateway.foundation.ids import new_id, random_bytes
from gateway.storage.database import Tx, insert_into
from gateway.storage.tables import attempts, callbacks, callers, outbox, texts, threads


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """One number and what is remembered of it; ``number`` is None once it was erased."""

    id: str
    number: str | None
    language: str
    script: str
    zone: str
    stopped_at: datetime | None
    refused_at: datetime | None
    refused: str
    consent_at: datetime | None
    contact: SafeContact | None
    contacted_at: datetime | None
    trial: bool

    @property
    def stopped(self) -> bool:
        """Say whether she asked for no more texts."""
        return self.stopped_at is not None


TRIAL = " trial"
"""What the name of the key ends with where a number was hashed as that of a trial phone."""


def find_caller(tx: Tx, number: str, *, trial: bool | None = None) -> Caller | None:
    """Return the caller of this number, if one is known.

    Args:
        tx: the transaction.
        number: with its country code.
        trial: whether a trial phone shows this number, or a real phone bears it; None, for our own people alone,
            looks for the real one first. Whoever can only show a number must never meet whoever bears it.
    """
    worlds = (False, True) if trial is None else (trial,)
    for world in worlds:
        row = tx.execute(
            select(callers).where(callers.c.lookup == hash_number(tx, number, trial=world))
        ).first()
        if row is not None:
            return _read_caller(tx, row)
    return None


def by_id(tx: Tx, caller_id: str) -> Caller | None:
    """Return the caller with this id, if it was not erased."""
    row = tx.execute(select(callers).where(callers.c.id == caller_id)).first()
    return _read_caller(tx, row) if row else None


def upsert_caller(tx: Tx, number: str, *, now: datetime, trial: bool = False) -> Caller:
    """Return the caller of this number, made if need be; trial phones and real ones are two callers.

    The row stays locked until the transaction ends: two turns of one number that both have effects queue here.
    """
    made = new_id(now)
    statement = (
        insert_into(tx, callers)
        .values(
            id=made,
            lookup=hash_number(tx, number, trial=trial),
            lookup_key=tx.ring.key_id("caller") + (TRIAL if trial else ""),
            number=tx.ring.seal_text(number, table="callers", column="number", row=made),
            contacted_at=now,
            changed_at=now,
            trial=trial,
        )
        .on_conflict_do_update(index_elements=["lookup"], set_={"contacted_at": now, "changed_at": now})
        .returning(*callers.c)
    )
    return _read_caller(tx, tx.execute(statement).one())


def set_contact(
    tx: Tx,
    caller_id: str,
    contact: SafeContact,
    *,
    now: datetime,
    language: str = "",
    script: str = "",
    zone: str = "",
    consent_version: str | None = None,
) -> None:
    """Keep her newest safety answers; language, script and zone only as given, empty forgets them.

    A consent version says that she agreed just now to be called; None leaves her consent as it was.
    """
    values: dict[str, Any] = {
        "contact": seal_contact(tx, caller_id, contact),
        "language": language,
        "script": script,
        "zone": zone,
        "changed_at": now,
    }
    if consent_version is not None:
        values |= {"consent_at": now, "consent_version": consent_version}
    tx.execute(update(callers).where(callers.c.id == caller_id).values(**values))


def set_stopped(tx: Tx, caller_id: str, *, stopped_at: datetime | None, now: datetime) -> None:
    """Write that she wants no more texts from us, or that they are welcome again."""
    tx.execute(update(callers).where(callers.c.id == caller_id).values(stopped_at=stopped_at, changed_at=now))


def set_refused(tx: Tx, caller_id: str, *, how: str, refused_at: datetime | None, now: datetime) -> None:
    """Write that she does not want to be called, and in which way she said so; None that she asked again.

    A plain refusal takes her consent back, so that a missed call of hers asks for nothing any more.
    """
    values: dict[str, Any] = {"refused_at": refused_at, "refused": how, "changed_at": now}
    if how == "plain":
        values["consent_at"] = None
    tx.execute(update(callers).where(callers.c.id == caller_id).values(**values))


def set_texts_unsafe(tx: Tx, caller: Caller, *, now: datetime) -> None:
    """Take back, among what is remembered, that texts are safe."""
    if caller.contact is not None and caller.contact.sms_safe:
        sealed = seal_contact(tx, caller.id, replace(caller.contact, sms_safe=False))
        tx.execute(update(callers).where(callers.c.id == caller.id).values(contact=sealed, changed_at=now))


def drop_caller(tx: Tx, caller_id: str) -> None:
    """Delete the caller; every row that named her keeps its counts and loses her."""
    tx.execute(delete(callers).where(callers.c.id == caller_id))


def hash_number(tx: Tx, number: str, *, trial: bool) -> bytes:
    """Return the keyed hash under which a caller is found; a trial's is made of one part more."""
    return tx.ring.lookup("caller", number, TRIAL) if trial else tx.ring.lookup("caller", number)


def seal_contact(tx: Tx, caller_id: str, contact: SafeContact) -> bytes | None:
    """Return the safety answers of a number as its row keeps them."""
    value = {
        "phone_seen": contact.phone_seen.value,
        "when": contact.when.written,
        "said_at": contact.said_at.isoformat(),
        "sms_safe": contact.sms_safe,
    }
    return tx.ring.seal_json(value, table="callers", column="contact", row=caller_id)


def _read_caller(tx: Tx, row: Row[Any]) -> Caller:
    contact = tx.ring.open_json(row.contact, table="callers", column="contact", row=row.id)
    return Caller(
        id=row.id,
        number=tx.ring.open_text(row.number, table="callers", column="number", row=row.id),
        language=row.language,
        script=row.script,
        zone=row.zone,
        stopped_at=row.stopped_at,
        refused_at=row.refused_at,
        refused=row.refused,
        consent_at=row.consent_at,
        contact=_read_contact(contact, stopped=row.stopped_at is not None) if contact else None,
        contacted_at=row.contacted_at,
        trial=row.trial,
    )


def _read_contact(value: dict[str, Any], *, stopped: bool) -> SafeContact:
    return SafeContact(
        phone_seen=PhoneSeen(value["phone_seen"]),
        when=When.read(value["when"]),
        said_at=datetime.fromisoformat(value["said_at"]),
        sms_safe=value["sms_safe"],
        stopped=stopped,
    )


# Parts the callers of trial phones from real ones in a ledger of the first release, where both were one
# row.

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


def _make_trial(tx: Tx, row: TableRow[Any]) -> None:
    """Look this row up as a trial's; where a trial has dialled since, the older one loses its number instead."""
    number = tx.ring.open_text(row.number, table="callers", column="number", row=row.id)
    lookup = hash_number(tx, number, trial=True) if number else None
    taken = tx.execute(select(callers.c.id).where(callers.c.lookup == lookup)).first() if lookup else None
    values: dict[str, Any] = {"lookup_key": row.lookup_key + TRIAL, "lookup": lookup}
    if lookup is None or taken is not None:
        values |= {"lookup": random_bytes(32), "number": None}
    tx.execute(update(callers).where(callers.c.id == row.id).values(**values))


def _make_real(tx: Tx, row: TableRow[Any], trial_lines: Collection[str], now: datetime) -> None:
    of_trials = callbacks.c.caller_id == row.id, callbacks.c.channel.in_(trial_lines)
    tried = select(callbacks.c.id).where(*of_trials)
    tx.execute(update(attempts).where(attempts.c.callback_id.in_(tried)).values(caller_id=None))
    ended = {"state": CallbackState.CANCELLED, "reason": "trial", "closed_at": now, "changed_at": now}
    tx.execute(update(callbacks).where(*of_trials, callbacks.c.state.in_(OPEN)).values(**ended))
    for table in (callbacks, texts, outbox):
        theirs = table.c.caller_id == row.id, table.c.channel.in_(trial_lines)
        tx.execute(update(table).where(*theirs).values(caller_id=None))
    tx.execute(delete(threads).where(threads.c.caller_id == row.id, threads.c.channel.in_(trial_lines)))
    unsaid = {"contact": None, "consent_at": None, "consent_version": "", "language": "", "script": ""}
    tx.execute(update(callers).where(callers.c.id == row.id).values(trial=False, zone="", **unsaid))
