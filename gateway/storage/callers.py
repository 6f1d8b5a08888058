"""Store callers: the only table with the number, what the caller allowed us to keep, and its split by real or trial.

A caller is found by a keyed hash of the number (E.164); the number itself is sealed. What trial callers' simulated
phones were sent is listed here, since no provider ever saw it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ColumnElement,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    false,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.engine import Row

from gateway.channels.contract import KEPT
from gateway.domain.contact_safety import PhoneSeen, SafeContact, When
from gateway.domain.events import ThreadAsked
from gateway.foundation.loop_turns import NeedsThread
from gateway.foundation.time_and_chance import new_id
from gateway.storage import people
from gateway.storage.callbacks import build_codes_query, place_codes
from gateway.storage.database import Store, Tx
from gateway.storage.encryption import Ring
from gateway.storage.tables import SAMPLE, callbacks, callers, outbox, text_parts, texts, threads, turns
from gateway.storage.value_limits import CompiledStatement, build_insert

if TYPE_CHECKING:
    from gateway.storage.callbacks import Callback


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """One number and what is stored about it; ``number`` is None after erasure."""

    id: str
    number: str | None
    language: str
    script: str
    zone: str
    stopped_at: datetime | None
    refused_at: datetime | None
    refused: str
    consent_at: datetime | None
    contact: SafeContact | None
    contacted_at: datetime | None
    trial: bool

    @property
    def stopped(self) -> bool:
        """Whether the caller opted out of texts."""
        return self.stopped_at is not None


_BY_ID = CompiledStatement(select(callers).where(callers.c.id == bindparam("_id")))
_BY_LOOKUP = CompiledStatement(select(callers).where(callers.c.lookup == bindparam("_lookup")))
_CHANGE = CompiledStatement(update(callers).where(callers.c.id == bindparam("_id")))

TRIAL = " trial"
"""Suffix of the key name where a number was hashed as that of a simulator phone."""


def find_caller(tx: Tx, number: str, *, trial: bool | None = None) -> Caller | None:
    """Return the caller of this number, if there is one.

    Args:
        tx: the open transaction.
        number: in E.164.
        trial: whether a simulator phone claims this number, or a real phone has it; None, for staff numbers only,
            looks for the real one first. A simulator can claim any number, so it must never reach a real caller's
            data.
    """
    worlds = (False, True) if trial is None else (trial,)
    for world in worlds:
        row = tx.execute(_BY_LOOKUP, {"_lookup": hash_number(tx, number, trial=world)}).first()
        if row is not None:
            return _read_caller(tx, row)
    return None


def refuse_known(store: Store, number: str, *, trial: bool) -> None:
    """Make sure, without waiting, that no caller has this number; the arguments are those of ``find_caller``.

    Raises:
        NeedsThread: somebody has it, or it cannot be told at once.
    """
    if store.has_row(callers.c.lookup, _hash_by(store.ring, number, trial=trial)):
        raise NeedsThread


def by_id(tx: Tx, caller_id: str) -> Caller | None:
    """Return the caller with this id, unless erased."""
    row = tx.execute(_BY_ID, {"_id": caller_id}).first()
    return _read_caller(tx, row) if row else None


def upsert_caller(tx: Tx, number: str, *, now: datetime, trial: bool = False) -> Caller:
    """Return the caller of this number, created where needed; simulator and real phones are separate callers.

    The row stays locked until the transaction ends, so concurrent turns of one number run one after the other.
    """
    return upsert_caller_row(tx, number, now=now, trial=trial)[0]


def upsert_caller_row(tx: Tx, number: str, *, now: datetime, trial: bool = False) -> tuple[Caller, bool]:
    """Do what ``upsert_caller`` does, and say too whether the caller was created by it.

    No other row can then refer to this caller, whose id nobody else has seen, but what this transaction writes.
    """
    values = _seal_caller(tx, number, now=now, trial=trial)
    row = tx.execute(_build_upsert(tx.dialect), values).one()
    return _read_caller(tx, row, number), row.id == values["id"]


def _seal_caller(tx: Tx, number: str, *, now: datetime, trial: bool) -> dict[str, Any]:
    made = new_id(now)
    return {
        "id": made,
        "lookup": hash_number(tx, number, trial=trial),
        "lookup_key": tx.ring.key_id("caller") + (TRIAL if trial else ""),
        "number": tx.ring.seal_text(number, table="callers", column="number", row=made),
        "contacted_at": now,
        "changed_at": now,
        "trial": trial,
    }


@cache
def _build_upsert(dialect: str) -> CompiledStatement:
    """Build the statement once: building it for each row costs more than running it."""
    return CompiledStatement(_meet_again(build_insert(dialect, callers)))


def _meet_again(first: Any, *besides: Any) -> Any:
    again = {"contacted_at": first.excluded.contacted_at, "changed_at": first.excluded.changed_at}
    return first.on_conflict_do_update(index_elements=["lookup"], set_=again).returning(*callers.c, *besides)


def begin_turn_of(
    tx: Tx,
    key: bytes,
    *,
    session: bytes,
    kind: str,
    number: str,
    now: datetime,
    trial: bool,
    codes: Sequence[str] = (),
) -> tuple[Caller, bool] | None:
    """Insert the turn's key, then do ``upsert_caller_row``; None where this very turn was committed before.

    Then nothing is written. A concurrent insert of the same key is waited for. On PostgreSQL both go in one trip, and
    with them the question which of ``codes`` are in use: ``find_taken`` knows the answer where the caller is new.
    """
    turn = {"key": key, "session": session, "kind": kind, "at": now}
    if tx.dialect != "postgresql":
        is_first = tx.execute(build_begin(tx.dialect), turn | {"caller_id": None}).first() is not None
        return upsert_caller_row(tx, number, now=now, trial=trial) if is_first else None
    values = _seal_caller(tx, number, now=now, trial=trial)
    given = {f"turn_{name}": value for name, value in turn.items()}
    given |= {f"met_{name}": value for name, value in values.items()}
    if codes:
        given |= place_codes(codes)
    row = tx.execute(_build_begin_of(tuple(turn), tuple(values), asks=bool(codes)), given).first()
    if row is None:
        return None
    is_new = row.id == values["id"]
    # Of a known number it may have waited for another turn, and shows what was there before that.
    if codes and is_new:
        tx.foreseen[tuple(codes)] = frozenset((row.taken or "").split())
    return _read_caller(tx, row, number), is_new


@cache
def build_begin(dialect: str) -> CompiledStatement:
    """Build the insert of a turn's key, which returns it unless it is there."""
    first_only = build_insert(dialect, turns).on_conflict_do_nothing(index_elements=["key"])
    return CompiledStatement(first_only.returning(turns.c.key))


