"""Store bridged calls, which a provider dials for us: at most one live per person, each dialling the caller once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, or_, select, text, update

from gateway.domain.callbacks.bridged_call import BridgeState
from gateway.storage.database import Tx, insert_into
from gateway.storage.tables import LIVE, attempts, bridges, outbox

ONCE = "call:"
"""Prefix of the deduplication key of a call in the outbox; the bridge's id follows."""

_NEVER_LEFT = ("failed", "expired", "cancelled")


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeRow:
    """One bridged call; ``session`` is the provider's call id, ``since`` the start of its state."""

    id: str
    callback_id: str
    attempt_id: str
    person_id: str | None
    channel: str
    state: BridgeState
    session: str | None = None
    result: str = ""
    seconds: int = 0
    at: datetime
    since: datetime
    heard_at: datetime
    dialled_at: datetime | None = None
    talking_at: datetime | None = None
    ended_at: datetime | None = None


COLUMNS = list(BridgeRow.__slots__)


def add_bridge(tx: Tx, bridge: BridgeRow) -> bool:
    """Insert a bridge; False where this person has a live one."""
    statement = (
        insert_into(tx, bridges)
        .values({name: getattr(bridge, name) for name in COLUMNS})
        .on_conflict_do_nothing()
        .returning(bridges.c.id)
    )
    return tx.execute(statement).first() is not None


def step_bridge(
    tx: Tx, bridge: BridgeRow, state: BridgeState, *, now: datetime, **values: Any
) -> BridgeRow | None:
    """Move a bridge to a state, if it is still in the state that was read; else None."""
    if state is not bridge.state:
        values["since"] = now
    statement = (
        update(bridges)
        .where(text(LIVE), bridges.c.id == bridge.id, bridges.c.state == bridge.state)
        .values(state=state, heard_at=now, **values)
        .returning(*[bridges.c[name] for name in COLUMNS])
    )
    if (
        state is BridgeState.CALLING_HER
    ):  # second guard beside the state table: the provider is never told twice to dial the caller
        statement = statement.where(bridges.c.dialled_at.is_(None))
    return _read_first(tx, statement)


def note_session(tx: Tx, bridge_id: str, session: str) -> None:
    """Store the provider's call id, where none is stored yet."""
    tx.execute(
        update(bridges).where(bridges.c.id == bridge_id, bridges.c.session.is_(None)).values(session=session)
    )


def by_id(tx: Tx, bridge_id: str) -> BridgeRow | None:
    """Return one bridge, if it exists."""
    return _read_first(tx, _build_query().where(bridges.c.id == bridge_id))


def by_attempt(tx: Tx, attempt_id: str) -> BridgeRow | None:
    """Return the bridge of an attempt; None where it is made from a helpline phone."""
    return _read_first(tx, _build_query().where(bridges.c.attempt_id == attempt_id))


def by_session(tx: Tx, channel: str, session: str) -> BridgeRow | None:
    """Return the bridge with this provider call id."""
    return _read_first(tx, _build_query().where(bridges.c.channel == channel, bridges.c.session == session))


def find_newest(tx: Tx, person_id: str, callback_id: str) -> BridgeRow | None:
    """Return the newest bridge of a person for a request."""
    of_call = bridges.c.person_id == person_id, bridges.c.callback_id == callback_id
    return _read_first(
        tx, _build_query().where(*of_call).order_by(bridges.c.at.desc(), bridges.c.id.desc()).limit(1)
    )


def find_standing(tx: Tx, person_id: str) -> BridgeRow | None:
    """Return the person's live bridge, else the newest one whose attempt has no outcome yet."""
    lives = bridges.c.ended_at.is_(None)
    query = (
        _build_query()
        .join(attempts, attempts.c.id == bridges.c.attempt_id)
        .where(bridges.c.person_id == person_id, or_(lives, attempts.c.ended_at.is_(None)))
    )
    first = case((lives, 0), else_=1), bridges.c.at.desc(), bridges.c.id.desc()
    return _read_first(tx, query.order_by(*first).limit(1))


def list_unheard(tx: Tx, channel: str) -> tuple[BridgeRow, ...]:
    """Return the live bridges of a channel for which no provider event has arrived yet."""
    early = bridges.c.state.in_((BridgeState.ASKED, BridgeState.CALLING_YOU))
    query = _build_query().where(text(LIVE), early, bridges.c.channel == channel)
    return tuple(_read_row(row) for row in tx.execute(query))


def list_live(tx: Tx, *, heard_before: datetime, limit: int = 200) -> tuple[BridgeRow, ...]:
    """Return live bridges without a provider event since this instant."""
    query = _build_query().where(text(LIVE), bridges.c.heard_at <= heard_before)
    query = query.order_by(bridges.c.heard_at).limit(limit)
    return tuple(_read_row(row) for row in tx.execute(query))


def list_never_left(tx: Tx) -> tuple[BridgeRow, ...]:
    """Return the bridges whose call was never sent: their outbox row failed, expired or was cancelled."""
    query = (
        _build_query()
        .join(outbox, outbox.c.once == ONCE + bridges.c.id)
        .where(text(f"bridges.{LIVE}"), bridges.c.state == BridgeState.ASKED, outbox.c.state.in_(_NEVER_LEFT))
    )
    return tuple(_read_row(row) for row in tx.execute(query))


def _build_query() -> Select[Any]:
    return select(*[bridges.c[name] for name in COLUMNS])


def _read_first(tx: Tx, statement: Any) -> BridgeRow | None:
    row = tx.execute(statement).first()
    return _read_row(row) if row is not None else None


def _read_row(row: Any) -> BridgeRow:
    return read_bridge(row._asdict())


def read_bridge(values: Mapping[str, Any]) -> BridgeRow:
    """Return the bridge of these column values."""
    return BridgeRow(**{**values, "state": BridgeState(values["state"])})
