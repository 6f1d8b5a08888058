"""Query the queue: the requests of each tab in their order, their counts, and what is due now."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias, assert_never

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    any_,
    case,
    func,
    literal,
    or_,
    select,
    text,
    union_all,
)

from gateway.domain.callbacks.queue_rules import DANGER, NORMAL
from gateway.domain.callbacks.states import CallbackState
from gateway.storage.callbacks import Callback, open_row
from gateway.storage.database import Tx
from gateway.storage.tables import HELD, IN_HAND, OPEN, OVER, REVIEW, WAITING, callbacks, callers, people
from gateway.storage.tables.callbacks import EVERYTHING, ListFilter, is_due

IdQuery: TypeAlias = Select[str]  # for ids of requests; ``read_groups`` runs several together
ListOrder: TypeAlias = tuple[ColumnElement[Any], ...]

_c = callbacks.c
MOST_LISTED = 200  # requests that one list shows at most

MOST_COUNTED = 1_000  # counts are exact up to this number; one more means "more than that"


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
class QueueShape:
    """By which indexes a queue is read: whether more than ``MOST_COUNTED`` windows have begun, by priority."""

    begun: Mapping[int, bool]
    in_review: Mapping[int, bool]


def list_tab(
    tx: Tx,
    team: str,
    tab: Tab,
    *,
    person_id: str,
    now: datetime,
    own_only: bool = False,
    limit: int = MOST_LISTED,
) -> tuple[QueueEntry, ...]:
    """Return the entries of a tab in calling order; ``own_only`` hides closed ones of others.

    Each part of the tab is read along an index, so that its cost does not grow with the number of stored requests.
    """
    shape = read_shape(tx, team, now)
    parts = build_tab(team, tab, shape, person_id=person_id, now=now, own_only=own_only, limit=limit)
    return read_groups(tx, {"tab": parts}, order=order_tab(tab, now))["tab"][:limit]


def read_shape(tx: Tx, team: str, now: datetime) -> QueueShape:
    """Return by which indexes this queue is read."""
    return find_shape(tx.execute(select(*build_shape(team, now))).one())


def build_shape(team: str, now: datetime) -> tuple[ColumnElement[Any], ...]:
    """Return the columns of ``find_shape``, for a statement that counts other things too."""
    return tuple(
        column
        for one in (DANGER, NORMAL)
        for column in (
            count_begun(team, one, now).label(f"begun_{one}"),
            count_some(_select_in_review(team, one, now)).label(f"reviewed_{one}"),
        )
    )


def find_shape(row: Any) -> QueueShape:
    """Return the shape out of a row with the columns of ``build_shape``."""

    def is_many(name: str) -> Mapping[int, bool]:
        return {one: getattr(row, f"{name}_{one}") > MOST_COUNTED for one in (DANGER, NORMAL)}

    return QueueShape(begun=is_many("begun"), in_review=is_many("reviewed"))


def build_tab(
    team: str,
    tab: Tab,
    shape: QueueShape,
    *,
    person_id: str,
    now: datetime,
    own_only: bool = False,
    limit: int = MOST_LISTED,
    narrowed: ListFilter = EVERYTHING,
) -> tuple[IdQuery, ...]:
    """Return the queries for the ids of a tab, one for each part that is read along an index of its own."""
    conditions = narrowed.build_conditions(now)
    parts = list_parts(shape, tab, team, person_id, now, own_only=own_only)
    return tuple(part.where(*conditions).limit(limit) for part in parts)


def build_same_caller(team: str, callback_id: str) -> IdQuery:
    """Return the query for the ids of the other requests of a request's number."""
    caller = select(_c.caller_id).where(_c.id == callback_id).scalar_subquery()
    same = select(_c.id).where(_c.team == team, _c.caller_id == caller, _c.id != callback_id)
    return same.order_by(_c.asked_at.desc()).limit(20)


def build_one(callback_id: str) -> IdQuery:
    """Return the query for one id."""
    return select(_c.id).where(_c.id == callback_id)


def build_claimed(person_id: str) -> IdQuery:
    """Return the query for what a person has claimed and not begun to call."""
    return select(_c.id).where(text(IN_HAND), _c.holder_id == person_id, _c.state == CallbackState.CLAIMED)


