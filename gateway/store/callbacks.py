"""Callbacks: her requests, one open row a number that nobody else sees, up to three on a shared phone."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select, text, update

from gateway.callbacks.model import Event, State, taking, target
from gateway.safe_contact import PhoneSeen, SafeContact, When
from gateway.store.dialects import insert_into
from gateway.store.engines import Tx
from gateway.store.tables import HELD, IN_HAND, OPEN, WAITING, callbacks

_SEALED = ("window", "contact", "answers", "path")


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """One request with its sealed fields opened; after an erasing those are empty and ``caller_id`` is None."""

    id: str
    team: str = "main"
    caller_id: str | None
    slot: int = 0
    session: bytes
    state: State = State.WAITING
    priority: int
    topic: str = ""
    language: str = ""
    script: str = ""
    channel: str = ""
    zone: str
    version: str = ""
    asked_at: datetime
    last_asked_at: datetime
    due_at: datetime | None
    due_until: datetime | None
    asks: int = 1
    attempts: int = 0
    code: str
    window: str
    contact: SafeContact | None
    answers: Mapping[str, str] = field(default_factory=dict)
    path: tuple[str, ...] = ()
    wants_woman: bool = False
    minor: bool = False
    follows: str | None = None
    holder_id: str | None = None
    held_until: datetime | None = None
    escalate_at: datetime | None = None
    told: int = 0
    rev: int = 0
    changed_at: datetime
    closed_at: datetime | None = None
    reason: str = ""
    withheld: str = ""
    trial: bool = False
    mark: str = ""


def insert(tx: Tx, callback: Callback) -> bool:
    """Add a request; False where this caller's slot holds an open one, or another turn was faster."""
    statement = (
        insert_into(tx, callbacks)
        .values(**values_of(tx, callback))
        .on_conflict_do_nothing(index_elements=["caller_id", "slot"], index_where=text(OPEN))
        .returning(callbacks.c.id)
    )
    return tx.execute(statement).first() is not None


def values_of(tx: Tx, callback: Callback) -> dict[str, Any]:
    """Return the columns of a request with what is hers sealed."""
    values = {name: getattr(callback, name) for name in Callback.__slots__}
    return _sealed(tx, callback.id, values | {"mark": tx.mark})


def by_id(tx: Tx, callback_id: str, *, lock: bool = False) -> Callback | None:
    """Return one request; ``lock`` keeps others from moving it until the transaction ends."""
    query = select(callbacks).where(callbacks.c.id == callback_id)
    row = tx.execute(query.with_for_update() if lock else query).first()
    return opened(tx, row) if row is not None else None


def open_of(tx: Tx, caller_id: str, *, lock: bool = False) -> tuple[Callback, ...]:
    """Return the open requests of a number by slot."""
    query = select(callbacks).where(text(OPEN), callbacks.c.caller_id == caller_id).order_by(callbacks.c.slot)
    return tuple(opened(tx, row) for row in tx.execute(query.with_for_update() if lock else query))


def callable_of(tx: Tx, caller_id: str) -> tuple[Callback, ...]:
    """Return the requests for which a number could still be rung, locked: the open ones, and those reached."""
    some = or_(text(OPEN), callbacks.c.state == State.REACHED)
    query = select(callbacks).where(callbacks.c.caller_id == caller_id, some)
    return tuple(opened(tx, row) for row in tx.execute(query.order_by(callbacks.c.slot).with_for_update()))


def is_free() -> ColumnElement[bool]:
    """Return the condition that nothing she said since withholds her phone from this request."""
    return callbacks.c.withheld == ""


def count_open(tx: Tx) -> int:
    """Return how many requests are open."""
    return int(tx.execute(select(func.count()).select_from(callbacks).where(text(OPEN))).scalar_one())


def count_asked(tx: Tx, caller_id: str, since: datetime) -> int:
    """Return how often a number asked from this instant on, whatever became of it."""
    query = select(func.count()).where(callbacks.c.caller_id == caller_id, callbacks.c.asked_at >= since)
    return int(tx.execute(query).scalar_one())


