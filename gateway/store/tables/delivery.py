"""What must leave, what became of it, and what each line may spend."""

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Index, Integer, LargeBinary, String, Table, text

from gateway.store.tables.columns import caller, id_, instant, metadata, partial, word
from gateway.store.tables.conditions import IN_LANE, PENDING, SENDING, UNCLEAR
from gateway.store.types import Sealed

outbox = Table(
    "outbox",
    metadata,
    id_(),
    word("kind", 20, default=None),
    word("channel"),
    word("lane", 80),
    Column("priority", Integer, nullable=False, server_default=text("1")),
    word("state", 12, default="pending"),
    Column("token", String(40), nullable=True),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    instant("due_at"),
    instant("expires_at"),
    instant("claimed_at", null=True),
    instant("lease_until", null=True),
    instant("nudged_at", null=True),
    Column("once", String(80), nullable=False, unique=True),
    caller(),
    Column("person_id", String(20), ForeignKey("people.id", ondelete="SET NULL"), nullable=True),
    Column("callback_id", String(20), ForeignKey("callbacks.id", ondelete="SET NULL"), nullable=True),
    Column("payload", Sealed, nullable=True),
    Column("parts", Integer, nullable=False, server_default=text("1")),
    Column("provider_id", String(120), nullable=True),
    word("delivery", 20),
    word("reason", 60),
    Column("cost", BigInteger, nullable=False, server_default=text("0")),
    instant("at"),
    instant("changed_at"),
    word("mark", 24),  # when it was added, by the seconds since this machine was switched on
    partial("ix_outbox_due", "priority", "due_at", "id", where=PENDING),
    partial("ix_outbox_lane", "lane", "id", where=IN_LANE),
    partial("ix_outbox_lease", "lease_until", where=SENDING),
    partial("ix_outbox_unclear", "at", where=UNCLEAR),
    Index("ix_outbox_provider", "channel", "provider_id"),
    Index("ix_outbox_caller", "caller_id"),
    Index("ix_outbox_callback", "callback_id"),
    Index("ix_outbox_person", "person_id"),
    Index("ix_outbox_at", "at"),
)

deliveries = Table(  # the provider's word that came before our own record of the send
    "deliveries",
    metadata,
    Column("channel", String(40), primary_key=True),
    Column("provider_id", String(120), primary_key=True),
    Column("status", String(40), primary_key=True),
    word("state", 12),
    word("reason", 60),
    instant("at"),
)

lines = Table(  # one row a channel: its token bucket, its pause, its spend
    "lines",
    metadata,
    Column("channel", String(40), primary_key=True),
    Column("tokens", Integer, nullable=False),  # thousandths of a message
    instant("filled_at"),
    instant("paused_until", null=True),
    word("why", 60),
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
    instant("at"),
    Index("ix_budgets_at", "at"),
)
