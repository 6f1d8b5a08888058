"""Store call attempts: one row each time a number is shown for calling, written before it is shown."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, select, text, update

from gateway.domain.callbacks.outcomes import Past
from gateway.storage.database import Tx, insert_into
from gateway.storage.tables import LIVE, RUNG, SAMPLE, attempts, callbacks, people
from gateway.storage.value_limits import CompiledStatement

MOST_PAST = 30
_ONE_GO = 500
INCOMING = "incoming"
"""How an attempt came about that the caller began: no call to her, so it is no try and in no figure of calls."""

_PAST = CompiledStatement(
    select(attempts.c.started_at, attempts.c.window_from, attempts.c.nth, attempts.c.outcome)
    .where(text(RUNG), attempts.c.caller_id == bindparam("_caller"))
    .order_by(attempts.c.started_at.desc())
    .limit(MOST_PAST)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt; while ``ended_at`` is None no other call to that number can begin.

    ``window_until`` is the end of the caller's window at the start, None where it was not open. ``form`` is the
    one-time id of the outcome form. ``who``, the person's name, is filled on reading only.
    """

    id: str
    callback_id: str
    caller_id: str | None
    person_id: str | None
    how: str
    started_at: datetime
    window_from: datetime
    window_until: datetime | None = None
    nth: int
    lease_until: datetime
    form: str
    ended_at: datetime | None = None
    outcome: str = ""
    note: str = ""
    who: str = ""


COLUMNS = [name for name in Attempt.__slots__ if name != "who"]


def add_attempt(tx: Tx, attempt: Attempt) -> bool:
    """Insert an attempt; False where the number has a live one, or its window had its attempt already."""
    statement = (
        insert_into(tx, attempts)
        .values({name: getattr(attempt, name) for name in COLUMNS})
        .on_conflict_do_nothing()
        .returning(attempts.c.id)
    )
    return tx.execute(statement).first() is not None


def list_shown_since(tx: Tx, person_id: str, since: datetime) -> tuple[datetime, ...]:
    """Return when numbers were shown to this person since then, oldest first; provider-dialled calls show none."""
    of_person = attempts.c.person_id == person_id, attempts.c.started_at > since
    query = select(attempts.c.started_at).where(*of_person, attempts.c.how.in_(("phone", "outside")))
    return tuple(tx.execute(query.order_by(attempts.c.started_at)).scalars())


def finish_attempt(tx: Tx, attempt_id: str, *, outcome: str, note: str = "", now: datetime) -> bool:
    """Write the outcome; False where the attempt has one."""
    statement = (
        update(attempts)
        .where(text(LIVE), attempts.c.id == attempt_id)
        .values(ended_at=now, outcome=outcome, note=note)
        .returning(attempts.c.id)
    )
    return tx.execute(statement).first() is not None


def reopen_attempt(tx: Tx, attempt_id: str, *, person_id: str) -> bool:
    """Take back the outcome of an attempt of this person, so that it is asked again; False where it has none."""
    statement = (
        update(attempts)
        .where(
            attempts.c.id == attempt_id, attempts.c.person_id == person_id, attempts.c.ended_at.is_not(None)
        )
        .values(ended_at=None, outcome="")
        .returning(attempts.c.id)
    )
    return tx.execute(statement).first() is not None


def finish_all(tx: Tx, callback_id: str, *, outcome: str, now: datetime) -> None:
    """End all live attempts of a request, because staff decided about it."""
    tx.execute(
        update(attempts)
        .where(text(LIVE), attempts.c.callback_id == callback_id)
        .values(ended_at=now, outcome=outcome)
    )


def renew_lease(tx: Tx, attempt_id: str, *, until: datetime) -> None:
    """Extend the lease of a live attempt."""
    tx.execute(update(attempts).where(text(LIVE), attempts.c.id == attempt_id).values(lease_until=until))


def by_form(tx: Tx, form: str) -> Attempt | None:
    """Return the attempt of this outcome form, if any."""
    return _read_first(tx, _build_query().where(attempts.c.form == form))