@cache
def _build_begin_of(of_turn: tuple[str, ...], of_caller: tuple[str, ...], *, asks: bool) -> CompiledStatement:
    """Build both inserts as one statement of PostgreSQL: the caller's looks whether the turn's added its row."""
    dialect = "postgresql"
    places = {name: bindparam(f"turn_{name}", type_=turns.c[name].type) for name in of_turn}
    first = build_insert(dialect, turns).values(places).on_conflict_do_nothing(index_elements=["key"])
    begun = first.returning(turns.c.key).cte("begun")
    row = select(*(bindparam(f"met_{name}", type_=callers.c[name].type) for name in of_caller))
    met = build_insert(dialect, callers).from_select(of_caller, row.where(exists(select(begun.c.key))))
    taken = build_codes_query().subquery()
    listed = select(func.string_agg(taken.c.code, literal_column("' '"))).scalar_subquery().label("taken")
    return CompiledStatement(_meet_again(met, *([listed] if asks else [])))


def set_contact(
    tx: Tx,
    caller_id: str,
    contact: SafeContact,
    *,
    now: datetime,
    language: str = "",
    script: str = "",
    zone: str = "",
    consent_version: str | None = None,
) -> None:
    """Store the newest safety answers, with language, script and zone as given; empty ones are removed.

    A consent version records consent as of now; None leaves the consent as it was.
    """
    values: dict[str, Any] = {
        "contact": seal_contact(tx, caller_id, contact),
        "language": language,
        "script": script,
        "zone": zone,
        "changed_at": now,
    }
    if consent_version is not None:
        values |= {"consent_at": now, "consent_version": consent_version}
    tx.post(_CHANGE, values | {"_id": caller_id})


def set_stopped(tx: Tx, caller_id: str, *, stopped_at: datetime | None, now: datetime) -> None:
    """Store the opt-out from texts, or its end (None)."""
    tx.execute(update(callers).where(callers.c.id == caller_id).values(stopped_at=stopped_at, changed_at=now))


def set_refused(tx: Tx, caller_id: str, *, how: str, refused_at: datetime | None, now: datetime) -> None:
    """Store that the caller refuses calls, and how (``plain``, ``said``, ``stop``); no instant ends the refusal.

    A plain refusal also withdraws consent, so that a missed call makes no request any more.
    """
    values: dict[str, Any] = {"refused_at": refused_at, "refused": how, "changed_at": now}
    if how == "plain":
        values["consent_at"] = None
    tx.execute(update(callers).where(callers.c.id == caller_id).values(**values))


def set_texts_unsafe(tx: Tx, caller: Caller, *, now: datetime) -> None:
    """Store that texts to this phone are not safe any more."""
    if caller.contact is not None and caller.contact.sms_safe:
        sealed = seal_contact(tx, caller.id, replace(caller.contact, sms_safe=False))
        tx.execute(update(callers).where(callers.c.id == caller.id).values(contact=sealed, changed_at=now))


def drop_caller(tx: Tx, caller_id: str) -> None:
    """Delete the caller; rows that referred to it keep their counts without it."""
    tx.execute(delete(callers).where(callers.c.id == caller_id))


