"""Indexes for large queues: review and closed requests in the order of their tabs, requests of a caller.

An erased request has no caller. Where most are erased, SQLite's statistics say that the index of callers is of no use,
and it scans the table (SQLite, "The SQLite Query Optimizer", 6.2); so erased rows are left out of it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_INDEXES = {
    "ix_callbacks_review": (
        ["team", "priority", "due_until", "asked_at", "id", "due_at"],
        "state = 'review'",
    ),
    "ix_callbacks_caller": (["caller_id", "asked_at"], "caller_id IS NOT NULL"),
    "ix_callbacks_review_later": (["team", "priority", "due_at", "asked_at", "id"], "state = 'review'"),
    "ix_callbacks_over": (
        ["team", "changed_at", "id"],
        "state IN ('reached', 'given_up', 'closed', 'cancelled', 'expired')",
    ),
}


def upgrade() -> None:
    for name in ("ix_callbacks_review", "ix_callbacks_caller"):
        op.drop_index(name, "callbacks")
    for name, (columns, where) in _INDEXES.items():
        op.create_index(
            name,
            "callbacks",
            columns,
            unique=False,
            sqlite_where=sa.text(where),
            postgresql_where=sa.text(where),
        )
