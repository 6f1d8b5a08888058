"""Tables of the system: menu versions, counters, keys, audit log, periodic tasks and settings."""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from gateway.storage.value_limits import Json, make_id_column, make_instant_column, make_word_column, metadata

versions = Table(
    "versions",
    metadata,
    make_id_column(),
    make_word_column("menu", default=None),
    Column("number", Integer, nullable=False),
    make_word_column("state", 12, default="published"),
    Column("source", Json, nullable=False),  # file name → YAML text
    Column("compiled", Text, nullable=False),
    Column("format", Integer, nullable=False),
    make_word_column("hash", 64, default=None),
    make_word_column("author", 40),
    make_word_column("why", 200),
    make_instant_column("made_at"),
    make_instant_column("published_at", null=True),
    make_instant_column("withdrawn_at", null=True),
    UniqueConstraint("menu", "number", name="uq_versions_number"),
)

live = Table(
    "live",
    metadata,
    Column("menu", String(40), primary_key=True),
    Column("version_id", String(20), ForeignKey("versions.id"), nullable=False),
    make_instant_column("since"),
)

menu_drafts = Table(  # changes of a version that are not published yet
    "menu_drafts",
    metadata,
    make_id_column(),
    make_word_column("menu", default=None),
    make_word_column("name", 80),
    make_word_column("state", 12, default="open"),  # open, published, dropped
    Column("base_id", String(20), ForeignKey("versions.id"), nullable=False),
    Column("rev", Integer, nullable=False, server_default=text("0")),  # counts every change
    Column("person_id", String(20), nullable=True),
    make_word_column("author", 40),
    make_instant_column("made_at"),
    make_instant_column("changed_at"),
    Column("approver_id", String(20), nullable=True),
    make_word_column("approver", 40),
    Column("approved_rev", Integer, nullable=True),  # an approval holds for these words only
    make_instant_column("approved_at", null=True),
    Column("version_id", String(20), ForeignKey("versions.id"), nullable=True),
    make_word_column("urgent", 3),  # "yes": published by one person, and waits for a second look
    make_word_column("looker", 40),
    make_instant_column("looked_at", null=True),
    Index("ix_menu_drafts_state", "menu", "state", "changed_at"),
    Index("ix_menu_drafts_version", "version_id"),
)

menu_draft_files = Table(  # the files of a draft that differ from those of its version
    "menu_draft_files",
    metadata,
    Column("draft_id", String(20), ForeignKey("menu_drafts.id", ondelete="CASCADE"), primary_key=True),
    Column("file", String(200), primary_key=True),
    Column("content", Text, nullable=True),  # null: the file is taken out
    Column("rev", Integer, nullable=False),
)

menu_draft_edits = Table(  # who changed what in a draft, one row a change
    "menu_draft_edits",
    metadata,
    make_id_column(),
    Column("draft_id", String(20), ForeignKey("menu_drafts.id", ondelete="CASCADE"), nullable=False),
    make_word_column("file", 200),
    make_word_column("place", 200),
    Column("person_id", String(20), nullable=True),
    make_word_column("author", 40),
    make_instant_column("at"),
    Index("ix_menu_draft_edits_draft", "draft_id", "id"),
)

figures = Table(
    "figures",
    metadata,
    Column("day", Date, primary_key=True),
    Column("hour", Integer, primary_key=True),
    Column("channel", String(40), primary_key=True),
    Column("language", String(16), primary_key=True),
    Column("version", String(20), primary_key=True),
    Column("what", String(40), primary_key=True),
    Column("item", String(60), primary_key=True),
    Column("n", BigInteger, nullable=False),
    Index("ix_figures_what", "what", "day"),
)

figure_months = Table(
    "figure_months",
    metadata,
    Column("what", String(40), primary_key=True),
    Column("month", Date, primary_key=True),
    Column("hour", Integer, primary_key=True),
    Column("channel", String(40), primary_key=True),
    Column("language", String(16), primary_key=True),
    Column("item", String(60), primary_key=True),
    Column("n", BigInteger, nullable=False),
)

keys = Table(
    "keys",
    metadata,
    make_id_column(),
    make_word_column("purpose", 20, default=None),
    Column("wrapped", LargeBinary, nullable=False),
    make_instant_column("starts_at"),
    make_instant_column("retired_at", null=True),
    Index("ix_keys_purpose", "purpose", "starts_at"),
)

audit = Table(
    "audit",
    metadata,
    make_id_column(),
    Column("seq", BigInteger, nullable=True, unique=True),
    make_instant_column("at"),
    Column("person_id", String(20), nullable=True),
    make_word_column("act", 40, default=None),
    make_word_column("kind", 20),
    make_word_column("subject", 40),
    make_word_column("detail", 200),
    Column("prev", LargeBinary(32), nullable=True),
    Column("hash", LargeBinary(32), nullable=True),
    Index("ix_audit_subject", "kind", "subject", "at"),
    Index("ix_audit_at", "at"),
)

chores = Table(
    "chores",
    metadata,
    Column("name", String(40), primary_key=True),
    make_instant_column("due_at"),
    make_instant_column("lease_until", null=True),
    Column("token", String(40), nullable=True),
    make_instant_column("ok_at", null=True),
    make_word_column("fault", 200),
)

settings = Table(
    "settings",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("value", Json, nullable=False),
    Column("rev", Integer, nullable=False, server_default=text("0")),
    make_word_column("by", 40),
    make_instant_column("at"),
)
