"""Menus, figures, keys, the audit and what the clock does."""

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

from gateway.store.tables.columns import id_, instant, metadata, word
from gateway.store.types import Json

versions = Table(
    "versions",
    metadata,
    id_(),
    word("menu", default=None),
    Column("number", Integer, nullable=False),
    word("state", 12, default="published"),
    Column("source", Json, nullable=False),  # file name → YAML text
    Column("compiled", Text, nullable=False),
    Column("format", Integer, nullable=False),
    word("hash", 64, default=None),
    word("author", 40),
    word("why", 200),
    instant("made_at"),
    instant("published_at", null=True),
    instant("withdrawn_at", null=True),
    UniqueConstraint("menu", "number", name="uq_versions_number"),
)

live = Table(
    "live",
    metadata,
    Column("menu", String(40), primary_key=True),
    Column("version_id", String(20), ForeignKey("versions.id"), nullable=False),
    instant("since"),
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
)

keys = Table(
    "keys",
    metadata,
    id_(),
    word("purpose", 20, default=None),
    Column("wrapped", LargeBinary, nullable=False),
    instant("starts_at"),
    instant("retired_at", null=True),
    Index("ix_keys_purpose", "purpose", "starts_at"),
)

audit = Table(
    "audit",
    metadata,
    id_(),
    Column("seq", BigInteger, nullable=True, unique=True),
    instant("at"),
    Column("person_id", String(20), nullable=True),
    word("act", 40, default=None),
    word("kind", 20),
    word("subject", 40),
    word("detail", 200),
    Column("prev", LargeBinary(32), nullable=True),
    Column("hash", LargeBinary(32), nullable=True),
    Index("ix_audit_subject", "kind", "subject", "at"),
    Index("ix_audit_at", "at"),
)

chores = Table(
    "chores",
    metadata,
    Column("name", String(40), primary_key=True),
    instant("due_at"),
    instant("lease_until", null=True),
    Column("token", String(40), nullable=True),
    instant("ok_at", null=True),
    word("fault", 200),
)

settings = Table(
    "settings",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("value", Json, nullable=False),
    Column("rev", Integer, nullable=False, server_default=text("0")),
    word("by", 40),
    instant("at"),
)
