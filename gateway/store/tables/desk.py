"""Requests for a call, with their attempts, notes and drafts of notes."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    text,
)

from gateway.store.tables.columns import caller, id_, instant, metadata, partial, word
from gateway.store.tables.conditions import HELD, IN_HAND, LIVE, OPEN, REVIEW, RUNG, WAITING
from gateway.store.types import Sealed

callbacks = Table(
    "callbacks",
    metadata,
    id_(),
    word("team", default="main"),
    caller(),
    Column("slot", Integer, nullable=False, server_default=text("0")),
    Column("session", LargeBinary(32), nullable=False),
    word("state", 12, default=None),
    Column("priority", Integer, nullable=False),  # 0 danger, 1 normal: the order of the line
    word("topic", 20),
    word("language", 16),
    word("script", 16),
    word("channel"),
    word("zone"),
    word("version", 20),
    instant("asked_at"),
    instant("last_asked_at"),
    instant("due_at", null=True),
    instant("due_until", null=True),
    Column("asks", Integer, nullable=False, server_default=text("1")),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    # SQLite holds whatever length it is given, so its column was left as it was made; PostgreSQL had to be widened.
    Column("code", String(8).with_variant(String(4), "sqlite"), nullable=False, server_default=""),
    Column("window", Sealed, nullable=True),
    Column("contact", Sealed, nullable=True),
    Column("answers", Sealed, nullable=True),
    Column("path", Sealed, nullable=True),
    Column("wants_woman", Boolean, nullable=False, server_default=text("false")),
    Column("minor", Boolean, nullable=False, server_default=text("false")),  # she may be under 18
    Column("follows", String(20), nullable=True),  # the request that this one carries on
    Column("holder_id", String(20), ForeignKey("people.id", ondelete="SET NULL"), nullable=True),
    instant("held_until", null=True),
    instant("escalate_at", null=True),
    Column(
        "told", Integer, nullable=False, server_default=text("0")
    ),  # how often somebody was called for help
    Column("rev", Integer, nullable=False, server_default=text("0")),
    instant("changed_at"),
    instant("closed_at", null=True),
    word("reason", 60),
    word("withheld", 10),  # why her phone must not ring for it, until she asks again or a person decides
    Column("trial", Boolean, nullable=False, server_default=text("false")),
    word("mark", 24),  # when it was asked for last, by the seconds since this machine was switched on
    partial("uq_callbacks_one_open", "caller_id", "slot", where=OPEN, unique=True),
    partial("ix_callbacks_line", "team", "priority", "asked_at", "id", where=WAITING),
    partial("ix_callbacks_due", "team", "priority", "due_until", "asked_at", "id", "due_at", where=WAITING),
    partial("ix_callbacks_later", "team", "priority", "due_at", "asked_at", "id", where=WAITING),
    partial("ix_callbacks_review", "team", "priority", "due_until", where=REVIEW),
    partial("ix_callbacks_in_hand", "holder_id", where=IN_HAND),
    partial("ix_callbacks_roll", "due_until", where=WAITING),
    partial("ix_callbacks_held", "held_until", where=HELD),
    partial("ix_callbacks_held_here", "team", "priority", "due_until", where=HELD),
    partial("ix_callbacks_open_code", "code", where=OPEN),
    Index("ix_callbacks_changed", "team", "changed_at"),
    Index("ix_callbacks_holder", "holder_id", "changed_at"),
    Index("ix_callbacks_code", "team", "code", "changed_at"),
    Index("ix_callbacks_closed", "team", "closed_at"),
    Index("ix_callbacks_caller", "caller_id", "asked_at"),
)

told_codes = Table(  # further codes that she was told of a request while nobody could look up the one it has
    "told_codes",
    metadata,
    Column("callback_id", String(20), ForeignKey("callbacks.id", ondelete="CASCADE"), primary_key=True),
    Column("code", String(8), primary_key=True),
    instant("at"),
    Index("ix_told_codes_code", "code"),
)

attempts = Table(
    "attempts",
    metadata,
    id_(),
    Column("callback_id", String(20), ForeignKey("callbacks.id", ondelete="CASCADE"), nullable=False),
    caller(),
    Column("person_id", String(20), ForeignKey("people.id", ondelete="SET NULL"), nullable=True),
    word("how", 12, default="phone"),
    instant("started_at"),
    instant("window_from"),
    instant("window_until", null=True),  # null: her window was not open
    Column("nth", Integer, nullable=False, server_default=text("0")),
    instant("lease_until"),
    instant("ended_at", null=True),
    word("outcome", 20),
    Column("form", String(40), nullable=False, unique=True),  # the one-time id of the outcome form
    word("note", 200),
    partial("uq_attempts_one_live", "caller_id", where=LIVE, unique=True),
    partial("uq_attempts_one_a_window", "caller_id", "window_from", "nth", where=RUNG, unique=True),
    Index("ix_attempts_callback", "callback_id", "started_at"),
    Index("ix_attempts_started", "started_at"),
    partial("ix_attempts_lease", "lease_until", where=LIVE),
)

notes = Table(
    "notes",
    metadata,
    id_(),
    Column("callback_id", String(20), ForeignKey("callbacks.id", ondelete="CASCADE"), nullable=False),
    Column("person_id", String(20), ForeignKey("people.id", ondelete="SET NULL"), nullable=True),
    Column("text", Sealed, nullable=True),
    instant("at"),
    Index("ix_notes_callback", "callback_id", "at"),
)

drafts = Table(  # a note that is still being written, and by whom
    "drafts",
    metadata,
    Column("callback_id", String(20), ForeignKey("callbacks.id", ondelete="CASCADE"), primary_key=True),
    Column("person_id", String(20), ForeignKey("people.id", ondelete="CASCADE"), primary_key=True),
    Column("text", Sealed, nullable=True),
    instant("at"),
    Index("ix_drafts_at", "at"),
)
