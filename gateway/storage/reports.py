"""Query counts for reports, metrics and graphs, and look requests up by code or caller; results hold no number."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Executable, and_, case, delete, func, insert, or_, select, text

from gateway.domain.callbacks.outcomes import Outcome
from gateway.domain.callbacks.states import CallbackState
from gateway.domain.contact_safety import When
from gateway.storage.attempts import INCOMING
from gateway.storage.callbacks import Callback, open_row
from gateway.storage.database import Tx
from gateway.storage.tables import (
    OPEN,
    PENDING,
    RUNG,
    SAMPLE,
    attempts,
    callbacks,
    figure_months,
    figures,
    outbox,
    told_codes,
)
from gateway.storage.value_limits import build_insert


def open_between(tx: Tx, team: str, since: datetime, until: datetime) -> tuple[Callback, ...]:
    """Return a team's open requests made from one instant up to another, oldest first."""
    c = callbacks.c
    asked = c.asked_at >= since, c.asked_at < until, c.channel != SAMPLE
    query = select(callbacks).where(text(OPEN), c.team == team, *asked)
    return tuple(open_row(tx, row) for row in tx.execute(query.order_by(c.asked_at, c.id)))


# Gauges for the operators' graphs.


@dataclass(frozen=True, slots=True)
class OutboxCounts:
    """Number of rows by (state, channel), and the earliest due time of due rows."""

    by_state: dict[tuple[str, str], int]
    oldest_due: datetime | None


def count_outbox(tx: Tx, *, now: datetime) -> OutboxCounts:
    """Count the rows of the outbox."""
    c = outbox.c
    rows = tx.execute(select(c.state, c.channel, func.count(c.id).label("n")).group_by(c.state, c.channel))
    oldest = tx.execute(select(func.min(c.due_at)).where(text(PENDING), c.due_at <= now)).scalar()
    return OutboxCounts({(row.state, row.channel): int(row.n) for row in rows}, oldest)


def count_callbacks(tx: Tx) -> dict[str, int]:
    """Return state → number of requests, without sample data."""
    c = callbacks.c
    query = select(c.state, func.count(c.id).label("n")).where(c.channel != SAMPLE).group_by(c.state)
    return {row.state: int(row.n) for row in tx.execute(query)}


# Counters by day, hour, channel, language and version; none refers to a caller.

FACT = "fact:"
"""Prefix of the counter of a fact's readings; the fact's name follows, its item is the screen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One counter of a day."""

    day: date
    channel: str
    language: str
    version: str
    what: str
    item: str
    n: int


SESSIONS = "dialled"
"""Sessions that began, by the language that each went on in; the one metric whose hours reports tell."""


def add_count(
    tx: Tx, day: date, hour: int, channel: str, language: str, version: str, what: str, item: str, *, n: int
) -> None:
    """Add ``n`` to a counter, created where needed."""
    add_counts(tx, {(day, hour, channel, language, version, what, item): n})


def add_counts(tx: Tx, counts: Mapping[Any, int]) -> None:
    """Add to counters of days, and to their sums of months in the same transaction, so that reports read few rows.

    A key holds day, hour, channel, language, version, metric and item, as ``add_count`` names them. Both tables are
    written in one order by every process, so that two of them cannot deadlock.
    """
    names = tuple(column.name for column in figures.primary_key)
    days = [dict(zip(names, key, strict=True), n=counts[key]) for key in sorted(counts)]
    months: Counter[tuple[Any, ...]] = Counter()
    for (day, hour, channel, language, _version, what, item), n in counts.items():
        if not what.startswith(FACT):
            at = hour if what == SESSIONS else 0
            months[what, day.replace(day=1), at, channel, language, item] += n
    names = tuple(column.name for column in figure_months.primary_key)
    sums = [dict(zip(names, key, strict=True), n=months[key]) for key in sorted(months)]
    for name, rows in (("figures", days), ("figure_months", sums)):
        if rows:
            tx.execute(_build_add(tx.dialect, name), rows)


@cache
def _build_add(dialect: str, name: str) -> Executable:
    table = {"figures": figures, "figure_months": figure_months}[name]
    first = build_insert(dialect, table)
    return first.on_conflict_do_update(
        index_elements=[column.name for column in table.primary_key],
        set_={"n": table.c.n + first.excluded.n},
    )


def fill_months(tx: Tx) -> None:
    """Sum all counters by month anew, after rows came from a backup."""
    c = figures.c
    month = (
        func.date_trunc("month", c.day) if tx.dialect == "postgresql" else func.date(c.day, "start of month")
    )
    columns = (c.what, month, case((c.what == SESSIONS, c.hour), else_=0), c.channel, c.language, c.item)
    of_reports = select(*columns, func.sum(c.n)).where(~c.what.startswith(FACT, autoescape=True))
    summed = of_reports.group_by(
        text("1, 2, 3, 4, 5, 6")
    )  # by place: a repeated parameter is another expression
    tx.execute(delete(figure_months))
    names = [column.name for column in (*figure_months.primary_key, figure_months.c.n)]
    tx.execute(insert(figure_months).from_select(names, summed))


