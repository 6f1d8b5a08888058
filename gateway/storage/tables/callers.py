"""Tables of callers: callers, turns, USSD sessions, SMS threads and texts."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, text

from gateway.storage.tables.columns import (
    UNREAD,
    make_caller_column,
    make_id_column,
    make_instant_column,
    make_partial_index,
    make_word_column,
    metadata,
)
from gateway.storage.value_limits import Sealed

callers = Table(
    "callers",
    metadata,
    make_id_column(),
    Column("lookup", LargeBinary(32), nullable=False, unique=True),
    Column("lookup_key", String(20), nullable=False),
    Column("number", Sealed, nullable=True),
    make_word_column("language", 16),
    make_word_column("script", 16),
    make_word_column("zone", 40),
    make_instant_column("stopped_at", null=True),
    make_instant_column("refused_at", null=True),  # refuses calls, and has made no request since
    make_word_column("refused", 10),
    make_instant_column("consent_at", null=True),
    make_word_column("consent_version"),
    Column("contact", Sealed, nullable=True),
    make_instant_column("contacted_at", null=True),
    make_instant_column("changed_at"),
    Column("trial", Boolean, nullable=False, server_default=text("false")),
)

turns = Table(
    "turns",
    metadata,
    Column("key", LargeBinary(32), primary_key=True),
    Column("session", LargeBinary(32), nullable=False),
    make_word_column("kind", 10),
    make_caller_column(),
    Column("receipt", Sealed, nullable=True),
    make_instant_column("at"),
    Index("ix_turns_session", "session", "at"),
    Index("ix_turns_at", "at"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("key", LargeBinary(32), primary_key=True),
    make_word_column("mark", 8),
    Column("hop", Integer, nullable=False),
    Column("state", Sealed, nullable=False),
    make_instant_column("expires_at"),
    Index("ix_sessions_expires_at", "expires_at"),
)

threads = Table(
    "threads",
    metadata,
    Column("channel", String(40), primary_key=True),
    Column("caller_id", String(20), ForeignKey("callers.id", ondelete="CASCADE"), primary_key=True),
    make_word_column("version", 20),
    Column("state", Sealed, nullable=False),
    make_instant_column("expires_at"),
    Column("rev", Integer, nullable=False, server_default=text("0")),
    Index("ix_threads_expires_at", "expires_at"),
)

text_parts = Table(  # of long texts, until all have come
    "text_parts",
    metadata,
    Column("whole", LargeBinary(32), primary_key=True),  # keyed hash of what tells the text from others
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("total", Integer, nullable=False),
    make_word_column("channel"),
    Column("caller_id", String(20), ForeignKey("callers.id", ondelete="CASCADE"), nullable=False),
    Column("text", Sealed, nullable=False),
    make_word_column("service"),
    make_word_column("link", 200),
    make_instant_column("at"),
    Index("ix_text_parts_at", "at"),
    Index("ix_text_parts_caller_id", "caller_id"),
)

texts = Table(
    "texts",
    metadata,
    make_id_column(),
    make_word_column("channel"),
    make_caller_column(),
    Column("text", Sealed, nullable=True),
    make_word_column("understood", 60),
    make_instant_column("at"),
    make_instant_column("read_at", null=True),
    Column("read_by", String(20), nullable=True),
    make_word_column("mark", 24),  # monotonic clock mark of its arrival
    Index("ix_texts_caller_id", "caller_id", "at"),
    Index("ix_texts_at", "at"),
    make_partial_index("ix_texts_unread", "understood", "at", where=UNREAD),
)