def read_groups(
    tx: Tx, groups: Mapping[str, Sequence[IdQuery]], *, order: ListOrder = ()
) -> dict[str, tuple[QueueEntry, ...]]:
    """Return the entries of several lists in one statement, so that a page with five lists costs one.

    Args:
        tx: the open transaction.
        groups: name of a list → queries for the ids in it; an id that two queries of a list find is listed once.
        order: the order within each list; by id without one.
    """
    picks = [
        select(literal(name).label("group_name"), found.c.id)
        for name, queries in groups.items()
        for found in (query.subquery() for query in queries)
    ]
    if not picks:
        return dict.fromkeys(groups, ())
    picked = union_all(*picks).cte("picked")
    query = _build_query().add_columns(picked.c.group_name).join(picked, picked.c.id == _c.id)
    if tx.dialect == "postgresql":  # which else scans the table, as it cannot guess how few ids there will be
        query = query.where(_c.id == any_(func.array(select(picked.c.id).scalar_subquery())))
    lists: dict[str, dict[str, QueueEntry]] = {name: {} for name in groups}
    opened: dict[str, QueueEntry] = {}
    for row in tx.execute(query.order_by(*order, _c.id)):
        if row.id not in opened:
            opened[row.id] = _read_entry(tx, row)
        lists[row.group_name][row.id] = opened[row.id]
    return {name: tuple(found.values()) for name, found in lists.items()}


def list_everything(
    tx: Tx, team: str, *, closed: bool, now: datetime, asked: tuple[datetime, datetime] | None = None
) -> tuple[QueueEntry, ...]:
    """Return the open requests in queue order, with ``closed`` the others too; ``asked`` bounds when they were made."""
    query = _build_query().where(_c.team == team)
    if asked is not None:
        query = query.where(_c.asked_at >= asked[0], _c.asked_at < asked[1])
    if not closed:
        query = query.where(text(f"callbacks.{OPEN}"))
    is_over = case((text(f"callbacks.{OVER}"), 1), else_=0)
    return _read_entries(tx, query.order_by(is_over, *order_tab(Tab.QUEUE, now)))


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
    parts = list_due(team, read_shape(tx, team, now), now)
    if until:
        parts = tuple(due.where(_c.due_until >= until) for due in parts)
    if languages:
        spoken = or_(*(_c.language.startswith(tag, autoescape=True) for tag in sorted(languages)))
        parts = tuple(due.where(spoken) for due in parts)
    ready = {"ready": [part.limit(limit) for part in parts]}
    return read_groups(tx, ready, order=order_tab(Tab.QUEUE, now))["ready"][:limit]


def list_by_ids(tx: Tx, ids: Collection[str]) -> tuple[QueueEntry, ...]:
    """Return these requests, the newest change first."""
    query = _build_query().where(_c.id.in_(list(ids)))
    return _read_entries(tx, query.order_by(_c.changed_at.desc(), _c.id.desc()))


def list_planned(
    tx: Tx, team: str, *, start: datetime, end: datetime, limit: int = MOST_LISTED
) -> tuple[QueueEntry, ...]:
    """Return waiting requests whose window overlaps this span, danger first, then the soonest."""
    parts = build_planned(team, read_shape(tx, team, start), start=start, end=end, limit=limit)
    return sort_planned(read_groups(tx, {"planned": parts})["planned"])[:limit]


def build_planned(
    team: str, shape: QueueShape, *, start: datetime, end: datetime, limit: int = MOST_LISTED
) -> tuple[IdQuery, ...]:
    """Return the queries for the ids of ``list_planned``."""
    by_start = _c.due_at, _c.asked_at, _c.id
    parts: list[IdQuery] = []
    for priority in (DANGER, NORMAL):
        begins = _c.due_at > start, _c.due_at < end
        later = select(_c.id).where(_c.team == team, text(WAITING), _c.priority == priority, *begins)
        due = _select_due(team, priority, start, many=shape.begun[priority])
        parts += [part.order_by(*by_start).limit(limit) for part in (due, later)]
    return tuple(parts)


def sort_planned(found: Sequence[QueueEntry]) -> tuple[QueueEntry, ...]:
    """Return entries danger first, then the soonest window; without a window last."""
    return tuple(sorted(found, key=_find_place))


def _find_place(one: QueueEntry) -> tuple[int, bool, datetime, datetime, str]:
    asked = one.callback
    due_at = asked.due_at or asked.asked_at
    return asked.priority, asked.due_at is None, due_at, asked.asked_at, asked.id


def list_danger(tx: Tx, team: str, *, limit: int = 50) -> tuple[QueueEntry, ...]:
    """Return danger requests that are unclaimed, waiting or in review."""
    return sort_planned(read_groups(tx, {"danger": build_danger(team, limit=limit)})["danger"])[:limit]


def build_danger(team: str, *, limit: int = 50) -> tuple[IdQuery, ...]:
    """Return the queries for the ids of ``list_danger``."""
    return tuple(
        select(_c.id).where(_c.team == team, text(free), _c.priority == DANGER).limit(limit)
        for free in (WAITING, REVIEW)
    )


def _build_query() -> Select[Any]:
    return (
        select(callbacks, people.c.name.label("holder"), callers.c.number)
        .join_from(callbacks, people, _c.holder_id == people.c.id, isouter=True)
        .join(callers, _c.caller_id == callers.c.id, isouter=True)
    )


def _read_entries(tx: Tx, query: Select[Any]) -> tuple[QueueEntry, ...]:
    return tuple(_read_entry(tx, row) for row in tx.execute(query))


