"""Settings that an administrator changes while the house runs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from gateway.store.dialects import insert_into
from gateway.store.engines import Tx
from gateway.store.tables import settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """When a setting was written last, and by whom."""

    at: datetime
    by: str


def get(tx: Tx, name: str, default: Any = None) -> Any:
    """Return the value of this name, or the default where nobody has set it."""
    row = tx.execute(select(settings.c.value).where(settings.c.name == name)).first()
    return default if row is None else row.value


def changed(tx: Tx, name: str) -> Changed | None:
    """Return when the value of this name was written last; None where nobody has set it."""
    row = tx.execute(select(settings.c.at, settings.c.by).where(settings.c.name == name)).first()
    return None if row is None else Changed(at=row.at, by=row.by)


def put(tx: Tx, name: str, value: Any, *, by: str, now: datetime) -> int:
    """Set the value; return how many times it was changed since it was first set.

    Raises:
        ValueError: nothing is no value; a setting is on or off, not absent.
    """
    if value is None:
        raise ValueError("a setting has a value")
    insert = insert_into(tx, settings).values(name=name, value=value, rev=0, by=by, at=now)
    said = {"value": insert.excluded.value, "by": insert.excluded.by, "at": insert.excluded.at}
    statement = insert.on_conflict_do_update(
        index_elements=["name"], set_=said | {"rev": settings.c.rev + 1}
    ).returning(settings.c.rev)
    return int(tx.execute(statement).scalar_one())


def put_if_new(tx: Tx, name: str, value: Any, *, by: str, now: datetime) -> bool:
    """Set the value unless the name has one; return whether it was us, of many at once."""
    insert = insert_into(tx, settings).values(name=name, value=value, rev=0, by=by, at=now)
    statement = insert.on_conflict_do_nothing(index_elements=["name"]).returning(settings.c.name)
    return tx.execute(statement).first() is not None