def by_id(tx: Tx, attempt_id: str) -> Attempt | None:
    """Return one attempt, if it exists."""
    return _read_first(tx, _build_query().where(attempts.c.id == attempt_id))


def find_live_of_caller(tx: Tx, caller_id: str) -> Attempt | None:
    """Return the attempt without an outcome on any request of this caller."""
    return _read_first(tx, _build_query().where(text(LIVE), attempts.c.caller_id == caller_id))


def find_live_of_request(tx: Tx, callback_id: str) -> Attempt | None:
    """Return the attempt without an outcome on this request."""
    return _read_first(tx, _build_query().where(text(LIVE), attempts.c.callback_id == callback_id))


def find_live_of_person(tx: Tx, person_id: str) -> Attempt | None:
    """Return an attempt of this person without an outcome."""
    return _read_first(tx, _build_query().where(text(LIVE), attempts.c.person_id == person_id))


def is_trial_called(tx: Tx) -> bool:
    """Return whether a call to a phone of the simulator was made and its outcome recorded; sample data is none."""
    made = (
        select(attempts.c.id)
        .join(callbacks, callbacks.c.id == attempts.c.callback_id)
        .where(callbacks.c.trial, callbacks.c.channel != SAMPLE, attempts.c.outcome != "")
        .limit(1)
    )
    return tx.execute(made).first() is not None


def list_unsaid(tx: Tx, callback_ids: Collection[str]) -> Mapping[str, str]:
    """Return request id → name of who called and has not said what came of it."""
    if not callback_ids:
        return {}
    query = _build_query().where(text(LIVE), attempts.c.callback_id.in_(list(callback_ids)))
    return {one.callback_id: one.who for one in map(_read_attempt, tx.execute(query))}


def list_attempts(tx: Tx, callback_id: str) -> tuple[Attempt, ...]:
    """Return the attempts of a request, oldest first."""
    query = _build_query().where(attempts.c.callback_id == callback_id)
    return tuple(
        _read_attempt(row) for row in tx.execute(query.order_by(attempts.c.started_at, attempts.c.id))
    )


def list_summaries(tx: Tx, callback_ids: Collection[str]) -> Mapping[str, tuple[datetime | None, str]]:
    """Return callback id → when its caller was first rung, and what was last recorded; without those never tried."""
    found: dict[str, tuple[datetime | None, str]] = {}
    ids = list(callback_ids)
    for at in range(0, len(ids), _ONE_GO):
        rows = tx.execute(
            select(attempts.c.callback_id, attempts.c.started_at, attempts.c.outcome, attempts.c.how)
            .where(attempts.c.callback_id.in_(ids[at : at + _ONE_GO]), text(RUNG))
            .order_by(attempts.c.started_at, attempts.c.id)
        )
        for row in rows:
            first, _outcome = found.get(row.callback_id, (None, ""))
            rung = None if row.how == INCOMING else row.started_at
            found[row.callback_id] = (first or rung, row.outcome)
    return found


def list_past(tx: Tx, caller_id: str) -> tuple[Past, ...]:
    """Return the latest attempts that rang a number, newest first; calls that were never dialled do not count."""
    rows = tx.execute(_PAST, {"_caller": caller_id})
    return tuple(Past(**row._asdict()) for row in rows)


def list_lapsed(tx: Tx, *, now: datetime, limit: int = 200) -> tuple[Attempt, ...]:
    """Return live attempts whose lease has expired."""
    query = _build_query().where(text(LIVE), attempts.c.lease_until <= now).limit(limit)
    return tuple(_read_attempt(row) for row in tx.execute(query))


def _build_query() -> Select[Any]:
    return select(*[attempts.c[name] for name in COLUMNS], people.c.name.label("who")).join_from(
        attempts, people, attempts.c.person_id == people.c.id, isouter=True
    )


def _read_first(tx: Tx, query: Select[Any]) -> Attempt | None:
    row = tx.execute(query.limit(1)).first()
    return _read_attempt(row) if row is not None else None


def _read_attempt(row: Row[Any]) -> Attempt:
    return Attempt(**{**row._asdict(), "who": row.who or ""})
