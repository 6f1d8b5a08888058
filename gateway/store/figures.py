"""Figures: counts by day, hour, line, language and version; nothing in them belongs to one caller."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select

from gateway.store.dialects import insert_into
from gateway.store.engines import Tx
from gateway.store.tables import figures

FACT = "fact:"
"""What the count of how often a fact was read is called, before the name of the fact; its item is the screen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One count."""

    day: date
    channel: str
    language: str
    version: str
    what: str
    item: str
    n: int


def add(
    tx: Tx, day: date, hour: int, channel: str, language: str, version: str, what: str, item: str, *, n: int
) -> None:
    """Add to one count, made if need be."""
    statement = insert_into(tx, figures).values(
        day=day, hour=hour, channel=channel, language=language, version=version, what=what, item=item, n=n
    )
    keys = ["day", "hour", "channel", "language", "version", "what", "item"]
    tx.execute(statement.on_conflict_do_update(index_elements=keys, set_={"n": figures.c.n + n}))


def between(tx: Tx, first: date, last: date, *, what: Sequence[str] = ()) -> tuple[Figure, ...]:
    """Return the counts of these days, both included, hours added up."""
    c = figures.c
    names = (c.day, c.channel, c.language, c.version, c.what, c.item)
    query = select(*names, func.sum(c.n).label("n")).where(c.day >= first, c.day <= last)
    if what:
        query = query.where(c.what.in_(what))
    rows = tx.execute(query.group_by(*names).order_by(*names))
    return tuple(Figure(**{**row._asdict(), "n": int(row.n)}) for row in rows)


def totals(tx: Tx) -> tuple[tuple[str, str, str, int], ...]:
    """Return (what, item, channel, n) over all days, for the operators' graphs; readings of facts are no graph."""
    c = figures.c
    query = select(c.what, c.item, c.channel, func.sum(c.n)).where(~c.what.startswith(FACT, autoescape=True))
    rows: Any = tx.execute(query.group_by(c.what, c.item, c.channel).order_by(*c[5:7]))
    return tuple((what, item, channel, int(n)) for what, item, channel, n in rows)
