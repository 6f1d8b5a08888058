"""Sign-ins and invitations: rows under the keyed hash of a token, so that a copy of the table opens nothing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from gateway.store.engines import Tx
from gateway.store.tables import audit, invitations, sign_ins

SIGNED_IN = "signed in"
"""The act under which a sign-in is on record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """One sign-in of one person.

    ``proved_at`` is when it was last shown to be still this person; ``half`` says that the second factor is missing.
    """

    person_id: str
    seen_at: datetime
    expires_at: datetime
    made_at: datetime | None = None
    proved_at: datetime | None = None
    half: bool = False
    device: str = ""
    token_hash: bytes = b""


def open_one(
    tx: Tx,
    token_hash: bytes,
    *,
    person_id: str,
    now: datetime,
    expires_at: datetime,
    half: bool = False,
    device: str = "",
) -> None:
    """Write a new sign-in; with ``half`` it is good for nothing until the second factor was shown."""
    values = {"made_at": now, "seen_at": now, "proved_at": now, "expires_at": expires_at, "half": half}
    tx.execute(insert(sign_ins).values(id=token_hash, person_id=person_id, device=device, **values))


def list_signed_in(tx: Tx) -> frozenset[str]:
    """Return the ids of those who have signed in, as long as the record of it is kept; a password alone is none."""
    on_record = select(audit.c.person_id).where(audit.c.act == SIGNED_IN)
    open_now = select(sign_ins.c.person_id).where(sign_ins.c.half.is_(False))
    found = tx.execute(on_record.union(open_now)).scalars()
    return frozenset(person_id for person_id in found if person_id is not None)


def find(tx: Tx, token_hash: bytes) -> SignIn | None:
    """Return the sign-in of this token."""
    row = tx.execute(select(sign_ins).where(sign_ins.c.id == token_hash)).first()
    return _sign_in(row) if row is not None else None


def of(tx: Tx, person_id: str, *, now: datetime) -> tuple[SignIn, ...]:
    """Return the person's sign-ins that are still good, the one last seen first."""
    query = select(sign_ins).where(sign_ins.c.person_id == person_id, sign_ins.c.expires_at > now)
    return tuple(_sign_in(row) for row in tx.execute(query.order_by(sign_ins.c.seen_at.desc())))


def complete(tx: Tx, token_hash: bytes, *, now: datetime) -> None:
    """Write that the person has just shown to be who they say: the second factor, or once more the password."""
    tx.execute(update(sign_ins).where(sign_ins.c.id == token_hash).values(half=False, proved_at=now))


def touch(tx: Tx, token_hash: bytes, now: datetime) -> None:
    """Write that the person was just seen."""
    tx.execute(update(sign_ins).where(sign_ins.c.id == token_hash).values(seen_at=now))


def end(tx: Tx, token_hash: bytes) -> None:
    """End one sign-in."""
    tx.execute(delete(sign_ins).where(sign_ins.c.id == token_hash))


def end_one_of(tx: Tx, person_id: str, token_hash: bytes) -> bool:
    """End one sign-in of this person; False where it is none of theirs."""
    statement = (
        delete(sign_ins)
        .where(sign_ins.c.id == token_hash, sign_ins.c.person_id == person_id)
        .returning(sign_ins.c.id)
    )
    return tx.execute(statement).first() is not None


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


def _sign_in(row: Row[Any]) -> SignIn:
    return SignIn(
        person_id=row.person_id,
        seen_at=row.seen_at,
        expires_at=row.expires_at,
        made_at=row.made_at,
        proved_at=row.proved_at,
        half=bool(row.half),
        device=row.device,
        token_hash=row.id,
    )
