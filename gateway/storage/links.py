"""Store one-tap links: found by the keyed hash of their token, usable once, and then bound to one phone."""

from collections.abc import Sequence
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
    """The person and the request that a link opens.

    ``mark`` is the number by which its text can be answered, of two digits or more; 0 where it cannot.
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
    """Insert a new link."""
    tx.execute(
        insert(links).values(
            id=token_hash, person_id=person_id, callback_id=callback_id, expires_at=expires_at, mark=mark
        )
    )


def find_link(tx: Tx, token_hash: bytes) -> Link | None:
    """Return a link, used or not."""
    return _read_first(tx, links.c.id == token_hash)


def by_phone(tx: Tx, phone: bytes) -> Link | None:
    """Return the link that was used by the phone with this secret (keyed hash)."""
    return _read_first(tx, links.c.phone == phone)


def use_link(tx: Tx, token_hash: bytes, *, phone: bytes, now: datetime) -> bool:
    """Bind a link to this phone; False where it is used or expired."""
    statement = (
        update(links)
        .where(links.c.id == token_hash, links.c.used_at.is_(None), links.c.expires_at > now)
        .values(used_at=now, phone=phone)
        .returning(links.c.id)
    )
    return tx.execute(statement).first() is not None


def list_marked(tx: Tx, person_ids: Sequence[str], *, since: datetime) -> tuple[Link, ...]:
    """Return these people's links with a mark that expire after this instant, the latest expiry first."""
    if not person_ids:
        return ()
    mine = links.c.person_id.in_(person_ids), links.c.expires_at > since, links.c.mark > 0
    rows = tx.execute(select(*_COLUMNS).where(*mine).order_by(links.c.expires_at.desc(), links.c.id))
    return tuple(Link(**row._asdict()) for row in rows)


def answer_links(tx: Tx, *, person_id: str, callback_id: str, now: datetime) -> bool:
    """Mark this person's links to a request as answered; False where they were, or have expired."""
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
