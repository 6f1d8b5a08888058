"""Guards against a wrong clock: nothing leaves, nobody is called and nothing ends until a person has looked at it."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from gateway.domain.permissions import Actor, Permission, check_permission
from gateway.foundation.clock import TOLERANCE
from gateway.foundation.services import Services
from gateway.storage import audit, settings
from gateway.storage.database import Tx
from gateway.storage.settings import SETTING

_log = logging.getLogger(__name__)

LONG_OFF = timedelta(days=5)
"""A machine that finds the ledger silent for longer may have a clock that runs ahead: it asks before things end."""

_SEEN = "clock_seen"
_NOTED_EVERY = timedelta(minutes=1)


def find_state(parts: Services) -> dict[str, Any]:
    """Return ``{"on", "why", "since"}`` for the doctor and the console."""
    with parts.store.read() as tx:
        found: dict[str, Any] = settings.get_setting(tx, SETTING, {})
    return found


def is_trusted(parts: Services, tx: Tx, now: datetime) -> bool:
    """Say whether something may end at this instant: asked in the transaction that would end it, with its instant.

    Another process trips the guard within a second; until then this one compares for itself.
    """
    if settings.is_on(tx):
        parts.clock.rebase()
        return False
    return not parts.clock.has_jumped(now)


class ClockWatch:
    """Looks at the clock now and then: does it stand behind what the ledger knows, or has it jumped?"""

    def __init__(self, parts: Services) -> None:
        self._parts = parts
        self._base = self._measure(parts.clock.now())
        self._looked = False
        self._noted: datetime | None = None

    def look(self) -> str:
        """Stop calls, texts and what ends things if the clock is wrong; return why, or nothing.

        Raises:
            Unavailable: SQL cannot be asked.
        """
        if self._parts.clock.is_moved_by_tests:
            return ""  # a test moved the time for every process: that says nothing about this machine
        now = self._parts.clock.now()
        base = self._measure(now)
        jumped = abs(base - self._base) > TOLERANCE
        self._base = base
        with self._parts.store.read() as tx:
            known: dict[str, Any] = settings.get_setting(tx, SETTING, {})
            newest, seen = settings.find_newest(tx), settings.get_setting(tx, _SEEN, {})
        first, self._looked = not self._looked, True
        why = "jumped" if jumped or (first and self._was_elsewhere(seen, base)) else ""
        why = why or _describe_stand(newest, now, known, is_first=first)
        if why and not known.get("on"):
            trip_guard(self._parts, why, newest=newest, seen=seen)
        self._note(seen, base, now, is_on=bool(why or known.get("on")))
        return why

    def _measure(self, now: datetime) -> datetime:
        """Return when the machine was switched on, by the wall clock of this instant."""
        return now - timedelta(seconds=self._parts.clock.steady())

    def _was_elsewhere(self, seen: Mapping[str, Any], base: datetime) -> bool:
        """Say whether an earlier clock process of this very run of the machine saw another wall clock."""
        if seen.get("boot") != self._parts.clock.boot() or "base" not in seen:
            return False
        return abs(base - datetime.fromisoformat(seen["base"])) > TOLERANCE

    def _note(self, seen: Mapping[str, Any], base: datetime, now: datetime, *, is_on: bool) -> None:
        """Write down what this run of the machine shows, so that the next one, or a person, can compare."""
        boot = self._parts.clock.boot()
        same = seen.get("boot") == boot and not self._was_elsewhere(seen, base)
        if same and self._noted is not None and abs(now - self._noted) < _NOTED_EVERY:
            return
        self._noted = now
        last = [now.isoformat(), int(self._parts.clock.steady())]
        with self._parts.store.write() as tx:
            value = {"boot": boot, "base": base.isoformat(), "last": last}
            settings.save_setting(tx, _SEEN, value, by="clock", now=now)
            known: dict[str, Any] = settings.get_setting(tx, SETTING, {})
            if is_on and known.get("on"):
                runs = {**known.get("runs", {}), boot: last}
                settings.save_setting(tx, SETTING, {**known, "runs": runs}, by="clock", now=now)


def _describe_stand(
    newest: datetime | None, now: datetime, known: Mapping[str, Any], *, is_first: bool
) -> str:
    if newest is None:
        return ""
    if newest > now + TOLERANCE:
        looked_at = known.get("newest")
        # A person has confirmed this clock against these very rows: time has only to reach them.
        return "" if looked_at and newest <= datetime.fromisoformat(looked_at) else "behind"
    return "ahead" if is_first and now - newest > LONG_OFF else ""


def trip_guard(
    parts: Services, why: str, *, newest: datetime | None = None, seen: Mapping[str, Any] | None = None
) -> None:
    """Stop calls, texts and what ends things; ``seen`` is what was noted last of this machine's runs."""
    now = parts.clock.now()
    value: dict[str, Any] = {"on": True, "why": why, "since": now.isoformat()}
    value["before"] = newest.isoformat() if newest else ""
    if seen and "last" in seen:
        value["runs"] = {seen["boot"]: seen["last"]}
    with parts.store.write() as tx:
        if settings.is_on(tx):
            return
        settings.save_setting(tx, SETTING, value, by="clock", now=now)
        audit.add_entry(tx, now=now, person_id=None, act="clock_guard.on", kind="clock", subject=why)
    parts.count.add("alarm", "clock")
    _log.error(
        "the clock is wrong (%s): calls, texts and what ends are stopped until somebody confirms it", why
    )


