"""Tables of sending: outbox, early delivery reports, token buckets and budgets."""

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Index, Integer, LargeBinary, String, Table, text

from gateway.storage.tables.columns import (
    IN_LANE,
    PENDING,
    SENDING,
    UNCLEAR,
    caller_column,
    id_column,
    instant_column,
    metadata,
    partial_index,
    word_column,
)
from gateway.storage.value_limits import Sealed

outbox = Table(
    "outbox",
    metadata,
    id_column(),
    word_column("kind", 20, default=None),
    word_column("channel"),
    word_column("lane", 80),
    Column("priority", Integer, nullable=False, server_default=text("1")),
    word_column("state", 12, default="pending"),
    Column("token", String(40), nullable=True),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    instant_column("due_at"),
    instant_column("expires_at"),
    instant_column("claimed_at", null=True),
    instant_column("lease_until", null=True),
    instant_column("nudged_at", null=True),
    Column("once", String(80), nullable=False, unique=True),
    caller_column(),
    Column("person_id", String(20), ForeignKey("people.id", ondelete="SET NULL"), nullable=True),
    Column("callback_id", String(20), ForeignKey("callbacks.id", ondelete="SET NULL"), nullable=True),
    Column("payload", Sealed, nullable=True),
    Column("parts", Integer, nullable=False, server_default=text("1")),
    Column("provider_id", String(120), nullable=True),
    word_column("delivery", 20),
    word_column("reason", 60),
    Column("cost", BigInteger, nullable=False, server_default=text("0")),
    instant_column("at"),
    instant_column("changed_at"),
    word_column("mark", 24),  # monotonic clock mark of its insertion
    partial_index("ix_outbox_due", "priority", "due_at", "id", where=PENDING),
    partial_index("ix_outbox_lane", "lane", "id", where=IN_LANE),
    partial_index("ix_outbox_lease", "lease_until", where=SENDING),
    partial_index("ix_outbox_unclear", "at", where=UNCLEAR),
    Index("ix_outbox_provider", "channel", "provider_id"),
    Index("ix_outbox_caller", "caller_id"),
    Index("ix_outbox_callback", "callback_id"),
    Index("ix_outbox_person", "person_id"),
    Index("ix_outbox_at", "at"),
)

deliveries = Table(  # delivery reports that arrived before our record of the send
    "deliveries",
    metadata,
    Column("channel", String(40), primary_key=True),
    Column("provider_id", String(120), primary_key=True),
    Column("status", String(40), primary_key=True),
    word_column("state", 12),
    word_column("reason", 60),
    instant_column("at"),
)

lines = Table(  # one row a channel: its token bucket, its pause, its spend
    "lines",
    metadata,
    Column("channel", String(40), primary_key=True),
    Column("tokens", Integer, nullable=False),  # thousandths of a message
    instant_column("filled_at"),
    instant_column("paused_until", null=True),
    word_column("why", 60),
    Column("faults", Integer, nullable=False, server_default=text("0")),
    Column("day", Date, nullable=True),
    Column("sent", Integer, nullable=False, server_default=text("0")),
    Column("spent", BigInteger, nullable=False, server_default=text("0")),
)

budgets = Table(
    "budgets",
    metadata,
    Column("scope", LargeBinary(32), primary_key=True),
    Column("window", String(20), primary_key=True),
    Column("n", Integer, nullable=False),
    instant_column("at"),
    Index("ix_budgets_at", "at"),
)
