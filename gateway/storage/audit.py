"""Write and read the audit log: who did what to which row, without personal data, in a hash chain.

Each row's SHA-256 covers the row, its number and the hash before it, so a changed, removed or swapped row is found
(what to log and to leave out: OWASP Logging Cheat Sheet).
"""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, and_, bindparam, func, or_, select, update

from gateway.domain.permissions import AuditAct
from gateway.foundation.time_and_chance import new_id
from gateway.storage import settings
from gateway.storage.database import Tx
from gateway.storage.tables import audit, people
from gateway.storage.value_limits import CompiledStatement

_ADD = CompiledStatement(audit.insert())

CHANGED, DROPPED, SWAPPED = "changed", "dropped", "swapped"

_ONE_GO = 500
_HEAD = "audit-end"
_SLACK = timedelta(days=2)
"""Retention runs at intervals, so the first remaining row may be a little younger than the limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One row for display; ``who`` is empty for actions of a caller or of a periodic task."""

    at: datetime
    act: str
    kind: str
    subject: str
    detail: str
    who: str
    id: str = field(default="", compare=False)


def add_entry(
    tx: Tx, *, now: datetime, person_id: str | None, act: AuditAct, kind: str, subject: str, detail: str = ""
) -> None:
    """Add one row in the action's own transaction; ``detail`` is a fixed word, never a number or an answer."""
    values = {"id": new_id(now), "at": now, "person_id": person_id or None, "act": act}
    tx.post(_ADD, values | {"kind": kind, "subject": subject, "detail": detail})


def list_about(tx: Tx, kind: str, subject: str) -> tuple[AuditEntry, ...]:
    """Return the entries about one subject, oldest first."""
    return list_about_all(tx, kind, [subject])


def list_about_all(tx: Tx, kind: str, subjects: Collection[str]) -> tuple[AuditEntry, ...]:
    """Return the entries about several subjects, oldest first."""
    found = tx.execute(
        select(audit, people.c.name.label("who"))
        .join_from(audit, people, audit.c.person_id == people.c.id, isouter=True)
        .where(audit.c.kind == kind, audit.c.subject.in_(list(subjects)))
        .order_by(audit.c.at, audit.c.id)
    )
    return tuple(_read_entry(row) for row in found)


def list_last_about(tx: Tx, kind: str, subjects: Collection[str]) -> Mapping[str, AuditEntry]:
    """Return subject → newest entry about it."""
    last = (
        select(audit.c.id)
        .where(audit.c.kind == kind, audit.c.subject == bindparam("_subject"))
        .order_by(audit.c.at.desc(), audit.c.id.desc())
        .limit(1)
    )
    ids = [found for one in subjects for found in tx.execute(last, {"_subject": one}).scalars()]
    found = tx.execute(
        select(audit, people.c.name.label("who"))
        .join_from(audit, people, audit.c.person_id == people.c.id, isouter=True)
        .where(audit.c.id.in_(ids))
    )
    return {row.subject: _read_entry(row) for row in found}


def list_latest(tx: Tx, limit: int = 200) -> tuple[AuditEntry, ...]:
    """Return the newest entries, newest first."""
    found = tx.execute(
        select(audit, people.c.name.label("who"))
        .join_from(audit, people, audit.c.person_id == people.c.id, isouter=True)
        .order_by(audit.c.at.desc(), audit.c.id.desc())
        .limit(limit)
    )
    return tuple(_read_entry(row) for row in found)


def list_page(
    tx: Tx, *, before: str = "", person_id: str = "", kind: str = "", limit: int = 100
) -> tuple[AuditEntry, ...]:
    """Return entries, newest first; optionally older than the entry ``before``, of one person, or of one kind."""
    query = _build_named_query().order_by(audit.c.at.desc(), audit.c.id.desc()).limit(limit)
    if person_id:
        query = query.where(audit.c.person_id == person_id)
    if kind:
        query = query.where(audit.c.kind == kind)
    last = tx.execute(select(audit.c.at, audit.c.id).where(audit.c.id == before)).first() if before else None
    if last is not None:
        query = query.where(
            or_(audit.c.at < last.at, and_(audit.c.at == last.at, audit.c.id < last.id)),
            audit.c.at <= last.at,
        )
    return tuple(_read_entry(row) for row in tx.execute(query))


def list_between(tx: Tx, start: datetime, end: datetime, *, person_id: str = "") -> tuple[AuditEntry, ...]:
    """Return the entries from ``start`` up to ``end``, oldest first; optionally of one person."""
    query = _build_named_query().where(audit.c.at >= start, audit.c.at < end).order_by(audit.c.at, audit.c.id)
    if person_id:
        query = query.where(audit.c.person_id == person_id)
    return tuple(_read_entry(row) for row in tx.execute(query))


