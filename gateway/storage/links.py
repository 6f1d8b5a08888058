"""One-tap links: rows under the keyed hash of a token, used once, and from then on tied to one phone."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, insert, select, update

from gateway.storage.database import Tx
from gateway.storage.tables import links

_COLUMNS = (
    links.c.person_id,
    links.c.callback_id,
    links.c.expires_at,
    links.c.used_at,
    links.c.mark,
    links.c.answered_at,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Whom a link lets in, and to which callback.

    ``mark`` are the two digits by which its text tells itself from others; 0 where it may not be answered.
    """

    person_id: str
    callback_id: str
    expires_at: datetime
    used_at: datetime | None
    mark: int = 0
    answered_at: datetime | None = None


def add_link(
    tx: Tx, token_hash: bytes, *, person_id: str, callback_id: str, expires_at: datetime, mark: int = 0
) -> None:
    """Write a new link."""
    tx.execute(
        insert(links).values(
            id=token_hash, person_id=person_id, callback_id=callback_id, expires_at=expires_at, mark=mark
        )
    )


def find_link(tx: Tx, token_hash: bytes) -> Link | None:
    """Return a link, used or not."""
    return _read_first(tx, links.c.id == token_hash)


def of_phone(tx: Tx, phone: bytes) -> Link | None:
    """Return the link that was used by the phone with this secret."""
    return _read_first(tx, links.c.phone == phone)


def use_link(tx: Tx, token_hash: bytes, *, phone: bytes, now: datetime) -> bool:
    """Use a link up for this phone; False where it is used or too old."""
    statement = (
        update(links)
        .where(links.c.id == token_hash, links.c.used_at.is_(None), links.c.expires_at > now)
        .values(used_at=now, phone=phone)
        .returning(links.c.id)
    )
    return tx.execute(statement).first() is not None


def list_marked(tx: Tx, *, since: datetime) -> tuple[Link, ...]:
    """Return the links whose texts may be answered and that end after this, the one that ends last first."""
    query = select(*_COLUMNS).where(links.c.expires_at > since, links.c.mark > 0)
    rows = tx.execute(query.order_by(links.c.expires_at.desc(), links.c.id))
    return tuple(Link(**row._asdict()) for row in rows)


def answer_links(tx: Tx, *, person_id: str, callback_id: str, now: datetime) -> bool:
    """Write that the texts to this person on this callback are answered; False where they were, or are too old."""
    statement = (
        update(links)
        .where(
            links.c.person_id == person_id,
            links.c.callback_id == callback_id,
            links.c.answered_at.is_(None),
            links.c.expires_at > now,
            links.c.mark > 0,
        )
        .values(answered_at=now)
        .returning(links.c.id)
    )
    return bool(tx.execute(statement).all())


def _read_first(tx: Tx, condition: ColumnElement[bool]) -> Link | None:
    row = tx.execute(select(*_COLUMNS).where(condition)).first()
    return Link(**row._asdict()) if row is not None else None
