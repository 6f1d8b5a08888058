"""Tables of callback requests, further codes, attempts, notes, drafts and calls; how lists of requests are narrowed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    and_,
    or_,
    text,
)

from gateway.domain.callbacks.queue_rules import DANGER
from gateway.storage.value_limits import (
    CLOSED,
    HAS_CALLER,
    HELD,
    IN_HAND,
    LIVE,
    OPEN,
    OVER,
    REVIEW,
    RUNG,
    UNSEEN,
    WAITING,
    Sealed,
    make_caller_column,
    make_id_column,
    make_instant_column,
    make_partial_index,
    make_word_column,
    metadata,
)

SAMPLE = "sample data"
"""Stands in the place of a channel where a trial request is sample data."""

callbacks = Table(
    "callbacks",
    metadata,
    make_id_column(),
    make_word_column("team", default="main"),
    make_caller_column(),
    Column("slot", Integer, nullable=False, server_default=text("0")),
    Column("session", LargeBinary(32), nullable=False),
    make_word_column("state", 12, default=None),
    Column("priority", Integer, nullable=False),  # 0 danger, 1 normal: the order of the queue
    make_word_column("topic", 20),
    make_word_column("language", 16),
    make_word_column("script", 16),
    make_word_column("channel"),
    make_word_column("zone"),
    make_word_column("version", 20),
    make_instant_column("asked_at"),
    make_instant_column("last_asked_at"),
    make_instant_column("due_at", null=True),
    make_instant_column("due_until", null=True),
    Column("asks", Integer, nullable=False, server_default=text("1")),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    # SQLite does not enforce lengths, so only PostgreSQL's column was widened.
    Column("code", String(8).with_variant(String(4), "sqlite"), nullable=False, server_default=""),
    Column("window", Sealed, nullable=True),
    Column("contact", Sealed, nullable=True),
    Column("answers", Sealed, nullable=True),
    Column("path", Sealed, nullable=True),
    Column("wants_woman", Boolean, nullable=False, server_default=text("false")),
    Column("minor", Boolean, nullable=False, server_default=text("false")),  # the caller may be under 18
    Column("follows", String(20), nullable=True),  # the request that this one follows up
    Column("holder_id", String(20), ForeignKey("people.id", ondelete="SET NULL"), nullable=True),
    make_instant_column("held_until", null=True),
    make_instant_column("escalate_at", null=True),
    Column("told", Integer, nullable=False, server_default=text("0")),  # number of escalations
    Column("rev", Integer, nullable=False, server_default=text("0")),
    make_instant_column("changed_at"),
    make_instant_column("closed_at", null=True),
    make_word_column("reason", 60),
    make_word_column(
        "withheld", 10
    ),  # why the caller may not be called for it, until a new request or a decision by staff
    Column("trial", Boolean, nullable=False, server_default=text("false")),
    make_word_column("mark", 24),  # monotonic clock mark of the last request
    make_partial_index("uq_callbacks_one_open", "caller_id", "slot", where=OPEN, unique=True),
    make_partial_index("ix_callbacks_line", "team", "priority", "asked_at", "id", where=WAITING),
    make_partial_index(
        "ix_callbacks_due", "team", "priority", "due_until", "asked_at", "id", "due_at", where=WAITING
    ),
    make_partial_index("ix_callbacks_later", "team", "priority", "due_at", "asked_at", "id", where=WAITING),
    make_partial_index(
        "ix_callbacks_review", "team", "priority", "due_until", "asked_at", "id", "due_at", where=REVIEW
    ),
    make_partial_index(
        "ix_callbacks_review_later", "team", "priority", "due_at", "asked_at", "id", where=REVIEW
    ),
    make_partial_index("ix_callbacks_over", "team", "changed_at", "id", where=OVER),
    make_partial_index("ix_callbacks_in_hand", "holder_id", where=IN_HAND),
    make_partial_index("ix_callbacks_roll", "due_until", where=WAITING),
    make_partial_index("ix_callbacks_held", "held_until", where=HELD),
    make_partial_index("ix_callbacks_held_here", "team", "priority", "due_until", where=HELD),
    make_partial_index("ix_callbacks_open_code", "code", where=OPEN),
    Index("ix_callbacks_changed", "team", "changed_at"),
    Index("ix_callbacks_holder", "holder_id", "changed_at"),
    Index("ix_callbacks_code", "team", "code", "changed_at"),
    make_partial_index("ix_callbacks_closed", "closed_at", where=CLOSED),
    make_partial_index("ix_callbacks_caller", "caller_id", "asked_at", where=HAS_CALLER),
)

told_codes = Table(  # further codes of a request, given out while SQL was down
    "told_codes",
    metadata,
    Column("callback_id", String(20), ForeignKey("callbacks.id", ondelete="CASCADE"), primary_key=True),
    Column("code", String(8), primary_key=True),
    make_instant_column("at"),
    Index("ix_told_codes_code", "code"),
)

attempts = Table(
    "attempts",
    metadata,
    make_id_column(),
    Column("callback_id", String(20), ForeignKey("callbacks.id", ondelete="CASCADE"), nullable=False),
    make_caller_column(),
    Column("person_id", String(20), ForeignKey("people.id", ondelete="SET NULL"), nullable=True),
    make_word_column("how", 12, default="phone"),
    make_instant_column("started_at"),
    make_instant_column("window_from"),
    make_instant_column("window_until", null=True),  # null: the caller's window was not open
    Column("nth", Integer, nullable=False, server_default=text("0")),
    make_instant_column("lease_until"),
    make_instant_column("ended_at", null=True),
    make_word_column("outcome", 20),
    Column("form", String(40), nullable=False, unique=True),  # the one-time id of the outcome form
    make_word_column("note", 200),
    make_partial_index("uq_attempts_one_live", "caller_id", where=LIVE, unique=True),
    make_partial_index(
        "uq_attempts_one_a_window", "caller_id", "window_from", "nth", where=RUNG, unique=True
    ),
    Index("ix_attempts_callback", "callback_id", "started_at"),
    Index("ix_attempts_started", "started_at"),
    make_partial_index("ix_attempts_lease", "lease_until", where=LIVE),
)

notes = Table(
    "notes",
    metadata,
    make_id_column(),
    Column("callback_id", String(20), ForeignKey("callbacks.id", ondelete="CASCADE"), nullable=False),
    Column("person_id", String(20), ForeignKey("people.id", ondelete="SET NULL"), nullable=True),
    Column("text", Sealed, nullable=True),
    make_instant_column("at"),
    Index("ix_notes_callback", "callback_id", "at"),
)

drafts = Table(  # unfinished notes, by author
    "drafts",
    metadata,
    Column("callback_id", String(20), ForeignKey("callbacks.id", ondelete="CASCADE"), primary_key=True),
    Column("person_id", String(20), ForeignKey("people.id", ondelete="CASCADE"), primary_key=True),
    Column("text", Sealed, nullable=True),
    make_instant_column("at"),
    Index("ix_drafts_at", "at"),
)

broken_promises = Table(  # promises that broke without an act, until a person acknowledges each
    "broken_promises",
    metadata,
    Column("callback_id", String(20), ForeignKey("callbacks.id", ondelete="CASCADE"), primary_key=True),
    Column("promise", String(20), primary_key=True),
    make_instant_column("at"),
    make_instant_column("seen_at", null=True),
    Column("seen_by", String(20), ForeignKey("people.id", ondelete="SET NULL"), nullable=True),
    Index("ix_broken_promises_at", "at"),
    make_partial_index("ix_broken_promises_unseen", "at", where=UNSEEN),
)

# Bridged calls: the provider dials the counsellor first, then the caller.

bridges = Table(
    "bridges",
    metadata,
    make_id_column(),  # the provider repeats it in its events
    Column("callback_id", String(20), ForeignKey("callbacks.id", ondelete="CASCADE"), nullable=False),
    Column(
        "attempt_id", String(20), ForeignKey("attempts.id", ondelete="CASCADE"), nullable=False, unique=True
    ),
    Column("person_id", String(20), ForeignKey("people.id", ondelete="SET NULL"), nullable=True),
    make_word_column("channel"),
    make_word_column("state", 12, default=None),
    Column("session", String(120), nullable=True),  # the provider's id of the call, once it is known
    make_word_column("result", 20),
    Column("seconds", Integer, nullable=False, server_default=text("0")),
    make_instant_column("at"),
    make_instant_column("since"),
    make_instant_column("heard_at"),
    make_instant_column(
        "dialled_at", null=True
    ),  # when the provider was told to dial the caller: at most once
    make_instant_column("talking_at", null=True),
    make_instant_column("ended_at", null=True),
    make_partial_index("uq_bridges_one_live", "person_id", where=LIVE, unique=True),
    UniqueConstraint("channel", "session", name="uq_bridges_session"),
    make_partial_index("ix_bridges_live", "heard_at", where=LIVE),
    Index("ix_bridges_callback", "callback_id"),
    Index("ix_bridges_person", "person_id", "at"),
)

# The conditions to which a list of requests is narrowed.


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFilter:
    """What a list is narrowed to: languages, open windows, danger, holder, reason; what is empty narrows nothing."""

    languages: tuple[str, ...] = ()
    due: bool = False
    danger: bool = False
    holder_id: str = ""
    reason: str = ""

    def build_conditions(self, now: datetime) -> list[ColumnElement[bool]]:
        """Return the conditions."""
        found = [is_due(now)] if self.due else []
        if self.languages:
            found.append(
                or_(*(callbacks.c.language.startswith(one, autoescape=True) for one in self.languages))
            )
        if self.danger:
            found.append(callbacks.c.priority == DANGER)
        if self.reason:
            found.append(callbacks.c.reason == self.reason)
        if self.holder_id:
            found.append(callbacks.c.holder_id == self.holder_id)
        return found


EVERYTHING = ListFilter()


def is_due(now: datetime) -> ColumnElement[bool]:
    """Return the condition that the window of a request is open."""
    return and_(callbacks.c.due_at <= now, callbacks.c.due_until > now)
