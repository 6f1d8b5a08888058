"""Store callback requests with their sealed fields, move them between states, and keep their further codes.

A number has one open request, or up to three (``slot``) on a phone that others see; a partial unique index holds
this.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Row,
    Select,
    String,
    and_,
    bindparam,
    delete,
    insert,
    literal,
    or_,
    select,
    text,
    union_all,
    update,
)

from gateway.domain.callbacks.states import CallbackEvent, CallbackState, find_target, list_sources
from gateway.domain.contact_safety import PhoneSeen, SafeContact, When
from gateway.storage.database import Tx
from gateway.storage.tables import HELD, IN_HAND, OPEN, SAMPLE, WAITING, callbacks, told_codes
from gateway.storage.value_limits import CompiledStatement, build_insert

_SEALED = ("window", "contact", "answers", "path")

_ONE = select(callbacks).where(callbacks.c.id == bindparam("_id"))
_BY_ID, _LOCK_BY_ID = CompiledStatement(_ONE), CompiledStatement(_ONE.with_for_update())
_OF_CALLER = select(callbacks).where(callbacks.c.caller_id == bindparam("_caller")).order_by(callbacks.c.slot)
_OPEN = CompiledStatement(_OF_CALLER.where(text(OPEN)))
_LOCK_OPEN = CompiledStatement(_OF_CALLER.where(text(OPEN)).with_for_update())
_CALLABLE = (
    or_(text(OPEN), callbacks.c.state == CallbackState.REACHED),
    callbacks.c.id != bindparam("_besides"),
)
_LOCK_CALLABLE = CompiledStatement(_OF_CALLER.where(*_CALLABLE).with_for_update())
_ADD_FIRST = CompiledStatement(insert(callbacks))
_CHANGED = update(callbacks).values(rev=callbacks.c.rev + 1)
_CHANGE = CompiledStatement(_CHANGED.where(callbacks.c.id == bindparam("_id")))
_CODES: list[BindParameter[str]] = [bindparam(f"_code{n}", type_=String) for n in range(16)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """One request with its sealed fields opened; after erasure those are empty and ``caller_id`` is None.

    ``answers`` maps form fields to values; ``path`` holds screen ids; ``code`` is what the caller was given; ``told``
    counts escalations; ``rev`` counts changes; ``mark`` is the clock mark of the last request (``Clock.mark``).
    """

    id: str
    team: str = "main"
    caller_id: str | None
    slot: int = 0
    session: bytes
    state: CallbackState = CallbackState.WAITING
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


def insert_callback(tx: Tx, callback: Callback, *, is_first: bool = False) -> bool:
    """Insert a request; False where this slot has an open one; with ``is_first``, this transaction made the caller."""
    if is_first:
        tx.post(_ADD_FIRST, seal_values(tx, callback))
        return True
    return tx.execute(_build_insert(tx.dialect), seal_values(tx, callback)).first() is not None


@cache
def _build_insert(dialect: str) -> CompiledStatement:
    one_a_slot = build_insert(dialect, callbacks).on_conflict_do_nothing(
        index_elements=["caller_id", "slot"], index_where=text(OPEN)
    )
    return CompiledStatement(one_a_slot.returning(callbacks.c.id))


def seal_values(tx: Tx, callback: Callback) -> dict[str, Any]:
    """Return the columns of a request, personal ones sealed."""
    values = {name: getattr(callback, name) for name in Callback.__slots__}
    return _seal_values(tx, callback.id, values | {"mark": tx.mark})


def by_id(tx: Tx, callback_id: str, *, lock: bool = False) -> Callback | None:
    """Return one request; ``lock`` takes a row lock until the transaction ends."""
    row = tx.execute(_LOCK_BY_ID if lock else _BY_ID, {"_id": callback_id}).first()
    return open_row(tx, row) if row is not None else None


def open_of(tx: Tx, caller_id: str, *, lock: bool = False) -> tuple[Callback, ...]:
    """Return the open requests of a number, by slot."""
    rows = tx.execute(_LOCK_OPEN if lock else _OPEN, {"_caller": caller_id})
    return tuple(open_row(tx, row) for row in rows)


def lock_callable(tx: Tx, caller_id: str, *, besides: str = "") -> tuple[Callback, ...]:
    """Return the requests for which a number could still be called, locked: open ones and reached ones.

    ``besides`` is the id of one that is left out.
    """
    rows = tx.execute(_LOCK_CALLABLE, {"_caller": caller_id, "_besides": besides})
    return tuple(open_row(tx, row) for row in rows)


def is_free() -> ColumnElement[bool]:
    """Return the condition that no later refusal withholds the caller's phone from this request."""
    return callbacks.c.withheld == ""


def step_callback(
    tx: Tx,
    callback_id: str,
    event: CallbackEvent,
    *,
    now: datetime,
    only: ColumnElement[bool] | None = None,
    **values: Any,
) -> Callback | None:
    """Apply an event to a request in one conditional statement; None where its state does not allow the event.

    Args:
        tx: the open transaction.
        callback_id: id of the request.
        event: what happens; the state table says in which states it can.
        now: the instant.
        only: a further condition on the row.
        values: other columns that change with it.
    """
    step = _build_step(event)
    sealed = _seal_values(tx, callback_id, values)
    given = sealed | {"_id": callback_id, "changed_at": now}
    row = tx.execute(step if only is None else step.statement.where(only), given).first()
    return open_row(tx, row) if row is not None else None


