"""Stops sending, calling and expiry while the system clock is wrong, until a person confirms it.

Also holds back a cleanup run that would end an implausibly large share of the data.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from gateway.domain.permissions import Actor, AuditAct, Permission, check_permission
from gateway.foundation.services import Services
from gateway.foundation.time_and_chance import TOLERANCE
from gateway.storage import audit, settings
from gateway.storage.database import Tx
from gateway.storage.settings import SETTING

_log = logging.getLogger(__name__)

LONG_OFF = timedelta(days=5)
"""If the newest row is older than this at start, the clock may be ahead, and a person must confirm it."""

_SEEN = "clock_seen"
_NOTED_EVERY = timedelta(minutes=1)


def find_state(parts: Services) -> dict[str, Any]:
    """Return the alarm's state: ``on`` (bool), ``why`` (jumped, behind or ahead), ``since`` (ISO 8601).

    {} if it never rang.
    """
    with parts.store.read() as tx:
        found: dict[str, Any] = settings.get_setting(tx, SETTING, {})
    return found


def is_trusted(parts: Services, tx: Tx, now: datetime) -> bool:
    """Return whether the clock is trusted at ``now``; call it in the transaction that would send or expire something.

    Another process sets the alarm within a second; until then this process compares wall and monotonic time itself.
    """
    if settings.is_on(tx):
        parts.clock.rebase()
        return False
    return not parts.clock.has_jumped(now)


class ClockWatch:
    """Compares the wall clock with the monotonic clock and with the newest row.

    A jump or a clock behind it is an alarm.
    """

    def __init__(self, parts: Services) -> None:
        self._parts = parts
        self._base = self._measure(parts.clock.now())
        self._looked = False
        self._noted: datetime | None = None

    def look(self) -> str:
        """Check the clock and set the alarm if it is wrong; return why, or an empty string.

        Raises:
            Unavailable: the database cannot be reached.
        """
        if self._parts.clock.is_moved_by_tests:
            return ""  # a test moved the time of all processes, which says nothing about this machine
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
        """Return when the machine was booted, by the wall clock of this instant."""
        return now - timedelta(seconds=self._parts.clock.steady())

    def _was_elsewhere(self, seen: Mapping[str, Any], base: datetime) -> bool:
        """Return whether an earlier clock process of this boot saw another wall clock.

        ``seen`` holds ``boot`` (boot id), ``base`` (boot instant, ISO 8601) and ``last`` ([instant, seconds
        since boot]).
        """
        if seen.get("boot") != self._parts.clock.boot() or "base" not in seen:
            return False
        return abs(base - datetime.fromisoformat(seen["base"])) > TOLERANCE

    def _note(self, seen: Mapping[str, Any], base: datetime, now: datetime, *, is_on: bool) -> None:
        """Save what this boot shows, so that the next boot, or a person, can compare."""
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
        # A person has confirmed the clock against these rows, so time only has to reach them.
        return "" if looked_at and newest <= datetime.fromisoformat(looked_at) else "behind"
    return "ahead" if is_first and now - newest > LONG_OFF else ""


def trip_guard(
    parts: Services, why: str, *, newest: datetime | None = None, seen: Mapping[str, Any] | None = None
) -> None:
    """Set the alarm: no sending, calling or expiry; ``seen`` is what was saved last about the machine's boots."""
    now = parts.clock.now()
    value: dict[str, Any] = {"on": True, "why": why, "since": now.isoformat()}
    value["before"] = newest.isoformat() if newest else ""
    if seen and "last" in seen:
        value["runs"] = {seen["boot"]: seen["last"]}
    with parts.store.write() as tx:
        if settings.is_on(tx):
            return
        settings.save_setting(tx, SETTING, value, by="clock", now=now)
        audit.add_entry(tx, now=now, person_id=None, act=AuditAct.CLOCK_GUARD_ON, kind="clock", subject=why)
    parts.count.add("alarm", "clock")
    _log.error(
        "the clock is wrong (%s): calls, texts and what ends are stopped until somebody confirms it", why
    )


def confirm_clock(parts: Services, actor: Actor) -> None:
    """Clear the alarm: this person has checked the clock and found it right.

    Instants recorded under the wrong clock are corrected by the monotonic clock.

    Raises:
        NotPermitted: the actor may not settle the outbox.
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
            tx,
            now=now,
            person_id=actor.person_id,
            act=AuditAct.CLOCK_GUARD_CONFIRM,
            kind="clock",
            subject="clock",
        )
    parts.clock.rebase()


# Limit on one run of a periodic task: it must not end more than a share of the data without a person's consent.

REQUESTS, KEPT = "requests", "kept"
"""What can end: requests by their age, and stored data past its retention."""

SHARE = {REQUESTS: 0.2, KEPT: 0.5}
FEW = {REQUESTS: 5, KEPT: 50}
"""This many may always end in one run, whatever their share."""

_LET_FOR = timedelta(hours=2)


def may_end(tx: Tx, what: str, *, many: int, of: int, now: datetime) -> bool:
    """Return whether ``many`` of ``of`` items may end in one run; a refusal is recorded for a person to decide.

    An undetected clock error, or a retention setting with a digit too few, would end nearly everything at once.
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
        audit.add_entry(tx, now=now, person_id=None, act=AuditAct.ENDING_HELD, kind="chore", subject=what)
        _log.error("%s of %s %s would end in one run: nothing ends until somebody lets it", many, of, what)
    return False


def find_refused(parts: Services) -> dict[str, dict[str, Any]]:
    """Return the refused endings by what they are; each has ``on``, ``many``, ``of`` and ``since`` (ISO 8601)."""
    with parts.store.read() as tx:
        found = {what: settings.get_setting(tx, _name_share(what), {}) for what in SHARE}
    return {what: value for what, value in found.items() if value.get("on")}


def allow_end(parts: Services, actor: Actor, what: str) -> None:
    """Permit endings of this kind for two hours, without limit.

    Raises:
        NotPermitted: the actor may not settle the outbox.
        KeyError: there is no ending of that name.
    """
    check_permission(actor, Permission.SETTLE_OUTBOX)
    if what not in SHARE:
        raise KeyError(what)
    now = parts.clock.now()
    with parts.store.write() as tx:
        value = {"let_until": (now + _LET_FOR).isoformat()}
        settings.save_setting(tx, _name_share(what), value, by=actor.name, now=now)
        audit.add_entry(
            tx, now=now, person_id=actor.person_id, act=AuditAct.ENDING_LET, kind="chore", subject=what
        )


def _name_share(what: str) -> str:
    return f"ending:{what}"
