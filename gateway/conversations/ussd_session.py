"""Classify a USSD post against the saved session, begin or resume a session, and apologise when that fails.

An apology is the menu's ``down`` message with numbers that help. It must not fail itself, so a broken menu, zone or
setting falls back to plain English.
"""

import json
import logging
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import Enum
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gateway.domain.contact_safety import VALID_FOR, PhoneSeen, SafeContact
from gateway.domain.events import Inbound, Piece, PieceKind, Reply
from gateway.foundation.phone_numbers import find_region, to_e164
from gateway.foundation.services import Services
from gateway.foundation.time_and_chance import new_id
from gateway.menus.engine import session as sessions
from gateway.menus.engine.engine import resume_session
from gateway.menus.engine.model import Menu
from gateway.menus.engine.session import Known, Session, UnreadableSession
from gateway.menus.engine.text_breaks import PLACEHOLDER
from gateway.menus.engine.visibility import find_message
from gateway.menus.engine.wording import fill_facts
from gateway.storage import callers
from gateway.storage.database import Unavailable
from gateway.storage.live_menus import find_served
from gateway.storage.sessions import Stored

REPEATED_WITHIN = 30
"""Seconds within which a provider repeats a post; a first post after that is a new dial under a session id that came
again. Operators count sessions in a byte or two, or take the number itself for an id."""


class PostKind(Enum):
    """How a post relates to the saved session."""

    REPEAT = "repeat"
    NEXT = "next"
    FIRST = "first"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSession:
    """What is stored of a USSD session between two posts.

    Attributes:
        version: menu version of the session.
        inputs: all inputs so far, joined by ``*`` as an accumulating provider sends them; for others joined here.
        turn: the provider's id of the last post; empty where it has none.
        begun: when the session began, in Unix seconds; 0 where an earlier release did not write it.
        at: when the page was made, in the same way.
        serial: tells this session from an earlier one under the same provider's id; empty for the first.
        session: state in the menu.
        reply: the last page as sent, so that a repeat gets the same; without ``facts`` and ``alone``.
        place: session and page as they are stored, where that is known already; see ``dump_place``.
    """

    version: str
    inputs: str
    turn: str = ""
    begun: int = 0
    at: int = 0
    serial: str = ""
    session: Session
    reply: Reply
    place: str = field(default="", compare=False, repr=False)

    def dump(self) -> str:
        """Return it as JSON with the same keys as its fields; ``session`` is JSON text, pieces are lists."""
        return self.as_stored().dump()

    def as_stored(self) -> "StoredPlace":
        """Return it as it is stored, with session and page as text."""
        place = self.place or self.dump_place()
        return StoredPlace(self.version, self.inputs, self.turn, self.begun, self.at, self.serial, place)

    def dump_place(self) -> str:
        """Return the end of ``dump``: session and page, without how they were reached."""
        reply = self.reply
        place = {
            "session": sessions.dump_session(self.session),
            "reply": {
                "pieces": [[piece.kind, piece.text, piece.key] for piece in reply.pieces],
                "ends": reply.ends,
                "screen": reply.screen,
                "page": reply.page,
                "pages": reply.pages,
                "language": reply.language,
            },
        }
        return json.dumps(place, ensure_ascii=False)[len(_PLACE_BEGINS) :]

    def without_way(self) -> "SavedSession":
        """Return the same place and page, as anybody may reach them."""
        bare = SavedSession(version=self.version, inputs="", session=self.session, reply=self.reply)
        return replace(bare, place=self.dump_place())


_quote = json.encoder.encode_basestring  # as ``json.dumps`` writes a text without ``ensure_ascii``
_read_json = json.JSONDecoder().raw_decode
_PLACE_BEGINS = '{"session": "'
_JOINT = f", {_PLACE_BEGINS[1:]}"
"""Stands between the way and the place; no input or id can hold it, for JSON escapes quotes (RFC 8259, section 7)."""


