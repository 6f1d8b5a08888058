"""Parts of long texts, until all have come."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "text_parts",
        sa.Column("whole", sa.LargeBinary(length=32), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=40), server_default="", nullable=False),
        sa.Column("caller_id", sa.String(length=20), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("service", sa.String(length=40), server_default="", nullable=False),
        sa.Column("link", sa.String(length=200), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["caller_id"], ["callers.id"], name=op.f("fk_text_parts_caller_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("whole", "number", name=op.f("pk_text_parts")),
    )
    op.create_index("ix_text_parts_at", "text_parts", ["at"], unique=False)
    op.create_index("ix_text_parts_caller_id", "text_parts", ["caller_id"], unique=False)
