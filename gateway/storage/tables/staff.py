"""Tables of staff: people, sign-ins, second factors, shifts, the escalation list and their work on requests."""

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
    UniqueConstraint,
    text,
)

from gateway.storage.value_limits import (
    Json,
    Sealed,
    make_id_column,
    make_instant_column,
    make_word_column,
    metadata,
)


def _person_column(name: str = "person_id", *, key: bool = False) -> Column[str]:
    return Column(
        name, String(20), ForeignKey("people.id", ondelete="CASCADE"), nullable=False, primary_key=key
    )


people = Table(
    "people",
    metadata,
    make_id_column(),
    make_word_column("team", default="main"),
    Column("name", String(40), nullable=False),
    Column("name_key", String(80), nullable=False, unique=True),  # folded, so that two spellings are one name
    make_word_column("role", 16, default=None),
    Column("password", String(200), nullable=True),  # null until one is chosen
    Column("number", Sealed, nullable=True),  # the helpline phone of this person
    Column("languages", Json, nullable=False),
    make_word_column("gender", 10),
    Column(
        "capacity", Integer, nullable=False, server_default=text("0")
    ),  # callbacks at a time; 0 any number
    Column("on_duty", Boolean, nullable=False, server_default=text("false")),
    make_word_column("page_language", 16),
    Column(
        "by_text", Boolean, nullable=False, server_default=text("false")
    ),  # works by one-tap links, without a computer
    Column("totp", Sealed, nullable=True),  # the secret of the second factor
    make_instant_column("totp_at", null=True),  # since when it is required
    Column(
        "totp_step", BigInteger, nullable=False, server_default=text("0")
    ),  # the last time step that was used
    make_instant_column("looked_at", null=True),
    make_instant_column("made_at"),
    make_instant_column("disabled_at", null=True),
)

