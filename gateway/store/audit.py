"""Audit: who did what to which row, without personal data, linked into a chain that shows a missing or changed row."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, select, update

from gateway.ids import new_id
from gateway.store.engines import Tx
from gateway.store.tables import audit, people

_ONE_GO = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row as people read it; ``who`` is empty for what the caller or the clock did."""

    at: datetime
    act: str
    kind: str
    subject: str
    detail: str
    who: str


def add(
    tx: Tx, *, now: datetime, person_id: str | None, act: str, kind: str, subject: str, detail: str = ""
) -> None:
    """Write one row in the transaction of the deed; ``detail`` is a word of ours, never a number or an answer."""
    tx.execute(
        audit.insert().values(
            id=new_id(now),
            at=now,
            person_id=person_id or None,
            act=act,
            kind=kind,
            subject=subject,
            detail=detail,
        )
    )


def about(tx: Tx, kind: str, subject: str) -> tuple[Entry, ...]:
    """Return what happened to one subject, oldest first."""
    found = tx.execute(
        select(audit, people.c.name.label("who"))
        .join_from(audit, people, audit.c.person_id == people.c.id, isouter=True)
        .where(audit.c.kind == kind, audit.c.subject == subject)
        .order_by(audit.c.at, audit.c.id)
    )
    return tuple(_entry(row) for row in found)


def latest(tx: Tx, limit: int = 200) -> tuple[Entry, ...]:
    """Return the newest rows, newest first."""
    found = tx.execute(
        select(audit, people.c.name.label("who"))
        .join_from(audit, people, audit.c.person_id == people.c.id, isouter=True)
        .order_by(audit.c.at.desc(), audit.c.id.desc())
        .limit(limit)
    )
    return tuple(_entry(row) for row in found)


def link(tx: Tx, now: datetime) -> int:
    """Link the rows that are not linked yet, oldest first, and return how many.

    Only a chore calls this, so the deeds themselves never queue for the end of the chain. A row whose instant lies
    ahead of ``now`` waits.
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
        digest = _digest(row, seq, prev)
        tx.execute(update(audit).where(audit.c.id == row.id).values(seq=seq, prev=prev, hash=digest))
        prev = digest
    return len(loose)


def verify(tx: Tx) -> int | None:
    """Return the number of the first row that does not fit the chain, or None where all do.

    The oldest rows may be gone, their time being over; what is left must be without a gap.
    """
    expected: int | None = None
    prev: bytes | None = None
    for row in tx.execute(select(audit).where(audit.c.seq.is_not(None)).order_by(audit.c.seq)):
        fits = (expected is None or row.seq == expected) and (prev is None or row.prev == prev)
        if not fits or row.hash != _digest(row, row.seq, row.prev):
            return int(row.seq)
        expected, prev = row.seq + 1, row.hash
    return None


def _digest(row: Row[Any], seq: int, prev: bytes) -> bytes:
    at = row.at.astimezone(UTC).isoformat()
    words = [seq, row.id, at, row.person_id or "", row.act, row.kind, row.subject, row.detail]
    return hashlib.sha256(prev + json.dumps(words, ensure_ascii=False).encode()).digest()


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        at=row.at, act=row.act, kind=row.kind, subject=row.subject, detail=row.detail, who=row.who or ""
    )
