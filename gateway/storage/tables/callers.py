"""Tables of callers and of what they send and are sent: turns, sessions, threads, texts; outbox, reports, budgets."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    text,
)

from gateway.storage.value_limits import (
    HAS_PERSON,
    HAS_PROVIDER_ID,
    IN_LANE,
    PENDING,
    SENDING,
    UNCLEAR,
    UNREAD,
    UNSEEN,
    Sealed,
    make_caller_column,
    make_id_column,
    make_instant_column,
    make_partial_index,
    make_word_column,
    metadata,
)

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


outbox = Table(
    "outbox",
    metadata,
    make_id_column(),
    make_word_column("kind", 20, default=None),
    make_word_column("channel"),
    make_word_column("lane", 80),
    Column("priority", Integer, nullable=False, server_default=text("1")),
    make_word_column("state", 12, default="pending"),
    Column("token", String(40), nullable=True),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    make_instant_column("due_at"),
    make_instant_column("expires_at"),
    make_instant_column("claimed_at", null=True),
    make_instant_column("lease_until", null=True),
    make_instant_column("nudged_at", null=True),
    Column("once", String(80), nullable=False, unique=True),
    make_caller_column(),
    Column("person_id", String(20), ForeignKey("people.id", ondelete="SET NULL"), nullable=True),
    Column("callback_id", String(20), ForeignKey("callbacks.id", ondelete="SET NULL"), nullable=True),
    Column("payload", Sealed, nullable=True),
    Column("parts", Integer, nullable=False, server_default=text("1")),
    Column("provider_id", String(120), nullable=True),
    make_word_column("delivery", 20),
    make_word_column("reason", 60),
    Column("cost", BigInteger, nullable=False, server_default=text("0")),
    make_instant_column("at"),
    make_instant_column("changed_at"),
    make_word_column("mark", 24),  # monotonic clock mark of its insertion
    make_partial_index("ix_outbox_due", "priority", "due_at", "id", where=PENDING),
    make_partial_index("ix_outbox_lane", "lane", "id", where=IN_LANE),
    make_partial_index("ix_outbox_lease", "lease_until", where=SENDING),
    make_partial_index("ix_outbox_unclear", "at", where=UNCLEAR),
    make_partial_index("ix_outbox_provider", "channel", "provider_id", where=HAS_PROVIDER_ID),
    Index("ix_outbox_caller", "caller_id"),
    Index("ix_outbox_callback", "callback_id"),
    make_partial_index("ix_outbox_person", "person_id", where=HAS_PERSON),
    Index("ix_outbox_at", "at"),
)

deliveries = Table(  # delivery reports that arrived before our record of the send
    "deliveries",
    metadata,
    Column("channel", String(40), primary_key=True),
    Column("provider_id", String(120), primary_key=True),
    Column("status", String(40), primary_key=True),
    make_word_column("state", 12),
    make_word_column("reason", 60),
    make_instant_column("at"),
)

lines = Table(  # one row a channel: its token bucket, its pause, its spend
    "lines",
    metadata,
    Column("channel", String(40), primary_key=True),
    Column("tokens", Integer, nullable=False),  # thousandths of a message
    make_instant_column("filled_at"),
    make_instant_column("paused_until", null=True),
    make_word_column("why", 60),
    Column("faults", Integer, nullable=False, server_default=text("0")),
    Column("day", Date, nullable=True),
    Column("sent", Integer, nullable=False, server_default=text("0")),
    Column("spent", BigInteger, nullable=False, server_default=text("0")),
)

operator_notices = Table(  # texts from names and short codes: "your SIM expires", "no credit"
    "operator_notices",
    metadata,
    make_id_column(),
    Column("once", LargeBinary(32), nullable=False, unique=True),  # keyed hash of channel and message id
    make_word_column("channel"),
    Column("sender", Sealed, nullable=True),
    Column("text", Sealed, nullable=True),
    make_instant_column("at"),
    make_instant_column("seen_at", null=True),
    Index("ix_operator_notices_at", "at"),
    make_partial_index("ix_operator_notices_unseen", "at", where=UNSEEN),
)

budgets = Table(
    "budgets",
    metadata,
    Column("scope", LargeBinary(32), primary_key=True),
    Column("window", String(20), primary_key=True),
    Column("n", Integer, nullable=False),
    make_instant_column("at"),
    Index("ix_budgets_at", "at"),
)
