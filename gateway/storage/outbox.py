"""Store the outbox: messages and calls to send, their state, and delivery reports that arrived too early."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, and_, bindparam, delete, func, not_, or_, select, text, update

from gateway.foundation.time_and_chance import new_id
from gateway.storage.database import Tx, insert_into
from gateway.storage.tables import PENDING, UNCLEAR, deliveries, outbox, people
from gateway.storage.value_limits import CompiledStatement, build_insert

_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """One row of the outbox.

    ``lane`` is the recipient's order of sending; ``once`` the deduplication key; ``token`` the claim that may write
    its result; ``cost`` is in hundredths of a cent; ``payload`` is filled by ``open_row`` only: ``text``, ``link``
    and what else the kind needs; a claim brings it ``sealed``.
    """

    id: str
    kind: str
    channel: str
    lane: str
    priority: int
    state: str
    token: str | None
    attempts: int
    due_at: datetime
    expires_at: datetime
    claimed_at: datetime | None
    lease_until: datetime | None
    nudged_at: datetime | None
    once: str
    caller_id: str | None
    person_id: str | None
    callback_id: str | None
    parts: int
    provider_id: str | None
    delivery: str
    reason: str
    cost: int
    at: datetime
    changed_at: datetime
    mark: str = ""
    payload: Mapping[str, Any] | None = None
    sealed: bytes | None = field(default=None, repr=False)


PLAIN = [column for column in outbox.c if column.name != "payload"]
_ADDED = CompiledStatement(select(outbox.c.id).where(outbox.c.once == bindparam("_once")))
_PAYLOAD = CompiledStatement(select(outbox.c.payload).where(outbox.c.id == bindparam("_id")))
_BY_ID = CompiledStatement(select(*PLAIN).where(outbox.c.id == bindparam("_id")))
_ADD_FIRST = CompiledStatement(outbox.insert())
_UNPARK = CompiledStatement(
    delete(deliveries)
    .where(deliveries.c.channel == bindparam("_channel"), deliveries.c.provider_id == bindparam("_provider"))
    .returning(deliveries.c.state, deliveries.c.reason, deliveries.c.at)
)


@cache
def _build_add(dialect: str) -> CompiledStatement:
    """Build the statement once: building it for each row costs more than running it."""
    once_only = build_insert(dialect, outbox).on_conflict_do_nothing(index_elements=["once"])
    return CompiledStatement(once_only.returning(outbox.c.id))


def add_row(  # noqa: PLR0913 - a row has this many facts, all named
    tx: Tx,
    *,
    kind: str,
    channel: str,
    lane: str,
    due_at: datetime,
    expires_at: datetime,
    once: str,
    now: datetime,
    payload: Mapping[str, Any] | None = None,
    priority: int = 1,
    caller_id: str | None = None,
    person_id: str | None = None,
    callback_id: str | None = None,
    parts: int = 1,
    is_first: bool = False,
) -> str | None:
    """Insert a row in the transaction of the action that asks for it; None where this ``once`` exists.

    ``is_first`` says that none can exist, because it names something that this transaction made.
    """
    made = new_id(now)
    values = {
        "id": made, "kind": kind, "channel": channel, "lane": lane, "priority": priority, "parts": parts,
        "due_at": due_at, "expires_at": expires_at, "once": once, "at": now, "changed_at": now, "mark": tx.mark,
        "caller_id": caller_id, "person_id": person_id, "callback_id": callback_id,
        "payload": tx.ring.seal_json(payload, table="outbox", column="payload", row=made),
    }  # fmt: skip
    if is_first:
        tx.post(_ADD_FIRST, values)
        return made
    return tx.execute(_build_add(tx.dialect), values).scalar()


def is_added(tx: Tx, once: str) -> bool:
    """Say whether a row with this ``once`` exists."""
    return tx.execute(_ADDED, {"_once": once}).first() is not None


def open_row(tx: Tx, row: OutboxRow) -> OutboxRow:
    """Return the row with its payload.

    Raises:
        NotUnsealed: the payload cannot be opened.
    """
    sealed = row.sealed or tx.execute(_PAYLOAD, {"_id": row.id}).scalar()
    return replace(
        row, sealed=None, payload=tx.ring.open_json(sealed, table="outbox", column="payload", row=row.id)
    )


def by_id(tx: Tx, row_id: str) -> OutboxRow | None:
    """Return one row, if it exists."""
    row = tx.execute(_BY_ID, {"_id": row_id}).first()
    return read_row(row) if row is not None else None


def by_once(tx: Tx, once: str) -> OutboxRow | None:
    """Return the row with this deduplication key."""
    row = tx.execute(select(*PLAIN).where(outbox.c.once == once)).first()
    return read_row(row) if row is not None else None


def by_provider_id(tx: Tx, channel: str, provider_id: str) -> OutboxRow | None:
    """Return the row with this provider id."""
    query = select(*PLAIN).where(outbox.c.channel == channel, outbox.c.provider_id == provider_id)
    if tx.dialect == "postgresql":
        query = query.with_for_update()
    row = tx.execute(query.limit(1)).first()
    return read_row(row) if row is not None else None


def find_latest_of_person(tx: Tx, person_id: str, *, once: str) -> OutboxRow | None:
    """Return the newest row to a person whose ``once`` has this prefix."""
    query = select(*PLAIN).where(
        outbox.c.person_id == person_id, outbox.c.once.startswith(f"{once}{person_id}:", autoescape=True)
    )
    row = tx.execute(query.order_by(outbox.c.at.desc(), outbox.c.id.desc()).limit(1)).first()
    return read_row(row) if row is not None else None


def has_result(tx: Tx, person_id: str, *, kind: str, state: str, since: datetime) -> bool:
    """Say whether a row of this kind to this person came to this state since then."""
    of_person = outbox.c.person_id == person_id, outbox.c.kind == kind
    query = select(outbox.c.id).where(*of_person, outbox.c.state == state, outbox.c.changed_at >= since)
    return tx.execute(query.limit(1)).first() is not None


def list_alert_texts(tx: Tx, callback_ids: Sequence[str]) -> tuple[tuple[str, str, str], ...]:
    """Return (request id, person id, state) of the alerts sent about these requests."""
    query = select(outbox.c.callback_id, outbox.c.person_id, outbox.c.state).where(
        outbox.c.kind.in_(("alert", "push")),
        outbox.c.callback_id.in_(list(callback_ids)),
        outbox.c.person_id.is_not(None),
    )
    return tuple(
        (row.callback_id, row.person_id, row.state) for row in tx.execute(query.order_by(outbox.c.at))
    )


def list_alerted_names(tx: Tx, callback_ids: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the people who were alerted about these requests, the first alerted first."""
    query = (
        select(people.c.name)
        .join_from(outbox, people, outbox.c.person_id == people.c.id)
        .where(outbox.c.kind == "alert", outbox.c.callback_id.in_(list(callback_ids)))
    )
    return tuple(dict.fromkeys(tx.execute(query.order_by(outbox.c.at)).scalars()))


