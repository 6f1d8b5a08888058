"""Claim outbox rows for sending: one statement leases the best due row to a token, which alone may write its result.

At most one row of a lane is in flight, so a recipient's messages keep their order. A lease that ends without a
result leaves the row *unclear*, because the message may have been sent; it is never sent again by itself.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    String,
    and_,
    bindparam,
    exists,
    false,
    or_,
    select,
    text,
    update,
)

from gateway.domain.outbox.states import CALL
from gateway.storage.database import Tx
from gateway.storage.outbox import PLAIN, OutboxRow, read_row
from gateway.storage.tables import IN_LANE, PENDING, SENDING, outbox
from gateway.storage.value_limits import CompiledStatement, Instant

if TYPE_CHECKING:
    from sqlalchemy import Select

_o = outbox.alias("o")
_e = outbox.alias("e")
_HELD = text("state IN ('sending', 'unclear')")
_NOW = bindparam("_now", type_=Instant)
_HELD_BY_TOKEN = (
    update(outbox)
    .where(_HELD, outbox.c.id == bindparam("_id"), outbox.c.token == bindparam("_token"))
    .returning(outbox.c.id)
)
_BY_TOKEN = CompiledStatement(_HELD_BY_TOKEN)
_NOT_TRIED = CompiledStatement(_HELD_BY_TOKEN.values(attempts=outbox.c.attempts - 1))


def claim_due(
    tx: Tx,
    *,
    kinds: Collection[str],
    channels: Collection[str] | None,
    token: str,
    now: datetime,
    lease: timedelta,
    calling: Collection[str] = (),
    named: str | None = None,
) -> OutboxRow | None:
    """Claim the best due row whose lane is free, until the lease ends; None where there is none.

    Args:
        tx: the open transaction, in which the channel's rate limit is spent too.
        kinds: kinds of rows to claim.
        channels: channels of the rows; None for rows that need no channel.
        token: identifies this claim.
        now: the instant.
        lease: duration of the claim.
        calling: channels on which calls may be made although their messages have to wait.
        named: id of the only row to claim, if any.
    """
    lengths = _Lengths(len(kinds), None if channels is None else len(channels), len(calling))
    statement = _build_claim(tx.dialect, lengths, named=named is not None)
    given: dict[str, Any] = {"_token": token, "_now": now, "_until": now + lease}
    given |= _name_values(kinds, channels or (), calling if channels is not None else ())
    if named is not None:
        given["_named"] = named
    row = tx.execute(statement, given).first()
    return read_row(row) if row is not None else None


def has_due(tx: Tx, *, kinds: Collection[str], channels: Collection[str] | None, now: datetime) -> bool:
    """Say whether a row could be claimed if these channels had rate left; None for rows that need no channel."""
    lengths = _Lengths(len(kinds), None if channels is None else len(channels), 0)
    given = {"_now": now} | _name_values(kinds, channels or (), ())
    return tx.execute(_build_any_due(lengths), given).first() is not None


def finish_claim(
    tx: Tx,
    row_id: str,
    token: str,
    *,
    state: str,
    now: datetime,
    reason: str = "",
    provider_id: str | None = None,
    cost: int = 0,
) -> bool:
    """Write the result of a send; False where this token no longer holds the row.

    A finished row keeps its token, so that the same result written twice is accepted.
    """
    values: dict[str, Any] = {"state": state, "reason": reason, "cost": cost, "lease_until": None}
    if provider_id:
        values["provider_id"] = provider_id
    return _by_token(tx, row_id, token, {**values, "changed_at": now})


def put_back(
    tx: Tx, row_id: str, token: str, *, due_at: datetime, now: datetime, reason: str = "", tried: bool
) -> bool:
    """Make a claimed row pending again; one that was not tried does not count as an attempt, nor blocks its lane."""
    values: dict[str, Any] = {
        "state": "pending",
        "token": None,
        "claimed_at": None,
        "lease_until": None,
        "nudged_at": None,
        "due_at": due_at,
        "reason": reason,
    }
    given = {**values, "changed_at": now, "_id": row_id, "_token": token}
    return tx.execute(_BY_TOKEN if tried else _NOT_TRIED, given).first() is not None


def note_fault(
    tx: Tx, row_id: str, *, state: str, attempts: int, due_at: datetime | None, now: datetime
) -> bool:
    """Write an internal error on a row whose claim was rolled back; False where another worker has it."""
    values: dict[str, Any] = {"state": state, "attempts": attempts, "reason": "fault", "changed_at": now}
    if due_at is not None:
        values |= {"due_at": due_at, "nudged_at": None}
    statement = (
        update(outbox).where(text(PENDING), outbox.c.id == row_id).values(**values).returning(outbox.c.id)
    )
    return tx.execute(statement).first() is not None


def end_leases(tx: Tx, *, now: datetime, repeatable: Collection[str]) -> tuple[OutboxRow, ...]:
    """End expired leases: rows become unclear, or pending again on channels where a repeat is harmless.

    The token stays, so that a late result of the former holder is still accepted.
    """
    over = and_(text(SENDING), outbox.c.lease_until <= now)
    ended: list[OutboxRow] = []
    again = {"state": "pending", "token": None, "due_at": now, "reason": "lease", "nudged_at": None}
    unclear = {"state": "unclear", "reason": "lease"}
    for condition, values in (
        (outbox.c.channel.in_(repeatable), again),
        (outbox.c.channel.not_in(repeatable), unclear),
    ):
        statement = update(outbox).where(over, condition).values(lease_until=None, changed_at=now, **values)
        ended += [read_row(row) for row in tx.execute(statement.returning(*PLAIN))]
    return tuple(ended)


def list_untried(tx: Tx, channels: Collection[str], *, due_by: datetime, limit: int) -> tuple[OutboxRow, ...]:
    """Return the oldest texts about a request that are due by these channels to a caller, and were never tried."""
    query = (
        select(*PLAIN)
        .where(
            text(PENDING),
            outbox.c.kind == "ours",
            outbox.c.attempts == 0,
            outbox.c.callback_id.is_not(None),
            outbox.c.channel.in_(channels),
            outbox.c.due_at <= due_by,
        )
        .order_by(outbox.c.id)
        .limit(limit)
    )
    return tuple(read_row(row) for row in tx.execute(query))


def move_row(tx: Tx, row_id: str, *, channel: str, lane: str, now: datetime) -> bool:
    """Let a row leave by another channel; False where it was claimed, or ever was."""
    statement = (
        update(outbox)
        .where(text(PENDING), outbox.c.id == row_id, outbox.c.attempts == 0)
        .values(channel=channel, lane=lane, nudged_at=None, changed_at=now)
        .returning(outbox.c.id)
    )
    return tx.execute(statement).first() is not None


def _by_token(tx: Tx, row_id: str, token: str, values: Mapping[str, Any]) -> bool:
    return tx.execute(_BY_TOKEN, {**values, "_id": row_id, "_token": token}).first() is not None


class _Lengths(NamedTuple):
    """How many values the lists of a claim hold; None for rows that need no channel.

    The text of a list depends on its length, and kinds and channels are few, so that each length has its statement.
    """

    kinds: int
    channels: int | None
    calling: int


def _name_values(
    kinds: Collection[str], channels: Collection[str], calling: Collection[str]
) -> dict[str, str]:
    named = ("_kind", kinds), ("_channel", channels), ("_calling", calling)
    return {f"{name}{n}": value for name, values in named for n, value in enumerate(values)}


def _list_places(name: str, length: int) -> list[BindParameter[str]]:
    return [bindparam(f"{name}{n}", type_=String) for n in range(length)]


@cache
def _build_claim(dialect: str, lengths: _Lengths, *, named: bool) -> CompiledStatement:
    """Build the statement once: building it for each row costs more than running it."""
    best = _build_due(lengths)
    if named:
        best = best.where(_o.c.id == bindparam("_named"))
    best = best.order_by(_o.c.priority, _o.c.due_at, _o.c.id).limit(1)
    if dialect == "postgresql":
        best = best.with_for_update(skip_locked=True)
    return CompiledStatement(
        update(outbox)
        .where(text(PENDING), outbox.c.id == best.scalar_subquery())
        .values(
            state="sending",
            token=bindparam("_token"),
            claimed_at=_NOW,
            lease_until=bindparam("_until"),
            attempts=outbox.c.attempts + 1,
            changed_at=_NOW,
        )
        .returning(*PLAIN, outbox.c.payload.label("sealed"))
    )


@cache
def _build_any_due(lengths: _Lengths) -> CompiledStatement:
    return CompiledStatement(_build_due(lengths).limit(1))


@cache
def _build_due(lengths: _Lengths) -> "Select[Any]":
    """Select due rows whose lane has none in flight, and no earlier row that is due or being retried."""
    earlier: ColumnElement[bool] = and_(_e.c.id < _o.c.id, or_(_e.c.attempts > 0, _e.c.due_at <= _NOW))
    blocked = exists().where(
        _e.c.lane == _o.c.lane,
        _e.c.id != _o.c.id,
        text(f"e.{IN_LANE}"),
        or_(_e.c.state == "sending", earlier),
    )
    of_kind = _o.c.kind.in_(_list_places("_kind", lengths.kinds))
    query = select(_o.c.id).where(text(f"o.{PENDING}"), _o.c.due_at <= _NOW, of_kind, ~blocked)
    if lengths.channels is None:
        return query
    # + '' keeps SQLite from using the provider-id index, which covers every row ever sent (SQLite query planner).
    line = _o.c.channel + ""
    ready = _is_one_of(line, _list_places("_channel", lengths.channels))
    calls = and_(_o.c.kind == CALL, _is_one_of(line, _list_places("_calling", lengths.calling)))
    return query.where(or_(ready, calls))


def _is_one_of(line: ColumnElement[str], places: list[BindParameter[str]]) -> ColumnElement[bool]:
    return line.in_(places) if places else false()
