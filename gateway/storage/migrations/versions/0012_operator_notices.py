"""Texts of operators, from names and short codes."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "operator_notices",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("once", sa.LargeBinary(length=32), nullable=False),
        sa.Column("channel", sa.String(length=40), server_default="", nullable=False),
        sa.Column("sender", sa.LargeBinary(), nullable=True),
        sa.Column("text", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator_notices")),
        sa.UniqueConstraint("once", name=op.f("uq_operator_notices_once")),
    )
    op.create_index("ix_operator_notices_at", "operator_notices", ["at"], unique=False)
    op.create_index(
        "ix_operator_notices_unseen",
        "operator_notices",
        ["at"],
        unique=False,
        sqlite_where=sa.text("seen_at IS NULL"),
        postgresql_where=sa.text("seen_at IS NULL"),
    )
