"""Store broken promises to callers: when each was noticed, and which person acknowledged it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, text, update

from gateway.domain.callbacks.queue_rules import DANGER
from gateway.domain.callbacks.states import STANDS_IN, BrokenPromise, CallbackState
from gateway.storage.callbacks import Callback, open_row
from gateway.storage.database import Tx, insert_into
from gateway.storage.tables import (
    HELD,
    IN_HAND,
    REVIEW,
    SAMPLE,
    UNSEEN,
    WAITING,
    broken_promises,
    callbacks,
    people,
)

_b, _c = broken_promises.c, callbacks.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Confession:
    """A broken promise that nobody has acknowledged.

    Attributes:
        callback_id: the request.
        promise: which promise.
        at: when it was noticed.
        code: the caller's code; empty after an erasure.
        asked_at: when she asked.
        trial: it was asked on a trial phone.
        holder_id: who holds the request, or made its last call; None for nobody.
        holder: that person's name; empty for nobody.
    """

    callback_id: str
    promise: BrokenPromise
    at: datetime
    code: str
    asked_at: datetime
    trial: bool
    holder_id: str | None
    holder: str


def list_candidates(tx: Tx, *, limit: int = 200) -> tuple[Callback, ...]:
    """Return open and reached requests with a promise that may be broken and is not on record, oldest change first.

    Nobody was promised anything by sample data.
    """
    parts = (
        and_(text(f"callbacks.{WAITING}"), _c.priority == DANGER),
        and_(text(f"callbacks.{IN_HAND}"), _c.state == CallbackState.CLAIMED, _c.priority == DANGER),
        and_(text(f"callbacks.{IN_HAND}"), _c.state == CallbackState.REACHED),
        text(f"callbacks.{REVIEW}"),
    )
    found: list[Callback] = []
    for condition in parts:
        query = select(callbacks).where(condition, _c.channel != SAMPLE, ~_is_on_record())
        found += [open_row(tx, row) for row in tx.execute(query.order_by(_c.changed_at).limit(limit))]
    return tuple(found)


def list_claimed_past(tx: Tx, *, before: datetime, limit: int = 200) -> tuple[Callback, ...]:
    """Return claimed requests whose window was over before this instant; rows locked by others are left for later."""
    over = text(HELD), _c.state == CallbackState.CLAIMED, _c.due_until <= before
    query = select(callbacks).where(*over).order_by(_c.due_until).limit(limit)
    return tuple(open_row(tx, row) for row in tx.execute(query.with_for_update(skip_locked=True)))


def add_broken(tx: Tx, callback_id: str, promise: BrokenPromise, *, now: datetime) -> bool:
    """Put a broken promise on record; False where it stands there."""
    statement = insert_into(tx, broken_promises).values(callback_id=callback_id, promise=promise, at=now)
    once = statement.on_conflict_do_nothing(index_elements=["callback_id", "promise"])
    return tx.execute(once.returning(_b.callback_id)).first() is not None


def list_unseen(tx: Tx, team: str, *, limit: int = 200) -> tuple[Confession, ...]:
    """Return what nobody has acknowledged and the request has not mended, oldest first."""
    query = (
        select(_b.callback_id, _b.promise, _b.at, _c.code, _c.asked_at, _c.trial, _c.holder_id, people.c.name)
        .join_from(broken_promises, callbacks, _b.callback_id == _c.id)
        .join(people, _c.holder_id == people.c.id, isouter=True)
        .where(text(f"broken_promises.{UNSEEN}"), _c.team == team, _still_stands())
        .order_by(_b.at, _b.callback_id)
        .limit(limit)
    )
    return tuple(
        Confession(
            callback_id=row.callback_id,
            promise=BrokenPromise(row.promise),
            at=row.at,
            code=row.code,
            asked_at=row.asked_at,
            trial=bool(row.trial),
            holder_id=row.holder_id,
            holder=row.name or "",
        )
        for row in tx.execute(query)
    )


def mark_seen(
    tx: Tx, team: str, promise: BrokenPromise, ids: Sequence[str], *, person_id: str, now: datetime
) -> tuple[str, ...]:
    """Acknowledge this promise of these requests; return the ids that nobody had acknowledged before."""
    of_team = exists().where(_c.id == _b.callback_id, _c.team == team)
    statement = (
        update(broken_promises)
        .where(text(UNSEEN), _b.promise == promise, _b.callback_id.in_(list(ids)), of_team)
        .values(seen_at=now, seen_by=person_id)
        .returning(_b.callback_id)
    )
    return tuple(sorted(tx.execute(statement).scalars()))


def clear_seen(tx: Tx, *, before: datetime) -> int:
    """Confess again what was acknowledged before this instant and still stands; return how many."""
    again = _b.promise != BrokenPromise.NOW_EXPIRED
    stands = exists().where(_c.id == _b.callback_id, _still_stands())
    statement = (
        update(broken_promises)
        .where(_b.seen_at <= before, again, stands)
        .values(seen_at=None, seen_by=None)
        .returning(_b.callback_id)
    )
    return len(tx.execute(statement).all())


def count_broken(tx: Tx, team: str, *, since: datetime, trial: bool = False) -> Mapping[BrokenPromise, int]:
    """Return how many promises of each kind broke since then, of callers or of trial phones."""
    query = (
        select(_b.promise, func.count().label("n"))
        .join_from(broken_promises, callbacks, _b.callback_id == _c.id)
        .where(_c.team == team, _c.trial.is_(trial), _b.at >= since)
        .group_by(_b.promise)
    )
    return {BrokenPromise(row.promise): int(row.n) for row in tx.execute(query)}


def _is_on_record() -> ColumnElement[bool]:
    """Return whether a promise of the request's present state is on record."""
    return exists().where(_b.callback_id == _c.id, _still_stands())


def _still_stands() -> ColumnElement[bool]:
    return or_(*(and_(_b.promise == promise, _c.state.in_(states)) for promise, states in STANDS_IN.items()))
