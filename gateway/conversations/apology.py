"""Build the reply for an internal error: the menu's ``down`` message with numbers that help, or a plain sentence.

It must not fail itself, so a broken menu, zone or setting falls back to plain English.
"""

import logging
import traceback
from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gateway.conversations.ussd_session import read_saved
from gateway.domain.events import Inbound
from gateway.foundation.ids import new_id
from gateway.foundation.phone_numbers import find_region, to_e164
from gateway.foundation.services import Services
from gateway.menus.engine.model import Menu
from gateway.menus.engine.session import Session
from gateway.menus.engine.text_breaks import PLACEHOLDER
from gateway.menus.engine.visibility import find_message
from gateway.menus.engine.wording import fill_facts
from gateway.storage.live_menus import find_served

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