def list_months(
    tx: Tx, first: date, last: date, *, what: Sequence[str], by_hour: bool = False
) -> tuple[Figure, ...]:
    """Return the counters of these days summed by month, each with the first day of its month and no version.

    Args:
        tx: the transaction.
        first: a first day of a month.
        last: a last day of a month.
        what: the metrics.
        by_hour: sum by hour of the day instead of by item, and name the hour in its place.
    """
    c = figure_months.c
    names = (c.month, c.channel, c.language, c.what, c.hour if by_hour else c.item)
    query = select(*names, func.sum(c.n)).where(c.what.in_(what), c.month >= first, c.month <= last)
    rows: Any = tx.execute(query.group_by(*names).order_by(*names))
    return tuple(
        Figure(day=month, channel=channel, language=language, version="", what=one, item=str(item), n=int(n))
        for month, channel, language, one, item, n in rows
    )


def count_days(tx: Tx, first: date, last: date, *, what: str) -> Mapping[date, int]:
    """Return day → sum of one metric; days on which nothing was counted are left out."""
    c = figures.c
    query = select(c.day, func.sum(c.n)).where(c.what == what, c.day >= first, c.day <= last)
    rows: Any = tx.execute(query.group_by(c.day))
    return {day: int(n) for day, n in rows}


def find_first_days(tx: Tx, what: Sequence[str]) -> tuple[date | None, ...]:
    """Return for each metric the first day on which it was counted; None where it never was."""
    c = figures.c
    return tuple(tx.execute(select(func.min(c.day)).where(c.what == one)).scalar() for one in what)


def list_known_months(tx: Tx) -> tuple[date, date] | None:
    """Return the first and the last month with a counter; None where there is none."""
    c = figure_months.c
    row = tx.execute(select(func.min(c.month).label("first"), func.max(c.month).label("last"))).one()
    return (row.first, row.last) if row.first is not None else None


def list_figures(tx: Tx, first: date, last: date, *, what: Sequence[str] = ()) -> tuple[Figure, ...]:
    """Return the counters of these days, both included, summed over hours."""
    c = figures.c
    names = (c.day, c.channel, c.language, c.version, c.what, c.item)
    query = select(*names, func.sum(c.n).label("n")).where(c.day >= first, c.day <= last)
    if what:
        query = query.where(c.what.in_(what))
    rows = tx.execute(query.group_by(*names).order_by(*names))
    return tuple(Figure(**{**row._asdict(), "n": int(row.n)}) for row in rows)


def list_totals(tx: Tx) -> tuple[tuple[str, str, str, int], ...]:
    """Return (what, item, channel, n) over all days, for graphs; readings of facts are left out."""
    c = figure_months.c
    names = (c.what, c.item, c.channel)
    rows: Any = tx.execute(select(*names, func.sum(c.n)).group_by(*names).order_by(*names))
    return tuple((what, item, channel, int(n)) for what, item, channel, n in rows)


# Look-ups by the code that a caller gives, or by caller.


def find_ids_by_code(tx: Tx, team: str, code: str, *, limit: int = 20) -> tuple[str, ...]:
    """Return the ids of a team's requests with this code, newest first."""
    further = tx.execute(select(told_codes.c.callback_id).where(told_codes.c.code == code).limit(limit))
    bears_it = or_(callbacks.c.code == code, callbacks.c.id.in_(list(further.scalars())))
    found = tx.execute(
        select(callbacks.c.id)
        .where(callbacks.c.team == team, bears_it)
        .order_by(callbacks.c.changed_at.desc())
        .limit(limit)
    )
    return tuple(found.scalars())


def find_ids_of_caller(tx: Tx, team: str, caller_id: str, *, limit: int = 20) -> tuple[str, ...]:
    """Return the ids of a caller's requests in this team, newest first."""
    found = tx.execute(
        select(callbacks.c.id)
        .where(callbacks.c.caller_id == caller_id, callbacks.c.team == team)
        .order_by(callbacks.c.asked_at.desc())
        .limit(limit)
    )
    return tuple(found.scalars())


# Service quality: time to the first attempt, share reached, unsafe calls.

_c, _a = callbacks.c, attempts.c
_COUNTED = (_c.trial.is_(False), _c.follows.is_(None))
_ENDED = (CallbackState.REACHED, CallbackState.CLOSED, CallbackState.GIVEN_UP, CallbackState.EXPIRED)


