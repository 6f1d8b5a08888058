"""Indexes hold only rows that have what they are for, and one that no query uses is gone: a new request writes less."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_PARTIAL = (
    ("ix_callbacks_closed", "callbacks", ["closed_at"], "closed_at IS NOT NULL"),
    ("ix_outbox_provider", "outbox", ["channel", "provider_id"], "provider_id IS NOT NULL"),
    ("ix_outbox_person", "outbox", ["person_id"], "person_id IS NOT NULL"),
)


def upgrade() -> None:
    op.drop_index("ix_turns_session", table_name="turns")
    for name, table, columns, where in _PARTIAL:
        op.drop_index(name, table_name=table)
        condition = sa.text(where)
        op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)
