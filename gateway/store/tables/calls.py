"""Calls that a provider makes for us: the counsellor's phone first, then hers."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint, text

from gateway.store.tables.columns import id_, instant, metadata, partial, word
from gateway.store.tables.conditions import LIVE

bridges = Table(
    "bridges",
    metadata,
    id_(),  # the provider repeats it in what it posts
    Column("callback_id", String(20), ForeignKey("callbacks.id", ondelete="CASCADE"), nullable=False),
    Column(
        "attempt_id", String(20), ForeignKey("attempts.id", ondelete="CASCADE"), nullable=False, unique=True
    ),
    Column("person_id", String(20), ForeignKey("people.id", ondelete="SET NULL"), nullable=True),
    word("channel"),
    word("state", 12, default=None),
    Column("session", String(120), nullable=True),  # the provider's id of the call, once it is known
    word("result", 20),
    Column("seconds", Integer, nullable=False, server_default=text("0")),
    instant("at"),
    instant("since"),
    instant("heard_at"),
    instant("dialled_at", null=True),  # when we said that her phone may ring: once, or never
    instant("talking_at", null=True),
    instant("ended_at", null=True),
    partial("uq_bridges_one_live", "person_id", where=LIVE, unique=True),
    UniqueConstraint("channel", "session", name="uq_bridges_session"),
    partial("ix_bridges_live", "heard_at", where=LIVE),
    Index("ix_bridges_callback", "callback_id"),
    Index("ix_bridges_person", "person_id", "at"),
)
