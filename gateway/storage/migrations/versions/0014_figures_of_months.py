"""Counters summed by month for reports, and an index by which a page finds one counter without reading all of a day."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "figure_months",
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("item", sa.String(length=60), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "what", "month", "hour", "channel", "language", "item", name=op.f("pk_figure_months")
        ),
    )
    op.create_index("ix_figures_what", "figures", ["what", "day"], unique=False)
    first = (
        "CAST(date_trunc('month', day) AS date)"
        if op.get_bind().dialect.name == "postgresql"
        else "substr(day, 1, 8) || '01'"
    )
    op.execute(
        "INSERT INTO figure_months (what, month, hour, channel, language, item, n) "
        f"SELECT what, {first}, CASE WHEN what = 'dialled' THEN hour ELSE 0 END, channel, language, item, sum(n) "  # noqa: S608 - constants
        "FROM figures WHERE what NOT LIKE 'fact:%' GROUP BY 1, 2, 3, 4, 5, 6"
    )
