"""Bring the ledger as a whole to a state: tables of this release in one transaction; dump and load every row.

Rows are dumped as plain JSON values, which either database loads. Alembic is imported only where a migration is
missing: most starts find the tables as they should be, and its import takes a tenth of a second and 11 MiB in every
process. What a start asks is read without it: the revision from Alembic's own table, the known ones from the names of
the migrations' files.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, Table, delete, exists, insert, select, text, update

from gateway.domain.callbacks.states import OPEN, CallbackState
from gateway.foundation.time_and_chance import make_random_bytes
from gateway.storage.callers import BY_LINE, TRIAL, hash_number
from gateway.storage.database import Store, Tx
from gateway.storage.tables import (
    attempts,
    callbacks,
    callers,
    chores,
    figure_months,
    figures,
    invitations,
    keys,
    lines,
    links,
    looking,
    metadata,
    outbox,
    push_keys,
    sessions,
    sign_ins,
    text_parts,
    texts,
    threads,
)
from gateway.storage.value_limits import Json, give_conditions

if TYPE_CHECKING:
    from alembic.config import Config


_FOLDER = Path(__file__).parent / "migrations"
_ONE_AT_A_TIME = 4_815_162_342
"""Number of the PostgreSQL advisory lock by which concurrent starts take turns."""

_REVISION_TABLE = "alembic_version"


class Newer(Exception):
    """A newer release has migrated this database; this one must not write to it."""


def upgrade(store: Store) -> None:
    """Make the tables where there are none, else apply every missing migration.

    Raises:
        Newer: the database has a migration that this release does not know.
        Unavailable: SQL cannot be used; nothing was changed.
    """
    with store.write() as tx:
        if tx.dialect == "postgresql":
            # Copying a large table takes long, here or in the process that holds the lock.
            tx.execute(text("SET LOCAL statement_timeout = 0"))
            tx.execute(text("SET LOCAL lock_timeout = '60s'"))
            tx.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _ONE_AT_A_TIME})
        had = read_revision(tx)
        if had is not None and not knows_revision(had):
            raise Newer(
                f"the database is at {had}, this release knows {find_newest()}: please install the newer release"
            )
        if had is None:
            make_tables(tx)
        elif had != find_newest():
            run_migrations(tx)


def make_tables(tx: Tx) -> None:
    """Make all tables of an empty database as the migrations would leave them, in a quarter of their time.

    Only what this release needs is made, and Alembic is not imported. Tests hold both ways to the same schema.
    """
    give_conditions(metadata, tx.dialect)
    metadata.create_all(tx.conn, checkfirst=False)
    tx.execute(
        text(
            f"CREATE TABLE {_REVISION_TABLE} (version_num VARCHAR(32) NOT NULL, "
            f"CONSTRAINT {_REVISION_TABLE}_pkc PRIMARY KEY (version_num))"
        )
    )
    tx.execute(text(f"INSERT INTO {_REVISION_TABLE} VALUES (:name)"), {"name": find_newest()})  # noqa: S608 - a constant


def run_migrations(tx: Tx) -> None:
    """Apply the missing migrations one after the other."""
    from alembic import command

    config = _make_config()
    config.attributes["connection"] = tx.conn
    command.upgrade(config, "head")


def find_revision(store: Store) -> str | None:
    """Return the name of the database's last migration, or None when it is empty."""
    with store.read() as tx:
        return read_revision(tx)


def read_revision(tx: Tx) -> str | None:
    """Return the name of the last migration, read in an open transaction."""
    if not tx.conn.dialect.has_table(tx.conn, _REVISION_TABLE):
        return None
    found = tx.execute(text(f"SELECT version_num FROM {_REVISION_TABLE}")).scalar_one_or_none()  # noqa: S608 - a constant
    return None if found is None else str(found)


def find_newest() -> str:
    """Return the name of this release's last migration."""
    return max(_list_revisions())


def knows_revision(name: str) -> bool:
    """Say whether this release has a migration of that name."""
    return name in _list_revisions()


def _list_revisions() -> list[str]:
    """Return the names of this release's migrations: each file is named by its own, and they sort in their order."""
    found = [file.name.partition("_")[0] for file in (_FOLDER / "versions").glob("[0-9]*_*.py")]
    if not found:
        raise RuntimeError("the release holds no migrations")
    return found


def _make_config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


_LEFT_OUT = {table.name for table in (sessions, chores, sign_ins, invitations, links, looking, figure_months)}
"""Tables without meaning on another machine: sessions, leases, sign-ins and links; sums are made anew."""

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


# Data migration: the first release stored a simulator's caller and a real one of the same number in one row.

_ONE_GO = 200


def part_trials(tx: Tx, *, trial_lines: Collection[str], now: datetime) -> int:
    """Split some rows that were first written for a simulator phone; return how many, zero when all are done.

    A row without any trace of a real channel becomes a simulator's. Otherwise it is a real number: requests, STOP and
    texts stay; consent, safety answers and language, which a simulator may have set, are removed, and the requests
    that simulators made too.
    """
    query = select(callers).where(callers.c.trial, ~callers.c.lookup_key.endswith(TRIAL)).limit(_ONE_GO)
    rows = tx.execute(query.with_for_update()).all()
    for row in rows:
        if any(_is_named_by_a_real_line(tx, table, row.id, trial_lines) for table in BY_LINE):
            _make_real(tx, row, trial_lines, now)
        else:
            _make_trial(tx, row)
    return len(rows)


def _is_named_by_a_real_line(tx: Tx, table: Table, caller_id: str, trial_lines: Collection[str]) -> bool:
    real = table.c.caller_id == caller_id, table.c.channel.not_in(trial_lines)
    return tx.execute(select(table.c.channel).where(*real).limit(1)).first() is not None


def _make_trial(tx: Tx, row: Row[Any]) -> None:
    """Re-key this row as a simulator's; where a simulator's row exists already, remove its number instead."""
    number = tx.ring.open_text(row.number, table="callers", column="number", row=row.id)
    lookup = hash_number(tx, number, trial=True) if number else None
    taken = tx.execute(select(callers.c.id).where(callers.c.lookup == lookup)).first() if lookup else None
    values: dict[str, Any] = {"lookup_key": row.lookup_key + TRIAL, "lookup": lookup}
    if lookup is None or taken is not None:
        values |= {"lookup": make_random_bytes(32), "number": None}
    tx.execute(update(callers).where(callers.c.id == row.id).values(**values))


def _make_real(tx: Tx, row: Row[Any], trial_lines: Collection[str], now: datetime) -> None:
    of_trials = callbacks.c.caller_id == row.id, callbacks.c.channel.in_(trial_lines)
    tried = select(callbacks.c.id).where(*of_trials)
    tx.execute(update(attempts).where(attempts.c.callback_id.in_(tried)).values(caller_id=None))
    ended = {"state": CallbackState.CANCELLED, "reason": "trial", "closed_at": now, "changed_at": now}
    tx.execute(update(callbacks).where(*of_trials, callbacks.c.state.in_(OPEN)).values(**ended))
    for table in (callbacks, texts, outbox):
        of_trial = table.c.caller_id == row.id, table.c.channel.in_(trial_lines)
        tx.execute(update(table).where(*of_trial).values(caller_id=None))
    for table in (threads, text_parts):
        tx.execute(delete(table).where(table.c.caller_id == row.id, table.c.channel.in_(trial_lines)))
    unsaid = {"contact": None, "consent_at": None, "consent_version": "", "language": "", "script": ""}
    tx.execute(update(callers).where(callers.c.id == row.id).values(trial=False, zone="", **unsaid))