@dataclass(frozen=True, slots=True, kw_only=True)
class First:
    """When a request was made, for which window, and when it was first tried; None while it was not."""

    asked_at: datetime
    window: str
    tried_at: datetime | None


def list_firsts(tx: Tx, team: str, *, since: datetime, limit: int = 20_000) -> tuple[First, ...]:
    """Return the newest requests made since then with their first attempt; agreed follow-ups do not count."""
    tried = (
        select(func.min(_a.started_at))
        .where(_a.callback_id == _c.id, text(RUNG), _a.how != INCOMING)
        .scalar_subquery()
    )
    query = (
        select(_c.id, _c.window, _c.asked_at, tried.label("tried_at"))
        .where(_c.team == team, _c.changed_at >= since, _c.asked_at >= since, *_COUNTED)
        .order_by(_c.changed_at.desc())
        .limit(limit)
    )
    return tuple(
        First(asked_at=row.asked_at, window=_open_window(tx, row.id, row.window), tried_at=row.tried_at)
        for row in tx.execute(query)
    )


def _open_window(tx: Tx, callback_id: str, sealed: bytes | None) -> str:
    """Return the window of a request, where nothing else of it is needed; empty where none is kept."""
    written = tx.ring.open_json(sealed, table="callbacks", column="window", row=callback_id)
    return When.read(written) if written else ""


def count_ended(tx: Tx, team: str, *, since: datetime) -> tuple[int, int]:
    """Return how many requests ended since then, and how many of them had a conversation."""
    over = _c.team == team, _c.changed_at >= since, _c.state.in_(_ENDED), _c.trial.is_(False)
    spoke = select(_a.callback_id).where(_a.outcome == Outcome.REACHED).scalar_subquery()
    query = select(func.count()).select_from(callbacks).where(*over)
    return (
        int(tx.execute(query).scalar_one()),
        int(tx.execute(query.where(_c.id.in_(spoke))).scalar_one()),
    )


def count_unique_callers(tx: Tx, team: str, *, since: datetime, until: datetime) -> int:
    """Return how many numbers asked for a call between two instants; erased ones and trial phones are not known."""
    # By the index of changes: no request was asked after its last change.
    since_then = _c.team == team, _c.changed_at >= since
    asked = (*since_then, _c.asked_at >= since, _c.asked_at < until, _c.trial.is_(False))
    query = select(func.count(func.distinct(_c.caller_id))).where(*asked)
    return int(tx.execute(query).scalar_one())


def count_backlog(tx: Tx, team: str, *, at: datetime) -> int:
    """Return how many requests were open at an instant that is not in the future; trial phones are not counted."""
    asked = _c.team == team, _c.asked_at < at, _c.trial.is_(False)
    still = select(func.count()).select_from(callbacks).where(text(OPEN), *asked)
    # By the index of changes: what ended later has changed since.
    ended = select(func.count()).select_from(callbacks).where(_c.changed_at > at, _c.closed_at > at, *asked)
    return int(tx.execute(still).scalar_one()) + int(tx.execute(ended).scalar_one())


def count_outcomes(tx: Tx, *, since: datetime) -> Mapping[str, int]:
    """Return outcome → number of attempts since then."""
    came_of_it = _a.started_at >= since, _a.outcome != "", text(RUNG), _a.how != INCOMING, _of_callers()
    query = select(_a.outcome, func.count(_a.id).label("n")).where(*came_of_it)
    return {row.outcome: int(row.n) for row in tx.execute(query.group_by(_a.outcome))}


def count_talks(tx: Tx, *, since: datetime) -> int:
    """Return how many conversations callers began since then, by ringing the helpline."""
    talked = _a.started_at >= since, _a.how == INCOMING, _of_callers()
    query = select(func.count()).select_from(attempts).where(*talked)
    return int(tx.execute(query).scalar_one())


def count_unsafe(tx: Tx, *, since: datetime) -> int:
    """Return how many calls were made outside the caller's window without a contact just before.

    Each attempt stores the window it was made in; this compares the two, independent of the code that allowed the
    call.
    """
    unsafe = _a.started_at >= since, _is_outside(), _of_callers()
    query = select(func.count()).select_from(attempts).where(*unsafe)
    return int(tx.execute(query).scalar_one())


def _of_callers() -> ColumnElement[bool]:
    """Return the condition that an attempt was no trial; what was erased since was a caller's."""
    trial = select(_c.id).where(_c.id == _a.callback_id, _c.trial.is_(True)).exists()
    return ~trial


def _is_outside() -> ColumnElement[bool]:
    beyond = or_(_a.window_until.is_(None), _a.started_at < _a.window_from, _a.started_at >= _a.window_until)
    return and_(_a.how.not_in(("outside", INCOMING)), text(RUNG), beyond)
