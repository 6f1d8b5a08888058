"""Keeps one run of a chore from ending more than a share of what there is before a person has looked at it."""

import logging
from datetime import datetime, timedelta
from typing import Any

from gateway.access import Actor, Permission, permit
from gateway.parts import Parts
from gateway.store import audit, settings
from gateway.store.engines import Tx

_log = logging.getLogger(__name__)

REQUESTS, KEPT = "requests", "kept"
"""What ends: requests by their age, and what was kept long enough."""

SHARE = {REQUESTS: 0.2, KEPT: 0.5}
FEW = {REQUESTS: 5, KEPT: 50}
"""So many may always end in one run, however few there are."""

_LET_FOR = timedelta(hours=2)


def may_end(tx: Tx, what: str, *, many: int, of: int, now: datetime) -> bool:
    """Say whether so many of so many may end in one run; where they may not, that is written down for a person.

    A clock that nobody could see to be wrong, a setting with one digit too few: each would end nearly all at once.
    """
    known: dict[str, Any] = settings.get(tx, _name(what), {})
    if many <= max(FEW[what], SHARE[what] * of):
        if known.get("on"):
            settings.put(tx, _name(what), {}, by="clock", now=now)
        return True
    if known.get("let_until") and now < datetime.fromisoformat(known["let_until"]):
        return True
    if not known.get("on"):
        value = {"on": True, "many": many, "of": of, "since": now.isoformat()}
        settings.put(tx, _name(what), value, by="clock", now=now)
        audit.add(tx, now=now, person_id=None, act="ending.held", kind="chore", subject=what)
        _log.error("%s of %s %s would end in one run: nothing ends until somebody lets it", many, of, what)
    return False


def find_held(parts: Parts) -> dict[str, dict[str, Any]]:
    """Return what waits for a person to let it end, by what it is."""
    with parts.store.read() as tx:
        found = {what: settings.get(tx, _name(what), {}) for what in SHARE}
    return {what: value for what, value in found.items() if value.get("on")}


def let_end(parts: Parts, actor: Actor, what: str) -> None:
    """Let it end in the next two hours, however much it is: this person has looked at it.

    Raises:
        Refused: the role may not.
        KeyError: nothing of that name ends.
    """
    permit(actor, Permission.SETTLE_OUTBOX)
    if what not in SHARE:
        raise KeyError(what)
    now = parts.clock.now()
    with parts.store.write() as tx:
        value = {"let_until": (now + _LET_FOR).isoformat()}
        settings.put(tx, _name(what), value, by=actor.name, now=now)
        audit.add(tx, now=now, person_id=actor.person_id, act="ending.let", kind="chore", subject=what)


def _name(what: str) -> str:
    return f"ending:{what}"
