"""Requests for a call, attempts and notes, and the people who work on them."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    text,
)

from gateway.store.tables.columns import caller, id_, instant, metadata, partial, word
from gateway.store.tables.conditions import HELD, LIVE, OPEN, WAITING
from gateway.store.types import Json, Sealed

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
    word("code", 4),
    Column("window", Sealed, nullable=True),
    Column("contact", Sealed, nullable=True),
    Column("answers", Sealed, nullable=True),
    Column("path", Sealed, nullable=True),
    Column("wants_woman", Boolean, nullable=False, server_default=text("false")),
    Column("holder_id", String(20), ForeignKey("people.id", ondelete="SET NULL"), nullable=True),
    instant("held_until", null=True),
    instant("escalate_at", null=True),
    Column("rev", Integer, nullable=False, server_default=text("0")),
    instant("changed_at"),
    instant("closed_at", null=True),
    word("reason", 60),
    Column("trial", Boolean, nullable=False, server_default=text("false")),
    partial("uq_callbacks_one_open", "caller_id", "slot", where=OPEN, unique=True),
    partial("ix_callbacks_line", "team", "priority", "asked_at", "id", where=WAITING),
    partial("ix_callbacks_roll", "due_until", where=WAITING),
    partial("ix_callbacks_held", "held_until", where=HELD),
    partial("ix_callbacks_open_code", "code", where=OPEN),
    Index("ix_callbacks_changed", "team", "changed_at"),
    Index("ix_callbacks_code", "team", "code"),
    Index("ix_callbacks_closed", "team", "closed_at"),
    Index("ix_callbacks_caller", "caller_id", "asked_at"),
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
    Column("nth", Integer, nullable=False, server_default=text("0")),
    instant("lease_until"),
    instant("ended_at", null=True),
    word("outcome", 20),
    Column("form", String(40), nullable=False, unique=True),  # the one-time id of the outcome form
    word("note", 200),
    partial("uq_attempts_one_live", "caller_id", where=LIVE, unique=True),
    UniqueConstraint("caller_id", "window_from", "nth", name="uq_attempts_one_a_window"),
    Index("ix_attempts_callback", "callback_id", "started_at"),
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

people = Table(
    "people",
    metadata,
    id_(),
    word("team", default="main"),
    Column("name", String(40), nullable=False),
    Column("name_key", String(80), nullable=False, unique=True),  # folded, so that two spellings are one name
    word("role", 16, default=None),
    Column("password", String(200), nullable=True),  # null until she has chosen one
    Column("number", Sealed, nullable=True),  # the helpline phone that she calls from
    Column("languages", Json, nullable=False),
    word("gender", 10),
    Column("on_duty", Boolean, nullable=False, server_default=text("false")),
    word("page_language", 16),
    instant("made_at"),
    instant("disabled_at", null=True),
)

sign_ins = Table(
    "sign_ins",
    metadata,
    Column("id", LargeBinary(32), primary_key=True),  # keyed hash of the cookie's token
    Column("person_id", String(20), ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    instant("made_at"),
    instant("seen_at"),
    instant("expires_at"),
    Index("ix_sign_ins_person", "person_id"),
)

invitations = Table(  # one-time links with which a person sets a password
    "invitations",
    metadata,
    Column("id", LargeBinary(32), primary_key=True),
    Column("person_id", String(20), ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    instant("expires_at"),
    instant("used_at", null=True),
)

tries = Table(  # wrong names, passwords and codes, so that the next try is slowed or refused
    "tries",
    metadata,
    Column("scope", LargeBinary(32), primary_key=True),
    Column("n", Integer, nullable=False),
    instant("first_at"),
    instant("last_at"),
    Index("ix_tries_last_at", "last_at"),
)
