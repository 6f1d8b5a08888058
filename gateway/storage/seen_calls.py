"""Read every call that a page of the desk shows, in one statement: attempts at a number, and a person's bridged calls.

The page of a callback asks five things of attempts and bridges; each has its own function beside the writes, and this
one answers them together.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, select, text, union

from gateway.domain.callbacks.outcomes import Past
from gateway.storage.attempts import COLUMNS as OF_ATTEMPT
from gateway.storage.attempts import MOST_PAST, Attempt
from gateway.storage.bridges import COLUMNS as OF_BRIDGE
from gateway.storage.bridges import BridgeRow, read_bridge
from gateway.storage.database import Tx
from gateway.storage.tables import LIVE, RUNG, attempts, bridges, callbacks, people


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
            *[bridges.c[name].label(f"bridge_{name}") for name in OF_BRIDGE],
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
    return SeenCalls(calls=tuple(_read_call(row) for row in tx.execute(query)), person_id=person_id)


def _read_call(row: Any) -> SeenCall:
    values = row._asdict()
    bridge = {name: values[f"bridge_{name}"] for name in OF_BRIDGE}
    return SeenCall(
        attempt=Attempt(**{name: values[name] for name in OF_ATTEMPT}, who=row.who or ""),
        bridge=read_bridge(bridge) if bridge["id"] is not None else None,
        code=row.code,
        rung=bool(row.rung),
    )


def _find_bridge_time(one: SeenCall) -> tuple[datetime, str]:
    bridge = one.bridge
    return (bridge.at, bridge.id) if bridge is not None else (one.attempt.started_at, "")
