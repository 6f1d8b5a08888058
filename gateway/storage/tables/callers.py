"""Tables of callers: callers, turns, USSD sessions, SMS threads and texts."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, text

from gateway.storage.tables.columns import (
    UNREAD,
    caller_column,
    id_column,
    instant_column,
    metadata,
    partial_index,
    word_column,
)
from gateway.storage.value_limits import Sealed

callers = Table(
    "callers",
    metadata,
    id_column(),
    Column("lookup", LargeBinary(32), nullable=False, unique=True),
    Column("lookup_key", String(20), nullable=False),
    Column("number", Sealed, nullable=True),
    word_column("language", 16),
    word_column("script", 16),
    word_column("zone", 40),
    instant_column("stopped_at", null=True),
    instant_column("refused_at", null=True),  # refuses calls, and has made no request since
    word_column("refused", 10),
    instant_column("consent_at", null=True),
    word_column("consent_version"),
    Column("contact", Sealed, nullable=True),
    instant_column("contacted_at", null=True),
    instant_column("changed_at"),
    Column("trial", Boolean, nullable=False, server_default=text("false")),
)

turns = Table(
    "turns",
    metadata,
    Column("key", LargeBinary(32), primary_key=True),
    Column("session", LargeBinary(32), nullable=False),
    word_column("kind", 10),
    caller_column(),
    Column("receipt", Sealed, nullable=True),
    instant_column("at"),
    Index("ix_turns_session", "session", "at"),
    Index("ix_turns_at", "at"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("key", LargeBinary(32), primary_key=True),
    word_column("mark", 8),
    Column("hop", Integer, nullable=False),
    Column("state", Sealed, nullable=False),
    instant_column("expires_at"),
    Index("ix_sessions_expires_at", "expires_at"),
)

threads = Table(
    "threads",
    metadata,
    Column("channel", String(40), primary_key=True),
    Column("caller_id", String(20), ForeignKey("callers.id", ondelete="CASCADE"), primary_key=True),
    word_column("version", 20),
    Column("state", Sealed, nullable=False),
    instant_column("expires_at"),
    Column("rev", Integer, nullable=False, server_default=text("0")),
    Index("ix_threads_expires_at", "expires_at"),
)

texts = Table(
    "texts",
    metadata,
    id_column(),
    word_column("channel"),
    caller_column(),
    Column("text", Sealed, nullable=True),
    word_column("understood", 60),
    instant_column("at"),
    instant_column("read_at", null=True),
    Column("read_by", String(20), nullable=True),
    word_column("mark", 24),  # monotonic clock mark of its arrival
    Index("ix_texts_caller_id", "caller_id", "at"),
    Index("ix_texts_at", "at"),
    partial_index("ix_texts_unread", "understood", "at", where=UNREAD),
)