def step(
    tx: Tx,
    callback_id: str,
    event: Event,
    *,
    now: datetime,
    only: ColumnElement[bool] | None = None,
    **values: Any,
) -> Callback | None:
    """Let something happen to a request in one conditional statement; None where it stands in another state.

    Args:
        tx: the transaction.
        callback_id: which request.
        event: what happens; the table of states says in which states it can.
        now: the instant.
        only: a further condition on the row.
        values: other columns that change with it.
    """
    statement = (
        update(callbacks)
        .where(callbacks.c.id == callback_id, callbacks.c.state.in_(taking(event)))
        .values(
            state=target(event),
            rev=callbacks.c.rev + 1,
            changed_at=now,
            **_sealed(tx, callback_id, values),
        )
        .returning(*callbacks.c)
    )
    row = tx.execute(statement if only is None else statement.where(only)).first()
    return opened(tx, row) if row is not None else None


def in_team(team: str, *, review: bool) -> ColumnElement[bool]:
    """Return the condition that a request is of this team, and unless ``review`` that it is not in review."""
    mine = callbacks.c.team == team
    return mine if review else and_(mine, callbacks.c.state != State.REVIEW)


def change(tx: Tx, callback_id: str, *, now: datetime, **values: Any) -> None:
    """Change columns of a request that stays in its state; whoever calls this has locked the row."""
    if "last_asked_at" in values:
        values.setdefault("mark", tx.mark)
    tx.execute(
        update(callbacks)
        .where(callbacks.c.id == callback_id)
        .values(rev=callbacks.c.rev + 1, changed_at=now, **_sealed(tx, callback_id, values))
    )


def hand_to(tx: Tx, callback_id: str, *, to: str, until: datetime, now: datetime) -> bool:
    """Let a claimed request pass from its holder to another person; False where nobody has claimed it any more."""
    statement = (
        update(callbacks)
        .where(callbacks.c.id == callback_id, callbacks.c.state == State.CLAIMED)
        .values(holder_id=to, held_until=until, rev=callbacks.c.rev + 1, changed_at=now)
        .returning(callbacks.c.id)
    )
    return tx.execute(statement).first() is not None


def in_hand(tx: Tx, person_id: str) -> int:
    """Return how many requests this person has in hand, reached ones that are not closed included."""
    query = select(func.count()).select_from(callbacks)
    return int(tx.execute(query.where(text(IN_HAND), callbacks.c.holder_id == person_id)).scalar_one())


def claimed_by(tx: Tx, person_id: str) -> Mapping[str, str]:
    """Return the codes of what this person has claimed and not begun to call, by id."""
    mine = text(IN_HAND), callbacks.c.holder_id == person_id, callbacks.c.state == State.CLAIMED
    query = select(callbacks.c.id, callbacks.c.code).where(*mine).order_by(callbacks.c.id)
    return {row.id: row.code for row in tx.execute(query)}


def of_caller(tx: Tx, caller_id: str, *, limit: int = 50) -> tuple[Callback, ...]:
    """Return the requests of a number, whatever became of them, the newest first."""
    query = select(callbacks).where(callbacks.c.caller_id == caller_id)
    query = query.order_by(callbacks.c.asked_at.desc(), callbacks.c.id.desc()).limit(limit)
    return tuple(opened(tx, row) for row in tx.execute(query))


def hold(tx: Tx, callback_id: str, *, holder_id: str, until: datetime) -> bool:
    """Move the end of a claim; a page that is only open changes nothing that others would have to load again."""
    statement = (
        update(callbacks)
        .where(
            callbacks.c.id == callback_id,
            callbacks.c.holder_id == holder_id,
            callbacks.c.state == State.CLAIMED,
        )
        .values(held_until=until)
        .returning(callbacks.c.id)
    )
    return tx.execute(statement).first() is not None


