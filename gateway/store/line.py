"""The line as people look at it: which callbacks stand in a tab, in what order, and how many there are."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, false, func, or_, select, text

from gateway.callbacks.model import State
from gateway.callbacks.order import DANGER
from gateway.store.callbacks import Callback, opened
from gateway.store.engines import Tx
from gateway.store.tables import OPEN, WAITING, callbacks, callers, people

_c = callbacks.c
_OVER = (State.REACHED, State.GIVEN_UP, State.CLOSED, State.CANCELLED, State.EXPIRED)


class Tab(StrEnum):
    """The lists of the counsellors' page."""

    QUEUE = "queue"
    MINE = "mine"
    LATER = "later"
    REVIEW = "review"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A callback, who holds it, and the number it is about (None after an erasing)."""

    callback: Callback
    holder: str | None
    number: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many callbacks stand where; ``oldest`` is when the one that waits longest was asked for."""

    waiting: int
    due_now: int
    danger: int
    mine: int
    later: int
    review: int
    oldest: datetime | None


def standing(
    tx: Tx, team: str, tab: Tab, *, person_id: str, now: datetime, own_only: bool = False, limit: int = 200
) -> tuple[Standing, ...]:
    """Return a tab of the line, the first to be called first; ``own_only`` keeps others' closed ones out."""
    query = _standing().where(_c.team == team, _in_tab(tab, person_id, now)).limit(limit)
    if own_only and tab is Tab.CLOSED:
        query = query.where(_c.holder_id == person_id)
    return _read(tx, query.order_by(*_order(tab, now)))


def everything(tx: Tx, team: str, *, closed: bool, now: datetime, limit: int = 1_000) -> tuple[Standing, ...]:
    """Return the open callbacks in the order of the line, and with ``closed`` the others behind them."""
    query = _standing().where(_c.team == team)
    if not closed:
        query = query.where(text(f"callbacks.{OPEN}"))
    is_over = case((_c.state.in_(_OVER), 1), else_=0)
    return _read(tx, query.order_by(is_over, *_order(Tab.QUEUE, now)).limit(limit))


def one(tx: Tx, callback_id: str) -> Standing | None:
    """Return one callback with its holder and number."""
    found = _read(tx, _standing().where(_c.id == callback_id))
    return found[0] if found else None


def ready(tx: Tx, team: str, *, now: datetime, limit: int = 20) -> tuple[Standing, ...]:
    """Return waiting callbacks whose window is open, the first to be called first."""
    query = _standing().where(_c.team == team, text(f"callbacks.{WAITING}"), _is_due(now))
    return _read(tx, query.order_by(*_order(Tab.QUEUE, now)).limit(limit))


def counts(tx: Tx, team: str, *, person_id: str, now: datetime) -> Counts:
    """Count the line."""
    waiting = _c.state == State.WAITING
    row = tx.execute(
        select(
            _count(waiting).label("waiting"),
            _count(and_(waiting, _is_due(now))).label("due_now"),
            _count(and_(waiting, _c.priority == DANGER)).label("danger"),
            _count(_in_tab(Tab.MINE, person_id, now)).label("mine"),
            _count(_in_tab(Tab.LATER, person_id, now)).label("later"),
            _count(_in_tab(Tab.REVIEW, person_id, now)).label("review"),
        ).where(_c.team == team, or_(text(OPEN), _c.state == State.REACHED))
    ).one()
    oldest = tx.execute(select(func.min(_c.asked_at)).where(_c.team == team, text(WAITING))).scalar()
    return Counts(**row._asdict(), oldest=oldest)


def newest_change(tx: Tx, team: str) -> tuple[datetime | None, int]:
    """Return when a callback of this team last changed, and how many there are."""
    newest = select(func.max(_c.changed_at).label("at"), func.count().label("n")).where(_c.team == team)
    row = tx.execute(newest).one()
    return row.at, int(row.n)


def _standing() -> Select[Any]:
    return (
        select(callbacks, people.c.name.label("holder"), callers.c.number)
        .join_from(callbacks, people, _c.holder_id == people.c.id, isouter=True)
        .join(callers, _c.caller_id == callers.c.id, isouter=True)
    )


def _read(tx: Tx, query: Select[Any]) -> tuple[Standing, ...]:
    return tuple(
        Standing(
            callback=opened(tx, row),
            holder=row.holder,
            number=tx.ring.open_text(row.number, table="callers", column="number", row=row.caller_id or ""),
        )
        for row in tx.execute(query)
    )


def _in_tab(tab: Tab, person_id: str, now: datetime) -> ColumnElement[bool]:
    waiting = _c.state == State.WAITING
    hot = or_(_c.due_at <= now, _c.priority == DANGER)
    return {
        Tab.QUEUE: or_(and_(waiting, hot), _c.state.in_((State.CLAIMED, State.CALLING))),
        Tab.MINE: and_(_c.holder_id == person_id, _c.state.in_((State.CLAIMED, State.CALLING, State.REACHED)))
        if person_id
        else false(),
        Tab.LATER: and_(waiting, _c.due_at > now, _c.priority != DANGER),
        Tab.REVIEW: _c.state == State.REVIEW,
        Tab.CLOSED: _c.state.in_(_OVER),
    }[tab]


def _order(tab: Tab, now: datetime) -> tuple[ColumnElement[Any], ...]:
    """Return the order of ``gateway.callbacks.order`` in SQL; what is over stands newest first."""
    if tab is Tab.CLOSED:
        return _c.changed_at.desc(), _c.id.desc()
    due = _is_due(now)
    return (
        _c.priority,
        case((due, 0), else_=1),
        case((due, _c.due_until), else_=_c.due_at),
        _c.asked_at,
        _c.id,
    )


def _is_due(now: datetime) -> ColumnElement[bool]:
    return and_(_c.due_at <= now, _c.due_until > now)


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