def link_rows(tx: Tx, now: datetime) -> int:
    """Add unlinked rows to the chain, oldest first, and return how many.

    Only a periodic task calls this, so that actions never wait for the end of the chain. Rows dated after ``now`` are
    left for a later run.
    """
    last = tx.execute(
        select(audit).where(audit.c.seq.is_not(None)).order_by(audit.c.seq.desc()).limit(1)
    ).first()
    seq, prev = (last.seq, last.hash) if last is not None else (0, bytes(32))
    loose = tx.execute(
        select(audit)
        .where(audit.c.seq.is_(None), audit.c.at <= now)
        .order_by(audit.c.at, audit.c.id)
        .limit(_ONE_GO)
    ).all()
    for row in loose:
        seq += 1
        digest = _hash_row(row, seq, prev)
        tx.execute(update(audit).where(audit.c.id == row.id).values(seq=seq, prev=prev, hash=digest))
        prev = digest
    if loose:
        settings.save_setting(tx, _HEAD, {"seq": seq}, by="", now=now)
    return len(loose)


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """The first fault of the chain: its kind (``changed``, ``dropped``, ``swapped``) and the row.

    Of a dropped row only the number is known; ``row_id`` is then the row that follows the gap.
    """

    what: str
    seq: int
    row_id: str
    at: datetime | None


def check_chain(tx: Tx, *, kept_since: datetime) -> Break | None:
    """Return the first fault of the chain, or None where it is intact.

    Args:
        tx: the open transaction.
        kept_since: rows before this instant may have been deleted by retention; a younger first row must be number 1.
    """
    before: Row[Any] | None = None
    for row in tx.execute(select(audit).where(audit.c.seq.is_not(None)).order_by(audit.c.seq)):
        first_kept = before is None and row.at < kept_since + _SLACK
        if not first_kept and row.seq != _count_missing(before):
            return Break(what=DROPPED, seq=_count_missing(before), row_id=row.id, at=row.at)
        if row.hash != _hash_row(row, row.seq, row.prev):
            what = SWAPPED if _belongs_elsewhere(tx, row) else CHANGED
            return Break(what=what, seq=row.seq, row_id=row.id, at=row.at)
        if before is not None and row.prev != before.hash:
            # The row itself is consistent, so the one before it was rewritten together with its hash.
            return Break(what=CHANGED, seq=before.seq, row_id=before.id, at=before.at)
        before = row
    return _check_end(tx, before)


def _belongs_elsewhere(tx: Tx, row: Row[Any]) -> bool:
    """Say whether the row is unchanged but at another row's place."""
    follows = tx.execute(select(audit.c.seq).where(audit.c.hash == row.prev).limit(1)).scalar() or 0
    places = {row.seq - 1, row.seq + 1, follows, follows + 1}
    return any(row.hash == _hash_row(row, place, row.prev) for place in places)


def _count_missing(before: Row[Any] | None) -> int:
    return before.seq + 1 if before is not None else 1


def _check_end(tx: Tx, last: Row[Any] | None) -> Break | None:
    """Compare the end with the stored last number, because rows cut off at the end leave no gap."""
    head = settings.get_setting(tx, _HEAD)
    if head is None or (last is not None and last.seq >= head["seq"]):
        return None
    return Break(what=DROPPED, seq=_count_missing(last), row_id="", at=None)


def count_linked(tx: Tx) -> int:
    """Return how many rows are in the chain."""
    query = select(func.count()).select_from(audit).where(audit.c.seq.is_not(None))
    return int(tx.execute(query).scalar_one())


def verify_chain(tx: Tx) -> int | None:
    """Return the number of the first row that does not fit the chain, or None where all do.

    The oldest rows may be missing, deleted by retention; the others must be without a gap.
    """
    expected: int | None = None
    prev: bytes | None = None
    for row in tx.execute(select(audit).where(audit.c.seq.is_not(None)).order_by(audit.c.seq)):
        fits = (expected is None or row.seq == expected) and (prev is None or row.prev == prev)
        if not fits or row.hash != _hash_row(row, row.seq, row.prev):
            return int(row.seq)
        expected, prev = row.seq + 1, row.hash
    return None


def _hash_row(row: Row[Any], seq: int, prev: bytes) -> bytes:
    at = row.at.astimezone(UTC).isoformat()
    words = [seq, row.id, at, row.person_id or "", row.act, row.kind, row.subject, row.detail]
    return hashlib.sha256(prev + json.dumps(words, ensure_ascii=False).encode()).digest()


def _build_named_query() -> Select[Any]:
    """Return the query for rows with the names of their actors."""
    return select(audit, people.c.name.label("who")).join_from(
        audit, people, audit.c.person_id == people.c.id, isouter=True
    )


def _read_entry(row: Row[Any]) -> AuditEntry:
    return AuditEntry(
        at=row.at,
        act=row.act,
        kind=row.kind,
        subject=row.subject,
        detail=row.detail,
        who=row.who or "",
        id=row.id,
    )
