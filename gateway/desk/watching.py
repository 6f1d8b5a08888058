"""A brake and an alarm on numbers: one sign-in in wrong hands must not open the whole list, one after the other."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from gateway.access import ROLES, Permission, Role
from gateway.desk import alerts
from gateway.desk.refusals import TooManyShown
from gateway.store import attempts, audit, people

if TYPE_CHECKING:
    from gateway.access import Actor
    from gateway.parts import Parts
    from gateway.store.engines import Tx

HOUR = timedelta(hours=1)


def ask_for_room(parts: Parts, tx: Tx, actor: Actor) -> None:
    """Let the actor be shown one more number.

    Raises:
        TooManyShown: they were shown as many within the hour as the settings say.
    """
    most = parts.line.reveals
    shown = attempts.shown_since(tx, actor.person_id, parts.clock.now() - HOUR)
    if len(shown) >= most:
        raise TooManyShown(most, shown[-most] + HOUR)


def tell_of_many(parts: Parts, actor: Actor) -> None:
    """Put on record that a number was held back, and tell the supervisors, once an hour for each person."""
    now = parts.clock.now()

    def work(tx: Tx) -> list[str]:
        once = f"shown:{actor.person_id}:{now:%Y%m%d%H}"
        audit.add(
            tx, now=now, person_id=actor.person_id, act="held back", kind="person", subject=actor.person_id
        )
        told = (one for one in people.everybody(tx, actor.team) if _watches(one.role))
        rows = (
            alerts.warn_one(parts, tx, one, "many", once=f"{once}:{one.id}")
            for one in told
            if one.id != actor.person_id
        )
        return [row for row in rows if row]

    for row in parts.store.run(work):
        parts.nudge(row)


def _watches(role: str) -> bool:
    return Permission.SEE_AUDIT in ROLES[Role(role)]