sign_ins = Table(
    "sign_ins",
    metadata,
    Column("id", LargeBinary(32), primary_key=True),  # keyed hash of the cookie's token
    Column("person_id", String(20), ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    make_instant_column("made_at"),
    make_instant_column("seen_at"),
    make_instant_column("expires_at"),
    make_instant_column("proved_at", null=True),  # the last authentication
    make_instant_column("polled_at", null=True),  # an open page last asked by itself
    make_instant_column("heard_at", null=True),  # the same, where somebody would see or hear what it brings
    Column(
        "half", Boolean, nullable=False, server_default=text("false")
    ),  # the second factor is still missing
    make_word_column("device", 60),
    Index("ix_sign_ins_person", "person_id"),
)

invitations = Table(  # one-time links with which a person sets a password
    "invitations",
    metadata,
    Column("id", LargeBinary(32), primary_key=True),
    Column("person_id", String(20), ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    make_instant_column("expires_at"),
    make_instant_column("used_at", null=True),
)

tries = Table(  # failed tries, by which the next one is slowed or refused
    "tries",
    metadata,
    Column("scope", LargeBinary(32), primary_key=True),
    Column("n", Integer, nullable=False),
    make_instant_column("first_at"),
    make_instant_column("last_at"),
    Index("ix_tries_last_at", "last_at"),
)

recovery_codes = Table(  # one-time codes to replace a lost second factor
    "recovery_codes",
    metadata,
    Column("id", LargeBinary(32), primary_key=True),  # keyed hash of person and code
    _person_column(),
    Index("ix_recovery_codes_person", "person_id"),
)

shifts = Table(  # weekly, in the helpline's time zone
    "shifts",
    metadata,
    make_id_column(),
    _person_column(),
    Column("day", Integer, nullable=False),  # Monday is 0
    Column("start", Integer, nullable=False),  # minutes of the day
    Column("end", Integer, nullable=False),
    Index("ix_shifts_person", "person_id"),
)

holidays = Table(  # days on which nobody works
    "holidays",
    metadata,
    Column("team", String(40), primary_key=True),
    Column("day", Date, primary_key=True),
    make_word_column("name", 80),
)

away = Table(  # days on which one person does not work
    "away",
    metadata,
    make_id_column(),
    _person_column(),
    Column("first", Date, nullable=False),
    Column("last", Date, nullable=False),
    Index("ix_away_person", "person_id"),
)

called_for_help = Table(  # escalation list, in order
    "called_for_help",
    metadata,
    Column("team", String(40), primary_key=True),
    Column("place", Integer, primary_key=True),
    _person_column(),
)

links = Table(  # one-tap links from an alert to a request
    "links",
    metadata,
    Column("id", LargeBinary(32), primary_key=True),  # keyed hash of the token
    _person_column(),
    Column("callback_id", String(20), ForeignKey("callbacks.id", ondelete="CASCADE"), nullable=False),
    make_instant_column("expires_at"),
    make_instant_column("used_at", null=True),
    Column(
        "phone", LargeBinary(32), nullable=True, unique=True
    ),  # keyed hash of the secret given to its phone
    Column("mark", Integer, nullable=False, server_default=text("0")),  # the digits that tell alerts apart
    make_instant_column("answered_at", null=True),  # when its text was answered by a digit
    Index("ix_links_expires_at", "expires_at"),
    Index("ix_links_person", "person_id", "expires_at"),
)

push_keys = Table(  # our key towards push services (RFC 8292): one row
    "push_keys",
    metadata,
    make_id_column(),
    Column("secret", Sealed, nullable=True),
    make_instant_column("made_at"),
)

push_subscriptions = Table(  # browsers that take push messages for a person
    "push_subscriptions",
    metadata,
    make_id_column(),
    _person_column(),
    Column("endpoint", LargeBinary(32), nullable=False, unique=True),  # keyed hash of the address
    Column("address", Sealed, nullable=True),  # address and keys, as JSON
    make_word_column("device", 60),
    make_instant_column("made_at"),
    Index("ix_push_subscriptions_person", "person_id"),
)

looking = Table(  # who views a request's page
    "looking",
    metadata,
    Column("callback_id", String(20), ForeignKey("callbacks.id", ondelete="CASCADE"), primary_key=True),
    _person_column(key=True),
    make_instant_column("at"),
    Index("ix_looking_at", "at"),
)

records = Table(  # case record of an open request; counted and deleted at closing
    "records",
    metadata,
    Column("callback_id", String(20), ForeignKey("callbacks.id", ondelete="CASCADE"), primary_key=True),
    Column("said", Sealed, nullable=True),
    make_instant_column("at"),
)

referrals = Table(  # the referral book
    "referrals",
    metadata,
    make_id_column(),
    make_word_column("team", default="main"),
    make_word_column("name", 80),
    make_word_column("number", 20),
    make_word_column("place", 80),
    make_word_column("hours", 80),
    Column("languages", Json, nullable=False),
    Column("topics", Json, nullable=False),
    Column("may_share", Boolean, nullable=False, server_default=text("true")),
    Column("checked_on", Date, nullable=True),
    Index("ix_referrals_team", "team", "name"),
)

referrals_made = Table(  # a caller was told of a service: when to ask what came of it, and what came
    "referrals_made",
    metadata,
    make_id_column(),
    # Named as migration 0013 did, against the convention.
    Column(
        "callback_id",
        String(20),
        ForeignKey("callbacks.id", name="fk_referrals_made_callback_id_callbacks", ondelete="CASCADE"),
        nullable=False,
    ),
    Column(
        "person_id",
        String(20),
        ForeignKey("people.id", name="fk_referrals_made_person_id_people", ondelete="CASCADE"),
        nullable=False,
    ),
    make_word_column("referral_id", 20),
    make_word_column("name", 80),
    make_instant_column("made_at"),
    Column("due_on", Date, nullable=False),
    make_word_column("outcome", 20),
    UniqueConstraint("callback_id", "referral_id"),
    Index("ix_referrals_made_person", "person_id", "due_on"),
)

kept_forms = Table(  # forms submitted after the sign-in had ended
    "kept_forms",
    metadata,
    make_id_column(),
    _person_column(),
    make_word_column("action", 200, default=None),
    Column("fields", Sealed, nullable=True),
    make_instant_column("at"),
    Index("ix_kept_forms_person", "person_id"),
    Index("ix_kept_forms_at", "at"),
)
