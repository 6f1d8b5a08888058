"""The referral book: where help exists, and which entries may be passed on."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, delete, select

from gateway.storage.database import Tx, insert_into
from gateway.storage.tables import referrals


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral:
    """One place that helps; no languages or no topics means: not written down."""

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
    """Write an entry, new or changed."""
    values = asdict(referral) | {"languages": list(referral.languages), "topics": list(referral.topics)}
    statement = insert_into(tx, referrals).values(values)
    changed = {name: value for name, value in values.items() if name not in ("id", "team")}
    tx.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changed))


def list_referrals(tx: Tx, team: str) -> tuple[Referral, ...]:
    """Return the book of a team by name."""
    query = select(referrals).where(referrals.c.team == team).order_by(referrals.c.name, referrals.c.id)
    return tuple(_read_referral(row) for row in tx.execute(query))


def by_id(tx: Tx, referral_id: str) -> Referral | None:
    """Return one entry."""
    row = tx.execute(select(referrals).where(referrals.c.id == referral_id)).first()
    return _read_referral(row) if row is not None else None


def drop_referral(tx: Tx, referral_id: str) -> None:
    """Take an entry out."""
    tx.execute(delete(referrals).where(referrals.c.id == referral_id))


def _read_referral(row: Row[Any]) -> Referral:
    values = row._asdict()
    return Referral(**{**values, "languages": tuple(row.languages), "topics": tuple(row.topics)})
