"""Query the queue: the requests of each tab in their order, their counts, and what is due now."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, assert_never

from sqlalchemy import ColumnElement, Select, TextClause, and_, case, func, literal, or_, select, text

from gateway.domain.callbacks.queue_rules import DANGER, NORMAL
from gateway.storage.callbacks import Callback, open_row
from gateway.storage.database import Tx
from gateway.storage.tables import HELD, IN_HAND, OPEN, OVER, REVIEW, WAITING, callbacks, callers, people

_c = callbacks.c
MOST_COUNTED = 1_000
"""Counts are exact up to this number; one more means "more than that"."""

_NEWEST = 20


class Tab(StrEnum):
    """The tabs of the counsellors' page."""

    QUEUE = "queue"
    MINE = "mine"
    LATER = "later"
    REVIEW = "review"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueEntry:
    """A request, its holder's name, and its number (None after erasure)."""

    callback: Callback
    holder: str | None
    number: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Number of requests by tab; ``oldest`` is when the longest waiting one was made."""

    waiting: int
    due_now: int
    danger: int
    mine: int
    later: int
    review: int
    oldest: datetime | None


def list_tab(
    tx: Tx, team: str, tab: Tab, *, person_id: str, now: datetime, own_only: bool = False, limit: int = 200
) -> tuple[QueueEntry, ...]:
    """Return the entries of a tab in calling order; ``own_only`` hides closed ones of others.

    Each part of the tab is read along an index, so that its cost does not grow with the number of stored requests.
    """
    parts = _list_parts(tx, tab, team, person_id, now, own_only=own_only)
    return _read_parts(tx, parts, _order_tab(tab, now), limit)


def list_everything(tx: Tx, team: str, *, closed: bool, now: datetime) -> tuple[QueueEntry, ...]:
    """Return the open requests in queue order, and with ``closed`` the others after them."""
    query = _build_query().where(_c.team == team)
    if not closed:
        query = query.where(text(f"callbacks.{OPEN}"))
    is_over = case((text(f"callbacks.{OVER}"), 1), else_=0)
    return _read_entries(tx, query.order_by(is_over, *_order_tab(Tab.QUEUE, now)))


def find_entry(tx: Tx, callback_id: str) -> QueueEntry | None:
    """Return one request with holder and number."""
    found = _read_entries(tx, _build_query().where(_c.id == callback_id))
    return found[0] if found else None


def list_ready(
    tx: Tx,
    team: str,
    *,
    now: datetime,
    until: datetime | None = None,
    languages: Collection[str] = (),
    limit: int = 20,
) -> tuple[QueueEntry, ...]:
    """Return waiting requests whose window is open, in calling order.

    Args:
        tx: the open transaction.
        team: the team.
        now: the instant.
        until: require that the window is still open then.
        languages: language tags to choose from; empty for any.
        limit: maximum number.
    """
    parts = _list_due(tx, team, now)
    if until:
        parts = tuple(due.where(_c.due_until >= until) for due in parts)
    if languages:
        spoken = or_(*(_c.language.startswith(tag, autoescape=True) for tag in sorted(languages)))
        parts = tuple(due.where(spoken) for due in parts)
    return _read_parts(tx, parts, _order_tab(Tab.QUEUE, now), limit)


def list_by_ids(tx: Tx, ids: Collection[str]) -> tuple[QueueEntry, ...]:
    """Return these requests, the newest change first."""
    query = _build_query().where(_c.id.in_(list(ids)))
    return _read_entries(tx, query.order_by(_c.changed_at.desc(), _c.id.desc()))


def list_planned(
    tx: Tx, team: str, *, start: datetime, end: datetime, limit: int = 200
) -> tuple[QueueEntry, ...]:
    """Return waiting requests whose window overlaps this span, danger first, then the soonest."""
    by_start = _c.due_at, _c.asked_at, _c.id
    parts = []
    for priority in (DANGER, NORMAL):
        begins = _c.due_at > start, _c.due_at < end
        later = select(_c.id).where(_c.team == team, text(WAITING), _c.priority == priority, *begins)
        parts += [part.order_by(*by_start) for part in (_select_due(tx, team, priority, start), later)]
    return _read_parts(tx, parts, (_c.priority, *by_start), limit)


def count_new_since(tx: Tx, team: str, *, since: datetime) -> int:
    """Return how many waiting requests were made since then, up to ``MOST_COUNTED`` + 1."""
    waits = text(WAITING)
    return sum(
        _count_bounded(
            tx, _c.team == team, waits, _c.priority == priority, _c.asked_at > since, along=_c.asked_at
        )
        for priority in (DANGER, NORMAL)
    )


def list_danger(tx: Tx, team: str, *, limit: int = 50) -> tuple[QueueEntry, ...]:
    """Return danger requests that are unclaimed, waiting or in review."""
    ids = [
        found
        for free in (WAITING, REVIEW)
        for found in tx.execute(
            select(_c.id).where(_c.team == team, text(free), _c.priority == DANGER).limit(limit)
        ).scalars()
    ]
    return _read_entries(tx, _build_query().where(_c.id.in_(ids)).order_by(_c.due_at, _c.id).limit(limit))


def count_queue(tx: Tx, team: str, *, person_id: str, now: datetime) -> Counts:
    """Count the queue, each count along its index and up to ``MOST_COUNTED`` + 1."""

    def bounded(*conditions: ColumnElement[bool] | TextClause, along: ColumnElement[Any] = _c.due_at) -> int:
        return _count_bounded(tx, _c.team == team, *conditions, along=along)

    waits = text(WAITING)
    of_danger = bounded(waits, _c.priority == DANGER)
    return Counts(
        waiting=bounded(waits, along=_c.priority),
        due_now=count_due(tx, team, now=now),
        danger=of_danger,
        mine=bounded(text(IN_HAND), _c.holder_id == person_id, along=_c.holder_id) if person_id else 0,
        later=bounded(waits, _c.priority == NORMAL, _c.due_at > now),
        review=bounded(text(REVIEW), along=_c.priority),
        oldest=find_oldest(tx, team),
    )


def count_due(tx: Tx, team: str, *, now: datetime) -> int:
    """Return how many waiting requests may be called now, up to ``MOST_COUNTED`` + 1 of each priority."""
    return sum(_count_some(tx, due) for due in _list_due(tx, team, now))


def find_newest_danger(tx: Tx, team: str) -> str:
    """Return the id of the waiting request in danger that was made last; empty without one."""
    query = select(_c.id).where(_c.team == team, text(WAITING), _c.priority == DANGER)
    found = tx.execute(query.order_by(_c.asked_at.desc(), _c.id.desc()).limit(1)).scalar()
    return found or ""


def _count_bounded(tx: Tx, *conditions: ColumnElement[bool] | TextClause, along: ColumnElement[Any]) -> int:
    """Count in the order of an index: without one PostgreSQL scans the table, hoping to meet enough rows soon."""
    return _count_some(tx, select(literal(1)).select_from(callbacks).where(*conditions).order_by(along))


def _count_some(tx: Tx, query: Select[Any]) -> int:
    some = query.limit(MOST_COUNTED + 1).subquery()
    return int(tx.execute(select(func.count()).select_from(some)).scalar_one())


def find_oldest(tx: Tx, team: str) -> datetime | None:
    """Return when the longest waiting request was made: the first of each priority, along the queue's index."""
    firsts = [
        tx.execute(
            select(_c.asked_at)
            .where(_c.team == team, text(WAITING), _c.priority == priority)
            .order_by(_c.asked_at, _c.id)
            .limit(1)
        ).scalar()
        for priority in (DANGER, NORMAL)
    ]
    return min((first for first in firsts if first is not None), default=None)


