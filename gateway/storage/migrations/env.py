"""Run the migrations on the connection that `gateway.storage.migrate` passes in (the env.py of Alembic)."""

from typing import Any, Literal

from alembic import context

from gateway.storage.tables import metadata
from gateway.storage.value_limits import Instant, Json, Sealed, give_conditions

# A migration is frozen, so it uses the database's types instead of ours, which may change later.
_PLAIN = {Instant: "sa.DateTime(timezone=True)", Json: "sa.Text()", Sealed: "sa.LargeBinary()"}


def _plainly(kind: str, item: Any, _: Any) -> str | Literal[False]:
    return _PLAIN.get(type(item), False) if kind == "type" else False


connection = context.config.attributes["connection"]
give_conditions(metadata, connection.dialect.name)
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_item=_plainly,
    # Without this, SQLite commits each statement of a migration, and an interruption leaves half of it.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