def is_sample(request: "Callback") -> bool:
    """Return whether a request is sample data, or follows one that is."""
    return request.trial and request.channel == SAMPLE


BY_LINE: tuple[Table, ...] = (callbacks, texts, text_parts, threads, outbox)
"""Tables with both a caller and the channel."""


def hash_number(tx: Tx, number: str, *, trial: bool) -> bytes:
    """Return the keyed hash by which a caller is found; a simulator's has one more part."""
    return _hash_by(tx.ring, number, trial=trial)


def _hash_by(ring: Ring, number: str, *, trial: bool) -> bytes:
    return ring.lookup("caller", number, TRIAL) if trial else ring.lookup("caller", number)


def seal_contact(tx: Tx, caller_id: str, contact: SafeContact) -> bytes | None:
    """Return the sealed safety answers, as the row stores them."""
    value = {
        "phone_seen": contact.phone_seen.value,
        "when": contact.when.written,
        "said_at": contact.said_at.isoformat(),
        "sms_safe": contact.sms_safe,
    }
    return tx.ring.seal_json(value, table="callers", column="contact", row=caller_id)


def _read_caller(tx: Tx, row: Row[Any], number: str | None = None) -> Caller:
    """Return a row with its sealed columns opened; ``number`` is that by whose keyed hash it was found, if any."""
    contact = tx.ring.open_json(row.contact, table="callers", column="contact", row=row.id)
    return Caller(
        id=row.id,
        number=number
        if number and row.number is not None
        else tx.ring.open_text(row.number, table="callers", column="number", row=row.id),
        language=row.language,
        script=row.script,
        zone=row.zone,
        stopped_at=row.stopped_at,
        refused_at=row.refused_at,
        refused=row.refused,
        consent_at=row.consent_at,
        contact=_read_contact(contact, stopped=row.stopped_at is not None) if contact else None,
        contacted_at=row.contacted_at,
        trial=row.trial,
    )


def _read_contact(value: dict[str, Any], *, stopped: bool) -> SafeContact:
    return SafeContact(
        phone_seen=PhoneSeen(value["phone_seen"]),
        when=When.read(value["when"]),
        said_at=datetime.fromisoformat(value["said_at"]),
        sms_safe=value["sms_safe"],
        stopped=stopped,
    )


MOST = 50
SENT = "sent"
_NOT_SENT = ("pending", "sending", "unclear", "failed", "expired")


@dataclass(frozen=True, slots=True, kw_only=True)
class SentText:
    """One text as it would have reached the phone.

    Attributes:
        id: id of the row.
        channel: the channel it was to be sent through.
        text: its text.
        at: when it was sent; before that, when it was added.
        state: of the row; only ``sent`` has reached the phone.
        facts: size and cost, as ``simulator_facts.list_texts`` adds them.
    """

    id: str
    channel: str
    text: str
    at: datetime
    state: str = SENT
    facts: Mapping[str, Any] = field(default_factory=dict)


def list_thread(store: Store, asked: ThreadAsked, *, lines: Collection[str] = ()) -> tuple[SentText, ...]:
    """Return the texts to a number, oldest first; empty for an unknown number.

    A staff phone's alerts are included. With ``lines``, the simulator channels, also texts not sent yet.
    """
    with store.read() as tx:
        caller, staff_ids = (
            find_caller(tx, asked.number, trial=True),
            people.find_ids_by_number(tx, asked.number),
        )
        whose = or_(outbox.c.caller_id == caller.id if caller else false(), outbox.c.person_id.in_(staff_ids))
        return _list_sent(tx, whose, since=asked.since, lines=lines) if caller or staff_ids else ()


def _list_sent(
    tx: Tx, whose: ColumnElement[bool], *, since: datetime | None, lines: Collection[str]
) -> tuple[SentText, ...]:
    """Return the newest of these texts, oldest first, without erased ones."""
    query = (
        select(
            outbox.c.id, outbox.c.channel, outbox.c.payload, outbox.c.at, outbox.c.changed_at, outbox.c.state
        )
        .where(whose, _of_trials(lines))
        .order_by(outbox.c.id.desc())
        .limit(MOST)
    )
    if since is not None:
        query = query.where(outbox.c.changed_at >= since)
    found = []
    for row in tx.execute(query):
        payload = tx.ring.open_json(row.payload, table="outbox", column="payload", row=row.id)
        if payload is not None:
            at = row.changed_at if row.state == SENT else row.at
            found.append(
                SentText(id=row.id, channel=row.channel, text=payload["text"], at=at, state=row.state)
            )
    return tuple(reversed(found))


def _of_trials(lines: Collection[str]) -> ColumnElement[bool]:
    sent_ones = and_(outbox.c.state == SENT, outbox.c.provider_id.startswith(KEPT, autoescape=True))
    if not lines:
        return sent_ones
    return or_(sent_ones, and_(outbox.c.state.in_(_NOT_SENT), outbox.c.channel.in_(lines)))
