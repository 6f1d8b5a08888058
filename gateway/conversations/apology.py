"""Build the reply for an internal error: the menu's ``down`` message with numbers that help, or a plain sentence.

It must not fail itself, so a broken menu, zone or setting falls back to plain English.
"""

import logging
import traceback
from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gateway.menus.engine.model import Menu
from gateway.menus.engine.session import Session
from gateway.menus.engine.text_breaks import PLACEHOLDER
from gateway.menus.engine.visibility import find_message
from gateway.menus.engine.wording import fill_facts

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
