"""Store the referral book: services that help, and whether staff may pass them on."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, delete, select

from gateway.storage.database import Tx, insert_into
from gateway.storage.tables import referrals


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral:
    """One service; an empty list of languages or topics means not recorded."""

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
    """Insert or update an entry."""
    values = asdict(referral) | {"languages": list(referral.languages), "topics": list(referral.topics)}
    statement = insert_into(tx, referrals).values(values)
    changed = {name: value for name, value in values.items() if name not in ("id", "team")}
    tx.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changed))


def list_referrals(tx: Tx, team: str) -> tuple[Referral, ...]:
    """Return a team's entries by name."""
    query = select(referrals).where(referrals.c.team == team).order_by(referrals.c.name, referrals.c.id)
    return tuple(_read_referral(row) for row in tx.execute(query))


def by_id(tx: Tx, referral_id: str) -> Referral | None:
    """Return one entry, if it exists."""
    row = tx.execute(select(referrals).where(referrals.c.id == referral_id)).first()
    return _read_referral(row) if row is not None else None


def drop_referral(tx: Tx, referral_id: str) -> None:
    """Delete an entry."""
    tx.execute(delete(referrals).where(referrals.c.id == referral_id))


def _read_referral(row: Row[Any]) -> Referral:
    values = row._asdict()
    return Referral(**{**values, "languages": tuple(row.languages), "topics": tuple(row.topics)})