@cache
def _build_step(event: CallbackEvent) -> CompiledStatement:
    sources = [literal(source, callbacks.c.state.type) for source in list_sources(event)]
    of_source = callbacks.c.id == bindparam("_id"), callbacks.c.state.in_(sources)
    step = _CHANGED.where(*of_source).values(state=find_target(event))
    return CompiledStatement(step.returning(*callbacks.c))


def match_team(team: str, *, review: bool) -> ColumnElement[bool]:
    """Return the condition that a request belongs to this team and, unless ``review``, is not in review."""
    conditions = callbacks.c.team == team
    return conditions if review else and_(conditions, callbacks.c.state != CallbackState.REVIEW)


def change_callback(tx: Tx, callback_id: str, *, now: datetime, **values: Any) -> None:
    """Change columns without changing the state; the calling code must hold the row lock."""
    if "last_asked_at" in values:
        values.setdefault("mark", tx.mark)
    sealed = _seal_values(tx, callback_id, values)
    tx.execute(_CHANGE, sealed | {"_id": callback_id, "changed_at": now})


def hand_to(tx: Tx, callback_id: str, *, to: str, until: datetime, now: datetime) -> bool:
    """Transfer a claimed request to another person; False where it is no longer claimed."""
    statement = (
        update(callbacks)
        .where(callbacks.c.id == callback_id, callbacks.c.state == CallbackState.CLAIMED)
        .values(holder_id=to, held_until=until, rev=callbacks.c.rev + 1, changed_at=now)
        .returning(callbacks.c.id)
    )
    return tx.execute(statement).first() is not None


def list_claimed_codes(tx: Tx, person_id: str) -> Mapping[str, str]:
    """Return id → code of the requests that this person has claimed and not begun to call."""
    conditions = text(IN_HAND), callbacks.c.holder_id == person_id, callbacks.c.state == CallbackState.CLAIMED
    query = select(callbacks.c.id, callbacks.c.code).where(*conditions).order_by(callbacks.c.id)
    return {row.id: row.code for row in tx.execute(query)}


def list_of_caller(tx: Tx, caller_id: str, *, limit: int = 50) -> tuple[Callback, ...]:
    """Return the requests of a number in any state, newest first."""
    query = select(callbacks).where(callbacks.c.caller_id == caller_id)
    query = query.order_by(callbacks.c.asked_at.desc(), callbacks.c.id.desc()).limit(limit)
    return tuple(open_row(tx, row) for row in tx.execute(query))


def hold_claim(tx: Tx, callback_id: str, *, holder_id: str, until: datetime) -> bool:
    """Extend a claim; ``rev`` stays, so that an open page does not make other pages reload."""
    statement = (
        update(callbacks)
        .where(
            callbacks.c.id == callback_id,
            callbacks.c.holder_id == holder_id,
            callbacks.c.state == CallbackState.CLAIMED,
        )
        .values(held_until=until)
        .returning(callbacks.c.id)
    )
    return tx.execute(statement).first() is not None


def list_waiting_past(tx: Tx, *, now: datetime, limit: int = 200) -> tuple[Callback, ...]:
    """Return waiting requests whose window has passed."""
    return _read_some(
        tx, select(callbacks).where(text(WAITING), callbacks.c.due_until <= now), callbacks.c.due_until, limit
    )


def list_expired_claims(tx: Tx, *, now: datetime, limit: int = 200) -> tuple[Callback, ...]:
    """Return claimed requests whose lease has expired."""
    over = text(HELD), callbacks.c.state == CallbackState.CLAIMED, callbacks.c.held_until <= now
    return _read_some(tx, select(callbacks).where(*over), callbacks.c.held_until, limit)


def list_asked_before(tx: Tx, *, before: datetime, limit: int = 200) -> tuple[Callback, ...]:
    """Return open requests whose safety answers are older than this instant."""
    return _read_some(
        tx,
        select(callbacks).where(text(OPEN), callbacks.c.last_asked_at <= before),
        callbacks.c.last_asked_at,
        limit,
    )


def list_standing_still(tx: Tx, *, now: datetime, limit: int = 200) -> tuple[Callback, ...]:
    """Return unclaimed requests that are due for escalation; nobody is alerted of sample data."""
    free = callbacks.c.state.in_((CallbackState.WAITING, CallbackState.REVIEW)), callbacks.c.channel != SAMPLE
    return _read_some(
        tx,
        select(callbacks).where(text(OPEN), *free, callbacks.c.escalate_at <= now),
        callbacks.c.escalate_at,
        limit,
    )


