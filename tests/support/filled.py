"""A ledger with a row in every table and a value in every column, so that a list that forgot one is found out."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from gateway.storage.database import Store, Tx
from gateway.storage.encryption import name_row
from gateway.storage.tables import metadata
from gateway.storage.value_limits import Instant, Json, Sealed

SAID = "what nobody else may read"
CALLER, CALLBACK, ATTEMPT, PERSON, VERSION = "caller", "callback", "attempt", "person", "version"
DRAFT = "draft"
_IDS = {
    "callers": CALLER,
    "callbacks": CALLBACK,
    "attempts": ATTEMPT,
    "people": PERSON,
    "versions": VERSION,
    "menu_drafts": DRAFT,
}
_REFERENCES = {f"{table}.id": name for table, name in _IDS.items()}
_MADE: tuple[tuple[type, Callable[[sa.Column[Any], datetime], Any]], ...] = (
    (Json, lambda *_: {"ລາວ": [1, "2", None]}),
    (Instant, lambda column, at: at + timedelta(seconds=len(column.name))),
    (sa.Date, lambda *_: date(2026, 11, 24)),
    (sa.Boolean, lambda *_: True),
    (sa.Integer, lambda *_: 7),
    (sa.LargeBinary, lambda column, _: (column.name.encode() * 32)[:32]),
    (sa.String, lambda column, _: column.name[: column.type.length]),
)


def fill(store: Store, at: datetime, **given: dict[str, Any]) -> None:
    """Put one row into every table but the keys; `given` names values of a table's columns."""
    with store.write() as tx:
        for table in metadata.sorted_tables:
            if table.name != "keys":
                tx.execute(sa.insert(table), [row(tx, table, at, **given.get(table.name, {}))])


def row(tx: Tx, table: sa.Table, at: datetime, **given: Any) -> dict[str, Any]:
    """One row with a value in every column; the sealed ones hold `SAID`, bound to the key it has at last."""
    plain = {
        column.name: _value(table, column, at)
        for column in table.columns
        if not isinstance(column.type, Sealed)
    }
    plain |= {name: value for name, value in given.items() if name in plain}
    sealed = {
        column.name: tx.ring.seal_json(SAID, table=table.name, column=column.name, row=_place(table, plain))
        for column in table.columns
        if isinstance(column.type, Sealed)
    }
    return plain | sealed | given


def _place(table: sa.Table, values: dict[str, Any]) -> str:
    return name_row(*(values[column.name] for column in table.primary_key))


def opened(tx: Tx, table_name: str, column: str) -> list[str | None]:
    """What a sealed column holds in every row, opened in its place."""
    table = metadata.tables[table_name]
    return [
        tx.ring.open_json(value, table=table_name, column=column, row=name_row(*key))
        for *key, value in tx.execute(sa.select(*table.primary_key, table.c[column]))
    ]


def _value(table: sa.Table, column: sa.Column[Any], at: datetime) -> Any:
    if column.foreign_keys:
        return _REFERENCES[next(iter(column.foreign_keys)).target_fullname]
    if column.name == "id" and table.name in _IDS:
        return _IDS[table.name]
    if column.name == "state":
        return {"callbacks": "waiting", "outbox": "pending"}.get(table.name, "x")
    return next(make(column, at) for kind, make in _MADE if isinstance(column.type, kind))
