"""The second factor of a person: the sealed secret, the last code that was used, and codes for whoever lost it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update

from gateway.store.engines import Tx
from gateway.store.tables import people, recovery_codes


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """The secret, and since when it is asked for: None while its owner has not yet shown a code of it."""

    secret: str
    since: datetime | None


def of(tx: Tx, person_id: str) -> Factor | None:
    """Return the person's second factor."""
    row = tx.execute(select(people.c.totp, people.c.totp_at).where(people.c.id == person_id)).first()
    secret = row and tx.ring.open_text(row.totp, table="people", column="totp", row=person_id)
    return Factor(secret=secret, since=row.totp_at) if row and secret else None


def put(tx: Tx, person_id: str, secret: str | None) -> None:
    """Write a new secret that is not asked for yet, or take the second factor away with its recovery codes."""
    sealed = tx.ring.seal_text(secret, table="people", column="totp", row=person_id)
    tx.execute(update(people).where(people.c.id == person_id).values(totp=sealed, totp_at=None, totp_step=0))
    put_codes(tx, person_id, ())


def begin(tx: Tx, person_id: str, *, now: datetime) -> None:
    """Write that the second factor is asked for from now on."""
    tx.execute(update(people).where(people.c.id == person_id).values(totp_at=now))


def use_step(tx: Tx, person_id: str, step: int) -> bool:
    """Use up the code of this step; False where it, or a later one, was used before."""
    statement = (
        update(people)
        .where(people.c.id == person_id, people.c.totp_step < step)
        .values(totp_step=step)
        .returning(people.c.id)
    )
    return tx.execute(statement).first() is not None


def put_codes(tx: Tx, person_id: str, hashes: Sequence[bytes]) -> None:
    """Write the recovery codes anew, as keyed hashes."""
    tx.execute(delete(recovery_codes).where(recovery_codes.c.person_id == person_id))
    if hashes:
        tx.execute(insert(recovery_codes), [{"id": one, "person_id": person_id} for one in hashes])


def use_code(tx: Tx, person_id: str, code_hash: bytes) -> bool:
    """Use a recovery code up; False where there is none like it."""
    statement = (
        delete(recovery_codes)
        .where(recovery_codes.c.id == code_hash, recovery_codes.c.person_id == person_id)
        .returning(recovery_codes.c.id)
    )
    return tx.execute(statement).first() is not None


def codes_left(tx: Tx, person_id: str) -> int:
    """Return how many recovery codes are left."""
    query = select(func.count()).select_from(recovery_codes).where(recovery_codes.c.person_id == person_id)
    return int(tx.execute(query).scalar_one())