def _read_some(tx: Tx, query: Select[Any], first: ColumnElement[Any], limit: int) -> tuple[Callback, ...]:
    """Read rows for a periodic task, the longest overdue first; rows locked by others are left for the next run.

    The order is that of the index: ordered by id, SQLite scans the whole table.
    """
    query = query.order_by(first).limit(limit)
    return tuple(open_row(tx, row) for row in tx.execute(query.with_for_update(skip_locked=True)))


def empty_callbacks(tx: Tx, caller_id: str, *, now: datetime) -> None:
    """Cancel the open requests of a number, and empty the personal columns of all of them; counts stay."""
    of_caller_id = callbacks.c.caller_id == caller_id
    tx.execute(
        update(callbacks)
        .where(text(OPEN), of_caller_id)
        .values(
            state=CallbackState.CANCELLED, reason="erased", closed_at=now, holder_id=None, held_until=None
        )
    )
    emptied = dict.fromkeys(_SEALED) | {"session": b"", "code": "", "changed_at": now}
    tx.execute(update(callbacks).where(of_caller_id).values(**emptied, rev=callbacks.c.rev + 1))


def open_row(tx: Tx, row: Row[Any]) -> Callback:
    """Return a table row with its sealed columns opened."""
    values = {name: getattr(row, name) for name in Callback.__slots__}
    window, contact, answers, path = (
        tx.ring.open_json(values[name], table="callbacks", column=name, row=row.id) for name in _SEALED
    )
    values |= {
        "state": CallbackState(row.state),
        "window": When.read(window) if window else "",
        "contact": _read_contact(contact) if contact else None,
        "answers": answers or {},
        "path": tuple(path or ()),
        "trial": bool(row.trial),
        "minor": bool(row.minor),
    }
    return Callback(**values)


def _seal_values(tx: Tx, callback_id: str, values: Mapping[str, Any]) -> dict[str, Any]:
    closed = dict(values)
    if isinstance(values.get("contact"), SafeContact):
        contact = values["contact"]
        closed["contact"] = {
            "phone_seen": contact.phone_seen,
            "when": contact.when.written,
            "said_at": contact.said_at.isoformat(),
            "sms_safe": contact.sms_safe,
            "stopped": contact.stopped,
        }
    if "window" in closed and closed["window"] is not None:
        closed["window"] = When(closed["window"]).written
    for name in _SEALED:
        if name in closed:
            closed[name] = tx.ring.seal_json(closed[name], table="callbacks", column=name, row=callback_id)
    return closed


def _read_contact(value: dict[str, Any]) -> SafeContact:
    return SafeContact(
        phone_seen=PhoneSeen(value["phone_seen"]),
        when=When.read(value["when"]),
        said_at=datetime.fromisoformat(value["said_at"]),
        sms_safe=value["sms_safe"],
        stopped=value["stopped"],
    )


# Codes of requests: each row's own, and further ones given out while SQL was down.


def find_taken(tx: Tx, candidates: Collection[str]) -> frozenset[str]:
    """Return which of these codes belong to an open request; looked up by candidate, whatever the queue's length."""
    foreseen = tx.foreseen.pop(tuple(candidates), None)
    if foreseen is not None:
        return foreseen
    some, taken, most = list(candidates), list[str](), FEW if len(candidates) <= FEW else len(_CODES)
    for start in range(0, len(some), most):
        taken += tx.execute(_build_taken(most), place_codes(some[start : start + most], most)).scalars()
    return frozenset(taken)


FEW = 4
"""Codes of the short form of ``build_codes_query``."""


def place_codes(codes: Sequence[str], most: int = FEW) -> dict[str, str]:
    """Return the values of ``build_codes_query``."""
    return {one.key: codes[min(n, len(codes) - 1)] for n, one in enumerate(_CODES[:most])}


@cache
def _build_taken(most: int) -> CompiledStatement:
    return CompiledStatement(build_codes_query(most))


def build_codes_query(most: int = FEW) -> CompoundSelect[tuple[str]]:
    """Return the query for which of so many codes belong to an open request."""
    open_codes = select(callbacks.c.code).where(text(OPEN), callbacks.c.code.in_(_CODES[:most]))
    further = select(told_codes.c.code).where(told_codes.c.code.in_(_CODES[:most]))
    return union_all(open_codes, further)


def add_code(tx: Tx, callback_id: str, code: str, *, now: datetime) -> None:
    """Add a further code to a request; an existing one stays."""
    statement = build_insert(tx.dialect, told_codes).values(callback_id=callback_id, code=code, at=now)
    tx.execute(statement.on_conflict_do_nothing(index_elements=["callback_id", "code"]))


def find_by_further_code(tx: Tx, callback_ids: Collection[str], code: str) -> frozenset[str]:
    """Return which of these requests have this further code."""
    query = select(told_codes.c.callback_id).where(
        told_codes.c.code == code, told_codes.c.callback_id.in_(list(callback_ids))
    )
    return frozenset(tx.execute(query).scalars())


def forget_codes(tx: Tx, caller_id: str) -> None:
    """Delete the further codes of all requests of a number."""
    of_caller_id = select(callbacks.c.id).where(callbacks.c.caller_id == caller_id)
    tx.execute(delete(told_codes).where(told_codes.c.callback_id.in_(of_caller_id)))