class StoredPlace(NamedTuple):
    """A stored session whose place is not read yet; the fields are those of ``SavedSession``, in the same order."""

    version: str
    inputs: str
    turn: str
    begun: int
    at: int
    serial: str
    place: str

    def find_new_input(self, post: Inbound, *, accumulates: bool) -> str | None:
        """Return the input of a post that adds exactly one; None for a repeat, several, or a first post."""
        if post.first:
            return None
        if not accumulates:
            return post.text if not post.turn or post.turn != self.turn else None
        begins = f"{self.inputs}*" if self.inputs else ""
        added = post.text.removeprefix(begins)
        return added if post.text == f"{begins}{added}" and added and "*" not in added else None

    def go_on(self, place: str, post: Inbound, typed: str, *, now: int) -> "StoredPlace":
        """Return this session one input further, at the place to which that leads."""
        inputs = f"{self.inputs}*{typed}" if self.inputs else typed
        return StoredPlace(self.version, inputs, post.turn, self.begun or now, now, self.serial, place)

    def dump(self) -> str:
        """Return it as ``SavedSession.dump`` does."""
        # By hand, since this is what a remembered hop writes: the encoder of the library costs as much as its trip.
        return (
            f'{{"version": {_quote(self.version)}, "inputs": {_quote(self.inputs)}, "turn": {_quote(self.turn)}, '
            f'"begun": {self.begun}, "at": {self.at}, "serial": {_quote(self.serial)}{_JOINT}{self.place}'
        )


def split_saved(stored: Stored) -> StoredPlace | None:
    """Take a stored session apart without reading its place; None where another release wrote another format."""
    head, joint, place = stored.state.partition(_JOINT)
    try:
        return StoredPlace(**_read_json(f"{head}}}")[0], place=place) if joint else None
    except (ValueError, TypeError):
        return None


def read_saved(stored: Stored | None) -> SavedSession | None:
    """Read a stored session; None where there is none, or another release wrote another format."""
    if stored is None:
        return None
    try:
        value = json.loads(stored.state)
        session = sessions.load_session(value.pop("session"))
        if "text" in value:
            return _read_plain_reply(session=session, **value)
        return SavedSession(session=session, reply=_read_reply(**value.pop("reply")), **value)
    except (ValueError, KeyError, TypeError, AttributeError, UnreadableSession):
        return None


def _read_reply(pieces: list[list[str]], **more: Any) -> Reply:
    return Reply(pieces=tuple(Piece(PieceKind(kind), text, key) for kind, text, key in pieces), **more)


def _read_plain_reply(
    *, version: str, text: str, session: Session, reply: str, screen: str, ends: bool
) -> SavedSession:
    """Read what earlier releases wrote: the reply as text, inputs or turn id in one field.

    That field is read as both: each kind of channel looks at its own only.
    """
    page = Reply(pieces=(Piece(PieceKind.TEXT, reply),), ends=ends, screen=screen)
    return SavedSession(version=version, inputs=text, turn=text, session=session, reply=page)


@dataclass(frozen=True, slots=True)
class Post:
    """One post, reduced to what its classification depends on.

    Attributes:
        mark: start of the session key, to recognise another session of the same number.
        text: input, or all inputs joined.
        turn: the provider's id of the post; empty where it has none.
        first: the provider says that the session begins.
    """

    mark: str
    text: str
    turn: str
    first: bool


def place_post(
    post: Post, stored: Stored | None, held: SavedSession | None, *, accumulates: bool, now: int = 0
) -> PostKind:
    """Classify a post against the stored session at this Unix second; pure.

    A post of the stored session that adds no input is a late repeat, also where its text is shorter than the stored
    one. Where inputs come one by one without an id, a repeat cannot be told from the same key pressed again: each is
    new, until the session has ended and no input can follow.
    """
    if stored is None or held is None or stored.mark != post.mark:
        return PostKind.FIRST if post.first else PostKind.LOST
    if post.first and not _is_repeated_dial(post, held, accumulates=accumulates, now=now):
        return PostKind.FIRST
    if accumulates:
        new = has_new_inputs(post.text, held.inputs)
    elif post.turn:
        new = post.turn != held.turn
    else:
        new = not (post.first or (held.reply.ends and f"*{held.inputs}".endswith(f"*{post.text}")))
    if not new:
        return PostKind.REPEAT
    return PostKind.LOST if held.reply.ends else PostKind.NEXT


def _is_repeated_dial(post: Post, held: SavedSession, *, accumulates: bool, now: int) -> bool:
    """Say whether a first post is the stored session's own, come twice, and not a new dial under its id."""
    if held.at and now - held.at > REPEATED_WITHIN:
        return False
    if post.turn:
        return post.turn == held.turn
    return post.text == held.inputs or (accumulates and not held.reply.ends)


def has_new_inputs(text: str, known: str) -> bool:
    """Say whether ``text`` has inputs beyond ``known``."""
    return text.startswith(f"{known}*") if known else bool(text)


def split_inputs(text: str, known: str) -> list[tuple[str, str]]:
    """Return each new input with the joined text up to and including it, oldest first."""
    rest = text.removeprefix(f"{known}*") if known else text
    found: list[tuple[str, str]] = []
    so_far = known
    for nth, item in enumerate(rest.split("*")):
        so_far = f"{so_far}*{item}" if known or nth else item  # the first input may be empty
        found.append((item, so_far))
    return found


