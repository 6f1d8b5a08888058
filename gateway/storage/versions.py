"""Store published menu versions, which never change, and one pointer per menu to the live one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select, update

from gateway.foundation.ids import new_id
from gateway.storage.database import Tx, insert_into
from gateway.storage.tables import live, versions

_TRIES = 20


class Crowded(RuntimeError):
    """Too many concurrent publications; a retry helps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One published menu, without its texts."""

    id: str
    menu: str
    number: int
    hash: str
    author: str
    why: str
    made_at: datetime
    withdrawn_at: datetime | None = None


def add_version(
    tx: Tx,
    *,
    menu: str,
    source: Mapping[str, str],
    compiled: str,
    format: int,  # noqa: A002 - the column's name
    hash: str,  # noqa: A002 - the column's name
    author: str,
    why: str,
    now: datetime,
) -> Version:
    """Insert the next version of this menu.

    ``source`` maps file name → YAML text; ``compiled`` is the text of ``dump_menu``; ``hash`` covers the source.

    Raises:
        Crowded: others took every number that was tried.
    """
    fixed = {"menu": menu, "source": dict(source), "compiled": compiled, "format": format, "hash": hash}
    about = {"author": author, "why": why, "made_at": now, "published_at": now}
    for _ in range(_TRIES):
        number = tx.execute(select(func.max(versions.c.number)).where(versions.c.menu == menu)).scalar() or 0
        fresh = insert_into(tx, versions).values(id=new_id(now), number=number + 1, **fixed, **about)
        statement = fresh.on_conflict_do_nothing(index_elements=["menu", "number"]).returning(*_SHOWN)
        row = tx.execute(statement).first()
        if row is not None:
            return _read_version(row)
    raise Crowded("another version was published at the same moment")


def find_live_id(tx: Tx, menu: str) -> str | None:
    """Return the id of this menu's live version, or None where none is published."""
    found: str | None = tx.execute(select(live.c.version_id).where(live.c.menu == menu)).scalar()
    return found


def find_live_ids(tx: Tx) -> dict[str, str]:
    """Return menu → id of its live version."""
    return {row.menu: row.version_id for row in tx.execute(select(live.c.menu, live.c.version_id))}


def point_live(tx: Tx, menu: str, version_id: str, *, seen: str | None, now: datetime) -> bool:
    """Make this version live if ``seen`` still is; False where another one went live meanwhile."""
    if seen is None:
        first = insert_into(tx, live).values(menu=menu, version_id=version_id, since=now)
        statement = first.on_conflict_do_nothing(index_elements=["menu"]).returning(live.c.menu)
        return tx.execute(statement).first() is not None
    moved = (
        update(live)
        .where(live.c.menu == menu, live.c.version_id == seen)
        .values(version_id=version_id, since=now)
        .returning(live.c.menu)
    )
    return tx.execute(moved).first() is not None


def get_version(tx: Tx, version_id: str) -> Version | None:
    """Return one version, if it exists."""
    row = tx.execute(select(*_SHOWN).where(versions.c.id == version_id)).first()
    return _read_version(row) if row is not None else None


def find_numbered(tx: Tx, menu: str, number: int) -> Version | None:
    """Return this menu's version with this number."""
    row = tx.execute(select(*_SHOWN).where(versions.c.menu == menu, versions.c.number == number)).first()
    return _read_version(row) if row is not None else None


def list_versions(tx: Tx, menu: str = "") -> tuple[Version, ...]:
    """Return the versions of this menu, or of all menus, newest first."""
    query = select(*_SHOWN).order_by(versions.c.menu, versions.c.number.desc())
    if menu:
        query = query.where(versions.c.menu == menu)
    return tuple(_read_version(row) for row in tx.execute(query))


def find_compiled(tx: Tx, version_id: str) -> str | None:
    """Return the compiled menu of a version, unless withdrawn."""
    query = select(versions.c.compiled).where(versions.c.id == version_id, versions.c.withdrawn_at.is_(None))
    found: str | None = tx.execute(query).scalar()
    return found


def find_ever_compiled(tx: Tx, version_id: str) -> str | None:
    """Return the compiled menu of a version, withdrawn or not, for reports on what was shown."""
    found: str | None = tx.execute(select(versions.c.compiled).where(versions.c.id == version_id)).scalar()
    return found


def find_source(tx: Tx, version_id: str) -> dict[str, str] | None:
    """Return file name → YAML text of a version."""
    found: dict[str, str] | None = tx.execute(
        select(versions.c.source).where(versions.c.id == version_id)
    ).scalar()
    return found


def withdraw_version(tx: Tx, version_id: str, *, now: datetime) -> bool:
    """Withdraw a version, so that its sessions begin anew; never the live one, and only once."""
    is_live = select(live.c.menu).where(live.c.version_id == version_id).exists()
    statement = (
        update(versions)
        .where(versions.c.id == version_id, versions.c.withdrawn_at.is_(None), ~is_live)
        .values(withdrawn_at=now, state="withdrawn")
        .returning(versions.c.id)
    )
    return tx.execute(statement).first() is not None


def list_withdrawn(tx: Tx, ids: Iterable[str]) -> frozenset[str]:
    """Return which of these versions are withdrawn."""
    query = select(versions.c.id).where(versions.c.id.in_(tuple(ids)), versions.c.withdrawn_at.is_not(None))
    return frozenset(row.id for row in tx.execute(query))


_SHOWN = (
    versions.c.id,
    versions.c.menu,
    versions.c.number,
    versions.c.hash,
    versions.c.author,
    versions.c.why,
    versions.c.made_at,
    versions.c.withdrawn_at,
)


def _read_version(row: Row[Any]) -> Version:
    return Version(**row._mapping)  # noqa: SLF001 - the row's public way to its columns has this name
