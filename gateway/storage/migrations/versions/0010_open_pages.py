"""When an open page of a sign-in last asked by itself, and when it last did so where somebody would notice."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("polled_at", "heard_at"):
        op.add_column("sign_ins", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