def _read_entry(tx: Tx, row: Any) -> QueueEntry:
    return QueueEntry(
        callback=open_row(tx, row),
        holder=row.holder,
        number=tx.ring.open_text(row.number, table="callers", column="number", row=row.caller_id or ""),
    )


def list_parts(
    shape: QueueShape, tab: Tab, team: str, person_id: str, now: datetime, *, own_only: bool
) -> tuple[IdQuery, ...]:
    """Return the parts of a tab as queries for ids, each in order along one index."""
    of_team = select(_c.id).where(_c.team == team)
    waits = of_team.where(text(WAITING))
    order = order_tab(tab, now)
    match tab:
        case Tab.QUEUE:
            later = waits.where(_c.priority == DANGER, _c.due_at > now).order_by(
                _c.due_at, _c.asked_at, _c.id
            )
            passed = (
                waits.where(_c.priority == priority, _c.due_until <= now).order_by(_c.due_until)
                for priority in (DANGER, NORMAL)
            )
            return *list_due(team, shape, now), later, *passed, of_team.where(text(HELD)).order_by(*order)
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
            return tuple(part for one in (DANGER, NORMAL) for part in _list_in_review(shape, team, one, now))
        case Tab.CLOSED:
            over = of_team.where(text(OVER)).order_by(*order)
            return (over.where(_c.holder_id == person_id) if own_only else over,)
        case _:
            assert_never(tab)


def _list_in_review(shape: QueueShape, team: str, priority: int, now: datetime) -> tuple[IdQuery, ...]:
    """Return the queries for requests in review whose window is open, and for all others behind them.

    Where more are open than any page shows, the others are left out: finding them would walk all that are open.
    """
    of_priority = select(_c.id).where(_c.team == team, text(REVIEW), _c.priority == priority)
    is_other = or_(_c.due_at.is_(None), _c.due_until.is_(None), _c.due_at > now, _c.due_until <= now)
    first = _select_in_review(team, priority, now)
    if shape.in_review[priority]:
        return (first,)
    return first, of_priority.where(is_other).order_by(_c.due_at, _c.asked_at, _c.id)


def _select_in_review(team: str, priority: int, now: datetime) -> IdQuery:
    due = select(_c.id).where(_c.team == team, text(REVIEW), _c.priority == priority, is_due(now))
    return due.order_by(_c.due_until, _c.asked_at, _c.id)


def list_due(team: str, shape: QueueShape, now: datetime) -> tuple[IdQuery, ...]:
    """Return the queries for what is due now, danger first."""
    return tuple(
        _select_due(team, priority, now, many=shape.begun[priority]).order_by(
            _c.due_until, _c.asked_at, _c.id
        )
        for priority in (DANGER, NORMAL)
    )


def count_due(team: str, priority: int, now: datetime) -> ColumnElement[int]:
    """Return the bounded count of what is due now, along the index that ``_select_due`` would take."""
    by_end, by_start = (count_some(_select_due(team, priority, now, many=many)) for many in (True, False))
    return case((count_begun(team, priority, now) > MOST_COUNTED, by_end), else_=by_start)


def count_begun(team: str, priority: int, now: datetime) -> ScalarSelect[int]:
    """Return the bounded count of waiting requests whose window has begun."""
    begun = _c.team == team, text(WAITING), _c.priority == priority, _c.due_at <= now
    return count_some(select(_c.id).where(*begun).order_by(_c.due_at))


def count_some(query: Select[Any]) -> ScalarSelect[int]:
    """Return the count of a query's rows up to ``MOST_COUNTED`` + 1, as a column of another statement."""
    return select(func.count()).select_from(query.limit(MOST_COUNTED + 1).subquery()).scalar_subquery()


def _select_due(team: str, priority: int, now: datetime, *, many: bool) -> IdQuery:
    """Return the query for what is due now, along the index by which the fewest rows are looked at.

    Where few windows have begun, those are read by their beginning: by their end they would lie behind everything
    that is planned for later. Where many have begun, they are read by their end, and a page is full after a few.
    """
    of_priority = _c.team == team, text(WAITING), _c.priority == priority
    if many:
        return select(_c.id).where(*of_priority, is_due(now))
    begun = select(_c.id).where(*of_priority, _c.due_at <= now).order_by(_c.due_at.desc()).limit(MOST_COUNTED)
    return select(_c.id).where(_c.id.in_(begun), _c.due_until > now)


def order_tab(tab: Tab, now: datetime) -> ListOrder:
    """Return the order of ``gateway.domain.callbacks.queue_rules`` in SQL; closed requests newest first."""
    if tab is Tab.CLOSED:
        return _c.changed_at.desc(), _c.id.desc()
    due = is_due(now)
    return (
        _c.priority,
        case((due, 0), else_=1),
        case((due, _c.due_until), else_=_c.due_at),
        _c.asked_at,
        _c.id,
    )
