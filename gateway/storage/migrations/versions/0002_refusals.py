"""A refusal has its own columns: on the number, and on each request that it withholds her phone from."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("callers", sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("callers", sa.Column("refused", sa.String(length=10), server_default="", nullable=False))
    op.add_column("callbacks", sa.Column("withheld", sa.String(length=10), server_default="", nullable=False))
