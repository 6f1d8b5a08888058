"""Count the queue and read its newest changes, in one statement for a whole page."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    String,
    TextClause,
    case,
    cast,
    func,
    literal,
    select,
    text,
)

from gateway.domain.callbacks.queue_rules import DANGER, NORMAL
from gateway.storage.conversations import build_danger_count
from gateway.storage.database import Tx
from gateway.storage.queue import IdQuery, QueueShape, build_shape, count_due, count_some, find_shape
from gateway.storage.settings import SAMPLES
from gateway.storage.tables import IN_HAND, OPEN, REVIEW, SAMPLE, WAITING, callbacks, settings
from gateway.storage.tables.callbacks import ListFilter

_c = callbacks.c
_NEWEST = 20


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """Everything that a page of the desk counts at one moment.

    Attributes:
        counts: requests by tab.
        changes: a text that changes with every change of a request.
        danger_texts: unread texts with a danger word.
        came: waiting requests made since the instant that was asked for.
        newest_danger: id of the waiting request in danger that was made last; empty without one.
        has_samples: sample data is in.
        due_samples: how many of those that are due are sample data, for which nothing may sound.
        shape: by which indexes the queue is read, for the lists of the same page.
    """

    counts: Counts
    changes: str
    danger_texts: int
    came: int
    shape: QueueShape
    newest_danger: str
    has_samples: bool = False
    due_samples: int = 0


def count_queue(tx: Tx, team: str, *, person_id: str, now: datetime) -> Counts:
    """Count the queue, each count along its index and up to ``MOST_COUNTED`` + 1, in one statement."""
    return read_pulse(tx, team, person_id=person_id, now=now).counts


def read_pulse(tx: Tx, team: str, *, person_id: str, now: datetime, since: datetime | None = None) -> Pulse:
    """Return everything that a page counts, in one statement; ``since`` is from when requests count as new."""
    waits, of_team = text(WAITING), _c.team == team
    mine = _count_bounded(of_team, text(IN_HAND), _c.holder_id == person_id, along=_c.holder_id)
    later = waits, _c.priority == NORMAL, _c.due_at > now
    row = tx.execute(
        select(
            _count_bounded(of_team, waits, along=_c.priority).label("waiting"),
            _add_up(count_due(team, one, now) for one in (DANGER, NORMAL)).label("due_now"),
            _count_bounded(of_team, waits, _c.priority == DANGER, along=_c.due_at).label("danger"),
            (mine if person_id else literal(0)).label("mine"),
            _count_bounded(of_team, *later, along=_c.due_at).label("later"),
            _count_bounded(of_team, text(REVIEW), along=_c.priority).label("review"),
            *(_first_asked(team, one).label(f"oldest_{one}") for one in (DANGER, NORMAL)),
            _changes(team).label("changes"),
            _newest_danger(team).label("newest_danger"),
            build_danger_count().label("danger_texts"),
            (_new_since(team, since) if since else literal(0)).label("came"),
            _if_samples(literal(1)).label("has_samples"),
            _if_samples(_due_samples(team, now)).label("due_samples"),
            *build_shape(team, now),
        )
    ).one()
    oldest = [at for at in (getattr(row, f"oldest_{one}") for one in (DANGER, NORMAL)) if at is not None]
    numbers = {
        name: int(getattr(row, name)) for name in ("waiting", "due_now", "danger", "mine", "later", "review")
    }
    return Pulse(
        counts=Counts(**numbers, oldest=min(oldest, default=None)),
        changes=_sort_changes(row.changes),
        danger_texts=int(row.danger_texts),
        came=int(row.came),
        shape=find_shape(row),
        newest_danger=row.newest_danger or "",
        has_samples=bool(row.has_samples),
        due_samples=int(row.due_samples),
    )


def count_narrowed(tx: Tx, listed: Iterable[IdQuery], narrowed: ListFilter, now: datetime) -> int:
    """Return how many requests a tab holds, given its parts; each part is counted up to ``MOST_COUNTED`` + 1."""
    conditions = narrowed.build_conditions(now)
    return sum(tx.execute(select(*(count_some(part.where(*conditions)) for part in listed))).one())


def count_new_since(tx: Tx, team: str, *, since: datetime) -> int:
    """Return how many waiting requests were made since then, up to ``MOST_COUNTED`` + 1 of each priority."""
    return int(tx.execute(select(_new_since(team, since))).scalar_one())


def find_oldest(tx: Tx, team: str) -> datetime | None:
    """Return when the longest waiting request was made: the first of each priority, along the queue's index.

    It is for monitoring, so sample data is left out.
    """
    real = _c.channel != SAMPLE
    firsts = tx.execute(select(*(_first_asked(team, one, real) for one in (DANGER, NORMAL)))).one()
    return min((first for first in firsts if first is not None), default=None)


def read_changes(tx: Tx, team: str) -> str:
    """Return a text that changes with every change of a request, by which a page sees that it is out of date."""
    return _sort_changes(tx.execute(select(_changes(team))).scalar())


def _newest_danger(team: str) -> ScalarSelect[str]:
    query = select(_c.id).where(_c.team == team, text(WAITING), _c.priority == DANGER)
    return query.order_by(_c.asked_at.desc(), _c.id.desc()).limit(1).scalar_subquery()


def _changes(team: str) -> ScalarSelect[str]:
    newest = (
        select(_c.id, _c.rev).where(_c.team == team).order_by(_c.changed_at.desc()).limit(_NEWEST).subquery()
    )
    return select(
        func.aggregate_strings(newest.c.id + ":" + cast(newest.c.rev, String), ",")
    ).scalar_subquery()


def _sort_changes(found: str | None) -> str:
    """Return the changes in one order, as an aggregate has none."""
    return ",".join(sorted((found or "").split(",")))


def _count_bounded(
    *conditions: ColumnElement[bool] | TextClause, along: ColumnElement[Any]
) -> ScalarSelect[int]:
    """Count in the order of an index: without one PostgreSQL scans the table, hoping to meet enough rows soon."""
    return count_some(select(literal(1)).select_from(callbacks).where(*conditions).order_by(along))


def _new_since(team: str, since: datetime) -> ColumnElement[int]:
    new = _c.team == team, text(WAITING), _c.asked_at > since, _c.channel != SAMPLE
    return _add_up(_count_bounded(*new, _c.priority == one, along=_c.asked_at) for one in (DANGER, NORMAL))


def _if_samples(count: ColumnElement[int]) -> ColumnElement[int]:
    """Return the count where sample data is in, else 0: neither database runs a branch that is not taken."""
    stands = select(settings.c.name).where(settings.c.name == SAMPLES).exists()
    return case((stands, count), else_=literal(0))


def _due_samples(team: str, now: datetime) -> ScalarSelect[int]:
    due = _c.channel == SAMPLE, _c.due_at <= now, _c.due_until > now
    return _count_bounded(_c.team == team, text(WAITING), *due, along=_c.due_until)


def _first_asked(team: str, priority: int, *only: ColumnElement[bool]) -> ScalarSelect[datetime]:
    first = select(_c.asked_at).where(_c.team == team, text(WAITING), _c.priority == priority, *only)
    return first.order_by(_c.asked_at, _c.id).limit(1).scalar_subquery()


def _add_up(counts: Iterable[ColumnElement[int]]) -> ColumnElement[int]:
    first, second = counts
    return first + second


# Counts of requests for one question.


def count_open(tx: Tx) -> int:
    """Return the number of open requests, without sample data."""
    query = select(func.count()).select_from(callbacks).where(text(OPEN), callbacks.c.channel != SAMPLE)
    return int(tx.execute(query).scalar_one())


def count_asked(tx: Tx, caller_id: str, since: datetime) -> int:
    """Return how many requests a number made since this instant, whatever became of them."""
    query = select(func.count()).where(callbacks.c.caller_id == caller_id, callbacks.c.asked_at >= since)
    return int(tx.execute(query).scalar_one())


def count_in_hand(tx: Tx, person_id: str) -> int:
    """Return how many requests this person holds, including reached ones that are not closed."""
    query = select(func.count()).select_from(callbacks)
    return int(tx.execute(query.where(text(IN_HAND), callbacks.c.holder_id == person_id)).scalar_one())
