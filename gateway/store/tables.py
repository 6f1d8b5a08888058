"""The schema: every table, with the keys and partial indexes that keep the promises."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from gateway.store.types import Instant, Json, Sealed

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# The very words of these conditions stand in the queries too: an index is used only where the query repeats them.
OPEN = "state IN ('waiting', 'claimed', 'calling', 'review')"
WAITING = "state = 'waiting'"
HELD = "state IN ('claimed', 'calling')"
LIVE = "ended_at IS NULL"
PENDING = "state = 'pending'"
IN_LANE = "state IN ('pending', 'sending')"
SENDING = "state = 'sending'"
UNCLEAR = "state = 'unclear'"


def _id(name: str = "id") -> Column[str]:
    return Column(name, String(20), primary_key=True)


def _caller() -> Column[str]:
    return Column("caller_id", String(20), ForeignKey("callers.id", ondelete="SET NULL"), nullable=True)


def _instant(name: str, *, null: bool = False, **kwargs: Any) -> Column[Any]:
    return Column(name, Instant, nullable=null, **kwargs)


def _word(name: str, size: int = 40, *, default: str | None = "") -> Column[str]:
    return Column(name, String(size), nullable=False, server_default=default)


def _partial(name: str, *columns: Any, where: str, unique: bool = False) -> Index:
    return Index(name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where))


callers = Table(
    "callers",
    metadata,
    _id(),
    Column("lookup", LargeBinary(32), nullable=False, unique=True),
    Column("lookup_key", String(20), nullable=False),
    Column("number", Sealed, nullable=True),
    _word("language", 16),
    _word("script", 16),
    _word("zone", 40),
    _instant("stopped_at", null=True),
    _instant("consent_at", null=True),
    _word("consent_version"),
    Column("contact", Sealed, nullable=True),
    _instant("contacted_at", null=True),
    _instant("changed_at"),
    Column("trial", Boolean, nullable=False, server_default=text("false")),
)

turns = Table(
    "turns",
    metadata,
    Column("key", LargeBinary(32), primary_key=True),
    Column("session", LargeBinary(32), nullable=False),
    _word("kind", 10),
    _caller(),
    Column("receipt", Sealed, nullable=True),
    _instant("at"),
    Index("ix_turns_session", "session", "at"),
    Index("ix_turns_at", "at"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("key", LargeBinary(32), primary_key=True),
    _word("mark", 8),
    Column("hop", Integer, nullable=False),
    Column("state", Sealed, nullable=False),
    _instant("expires_at"),
    Index("ix_sessions_expires_at", "expires_at"),
)

threads = Table(
    "threads",
    metadata,
    Column("channel", String(40), primary_key=True),
    Column("caller_id", String(20), ForeignKey("callers.id", ondelete="CASCADE"), primary_key=True),
    _word("version", 20),
    Column("state", Sealed, nullable=False),
    _instant("expires_at"),
    Column("rev", Integer, nullable=False, server_default=text("0")),
    Index("ix_threads_expires_at", "expires_at"),
)

texts = Table(
    "texts",
    metadata,
    _id(),
    _word("channel"),
    _caller(),
    Column("text", Sealed, nullable=True),
    _word("understood", 60),
    _instant("at"),
    Index("ix_texts_caller_id", "caller_id", "at"),
    Index("ix_texts_at", "at"),
)

callbacks = Table(
    "callbacks",
    metadata,
    _id(),
    _word("team", default="main"),
    _caller(),
    Column("slot", Integer, nullable=False, server_default=text("0")),
    Column("session", LargeBinary(32), nullable=False),
    _word("state", 12, default=None),
    Column("priority", Integer, nullable=False),  # 0 danger, 1 normal: the order of the line
    _word("topic", 20),
    _word("language", 16),
    _word("script", 16),
    _word("channel"),
    _word("zone"),
    _word("version", 20),
    _instant("asked_at"),
    _instant("last_asked_at"),
    _instant("due_at", null=True),
    _instant("due_until", null=True),
    Column("asks", Integer, nullable=False, server_default=text("1")),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    _word("code", 4),
    _word("window", 10),
    Column("contact", Sealed, nullable=True),
    Column("answers", Sealed, nullable=True),
    Column("path", Sealed, nullable=True),
    Column("wants_woman", Boolean, nullable=False, server_default=text("false")),
    Column("holder_id", String(20), ForeignKey("people.id", ondelete="SET NULL"), nullable=True),
    _instant("held_until", null=True),
    _instant("escalate_at", null=True),
    Column("rev", Integer, nullable=False, server_default=text("0")),
    _instant("changed_at"),
    _instant("closed_at", null=True),
    _word("reason", 60),
    Column("trial", Boolean, nullable=False, server_default=text("false")),
    _partial("uq_callbacks_one_open", "caller_id", "slot", where=OPEN, unique=True),
    _partial("ix_callbacks_line", "team", "priority", "asked_at", "id", where=WAITING),
    _partial("ix_callbacks_roll", "due_until", where=WAITING),
    _partial("ix_callbacks_held", "held_until", where=HELD),
    _partial("ix_callbacks_open_code", "code", where=OPEN),
    Index("ix_callbacks_changed", "team", "changed_at"),
    Index("ix_callbacks_code", "team", "code"),
    Index("ix_callbacks_closed", "team", "closed_at"),
    Index("ix_callbacks_caller", "caller_id", "asked_at"),
)

attempts = Table(
    "attempts",
    metadata,
    _id(),
    Column("callback_id", String(20), ForeignKey("callbacks.id", ondelete="CASCADE"), nullable=False),
    _caller(),
    Column("person_id", String(20), ForeignKey("people.id", ondelete="SET NULL"), nullable=True),
    _word("how", 12, default="phone"),
    _instant("started_at"),
    _instant("window_from"),
    Column("nth", Integer, nullable=False, server_default=text("0")),
    _instant("lease_until"),
    _instant("ended_at", null=True),
    _word("outcome", 20),
    Column("form", String(40), nullable=False, unique=True),  # the one-time id of the outcome form
    _word("note", 200),
    _partial("uq_attempts_one_live", "caller_id", where=LIVE, unique=True),
    UniqueConstraint("caller_id", "window_from", "nth", name="uq_attempts_one_a_window"),
    Index("ix_attempts_callback", "callback_id", "started_at"),
    _partial("ix_attempts_lease", "lease_until", where=LIVE),
)

notes = Table(
    "notes",
    metadata,
    _id(),
    Column("callback_id", String(20), ForeignKey("callbacks.id", ondelete="CASCADE"), nullable=False),
    Column("person_id", String(20), ForeignKey("people.id", ondelete="SET NULL"), nullable=True),
    Column("text", Sealed, nullable=True),
    _instant("at"),
    Index("ix_notes_callback", "callback_id", "at"),
)

people = Table(
    "people",
    metadata,
    _id(),
    _word("team", default="main"),
    Column("name", String(40), nullable=False),
    Column("name_key", String(80), nullable=False, unique=True),  # folded, so that two spellings are one name
    _word("role", 16, default=None),
    Column("password", String(200), nullable=True),  # null until she has chosen one
    Column("number", Sealed, nullable=True),  # the helpline phone that she calls from
    Column("languages", Json, nullable=False),
    _word("gender", 10),
    Column("on_duty", Boolean, nullable=False, server_default=text("false")),
    _word("page_language", 16),
    _instant("made_at"),
    _instant("disabled_at", null=True),
)

sign_ins = Table(
    "sign_ins",
    metadata,
    Column("id", LargeBinary(32), primary_key=True),  # keyed hash of the cookie's token
    Column("person_id", String(20), ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    _instant("made_at"),
    _instant("seen_at"),
    _instant("expires_at"),
    Index("ix_sign_ins_person", "person_id"),
)

invitations = Table(  # one-time links with which a person sets a password
    "invitations",
    metadata,
    Column("id", LargeBinary(32), primary_key=True),
    Column("person_id", String(20), ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    _instant("expires_at"),
    _instant("used_at", null=True),
)

tries = Table(  # wrong names, passwords and codes, so that the next try is slowed or refused
    "tries",
    metadata,
    Column("scope", LargeBinary(32), primary_key=True),
    Column("n", Integer, nullable=False),
    _instant("first_at"),
    _instant("last_at"),
    Index("ix_tries_last_at", "last_at"),
)

outbox = Table(
    "outbox",
    metadata,
    _id(),
    _word("kind", 20, default=None),
    _word("channel"),
    _word("lane", 80),
    Column("priority", Integer, nullable=False, server_default=text("1")),
    _word("state", 12, default="pending"),
    Column("token", String(40), nullable=True),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    _instant("due_at"),
    _instant("expires_at"),
    _instant("claimed_at", null=True),
    _instant("lease_until", null=True),
    _instant("nudged_at", null=True),
    Column("once", String(80), nullable=False, unique=True),
    _caller(),
    Column("person_id", String(20), ForeignKey("people.id", ondelete="SET NULL"), nullable=True),
    Column("callback_id", String(20), ForeignKey("callbacks.id", ondelete="SET NULL"), nullable=True),
    Column("payload", Sealed, nullable=True),
    Column("parts", Integer, nullable=False, server_default=text("1")),
    Column("provider_id", String(120), nullable=True),
    _word("delivery", 20),
    _word("reason", 60),
    Column("cost", BigInteger, nullable=False, server_default=text("0")),
    _instant("at"),
    _instant("changed_at"),
    _partial("ix_outbox_due", "priority", "due_at", "id", where=PENDING),
    _partial("ix_outbox_lane", "lane", "id", where=IN_LANE),
    _partial("ix_outbox_lease", "lease_until", where=SENDING),
    _partial("ix_outbox_unclear", "at", where=UNCLEAR),
    Index("ix_outbox_provider", "channel", "provider_id"),
    Index("ix_outbox_caller", "caller_id"),
    Index("ix_outbox_at", "at"),
)

deliveries = Table(  # the provider's word that came before our own record of the send
    "deliveries",
    metadata,
    Column("channel", String(40), primary_key=True),
    Column("provider_id", String(120), primary_key=True),
    Column("status", String(40), primary_key=True),
    _word("state", 12),
    _word("reason", 60),
    _instant("at"),
)

lines = Table(  # one row a channel: its token bucket, its pause, its spend
    "lines",
    metadata,
    Column("channel", String(40), primary_key=True),
    Column("tokens", Integer, nullable=False),  # thousandths of a message
    _instant("filled_at"),
    _instant("paused_until", null=True),
    _word("why", 60),
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
    _instant("at"),
    Index("ix_budgets_at", "at"),
)

versions = Table(
    "versions",
    metadata,
    _id(),
    _word("menu", default=None),
    Column("number", Integer, nullable=False),
    _word("state", 12, default="published"),
    Column("source", Json, nullable=False),  # file name → YAML text
    Column("compiled", Text, nullable=False),
    Column("format", Integer, nullable=False),
    _word("hash", 64, default=None),
    _word("author", 40),
    _word("why", 200),
    _instant("made_at"),
    _instant("published_at", null=True),
    _instant("withdrawn_at", null=True),
    UniqueConstraint("menu", "number", name="uq_versions_number"),
)

live = Table(
    "live",
    metadata,
    Column("menu", String(40), primary_key=True),
    Column("version_id", String(20), ForeignKey("versions.id"), nullable=False),
    _instant("since"),
)

figures = Table(
    "figures",
    metadata,
    Column("day", Date, primary_key=True),
    Column("hour", Integer, primary_key=True),
    Column("channel", String(40), primary_key=True),
    Column("language", String(16), primary_key=True),
    Column("version", String(20), primary_key=True),
    Column("what", String(40), primary_key=True),
    Column("item", String(60), primary_key=True),
    Column("n", BigInteger, nullable=False),
)

keys = Table(
    "keys",
    metadata,
    _id(),
    _word("purpose", 20, default=None),
    Column("wrapped", LargeBinary, nullable=False),
    _instant("starts_at"),
    _instant("retired_at", null=True),
    Index("ix_keys_purpose", "purpose", "starts_at"),
)

audit = Table(
    "audit",
    metadata,
    _id(),
    Column("seq", BigInteger, nullable=True, unique=True),
    _instant("at"),
    Column("person_id", String(20), nullable=True),
    _word("act", 40, default=None),
    _word("kind", 20),
    _word("subject", 40),
    _word("detail", 200),
    Column("prev", LargeBinary(32), nullable=True),
    Column("hash", LargeBinary(32), nullable=True),
    Index("ix_audit_subject", "kind", "subject", "at"),
    Index("ix_audit_at", "at"),
)

chores = Table(
    "chores",
    metadata,
    Column("name", String(40), primary_key=True),
    _instant("due_at"),
    _instant("lease_until", null=True),
    Column("token", String(40), nullable=True),
    _instant("ok_at", null=True),
    _word("fault", 200),
)

settings = Table(
    "settings",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("value", Json, nullable=False),
    Column("rev", Integer, nullable=False, server_default=text("0")),
    _word("by", 40),
    _instant("at"),
)