def list_newest_changes(tx: Tx, team: str) -> tuple[tuple[datetime, str, int], ...]:
    """Return (changed at, id, rev) of the latest changes, by which a page sees that it is out of date."""
    newest = (
        select(_c.changed_at, _c.id, _c.rev)
        .where(_c.team == team)
        .order_by(_c.changed_at.desc())
        .limit(_NEWEST)
    )
    return tuple((row.changed_at, row.id, row.rev) for row in tx.execute(newest))


def _build_query() -> Select[Any]:
    return (
        select(callbacks, people.c.name.label("holder"), callers.c.number)
        .join_from(callbacks, people, _c.holder_id == people.c.id, isouter=True)
        .join(callers, _c.caller_id == callers.c.id, isouter=True)
    )


def _read_entries(tx: Tx, query: Select[Any]) -> tuple[QueueEntry, ...]:
    return tuple(
        QueueEntry(
            callback=open_row(tx, row),
            holder=row.holder,
            number=tx.ring.open_text(row.number, table="callers", column="number", row=row.caller_id or ""),
        )
        for row in tx.execute(query)
    )


def _read_parts(
    tx: Tx, parts: Sequence[Select[tuple[str]]], order: Sequence[ColumnElement[Any]], limit: int
) -> tuple[QueueEntry, ...]:
    """Return the first entries of all parts together; each part is a query for ids in order along one index."""
    ids = [found for part in parts for found in tx.execute(part.limit(limit)).scalars()]
    return _read_entries(tx, _build_query().where(_c.id.in_(ids)).order_by(*order).limit(limit))


