"""Runs the migrations on the connection that `gateway.storage.migrate` hands in."""

from typing import Any, Literal

from alembic import context

from gateway.storage.tables import metadata
from gateway.storage.types import Instant, Json, Sealed

# A migration is frozen: it names the database's types, not ours, which may change meaning later.
_PLAIN = {Instant: "sa.DateTime(timezone=True)", Json: "sa.Text()", Sealed: "sa.LargeBinary()"}


def _plainly(kind: str, item: Any, _: Any) -> str | Literal[False]:
    return _PLAIN.get(type(item), False) if kind == "type" else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_item=_plainly,
    # Without this a migration on SQLite is committed statement by statement, and a kill leaves half of it.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
