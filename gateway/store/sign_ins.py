"""Sign-ins and invitations: rows under the keyed hash of a token, so that a copy of the table opens nothing."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from gateway.store.engines import Tx
from gateway.store.tables import invitations, sign_ins


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """One sign-in of one person."""

    person_id: str
    seen_at: datetime
    expires_at: datetime


def open_one(tx: Tx, token_hash: bytes, *, person_id: str, now: datetime, expires_at: datetime) -> None:
    """Write a new sign-in."""
    tx.execute(
        insert(sign_ins).values(
            id=token_hash, person_id=person_id, made_at=now, seen_at=now, expires_at=expires_at
        )
    )


def find(tx: Tx, token_hash: bytes) -> SignIn | None:
    """Return the sign-in of this token."""
    row = tx.execute(
        select(sign_ins.c.person_id, sign_ins.c.seen_at, sign_ins.c.expires_at).where(
            sign_ins.c.id == token_hash
        )
    ).first()
    if row is None:
        return None
    return SignIn(person_id=row.person_id, seen_at=row.seen_at, expires_at=row.expires_at)


def touch(tx: Tx, token_hash: bytes, now: datetime) -> None:
    """Write that the person was just seen."""
    tx.execute(update(sign_ins).where(sign_ins.c.id == token_hash).values(seen_at=now))


def end(tx: Tx, token_hash: bytes) -> None:
    """End one sign-in."""
    tx.execute(delete(sign_ins).where(sign_ins.c.id == token_hash))


def end_all(tx: Tx, person_id: str, *, besides: bytes = b"") -> None:
    """End every sign-in of a person, save the one named."""
    tx.execute(delete(sign_ins).where(sign_ins.c.person_id == person_id, sign_ins.c.id != besides))


def end_expired(tx: Tx, now: datetime) -> None:
    """Forget sign-ins and invitations whose time is over."""
    tx.execute(delete(sign_ins).where(sign_ins.c.expires_at <= now))
    tx.execute(delete(invitations).where(invitations.c.expires_at <= now))


def invite(tx: Tx, token_hash: bytes, *, person_id: str, expires_at: datetime) -> None:
    """Write a one-time link for a person; an older one of the same person dies."""
    withdraw(tx, person_id)
    tx.execute(insert(invitations).values(id=token_hash, person_id=person_id, expires_at=expires_at))


def withdraw(tx: Tx, person_id: str) -> None:
    """Kill the open links of a person."""
    tx.execute(
        delete(invitations).where(invitations.c.person_id == person_id, invitations.c.used_at.is_(None))
    )


def invited(tx: Tx, token_hash: bytes, now: datetime) -> str | None:
    """Return whom this link invites, while it is good."""
    return tx.execute(
        select(invitations.c.person_id).where(
            invitations.c.id == token_hash,
            invitations.c.used_at.is_(None),
            invitations.c.expires_at > now,
        )
    ).scalar()


def use_invitation(tx: Tx, token_hash: bytes, now: datetime) -> str | None:
    """Use the link up and return whom it invited; a second use gets nothing."""
    statement = (
        update(invitations)
        .where(
            invitations.c.id == token_hash,
            invitations.c.used_at.is_(None),
            invitations.c.expires_at > now,
        )
        .values(used_at=now)
        .returning(invitations.c.person_id)
    )
    return tx.execute(statement).scalar()
