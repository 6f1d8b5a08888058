"""Tables of sending: outbox, early delivery reports, token buckets and budgets."""

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Index, Integer, LargeBinary, String, Table, text

from gateway.storage.tables.columns import (
    IN_LANE,
    PENDING,
    SENDING,
    UNCLEAR,
    UNSEEN,
    make_caller_column,
    make_id_column,
    make_instant_column,
    make_partial_index,
    make_word_column,
    metadata,
)
from gateway.storage.value_limits import Sealed

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
