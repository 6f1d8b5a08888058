"""Finds where a caller stands when a post comes: a repeat, a next input, a first dial, or a place that was lost."""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from gateway.domain.callbacks.windows import Hours, find_opening, list_offered_windows
from gateway.domain.contact_safety import VALID_FOR, PhoneSeen, SafeContact
from gateway.foundation.phone_numbers import region_of
from gateway.foundation.services import Services
from gateway.menus.engine import session as sessions
from gateway.menus.engine.engine import resume_session
from gateway.menus.engine.model import Menu
from gateway.menus.engine.session import Known, Session, UnreadableSession
from gateway.storage import callers
from gateway.storage.database import Unavailable
from gateway.storage.duty import find_hours
from gateway.storage.sessions import Stored


class PostKind(Enum):
    """What a post is to the session that is stored."""

    REPEAT = "repeat"
    NEXT = "next"
    FIRST = "first"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSession:
    """What is kept of a USSD session between two hops.

    Attributes:
        version: the menu version that it stands on.
        text: all inputs so far, as the provider joined them.
        session: where she is.
        reply: the last page as it was sent, so that a repeat gets the same.
        screen: the screen of that page.
        ends: whether it ended the session.
    """

    version: str
    text: str
    session: Session
    reply: str
    screen: str
    ends: bool

    def dump(self) -> str:
        """Return it as JSON."""
        return json.dumps(
            {
                "version": self.version,
                "text": self.text,
                "session": sessions.dump_session(self.session),
                "reply": self.reply,
                "screen": self.screen,
                "ends": self.ends,
            },
            ensure_ascii=False,
        )


def read_saved(stored: Stored | None) -> SavedSession | None:
    """Read what is stored; None where nothing is, or where another release wrote it in another format."""
    if stored is None:
        return None
    try:
        value = json.loads(stored.state)
        return SavedSession(**{**value, "session": sessions.load_session(value["session"])})
    except (ValueError, KeyError, TypeError, UnreadableSession):
        return None


@dataclass(frozen=True, slots=True)
class Post:
    """One post, reduced to what its place depends on."""

    mark: str
    text: str
    turn: str
    first: bool


def place_post(
    post: Post, stored: Stored | None, held: SavedSession | None, *, accumulates: bool
) -> PostKind:
    """Say what this post is to the stored session; pure.

    A post of the stored session whose text does not extend what is known is a late repeat, also a shorter one.
    """
    if stored is None or held is None or stored.mark != post.mark:
        return PostKind.FIRST if post.first else PostKind.LOST
    new = has_new_inputs(post.text, held.text) if accumulates else not post.turn or post.turn != held.text
    if not new:
        return PostKind.REPEAT
    return PostKind.LOST if held.ends else PostKind.NEXT


def has_new_inputs(text: str, known: str) -> bool:
    """Say whether ``text`` has inputs beyond ``known``."""
    return text.startswith(f"{known}*") if known else bool(text)


def split_inputs(text: str, known: str) -> list[tuple[str, str]]:
    """Return each new input with the text up to and with it, oldest first."""
    rest = text.removeprefix(f"{known}*") if known else text
    found: list[tuple[str, str]] = []
    so_far = known
    for nth, item in enumerate(rest.split("*")):
        so_far = f"{so_far}*{item}" if known or nth else item  # she may have sent an empty first input
        found.append((item, so_far))
    return found


# How a session begins: with what is known of the caller at that moment, read once and kept until it ends.


def find_known(
    parts: Services, menu: Menu, number: str, *, now: datetime, trial: bool, lost: bool = False
) -> Known:
    """Return what is known of this number; while SQL cannot be asked, only what the number itself says."""
    try:
        with parts.store.read() as tx:
            caller = callers.find_caller(tx, number, trial=trial)
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
    offers = list_offered_windows(menu.windows.values(), hours, zone, now)
    return replace(known, offers=offers, opens=opens.isoformat() if opens else "")


# Dialled again after a session that broke off: she is asked whether she goes on, where that betrays
# nothing.


def ask_resume(
    parts: Services, held: SavedSession | None, menu: Menu, version: str, number: str, *, trial: bool
) -> Session | None:
    """Return the session on the screen that asks, or None where she just begins.

    A session that is held is younger than half an hour. Only where she said that nobody else sees this phone, for
    whoever holds it reads from the question that somebody dialled before.
    """
    if held is None or held.ends or held.version != version:
        return None
    session = resume_session(menu, held.session)
    if session is None:
        return None
    now = parts.clock.now()
    try:
        with parts.store.read() as tx:
            caller = callers.find_caller(tx, number, trial=trial)
            hours = find_hours(tx, parts.line.hours, parts.line.zone, now)
    except Unavailable:
        return None
    if caller is None or caller.contact is None or not _is_alone(caller.contact, now):
        return None
    return session.with_promises(with_promises(Known(), menu, hours, parts.line.zone, now))


def _is_alone(contact: SafeContact, now: datetime) -> bool:
    return contact.phone_seen is PhoneSeen.NO and now - contact.said_at < VALID_FOR
