"""Seal old values again with the key in use, in batches, while the product runs."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Table, select, tuple_, update

from gateway.storage.database import Tx
from gateway.storage.encryption import SEALED_COLUMNS, NotUnsealed, find_serial, name_row
from gateway.storage.tables import metadata

__all__ = ["SEALED_COLUMNS", "Batch", "reseal_batch"]


@dataclass(frozen=True, slots=True)
class Batch:
    """The result of a batch: primary key of its last row (None at the end), and numbers sealed and unreadable."""

    last: tuple[Any, ...] | None
    sealed: int
    unreadable: int


def reseal_batch(tx: Tx, table_name: str, column: str, *, after: tuple[Any, ...] | None, limit: int) -> Batch:
    """Seal again the values of this column's next rows that another key had sealed."""
    table = metadata.tables[table_name]
    rows = _find_next(tx, table, column, after, limit)
    current = tx.ring.serial("seal")
    sealed = unreadable = 0
    for row in rows:
        key: list[Any] = list(row[:-1])
        value: bytes = row[-1]
        if find_serial(value) == current:
            continue
        try:
            sealed += _seal_again(tx, table, column, key, value)
        except NotUnsealed:
            unreadable += 1
    return Batch(tuple(rows[-1][:-1]) if len(rows) == limit else None, sealed, unreadable)


def _find_next(
    tx: Tx, table: Table, column: str, after: tuple[Any, ...] | None, limit: int
) -> list[Row[Any]]:
    key = list(table.primary_key.columns)
    query = select(*key, table.c[column]).where(table.c[column].is_not(None)).order_by(*key).limit(limit)
    if after is not None:
        query = query.where(tuple_(*key) > after if len(key) > 1 else key[0] > after[0])
    return list(tx.execute(query))


def _seal_again(tx: Tx, table: Table, column: str, key: list[Any], value: bytes) -> int:
    place = {"table": table.name, "column": column, "row": name_row(*key)}
    fresh = tx.ring.seal(tx.ring.open(value, **place), **place)
    here = [part == part_value for part, part_value in zip(table.primary_key.columns, key, strict=True)]
    # A concurrent write is newer; its key is checked in the next pass.
    statement = update(table).where(*here, table.c[column] == value).values({column: fresh})
    return len(tx.execute(statement.returning(*table.primary_key.columns)).all())
