"""What is known of callers and of where each one stands."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, text

from gateway.store.tables.columns import caller, id_, instant, metadata, partial, word
from gateway.store.tables.conditions import UNREAD
from gateway.store.types import Sealed

callers = Table(
    "callers",
    metadata,
    id_(),
    Column("lookup", LargeBinary(32), nullable=False, unique=True),
    Column("lookup_key", String(20), nullable=False),
    Column("number", Sealed, nullable=True),
    word("language", 16),
    word("script", 16),
    word("zone", 40),
    instant("stopped_at", null=True),
    instant("refused_at", null=True),  # she does not want to be called, and has not asked again since
    word("refused", 10),
    instant("consent_at", null=True),
    word("consent_version"),
    Column("contact", Sealed, nullable=True),
    instant("contacted_at", null=True),
    instant("changed_at"),
    Column("trial", Boolean, nullable=False, server_default=text("false")),
)

turns = Table(
    "turns",
    metadata,
    Column("key", LargeBinary(32), primary_key=True),
    Column("session", LargeBinary(32), nullable=False),
    word("kind", 10),
    caller(),
    Column("receipt", Sealed, nullable=True),
    instant("at"),
    Index("ix_turns_session", "session", "at"),
    Index("ix_turns_at", "at"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("key", LargeBinary(32), primary_key=True),
    word("mark", 8),
    Column("hop", Integer, nullable=False),
    Column("state", Sealed, nullable=False),
    instant("expires_at"),
    Index("ix_sessions_expires_at", "expires_at"),
)

threads = Table(
    "threads",
    metadata,
    Column("channel", String(40), primary_key=True),
    Column("caller_id", String(20), ForeignKey("callers.id", ondelete="CASCADE"), primary_key=True),
    word("version", 20),
    Column("state", Sealed, nullable=False),
    instant("expires_at"),
    Column("rev", Integer, nullable=False, server_default=text("0")),
    Index("ix_threads_expires_at", "expires_at"),
)

texts = Table(
    "texts",
    metadata,
    id_(),
    word("channel"),
    caller(),
    Column("text", Sealed, nullable=True),
    word("understood", 60),
    instant("at"),
    instant("read_at", null=True),
    Column("read_by", String(20), nullable=True),
    word("mark", 24),  # when it came, by the seconds since this machine was switched on
    Index("ix_texts_caller_id", "caller_id", "at"),
    Index("ix_texts_at", "at"),
    partial("ix_texts_unread", "understood", "at", where=UNREAD),
)