def _list_parts(
    tx: Tx, tab: Tab, team: str, person_id: str, now: datetime, *, own_only: bool
) -> tuple[Select[tuple[str]], ...]:
    """Return the parts of a tab as queries for ids, each in order along one index."""
    of_team = select(_c.id).where(_c.team == team)
    waits = of_team.where(text(WAITING))
    order = _order_tab(tab, now)
    match tab:
        case Tab.QUEUE:
            later = waits.where(_c.priority == DANGER, _c.due_at > now).order_by(
                _c.due_at, _c.asked_at, _c.id
            )
            passed = (
                waits.where(_c.priority == priority, _c.due_until <= now).order_by(_c.due_until)
                for priority in (DANGER, NORMAL)
            )
            return *_list_due(tx, team, now), later, *passed, of_team.where(text(HELD)).order_by(*order)
        case Tab.MINE:
            return (
                (of_team.where(text(IN_HAND), _c.holder_id == person_id).order_by(*order),)
                if person_id
                else ()
            )
        case Tab.LATER:
            ahead = waits.where(_c.priority == NORMAL, _c.due_at > now)
            return (ahead.order_by(_c.due_at, _c.asked_at, _c.id),)
        case Tab.REVIEW:
            return tuple(part for one in (DANGER, NORMAL) for part in _list_in_review(tx, team, one, now))
        case Tab.CLOSED:
            over = of_team.where(text(OVER)).order_by(*order)
            return (over.where(_c.holder_id == person_id) if own_only else over,)
        case _:
            assert_never(tab)


def _list_in_review(tx: Tx, team: str, priority: int, now: datetime) -> tuple[Select[tuple[str]], ...]:
    """Return the queries for requests in review whose window is open, and for all others behind them.

    Where more are open than any page shows, the others are left out: finding them would walk all that are open.
    """
    of_priority = select(_c.id).where(_c.team == team, text(REVIEW), _c.priority == priority)
    is_other = or_(_c.due_at.is_(None), _c.due_until.is_(None), _c.due_at > now, _c.due_until <= now)
    due = of_priority.where(_is_due(now))
    first = due.order_by(_c.due_until, _c.asked_at, _c.id)
    if _count_some(tx, first) > MOST_COUNTED:
        return (first,)
    return first, of_priority.where(is_other).order_by(_c.due_at, _c.asked_at, _c.id)


def _list_due(tx: Tx, team: str, now: datetime) -> tuple[Select[tuple[str]], ...]:
    """Return the queries for what is due now, danger first."""
    return tuple(
        _select_due(tx, team, priority, now).order_by(_c.due_until, _c.asked_at, _c.id)
        for priority in (DANGER, NORMAL)
    )


def _select_due(tx: Tx, team: str, priority: int, now: datetime) -> Select[tuple[str]]:
    """Return the query for what is due now, along the index by which the fewest rows are looked at.

    Where few windows have begun, those are read by their beginning: by their end they would lie behind everything
    that is planned for later. Where many have begun, they are read by their end, and a page is full after a few.
    """
    of_priority = _c.team == team, text(WAITING), _c.priority == priority
    if _count_bounded(tx, *of_priority, _c.due_at <= now, along=_c.due_at) > MOST_COUNTED:
        return select(_c.id).where(*of_priority, _is_due(now))
    begun = select(_c.id).where(*of_priority, _c.due_at <= now).order_by(_c.due_at.desc()).limit(MOST_COUNTED)
    return select(_c.id).where(_c.id.in_(begun), _c.due_until > now)


def _order_tab(tab: Tab, now: datetime) -> tuple[ColumnElement[Any], ...]:
    """Return the order of ``gateway.domain.callbacks.queue_rules`` in SQL; closed requests newest first."""
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
