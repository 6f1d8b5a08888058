"""Dump every row of the ledger as plain JSON values, and load such rows, on either database."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, exists, insert, select, text

from gateway.storage.database import Tx
from gateway.storage.tables import (
    chores,
    figures,
    invitations,
    keys,
    lines,
    links,
    looking,
    metadata,
    push_keys,
    sessions,
    sign_ins,
)
from gateway.storage.value_limits import Json

_LEFT_OUT = {table.name for table in (sessions, chores, sign_ins, invitations, links, looking)}
"""Tables without meaning on another machine: sessions, leases, sign-ins and links."""

_NOTHING_LOST = {table.name for table in (keys, chores, lines, figures, push_keys)} | _LEFT_OUT
"""Tables that a start fills by itself; a ledger with rows only in these counts as empty."""

_BATCH = 500


def list_tables() -> list[str]:
    """Return the table names in an order that satisfies foreign keys."""
    return [table.name for table in metadata.sorted_tables if table.name not in _LEFT_OUT]


def take_time(tx: Tx) -> None:
    """Lift the statement timeout for this transaction."""
    if tx.dialect == "postgresql":
        tx.execute(text("SET LOCAL statement_timeout = 0"))


def list_rows(tx: Tx, name: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table, column → plain JSON value.

    Other types are wrapped: ``{"bytes": base64}``, ``{"instant": ISO 8601}``, ``{"day": ISO 8601}``, ``{"json":
    value}``. Keys are unwrapped from this machine's master key, to be wrapped again on the next machine.
    """
    table = metadata.tables[name]
    streamed = tx.execute(select(table).execution_options(yield_per=_BATCH))
    for row in streamed.mappings():
        columns = dict(row)
        if table is keys:
            columns["wrapped"] = tx.ring.unwrap(columns["id"], columns["wrapped"])
        yield {
            column: {"json": value} if isinstance(table.c[column].type, Json) else _plain_value(value)
            for column, value in columns.items()
        }


def fill_table(tx: Tx, name: str, plain: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows in the shape of ``list_rows``.

    Raises:
        KeyError: the table or a column does not exist in this release.
    """
    if not plain:
        return
    table = metadata.tables[name]
    rows = [{table.c[column].name: _rich_value(value) for column, value in row.items()} for row in plain]
    if table is keys:
        rows = [row | {"wrapped": tx.ring.wrap(row["id"], row["wrapped"])} for row in rows]
    tx.execute(insert(table), rows)


def find_filled_table(tx: Tx) -> str | None:
    """Return the name of a table with data that a restore would mix up, or None where the ledger is empty."""
    for table in metadata.sorted_tables:
        if (
            table.name not in _NOTHING_LOST
            and tx.execute(select(exists(select(*table.primary_key)))).scalar()
        ):
            return table.name
    return None


def clear_tables(tx: Tx) -> None:
    """Delete what a start wrote by itself."""
    for table in reversed(metadata.sorted_tables):
        if table.name in _NOTHING_LOST:
            tx.execute(delete(table))


def _plain_value(value: Any) -> Any:
    match value:
        case bytes():
            return {"bytes": base64.b64encode(value).decode()}
        case datetime():
            return {"instant": value.isoformat()}
        case date():
            return {"day": value.isoformat()}
        case _:
            return value


def _rich_value(value: Any) -> Any:
    match value:
        case {"bytes": str(said)}:
            return base64.b64decode(said)
        case {"instant": str(said)}:
            return datetime.fromisoformat(said)
        case {"day": str(said)}:
            return date.fromisoformat(said)
        case {"json": said}:
            return said
        case _:
            return value