def waiting_past(tx: Tx, *, now: datetime, limit: int = 200) -> tuple[Callback, ...]:
    """Return waiting requests whose window is over."""
    return _some(
        tx, select(callbacks).where(text(WAITING), callbacks.c.due_until <= now), callbacks.c.due_until, limit
    )


def claims_over(tx: Tx, *, now: datetime, limit: int = 200) -> tuple[Callback, ...]:
    """Return claimed requests whose lease is over."""
    over = text(HELD), callbacks.c.state == State.CLAIMED, callbacks.c.held_until <= now
    return _some(tx, select(callbacks).where(*over), callbacks.c.held_until, limit)


def asked_before(tx: Tx, *, before: datetime, limit: int = 200) -> tuple[Callback, ...]:
    """Return open requests whose answers were last given before this instant."""
    return _some(
        tx,
        select(callbacks).where(text(OPEN), callbacks.c.last_asked_at <= before),
        callbacks.c.last_asked_at,
        limit,
    )


def standing_still(tx: Tx, *, now: datetime, limit: int = 200) -> tuple[Callback, ...]:
    """Return requests that nobody has and about which somebody must be told by now."""
    free = callbacks.c.state.in_((State.WAITING, State.REVIEW))
    return _some(
        tx,
        select(callbacks).where(text(OPEN), free, callbacks.c.escalate_at <= now),
        callbacks.c.escalate_at,
        limit,
    )


def _some(tx: Tx, query: Select[Any], first: ColumnElement[Any], limit: int) -> tuple[Callback, ...]:
    """Read rows for a chore, the longest overdue first; what another transaction holds is left for the next time.

    The order is that of the index: by id, SQLite would rather walk the whole table.
    """
    query = query.order_by(first).limit(limit)
    return tuple(opened(tx, row) for row in tx.execute(query.with_for_update(skip_locked=True)))


def empty(tx: Tx, caller_id: str, *, now: datetime) -> None:
    """Cancel the open requests of a number and empty everything of hers in all of them; the counts stay."""
    hers = callbacks.c.caller_id == caller_id
    tx.execute(
        update(callbacks)
        .where(text(OPEN), hers)
        .values(state=State.CANCELLED, reason="erased", closed_at=now, holder_id=None, held_until=None)
    )
    tx.execute(
        update(callbacks)
        .where(hers)
        .values(
            window=None,
            contact=None,
            answers=None,
            path=None,
            session=b"",
            code="",
            rev=callbacks.c.rev + 1,
            changed_at=now,
        )
    )


def opened(tx: Tx, row: Row[Any]) -> Callback:
    """Return a row of the table with its sealed fields opened."""
    values = {name: getattr(row, name) for name in Callback.__slots__}
    window, contact, answers, path = (
        tx.ring.open_json(values[name], table="callbacks", column=name, row=row.id) for name in _SEALED
    )
    values |= {
        "state": State(row.state),
        "window": When.read(window) if window else "",
        "contact": _contact(contact) if contact else None,
        "answers": answers or {},
        "path": tuple(path or ()),
        "trial": bool(row.trial),
        "minor": bool(row.minor),
    }
    return Callback(**values)


def _sealed(tx: Tx, callback_id: str, values: Mapping[str, Any]) -> dict[str, Any]:
    closed = dict(values)
    if isinstance(values.get("contact"), SafeContact):
        contact = values["contact"]
        closed["contact"] = {
            **asdict(contact),
            "when": contact.when.written,
            "said_at": contact.said_at.isoformat(),
        }
    if "window" in closed and closed["window"] is not None:
        closed["window"] = When(closed["window"]).written
    for name in _SEALED:
        if name in closed:
            closed[name] = tx.ring.seal_json(closed[name], table="callbacks", column=name, row=callback_id)
    return closed


def _contact(value: dict[str, Any]) -> SafeContact:
    return SafeContact(
        phone_seen=PhoneSeen(value["phone_seen"]),
        when=When.read(value["when"]),
        said_at=datetime.fromisoformat(value["said_at"]),
        sms_safe=value["sms_safe"],
        stopped=value["stopped"],
    )
