"""Longer codes, further codes that a request was told by, and marks by which a wrong clock is set right."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_OPEN = "state IN ('waiting', 'claimed', 'calling', 'review')"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":  # SQLite never enforced the length
        op.drop_index("ix_callbacks_open_code", "callbacks")
        op.alter_column("callbacks", "code", type_=sa.String(length=8), existing_server_default="")
        op.create_index(
            "ix_callbacks_open_code", "callbacks", ["code"], unique=False, postgresql_where=sa.text(_OPEN)
        )
    for table in ("callbacks", "outbox", "texts"):
        op.add_column(table, sa.Column("mark", sa.String(length=24), server_default="", nullable=False))
    op.create_table(
        "told_codes",
        sa.Column("callback_id", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["callback_id"],
            ["callbacks.id"],
            name=op.f("fk_told_codes_callback_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("callback_id", "code", name=op.f("pk_told_codes")),
    )
    op.create_index("ix_told_codes_code", "told_codes", ["code"], unique=False)
