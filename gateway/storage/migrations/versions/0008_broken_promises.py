"""Promises to callers that were not kept, until a person has read of each."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_UNSEEN = "seen_at IS NULL"


def upgrade() -> None:
    op.create_table(
        "broken_promises",
        sa.Column("callback_id", sa.String(length=20), nullable=False),
        sa.Column("promise", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_by", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(
            ["callback_id"],
            ["callbacks.id"],
            name=op.f("fk_broken_promises_callback_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["seen_by"], ["people.id"], name=op.f("fk_broken_promises_seen_by"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("callback_id", "promise", name=op.f("pk_broken_promises")),
    )
    op.create_index("ix_broken_promises_at", "broken_promises", ["at"], unique=False)
    op.create_index(
        "ix_broken_promises_unseen",
        "broken_promises",
        ["at"],
        unique=False,
        sqlite_where=sa.text(_UNSEEN),
        postgresql_where=sa.text(_UNSEEN),
    )
