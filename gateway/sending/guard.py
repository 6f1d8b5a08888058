"""Guards against a wrong clock: nothing leaves and nobody is called until a person has looked at it."""

import logging
from datetime import datetime, timedelta
from typing import Any

from gateway.access import Actor, Permission, permit
from gateway.parts import Parts
from gateway.store import audit, chores, settings
from gateway.store.clock_guard import SETTING

_log = logging.getLogger(__name__)

TOLERANCE = timedelta(minutes=3)


def state(parts: Parts) -> dict[str, Any]:
    """Return ``{"on", "why", "since"}`` for the doctor and the console."""
    with parts.store.read() as tx:
        found: dict[str, Any] = settings.get(tx, SETTING, {})
    return found


class Watch:
    """Looks at the clock now and then: does it stand behind what the ledger knows, or has it jumped?"""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._wall = parts.clock.now()
        self._steady = parts.clock.monotonic()

    def look(self) -> str:
        """Stop calls and texts if the clock is wrong; return why, or nothing.

        Raises:
            Unavailable: SQL cannot be asked.
        """
        if self._parts.clock.is_moved_by_tests:
            return ""  # a test moved the time for every process: that says nothing about this machine
        now, steady = self._parts.clock.now(), self._parts.clock.monotonic()
        jump = (now - self._wall) - timedelta(seconds=steady - self._steady)
        self._wall, self._steady = now, steady
        why = "jumped" if abs(jump) > TOLERANCE else ""
        with self._parts.store.read() as tx:
            known: dict[str, Any] = settings.get(tx, SETTING, {})
            newest = chores.newest(tx)
        if not why and newest is not None and newest > now + TOLERANCE:
            looked_at = known.get("newest")
            # A person has confirmed this clock against these very rows: time has only to reach them.
            why = "" if looked_at and newest <= datetime.fromisoformat(looked_at) else "behind"
        if why and not known.get("on"):
            trip(self._parts, why)
        return why


def trip(parts: Parts, why: str) -> None:
    """Stop calls and texts."""
    now = parts.clock.now()
    with parts.store.write() as tx:
        settings.put(tx, SETTING, {"on": True, "why": why, "since": now.isoformat()}, by="clock", now=now)
        audit.add(tx, now=now, person_id=None, act="clock_guard.on", kind="clock", subject=why)
    parts.count.add("alarm", "clock")
    _log.error("the clock is wrong (%s): calls and texts are stopped until somebody confirms it", why)


def confirm(parts: Parts, actor: Actor) -> None:
    """Let calls and texts go on: this person has looked at the clock and found it right.

    Raises:
        Refused: the role may not.
    """
    permit(actor, Permission.SETTLE_OUTBOX)
    now = parts.clock.now()
    with parts.store.write() as tx:
        newest = chores.newest(tx)
        value = {"on": False, "newest": newest.isoformat() if newest else ""}
        settings.put(tx, SETTING, value, by=actor.name, now=now)
        audit.add(
            tx, now=now, person_id=actor.person_id, act="clock_guard.confirm", kind="clock", subject="clock"
        )
