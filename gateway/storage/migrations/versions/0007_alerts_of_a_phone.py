"""Index of a person's alerts, by which an answer is matched with those of its phone alone."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_links_person", "links", ["person_id", "expires_at"], unique=False)