def list_rows(tx: Tx, *, state: str = "", limit: int = 200) -> tuple[OutboxRow, ...]:
    """Return rows, newest first, optionally of one state."""
    query = select(*PLAIN).order_by(outbox.c.at.desc(), outbox.c.id.desc()).limit(limit)
    if state == "unclear":
        query = query.where(text(UNCLEAR))
    elif state:
        query = query.where(outbox.c.state == state)
    return tuple(read_row(row) for row in tx.execute(query))


def find_oldest_due(tx: Tx, *, now: datetime) -> datetime | None:
    """Return the earliest due time of pending rows that are due."""
    found: datetime | None = tx.execute(
        select(func.min(outbox.c.due_at)).where(text(PENDING), outbox.c.due_at <= now)
    ).scalar()
    return found


def count_waiting(tx: Tx) -> dict[str, int]:
    """Return channel → number of pending messages."""
    return {str(row.channel): int(row.n) for row in tx.execute(build_waiting())}


def build_waiting() -> Select[tuple[str, int]]:
    """Return the query for channel and ``n``, its number of pending messages."""
    return (
        select(outbox.c.channel, func.count().label("n"))
        .where(text(PENDING), outbox.c.caller_id.is_not(None) | outbox.c.person_id.is_not(None))
        .where(outbox.c.payload.is_not(None))
        .group_by(outbox.c.channel)
    )


def count_unclear(tx: Tx) -> int:
    """Return how many rows are unclear, which staff have to decide."""
    return int(tx.execute(select(func.count()).where(text(UNCLEAR)).select_from(outbox)).scalar_one())


def settle_row(tx: Tx, row_id: str, *, state: str, reason: str, now: datetime) -> bool:
    """Write the state of an unclear row as staff or the provider report it; its token becomes invalid."""
    statement = (
        update(outbox)
        .where(text(UNCLEAR), outbox.c.id == row_id)
        .values(state=state, reason=reason, token=None, lease_until=None, changed_at=now)
        .returning(outbox.c.id)
    )
    return tx.execute(statement).first() is not None


def set_delivery(tx: Tx, row_id: str, *, delivery: str, reason: str, now: datetime) -> None:
    """Write the delivery state that the provider reported."""
    values: dict[str, Any] = {"delivery": delivery, "changed_at": now}
    if reason:
        values["reason"] = reason
    tx.execute(update(outbox).where(outbox.c.id == row_id).values(**values))


def cancel_of_caller(
    tx: Tx, caller_id: str, *, reason: str, now: datetime, kinds: Collection[str] = ()
) -> int:
    """Cancel pending rows to a caller, in the transaction of a STOP or an erasure; return how many."""
    statement = (
        update(outbox)
        .where(text(PENDING), outbox.c.caller_id == caller_id)
        .values(state="cancelled", reason=reason, payload=None, changed_at=now)
        .returning(outbox.c.id)
    )
    if kinds:
        statement = statement.where(outbox.c.kind.in_(kinds))
    return len(tx.execute(statement).all())