def confirm_clock(parts: Services, actor: Actor) -> None:
    """Let everything go on: this person has looked at the clock and found it right.

    Instants that were taken while it was wrong are set right by what this machine counted meanwhile.

    Raises:
        NotPermitted: the role may not.
    """
    check_permission(actor, Permission.SETTLE_OUTBOX)
    now = parts.clock.now()
    with parts.store.write() as tx:
        known: dict[str, Any] = settings.get_setting(tx, SETTING, {})
        parts.set_right(parts, tx, known, now)
        newest = settings.find_newest(tx)
        value = {"on": False, "newest": newest.isoformat() if newest else ""}
        settings.save_setting(tx, SETTING, value, by=actor.name, now=now)
        audit.add_entry(
            tx, now=now, person_id=actor.person_id, act="clock_guard.confirm", kind="clock", subject="clock"
        )
    parts.clock.rebase()


# Keeps one run of a chore from ending more than a share of what there is before a person has looked at it.

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
    known: dict[str, Any] = settings.get_setting(tx, _name_share(what), {})
    if many <= max(FEW[what], SHARE[what] * of):
        if known.get("on"):
            settings.save_setting(tx, _name_share(what), {}, by="clock", now=now)
        return True
    if known.get("let_until") and now < datetime.fromisoformat(known["let_until"]):
        return True
    if not known.get("on"):
        value = {"on": True, "many": many, "of": of, "since": now.isoformat()}
        settings.save_setting(tx, _name_share(what), value, by="clock", now=now)
        audit.add_entry(tx, now=now, person_id=None, act="ending.held", kind="chore", subject=what)
        _log.error("%s of %s %s would end in one run: nothing ends until somebody lets it", many, of, what)
    return False


def find_held(parts: Services) -> dict[str, dict[str, Any]]:
    """Return what waits for a person to let it end, by what it is."""
    with parts.store.read() as tx:
        found = {what: settings.get_setting(tx, _name_share(what), {}) for what in SHARE}
    return {what: value for what, value in found.items() if value.get("on")}


def let_end(parts: Services, actor: Actor, what: str) -> None:
    """Let it end in the next two hours, however much it is: this person has looked at it.

    Raises:
        NotPermitted: the role may not.
        KeyError: nothing of that name ends.
    """
    check_permission(actor, Permission.SETTLE_OUTBOX)
    if what not in SHARE:
        raise KeyError(what)
    now = parts.clock.now()
    with parts.store.write() as tx:
        value = {"let_until": (now + _LET_FOR).isoformat()}
        settings.save_setting(tx, _name_share(what), value, by=actor.name, now=now)
        audit.add_entry(tx, now=now, person_id=actor.person_id, act="ending.let", kind="chore", subject=what)


def _name_share(what: str) -> str:
    return f"ending:{what}"
