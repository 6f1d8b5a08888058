"""Drafts of a menu: what differs from a version, who changed it, who approved it."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "menu_drafts",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("menu", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), server_default="", nullable=False),
        sa.Column("state", sa.String(length=12), server_default="open", nullable=False),
        sa.Column("base_id", sa.String(length=20), nullable=False),
        sa.Column("rev", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=True),
        sa.Column("author", sa.String(length=40), server_default="", nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approver_id", sa.String(length=20), nullable=True),
        sa.Column("approver", sa.String(length=40), server_default="", nullable=False),
        sa.Column("approved_rev", sa.Integer(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version_id", sa.String(length=20), nullable=True),
        sa.Column("urgent", sa.String(length=3), server_default="", nullable=False),
        sa.Column("looker", sa.String(length=40), server_default="", nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["base_id"], ["versions.id"], name=op.f("fk_menu_drafts_base_id")),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name=op.f("fk_menu_drafts_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_menu_drafts")),
    )
    op.create_index("ix_menu_drafts_state", "menu_drafts", ["menu", "state", "changed_at"], unique=False)
    op.create_index("ix_menu_drafts_version", "menu_drafts", ["version_id"], unique=False)
    op.create_table(
        "menu_draft_files",
        sa.Column("draft_id", sa.String(length=20), nullable=False),
        sa.Column("file", sa.String(length=200), nullable=False),
        sa.Column("content", sa.Text(), nullable=True),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["menu_drafts.id"], name=op.f("fk_menu_draft_files_draft_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("draft_id", "file", name=op.f("pk_menu_draft_files")),
    )
    op.create_table(
        "menu_draft_edits",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("draft_id", sa.String(length=20), nullable=False),
        sa.Column("file", sa.String(length=200), server_default="", nullable=False),
        sa.Column("place", sa.String(length=200), server_default="", nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=True),
        sa.Column("author", sa.String(length=40), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["menu_drafts.id"], name=op.f("fk_menu_draft_edits_draft_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_menu_draft_edits")),
    )
    op.create_index("ix_menu_draft_edits_draft", "menu_draft_edits", ["draft_id", "id"], unique=False)
