"""Store bridged calls, which a provider dials for us, and read in one statement every call that a page shows.

At most one bridge lives per person, and each dials the caller once. A page asks five things of attempts and bridges:
each has its own function beside the writes, and ``read_calls`` answers them together.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, or_, select, text, union, update

from gateway.domain.callbacks.bridged_call import BridgeState
from gateway.domain.callbacks.outcomes import Past
from gateway.storage.attempts import COLUMNS as OF_ATTEMPT
from gateway.storage.attempts import MOST_PAST, Attempt
from gateway.storage.database import Tx, insert_into
from gateway.storage.tables import LIVE, RUNG, attempts, bridges, callbacks, outbox, people

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


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenCall:
    """One attempt with its bridge, if a provider dialled; ``code`` is that of its request."""

    attempt: Attempt
    bridge: BridgeRow | None
    code: str
    rung: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenCalls:
    """The calls around a request and a person, newest first."""

    calls: tuple[SeenCall, ...]
    person_id: str

    def find_live_of_caller(self, caller_id: str) -> Attempt | None:
        """Return the attempt without an outcome on any request of this number."""
        live = self._find(lambda one: one.attempt.ended_at is None and one.attempt.caller_id == caller_id)
        return live.attempt if live else None

    def find_live_of_request(self, callback_id: str) -> SeenCall | None:
        """Return the call without an outcome on this request."""
        return self._find(lambda one: one.attempt.ended_at is None and one.attempt.callback_id == callback_id)

    def list_past(self, caller_id: str) -> tuple[Past, ...]:
        """Return the latest attempts that rang this number, newest first."""
        found = [one.attempt for one in self.calls if one.rung and one.attempt.caller_id == caller_id]
        return tuple(
            Past(started_at=one.started_at, window_from=one.window_from, nth=one.nth, outcome=one.outcome)
            for one in found[:MOST_PAST]
        )

    def find_newest_bridge(self, callback_id: str) -> SeenCall | None:
        """Return the person's newest bridged call of this request."""
        own = (one for one in self._list_bridged() if one.attempt.callback_id == callback_id)
        return max(own, key=_find_bridge_time, default=None)

    def find_standing_bridge(self) -> SeenCall | None:
        """Return the person's live bridged call, else the newest one whose attempt has no outcome yet."""
        bridged = self._list_bridged()
        live = [one for one in bridged if one.bridge is not None and one.bridge.ended_at is None]
        waiting = [one for one in bridged if one.attempt.ended_at is None]
        return max(live or waiting, key=_find_bridge_time, default=None)

    def _list_bridged(self) -> list[SeenCall]:
        return [
            one for one in self.calls if one.bridge is not None and one.bridge.person_id == self.person_id
        ]

    def _find(self, fits: Callable[[SeenCall], bool]) -> SeenCall | None:
        return next((one for one in self.calls if fits(one)), None)


def read_calls(tx: Tx, person_id: str, *, callback_id: str = "", caller_id: str = "") -> SeenCalls:
    """Return the calls of a person that are not settled, and those of a request and a number, newest first."""
    mine = attempts.c.id, attempts.c.person_id == person_id
    of_person = select(mine[0]).where(text(LIVE), mine[1])
    of_bridges = select(bridges.c.attempt_id).where(text(LIVE), bridges.c.person_id == person_id)
    about = [of_person, of_bridges]
    if callback_id:
        about.append(select(attempts.c.id).where(attempts.c.callback_id == callback_id))
    if caller_id:
        about.append(select(attempts.c.id).where(text(LIVE), attempts.c.caller_id == caller_id))
        about.append(select(attempts.c.id).where(text(RUNG), attempts.c.caller_id == caller_id))
    picked = union(*about).subquery()
    rang = case((text(f"attempts.{RUNG}"), 1), else_=0)
    query = (
        select(
            *[attempts.c[name] for name in OF_ATTEMPT],
            *[bridges.c[name].label(f"bridge_{name}") for name in COLUMNS],
            people.c.name.label("who"),
            callbacks.c.code,
            rang.label("rung"),
        )
        .join_from(picked, attempts, picked.c[0] == attempts.c.id)
        .join(callbacks, callbacks.c.id == attempts.c.callback_id)
        .join(people, people.c.id == attempts.c.person_id, isouter=True)
        .join(bridges, bridges.c.attempt_id == attempts.c.id, isouter=True)
        .order_by(attempts.c.started_at.desc(), attempts.c.id.desc())
    )
    return SeenCalls(calls=tuple(_read_seen_call(row) for row in tx.execute(query)), person_id=person_id)


def _read_seen_call(row: Any) -> SeenCall:
    values = row._asdict()
    bridge = {name: values[f"bridge_{name}"] for name in COLUMNS}
    return SeenCall(
        attempt=Attempt(**{name: values[name] for name in OF_ATTEMPT}, who=row.who or ""),
        bridge=read_bridge(bridge) if bridge["id"] is not None else None,
        code=row.code,
        rung=bool(row.rung),
    )


def _find_bridge_time(one: SeenCall) -> tuple[datetime, str]:
    bridge = one.bridge
    return (bridge.at, bridge.id) if bridge is not None else (one.attempt.started_at, "")
