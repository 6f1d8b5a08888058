"""How a session begins: with what is known of the caller at that moment, read once and kept until it ends."""

from dataclasses import replace
from datetime import datetime

from gateway.callbacks.windows import Hours, find_opening, offered
from gateway.duty import find_hours
from gateway.engine.menu import Menu
from gateway.engine.session import Known
from gateway.numbers import region_of
from gateway.parts import Parts
from gateway.store import callers
from gateway.store.engines import Unavailable


def known(parts: Parts, menu: Menu, number: str, *, now: datetime, trial: bool, lost: bool = False) -> Known:
    """Return what is known of this number; while SQL cannot be asked, only what the number itself says."""
    try:
        with parts.store.read() as tx:
            caller = callers.find(tx, number, trial=trial)
            hours = find_hours(tx, parts.line.hours, parts.line.zone, now)
    except Unavailable:
        caller, hours = None, parts.duty.read_hours(parts.line.hours, parts.line.zone, now)
    known_caller = Known(
        language=caller.language if caller else "",
        script=caller.script if caller else "",
        region=region_of(number),
        lost=lost,
    )
    return with_promises(known_caller, menu, hours, parts.line.zone, now)


def with_promises(known: Known, menu: Menu, hours: Hours, zone: str, now: datetime) -> Known:
    """Return what is known with what can be promised by the hours of duty: windows, and when somebody is there next."""
    opens = find_opening(hours, zone, now)
    offers = offered(menu.windows.values(), hours, zone, now)
    return replace(known, offers=offers, opens=opens.isoformat() if opens else "")
