"""The schema of the first release."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=True),
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), server_default="", nullable=False),
        sa.Column("subject", sa.String(length=40), server_default="", nullable=False),
        sa.Column("detail", sa.String(length=200), server_default="", nullable=False),
        sa.Column("prev", sa.LargeBinary(length=32), nullable=True),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        sa.UniqueConstraint("seq", name=op.f("uq_audit_seq")),
    )
    op.create_index("ix_audit_at", "audit", ["at"], unique=False)
    op.create_index("ix_audit_subject", "audit", ["kind", "subject", "at"], unique=False)
    op.create_table(
        "budgets",
        sa.Column("scope", sa.LargeBinary(length=32), nullable=False),
        sa.Column("window", sa.String(length=20), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("scope", "window", name=op.f("pk_budgets")),
    )
    op.create_index("ix_budgets_at", "budgets", ["at"], unique=False)
    op.create_table(
        "callers",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("lookup", sa.LargeBinary(length=32), nullable=False),
        sa.Column("lookup_key", sa.String(length=20), nullable=False),
        sa.Column("number", sa.LargeBinary(), nullable=True),
        sa.Column("language", sa.String(length=16), server_default="", nullable=False),
        sa.Column("script", sa.String(length=16), server_default="", nullable=False),
        sa.Column("zone", sa.String(length=40), server_default="", nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("consent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("consent_version", sa.String(length=40), server_default="", nullable=False),
        sa.Column("contact", sa.LargeBinary(), nullable=True),
        sa.Column("contacted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("trial", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callers")),
        sa.UniqueConstraint("lookup", name=op.f("uq_callers_lookup")),
    )
    op.create_table(
        "chores",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("token", sa.String(length=40), nullable=True),
        sa.Column("ok_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fault", sa.String(length=200), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_chores")),
    )
    op.create_table(
        "deliveries",
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("provider_id", sa.String(length=120), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=12), server_default="", nullable=False),
        sa.Column("reason", sa.String(length=60), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("channel", "provider_id", "status", name=op.f("pk_deliveries")),
    )
    op.create_table(
        "figures",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("item", sa.String(length=60), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "day", "hour", "channel", "language", "version", "what", "item", name=op.f("pk_figures")
        ),
    )
    op.create_table(
        "holidays",
        sa.Column("team", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=80), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("team", "day", name=op.f("pk_holidays")),
    )
    op.create_table(
        "keys",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keys")),
    )
    op.create_index("ix_keys_purpose", "keys", ["purpose", "starts_at"], unique=False)
    op.create_table(
        "lines",
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("tokens", sa.Integer(), nullable=False),
        sa.Column("filled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("why", sa.String(length=60), server_default="", nullable=False),
        sa.Column("faults", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("sent", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("spent", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_lines")),
    )
    op.create_table(
        "people",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("team", sa.String(length=40), server_default="main", nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("name_key", sa.String(length=80), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("password", sa.String(length=200), nullable=True),
        sa.Column("number", sa.LargeBinary(), nullable=True),
        sa.Column("languages", sa.Text(), nullable=False),
        sa.Column("gender", sa.String(length=10), server_default="", nullable=False),
        sa.Column("capacity", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("on_duty", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("page_language", sa.String(length=16), server_default="", nullable=False),
        sa.Column("by_text", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("totp", sa.LargeBinary(), nullable=True),
        sa.Column("totp_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("totp_step", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("name_key", name=op.f("uq_people_name_key")),
    )
    op.create_table(
        "referrals",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("team", sa.String(length=40), server_default="main", nullable=False),
        sa.Column("name", sa.String(length=80), server_default="", nullable=False),
        sa.Column("number", sa.String(length=20), server_default="", nullable=False),
        sa.Column("place", sa.String(length=80), server_default="", nullable=False),
        sa.Column("hours", sa.String(length=80), server_default="", nullable=False),
        sa.Column("languages", sa.Text(), nullable=False),
        sa.Column("topics", sa.Text(), nullable=False),
        sa.Column("may_share", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("checked_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referrals")),
    )
    op.create_index("ix_referrals_team", "referrals", ["team", "name"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("mark", sa.String(length=8), server_default="", nullable=False),
        sa.Column("hop", sa.Integer(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sessions")),
    )
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"], unique=False)
    op.create_table(
        "settings",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("rev", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("by", sa.String(length=40), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_settings")),
    )
    op.create_table(
        "tries",
        sa.Column("scope", sa.LargeBinary(length=32), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_tries")),
    )
    op.create_index("ix_tries_last_at", "tries", ["last_at"], unique=False)
    op.create_table(
        "versions",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("menu", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), server_default="published", nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("compiled", sa.Text(), nullable=False),
        sa.Column("format", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("author", sa.String(length=40), server_default="", nullable=False),
        sa.Column("why", sa.String(length=200), server_default="", nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_versions")),
        sa.UniqueConstraint("menu", "number", name="uq_versions_number"),
    )
    op.create_table(
        "away",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_away_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_away")),
    )
    op.create_index("ix_away_person", "away", ["person_id"], unique=False)
    op.create_table(
        "callbacks",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("team", sa.String(length=40), server_default="main", nullable=False),
        sa.Column("caller_id", sa.String(length=20), nullable=True),
        sa.Column("slot", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("session", sa.LargeBinary(length=32), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("topic", sa.String(length=20), server_default="", nullable=False),
        sa.Column("language", sa.String(length=16), server_default="", nullable=False),
        sa.Column("script", sa.String(length=16), server_default="", nullable=False),
        sa.Column("channel", sa.String(length=40), server_default="", nullable=False),
        sa.Column("zone", sa.String(length=40), server_default="", nullable=False),
        sa.Column("version", sa.String(length=20), server_default="", nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asks", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("code", sa.String(length=4), server_default="", nullable=False),
        sa.Column("window", sa.LargeBinary(), nullable=True),
        sa.Column("contact", sa.LargeBinary(), nullable=True),
        sa.Column("answers", sa.LargeBinary(), nullable=True),
        sa.Column("path", sa.LargeBinary(), nullable=True),
        sa.Column("wants_woman", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("minor", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("follows", sa.String(length=20), nullable=True),
        sa.Column("holder_id", sa.String(length=20), nullable=True),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("escalate_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("rev", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=60), server_default="", nullable=False),
        sa.Column("trial", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(
            ["caller_id"], ["callers.id"], name=op.f("fk_callbacks_caller_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["holder_id"], ["people.id"], name=op.f("fk_callbacks_holder_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callbacks")),
    )
    op.create_index("ix_callbacks_caller", "callbacks", ["caller_id", "asked_at"], unique=False)
    op.create_index("ix_callbacks_changed", "callbacks", ["team", "changed_at"], unique=False)
    op.create_index("ix_callbacks_closed", "callbacks", ["team", "closed_at"], unique=False)
    op.create_index("ix_callbacks_code", "callbacks", ["team", "code", "changed_at"], unique=False)
    op.create_index(
        "ix_callbacks_due",
        "callbacks",
        ["team", "priority", "due_until", "asked_at", "id", "due_at"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "ix_callbacks_held",
        "callbacks",
        ["held_until"],
        unique=False,
        sqlite_where=sa.text("state IN ('claimed', 'calling')"),
        postgresql_where=sa.text("state IN ('claimed', 'calling')"),
    )
    op.create_index(
        "ix_callbacks_held_here",
        "callbacks",
        ["team", "priority", "due_until"],
        unique=False,
        sqlite_where=sa.text("state IN ('claimed', 'calling')"),
        postgresql_where=sa.text("state IN ('claimed', 'calling')"),
    )
    op.create_index("ix_callbacks_holder", "callbacks", ["holder_id", "changed_at"], unique=False)
    op.create_index(
        "ix_callbacks_in_hand",
        "callbacks",
        ["holder_id"],
        unique=False,
        sqlite_where=sa.text("state IN ('claimed', 'calling', 'reached')"),
        postgresql_where=sa.text("state IN ('claimed', 'calling', 'reached')"),
    )
    op.create_index(
        "ix_callbacks_later",
        "callbacks",
        ["team", "priority", "due_at", "asked_at", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "ix_callbacks_line",
        "callbacks",
        ["team", "priority", "asked_at", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "ix_callbacks_open_code",
        "callbacks",
        ["code"],
        unique=False,
        sqlite_where=sa.text("state IN ('waiting', 'claimed', 'calling', 'review')"),
        postgresql_where=sa.text("state IN ('waiting', 'claimed', 'calling', 'review')"),
    )
    op.create_index(
        "ix_callbacks_review",
        "callbacks",
        ["team", "priority", "due_until"],
        unique=False,
        sqlite_where=sa.text("state = 'review'"),
        postgresql_where=sa.text("state = 'review'"),
    )
    op.create_index(
        "ix_callbacks_roll",
        "callbacks",
        ["due_until"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "uq_callbacks_one_open",
        "callbacks",
        ["caller_id", "slot"],
        unique=True,
        sqlite_where=sa.text("state IN ('waiting', 'claimed', 'calling', 'review')"),
        postgresql_where=sa.text("state IN ('waiting', 'claimed', 'calling', 'review')"),
    )
    op.create_table(
        "called_for_help",
        sa.Column("team", sa.String(length=40), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_called_for_help_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("team", "place", name=op.f("pk_called_for_help")),
    )
    op.create_table(
        "invitations",
        sa.Column("id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_invitations_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
    )
    op.create_table(
        "live",
        sa.Column("menu", sa.String(length=40), nullable=False),
        sa.Column("version_id", sa.String(length=20), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name=op.f("fk_live_version_id")),
        sa.PrimaryKeyConstraint("menu", name=op.f("pk_live")),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_recovery_codes_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_codes")),
    )
    op.create_index("ix_recovery_codes_person", "recovery_codes", ["person_id"], unique=False)
    op.create_table(
        "shifts",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_shifts_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shifts")),
    )
    op.create_index("ix_shifts_person", "shifts", ["person_id"], unique=False)
    op.create_table(
        "sign_ins",
        sa.Column("id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("half", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("device", sa.String(length=60), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_sign_ins_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_ins")),
    )
    op.create_index("ix_sign_ins_person", "sign_ins", ["person_id"], unique=False)
    op.create_table(
        "texts",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("channel", sa.String(length=40), server_default="", nullable=False),
        sa.Column("caller_id", sa.String(length=20), nullable=True),
        sa.Column("text", sa.LargeBinary(), nullable=True),
        sa.Column("understood", sa.String(length=60), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_by", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(
            ["caller_id"], ["callers.id"], name=op.f("fk_texts_caller_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_texts")),
    )
    op.create_index("ix_texts_at", "texts", ["at"], unique=False)
    op.create_index("ix_texts_caller_id", "texts", ["caller_id", "at"], unique=False)
    op.create_index(
        "ix_texts_unread",
        "texts",
        ["understood", "at"],
        unique=False,
        sqlite_where=sa.text("read_at IS NULL"),
        postgresql_where=sa.text("read_at IS NULL"),
    )
    op.create_table(
        "threads",
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("caller_id", sa.String(length=20), nullable=False),
        sa.Column("version", sa.String(length=20), server_default="", nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rev", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(
            ["caller_id"], ["callers.id"], name=op.f("fk_threads_caller_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("channel", "caller_id", name=op.f("pk_threads")),
    )
    op.create_index("ix_threads_expires_at", "threads", ["expires_at"], unique=False)
    op.create_table(
        "turns",
        sa.Column("key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("session", sa.LargeBinary(length=32), nullable=False),
        sa.Column("kind", sa.String(length=10), server_default="", nullable=False),
        sa.Column("caller_id", sa.String(length=20), nullable=True),
        sa.Column("receipt", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["caller_id"], ["callers.id"], name=op.f("fk_turns_caller_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_turns")),
    )
    op.create_index("ix_turns_at", "turns", ["at"], unique=False)
    op.create_index("ix_turns_session", "turns", ["session", "at"], unique=False)
    op.create_table(
        "attempts",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("callback_id", sa.String(length=20), nullable=False),
        sa.Column("caller_id", sa.String(length=20), nullable=True),
        sa.Column("person_id", sa.String(length=20), nullable=True),
        sa.Column("how", sa.String(length=12), server_default="phone", nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("window_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("window_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("nth", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=20), server_default="", nullable=False),
        sa.Column("form", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=200), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["callback_id"], ["callbacks.id"], name=op.f("fk_attempts_callback_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["caller_id"], ["callers.id"], name=op.f("fk_attempts_caller_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_attempts_person_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
        sa.UniqueConstraint("form", name=op.f("uq_attempts_form")),
    )
    op.create_index("ix_attempts_callback", "attempts", ["callback_id", "started_at"], unique=False)
    op.create_index(
        "ix_attempts_lease",
        "attempts",
        ["lease_until"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_attempts_started", "attempts", ["started_at"], unique=False)
    op.create_index(
        "uq_attempts_one_a_window",
        "attempts",
        ["caller_id", "window_from", "nth"],
        unique=True,
        sqlite_where=sa.text("outcome <> 'not_dialled'"),
        postgresql_where=sa.text("outcome <> 'not_dialled'"),
    )
    op.create_index(
        "uq_attempts_one_live",
        "attempts",
        ["caller_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "bridges",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("callback_id", sa.String(length=20), nullable=False),
        sa.Column("attempt_id", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=True),
        sa.Column("channel", sa.String(length=40), server_default="", nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("session", sa.String(length=120), nullable=True),
        sa.Column("result", sa.String(length=20), server_default="", nullable=False),
        sa.Column("seconds", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dialled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("talking_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempts.id"], name=op.f("fk_bridges_attempt_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["callback_id"], ["callbacks.id"], name=op.f("fk_bridges_callback_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_bridges_person_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bridges")),
        sa.UniqueConstraint("attempt_id", name=op.f("uq_bridges_attempt_id")),
        sa.UniqueConstraint("channel", "session", name="uq_bridges_session"),
    )
    op.create_index("ix_bridges_callback", "bridges", ["callback_id"], unique=False)
    op.create_index(
        "ix_bridges_live",
        "bridges",
        ["heard_at"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_bridges_person", "bridges", ["person_id", "at"], unique=False)
    op.create_index(
        "uq_bridges_one_live",
        "bridges",
        ["person_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "links",
        sa.Column("id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=False),
        sa.Column("callback_id", sa.String(length=20), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("phone", sa.LargeBinary(length=32), nullable=True),
        sa.Column("mark", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["callback_id"], ["callbacks.id"], name=op.f("fk_links_callback_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_links_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_links")),
        sa.UniqueConstraint("phone", name=op.f("uq_links_phone")),
    )
    op.create_index("ix_links_expires_at", "links", ["expires_at"], unique=False)
    op.create_table(
        "looking",
        sa.Column("callback_id", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["callback_id"], ["callbacks.id"], name=op.f("fk_looking_callback_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_looking_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("callback_id", "person_id", name=op.f("pk_looking")),
    )
    op.create_index("ix_looking_at", "looking", ["at"], unique=False)
    op.create_table(
        "notes",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("callback_id", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=True),
        sa.Column("text", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["callback_id"], ["callbacks.id"], name=op.f("fk_notes_callback_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_notes_person_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
    )
    op.create_index("ix_notes_callback", "notes", ["callback_id", "at"], unique=False)
    op.create_table(
        "drafts",
        sa.Column("callback_id", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["callback_id"], ["callbacks.id"], name=op.f("fk_drafts_callback_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_drafts_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("callback_id", "person_id", name=op.f("pk_drafts")),
    )
    op.create_index("ix_drafts_at", "drafts", ["at"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("channel", sa.String(length=40), server_default="", nullable=False),
        sa.Column("lane", sa.String(length=80), server_default="", nullable=False),
        sa.Column("priority", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("state", sa.String(length=12), server_default="pending", nullable=False),
        sa.Column("token", sa.String(length=40), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("nudged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("once", sa.String(length=80), nullable=False),
        sa.Column("caller_id", sa.String(length=20), nullable=True),
        sa.Column("person_id", sa.String(length=20), nullable=True),
        sa.Column("callback_id", sa.String(length=20), nullable=True),
        sa.Column("payload", sa.LargeBinary(), nullable=True),
        sa.Column("parts", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("provider_id", sa.String(length=120), nullable=True),
        sa.Column("delivery", sa.String(length=20), server_default="", nullable=False),
        sa.Column("reason", sa.String(length=60), server_default="", nullable=False),
        sa.Column("cost", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["callback_id"], ["callbacks.id"], name=op.f("fk_outbox_callback_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["caller_id"], ["callers.id"], name=op.f("fk_outbox_caller_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_outbox_person_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("once", name=op.f("uq_outbox_once")),
    )
    op.create_index("ix_outbox_at", "outbox", ["at"], unique=False)
    op.create_index("ix_outbox_callback", "outbox", ["callback_id"], unique=False)
    op.create_index("ix_outbox_caller", "outbox", ["caller_id"], unique=False)
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["priority", "due_at", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index(
        "ix_outbox_lane",
        "outbox",
        ["lane", "id"],
        unique=False,
        sqlite_where=sa.text("state IN ('pending', 'sending')"),
        postgresql_where=sa.text("state IN ('pending', 'sending')"),
    )
    op.create_index(
        "ix_outbox_lease",
        "outbox",
        ["lease_until"],
        unique=False,
        sqlite_where=sa.text("state = 'sending'"),
        postgresql_where=sa.text("state = 'sending'"),
    )
    op.create_index("ix_outbox_person", "outbox", ["person_id"], unique=False)
    op.create_index("ix_outbox_provider", "outbox", ["channel", "provider_id"], unique=False)
    op.create_index(
        "ix_outbox_unclear",
        "outbox",
        ["at"],
        unique=False,
        sqlite_where=sa.text("state = 'unclear'"),
        postgresql_where=sa.text("state = 'unclear'"),
    )
    op.create_table(
        "records",
        sa.Column("callback_id", sa.String(length=20), nullable=False),
        sa.Column("said", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["callback_id"], ["callbacks.id"], name=op.f("fk_records_callback_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("callback_id", name=op.f("pk_records")),
    )
