"""Reads every row of the ledger out and puts rows back in, in words that both databases share."""

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
    sessions,
    sign_ins,
)
from gateway.storage.types import Json

_LEFT_OUT = {table.name for table in (sessions, chores, sign_ins, invitations, links, looking)}
"""What means nothing on another machine: places in menus, leases, and sign-ins, which everybody does anew."""

_NOTHING_LOST = {table.name for table in (keys, chores, lines, figures)} | _LEFT_OUT
"""What a start writes by itself; a ledger that holds no more than this is empty."""

_BATCH = 500


def list_tables() -> list[str]:
    """Return the tables in an order in which they can be filled."""
    return [table.name for table in metadata.sorted_tables if table.name not in _LEFT_OUT]


def take_time(tx: Tx) -> None:
    """Let the statements of this transaction last as long as they must."""
    if tx.dialect == "postgresql":
        tx.execute(text("SET LOCAL statement_timeout = 0"))


def list_rows(tx: Tx, name: str) -> Iterator[dict[str, Any]]:
    """Return the rows of a table in plain JSON values; keys are opened, to be closed by the next machine's master."""
    table = metadata.tables[name]
    streamed = tx.execute(select(table).execution_options(yield_per=_BATCH))
    for row in streamed.mappings():
        said = dict(row)
        if table is keys:
            said["wrapped"] = tx.ring.unwrap(said["id"], said["wrapped"])
        yield {
            column: {"json": value} if isinstance(table.c[column].type, Json) else _plain_value(value)
            for column, value in said.items()
        }


def fill_table(tx: Tx, name: str, plain: Sequence[Mapping[str, Any]]) -> None:
    """Put rows into a table.

    Raises:
        KeyError: the table or a column is not of this release.
    """
    if not plain:
        return
    table = metadata.tables[name]
    said = [{table.c[column].name: _rich_value(value) for column, value in row.items()} for row in plain]
    if table is keys:
        said = [row | {"wrapped": tx.ring.wrap(row["id"], row["wrapped"])} for row in said]
    tx.execute(insert(table), said)


def not_empty(tx: Tx) -> str | None:
    """Return the name of a table that holds what a restore would mix up, or None where the ledger is empty."""
    for table in metadata.sorted_tables:
        if (
            table.name not in _NOTHING_LOST
            and tx.execute(select(exists(select(*table.primary_key)))).scalar()
        ):
            return table.name
    return None


def clear_tables(tx: Tx) -> None:
    """Remove what a start wrote by itself."""
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
