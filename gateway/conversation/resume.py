"""Dialled again after a session that broke off: she is asked whether she goes on, where that betrays nothing."""

from datetime import datetime

from gateway.conversation.begin import with_promises
from gateway.conversation.place import Held
from gateway.duty import find_hours
from gateway.engine.menu import Menu
from gateway.engine.resume import resumed
from gateway.engine.session import Known, Session
from gateway.parts import Parts
from gateway.safe_contact import VALID_FOR, PhoneSeen, SafeContact
from gateway.store import callers
from gateway.store.engines import Unavailable


def asked(
    parts: Parts, held: Held | None, menu: Menu, version: str, number: str, *, trial: bool
) -> Session | None:
    """Return the session on the screen that asks, or None where she just begins.

    A session that is held is younger than half an hour. Only where she said that nobody else sees this phone, for
    whoever holds it reads from the question that somebody dialled before.
    """
    if held is None or held.ends or held.version != version:
        return None
    session = resumed(menu, held.session)
    if session is None:
        return None
    now = parts.clock.now()
    try:
        with parts.store.read() as tx:
            caller = callers.find(tx, number, trial=trial)
            hours = find_hours(tx, parts.line.hours, parts.line.zone, now)
    except Unavailable:
        return None
    if caller is None or caller.contact is None or not _alone(caller.contact, now):
        return None
    return session.with_promises(with_promises(Known(), menu, hours, parts.line.zone, now))


def _alone(contact: SafeContact, now: datetime) -> bool:
    return contact.phone_seen is PhoneSeen.NO and now - contact.said_at < VALID_FOR