def cancel_of_callbacks(
    tx: Tx, callback_ids: Collection[str], *, reason: str, now: datetime, kinds: Collection[str]
) -> int:
    """Cancel pending rows about these requests; return how many."""
    statement = (
        update(outbox)
        .where(text(PENDING), outbox.c.callback_id.in_(list(callback_ids)), outbox.c.kind.in_(list(kinds)))
        .values(state="cancelled", reason=reason, payload=None, changed_at=now)
        .returning(outbox.c.id)
    )
    return len(tx.execute(statement).all())


def empty_of_caller(tx: Tx, caller_id: str) -> None:
    """Empty the payloads of an erased caller's rows, except of one that is being sent right now."""
    tx.execute(
        update(outbox)
        .where(outbox.c.caller_id == caller_id, outbox.c.state != "sending", outbox.c.payload.is_not(None))
        .values(payload=None)
    )


def expire_rows(tx: Tx, *, now: datetime, askable: Collection[str] = ()) -> int:
    """Expire pending rows past their expiry; return how many.

    A row that was tried may have been sent: on a channel whose provider can be asked it becomes unclear instead.
    """
    late = and_(text(PENDING), outbox.c.expires_at <= now)
    tried = and_(outbox.c.attempts > 0, outbox.c.channel.in_(askable))
    values = {"reason": "too_old", "changed_at": now}
    statements = [
        update(outbox)
        .where(text(PENDING), outbox.c.id.in_(select(outbox.c.id).where(late, which).limit(_BATCH)))
        .values(state=state, **values)
        .returning(outbox.c.id)
        for state, which in (("unclear", tried), ("expired", not_(tried)))
    ]
    return sum(len(tx.execute(statement).all()) for statement in statements)


def list_unclear(tx: Tx, channels: Collection[str], *, before: datetime, limit: int) -> tuple[OutboxRow, ...]:
    """Return the oldest rows of these channels that have been unclear since before this instant."""
    query = (
        select(*PLAIN)
        .where(text(UNCLEAR), outbox.c.channel.in_(channels), outbox.c.changed_at <= before)
        .order_by(outbox.c.changed_at, outbox.c.id)
        .limit(limit)
    )
    return tuple(read_row(row) for row in tx.execute(query))


def list_overdue(
    tx: Tx, *, due_before: datetime, nudged_before: datetime, limit: int
) -> tuple[tuple[str, bool], ...]:
    """Return (id, nudged before) of due rows that no worker has claimed, in order of sending."""
    query = (
        select(outbox.c.id, outbox.c.nudged_at)
        .where(
            text(PENDING),
            outbox.c.due_at <= due_before,
            or_(outbox.c.nudged_at.is_(None), outbox.c.nudged_at <= nudged_before),
        )
        .order_by(outbox.c.priority, outbox.c.due_at, outbox.c.id)
        .limit(limit)
    )
    return tuple((row.id, row.nudged_at is not None) for row in tx.execute(query))


def mark_nudged(tx: Tx, row_ids: Sequence[str], *, now: datetime) -> None:
    """Store that a job was queued for these rows."""
    tx.execute(update(outbox).where(text(PENDING), outbox.c.id.in_(row_ids)).values(nudged_at=now))


def read_row(row: Row[Any]) -> OutboxRow:
    """Convert a result of ``PLAIN`` into a row."""
    return OutboxRow(**row._asdict())


# Delivery reports that arrive before our own record of the send, stored until that record is written.


@dataclass(frozen=True, slots=True)
class Parked:
    """A delivery report of a message with an unknown provider id."""

    state: str
    reason: str


def park_delivery(
    tx: Tx, *, channel: str, provider_id: str, status: str, state: str, reason: str, now: datetime
) -> None:
    """Store the report; the same status twice is stored once."""
    statement = insert_into(tx, deliveries).values(
        channel=channel, provider_id=provider_id, status=status, state=state, reason=reason, at=now
    )
    tx.execute(statement.on_conflict_do_nothing(index_elements=["channel", "provider_id", "status"]))


def unpark_deliveries(tx: Tx, channel: str, provider_id: str) -> tuple[Parked, ...]:
    """Return and delete the reports stored for this message, oldest first."""
    found = tx.execute(_UNPARK, {"_channel": channel, "_provider": provider_id}).all()
    rows = sorted(found, key=lambda row: row.at)
    return tuple(Parked(row.state, row.reason) for row in rows)


def drop_parked(tx: Tx, *, before: datetime) -> int:
    """Delete reports stored before this instant; return how many."""
    statement = delete(deliveries).where(deliveries.c.at < before).returning(deliveries.c.status)
    return len(tx.execute(statement).all())
