"""What the watch over the desk asks: when she was first tried, how often she was reached, what was unsafe."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select, text

from gateway.callbacks.model import State
from gateway.callbacks.outcomes import Outcome
from gateway.store.callbacks import Callback, opened
from gateway.store.engines import Tx
from gateway.store.tables import RUNG, attempts, callbacks

_c, _a = callbacks.c, attempts.c
_COUNTED = (_c.trial.is_(False), _c.follows.is_(None))
_ENDED = (State.REACHED, State.CLOSED, State.GIVEN_UP, State.EXPIRED)


@dataclass(frozen=True, slots=True, kw_only=True)
class First:
    """A request and when her phone was first tried; None while it was not."""

    callback: Callback
    tried_at: datetime | None


def firsts(tx: Tx, team: str, *, since: datetime, limit: int = 1_000) -> tuple[First, ...]:
    """Return the newest requests that she asked for since then, with their first attempt; a follow-up is agreed."""
    tried = select(func.min(_a.started_at)).where(_a.callback_id == _c.id, text(RUNG)).scalar_subquery()
    query = (
        select(callbacks, tried.label("tried_at"))
        .where(_c.team == team, _c.changed_at >= since, _c.asked_at >= since, *_COUNTED)
        .order_by(_c.changed_at.desc())
        .limit(limit)
    )
    return tuple(First(callback=opened(tx, row), tried_at=row.tried_at) for row in tx.execute(query))


def ended(tx: Tx, team: str, *, since: datetime) -> tuple[int, int]:
    """Return how many requests ended since then, and with how many of them somebody spoke."""
    over = _c.team == team, _c.changed_at >= since, _c.state.in_(_ENDED), _c.trial.is_(False)
    spoke = select(_a.callback_id).where(_a.outcome == Outcome.REACHED).scalar_subquery()
    query = select(func.count()).select_from(callbacks).where(*over)
    return (
        int(tx.execute(query).scalar_one()),
        int(tx.execute(query.where(_c.id.in_(spoke))).scalar_one()),
    )


def outcomes(tx: Tx, *, since: datetime) -> Mapping[str, int]:
    """Return how many attempts had which outcome since then."""
    came_of_it = _a.started_at >= since, _a.outcome != "", text(RUNG)
    query = select(_a.outcome, func.count(_a.id).label("n")).where(*came_of_it)
    return {row.outcome: int(row.n) for row in tx.execute(query.group_by(_a.outcome))}


def unsafe(tx: Tx, *, since: datetime) -> int:
    """Return how many times her phone was rung outside her window without her own contact just before.

    Each attempt says which window it was made in; this compares the two, whatever the rest of the house believed.
    """
    query = select(func.count()).select_from(attempts).where(_a.started_at >= since, _outside())
    return int(tx.execute(query).scalar_one())


def _outside() -> ColumnElement[bool]:
    beyond = or_(_a.window_until.is_(None), _a.started_at < _a.window_from, _a.started_at >= _a.window_until)
    return and_(_a.how != "outside", text(RUNG), beyond)
