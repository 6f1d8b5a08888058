"""One-tap links: rows under the keyed hash of a token, used once, and from then on tied to one phone."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, insert, select, update

from gateway.store.engines import Tx
from gateway.store.tables import links


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Whom a link lets in, and to which callback."""

    person_id: str
    callback_id: str
    expires_at: datetime
    used_at: datetime | None


def add(tx: Tx, token_hash: bytes, *, person_id: str, callback_id: str, expires_at: datetime) -> None:
    """Write a new link."""
    tx.execute(
        insert(links).values(
            id=token_hash, person_id=person_id, callback_id=callback_id, expires_at=expires_at
        )
    )


def find(tx: Tx, token_hash: bytes) -> Link | None:
    """Return a link, used or not."""
    return _first(tx, links.c.id == token_hash)


def of_phone(tx: Tx, phone: bytes) -> Link | None:
    """Return the link that was used by the phone with this secret."""
    return _first(tx, links.c.phone == phone)


def use(tx: Tx, token_hash: bytes, *, phone: bytes, now: datetime) -> bool:
    """Use a link up for this phone; False where it is used or too old."""
    statement = (
        update(links)
        .where(links.c.id == token_hash, links.c.used_at.is_(None), links.c.expires_at > now)
        .values(used_at=now, phone=phone)
        .returning(links.c.id)
    )
    return tx.execute(statement).first() is not None


def _first(tx: Tx, condition: ColumnElement[bool]) -> Link | None:
    query = select(links.c.person_id, links.c.callback_id, links.c.expires_at, links.c.used_at)
    row = tx.execute(query.where(condition)).first()
    return Link(**row._asdict()) if row is not None else None