# Resuming after a break.


def ask_resume(
    parts: Services, held: SavedSession | None, menu: Menu, version: str, number: str, *, trial: bool
) -> Session | None:
    """Return the session on the screen that offers to resume, or None to begin anew.

    Only a session of the live version, less than 30 minutes old, and only where the caller said that nobody else sees
    this phone: the offer itself reveals that somebody dialled before.
    """
    if held is None or held.reply.ends or held.version != version:
        return None
    session = resume_session(menu, held.session)
    if session is None:
        return None
    now = parts.clock.now()
    try:
        with parts.store.read() as tx:
            caller = callers.find_caller(tx, number, trial=trial)
            hours = parts.duty.find_hours(tx, parts.line.hours, parts.line.zone, now)
    except Unavailable:
        return None
    if caller is None or caller.contact is None or not _is_alone(caller.contact, now):
        return None
    offers, opens = parts.duty.list_promises(menu.windows, hours, parts.line.zone, now)
    return session.with_promises(Known(offers=offers, opens=opens))


def _is_alone(contact: SafeContact, now: datetime) -> bool:
    return contact.phone_seen is PhoneSeen.NO and now - contact.said_at < VALID_FOR


_log = logging.getLogger(__name__)
_LAST = "Sorry, try again later."
"""Names no number: without a menu the caller's country is unknown, and a foreign number could cost the last credit."""


def find_apology(
    menu: Menu | None, language: str, values: Mapping[str, str], day: date, *, region: str = ""
) -> str:
    """Return the apology with the numbers of the caller's country on this day, in the language known so far.

    Where the menu, or a fact that its text names, is missing, a plain English sentence is returned.
    """
    try:
        return (
            _fill_apology(menu, language, values, day, region)
            if menu is not None
            else _find_last_words(values)
        )
    except Exception:  # noqa: BLE001 - whatever is wrong with the menu, a reply is owed
        return _find_last_words(values)


def find_day(now: datetime, zone: str) -> date:
    """Return the current day in the zone; in UTC where the zone is unknown."""
    try:
        return now.astimezone(ZoneInfo(zone)).date()
    except (ZoneInfoNotFoundError, ValueError, OSError):  # an unknown or empty name, or that of a folder
        return now.date()


def _fill_apology(menu: Menu, language: str, values: Mapping[str, str], day: date, region: str) -> str:
    caller = Session(screen=menu.start, language=language, script=language, region=region)
    down = find_message(menu, "down", caller)
    known = {**fill_facts(menu, day, language), **values}
    text = menu.text(down, language) or menu.text(down, "en")
    return PLACEHOLDER.sub(lambda found: known[found.group(1)], text) or _find_last_words(values)


def _find_last_words(values: Mapping[str, str]) -> str:
    """Return the plain sentence, with the helpline's number where the settings have one."""
    number = values.get("helpline", "")
    return f"{_LAST} {number}" if number else _LAST


def log_fault(error: BaseException, event: str, what: str) -> None:
    """Log where an internal error occurred: kind and the last six frames, under an event id.

    The exception's message is left out, because it may quote the caller (OWASP Logging Cheat Sheet, data to exclude).
    """
    frames = traceback.extract_tb(error.__traceback__)
    where = " < ".join(
        f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in reversed(frames[-6:])
    )
    _log.error("%s failed event=%s kind=%s at=%s", what, event, type(error).__name__, where)


# The apology for a turn, in the language that the caller reads.


def make_apology(parts: Services, inbound: Inbound, error: BaseException, what: str) -> str:
    """Log and count a fault, and return the words for the caller; never raises."""
    now = parts.clock.now()
    event = new_id(now)
    log_fault(error, event, "turn")
    parts.count.add(what, channel=inbound.channel)
    menu: Menu | None = None
    language, region = "en", ""
    try:
        region = find_region(to_e164(inbound.number, parts.line.regions) or inbound.number)
        _, menu = find_served(parts, inbound.channel)
        saved = read_saved(parts.sessions.ask().load(inbound.channel, inbound.number))
        language = saved.session.script if saved and saved.session.script else language
        language = language if language in menu.languages else next(iter(menu.languages), language)
    except Exception as apology_error:  # noqa: BLE001 - the apology itself must not fail
        log_fault(apology_error, event, "apology")
    return find_last_words(parts, menu, language, region)


def find_last_words(parts: Services, menu: Menu | None, language: str, region: str) -> str:
    """Return the apology with a number that helps, as this day words it."""
    day = find_day(parts.clock.now(), parts.line.zone)
    return find_apology(menu, language, parts.line.for_engine().values, day, region=region)
