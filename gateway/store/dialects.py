"""The one statement that both databases spell alike but SQLAlchemy keeps apart: INSERT … ON CONFLICT."""

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite

from gateway.store.engines import Tx


def insert_into(tx: Tx, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """Return an INSERT of this transaction's database; ask what it did by ``RETURNING``, never by ``rowcount``."""
    return postgresql.insert(table) if tx.dialect == "postgresql" else sqlite.insert(table)
