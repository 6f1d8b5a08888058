"""The words for when something of ours failed; they are made so that they cannot fail too."""

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
"""Without a menu nobody here knows which country she is in, and a number of another one may cost her the minute."""


def find_apology(
    menu: Menu | None, language: str, values: Mapping[str, str], day: date, *, region: str = ""
) -> str:
    """Return the apology with the numbers of her country on this day, in the language known so far.

    Where the menu, or anything that its words name, is not there, the words are plain English.
    """
    try:
        return (
            _fill_apology(menu, language, values, day, region)
            if menu is not None
            else _find_last_words(values)
        )
    except Exception:  # noqa: BLE001 - a menu that is broken in whatever way still leaves these words
        return _find_last_words(values)


def day_of(now: datetime, zone: str) -> date:
    """Return the day that has begun for callers; where nobody knows their zone, the day of UTC."""
    try:
        return now.astimezone(ZoneInfo(zone)).date()
    except (ZoneInfoNotFoundError, ValueError, OSError):  # no such name, no name at all, or that of a folder
        return now.date()


def _fill_apology(menu: Menu, language: str, values: Mapping[str, str], day: date, region: str) -> str:
    caller = Session(screen=menu.start, language=language, script=language, region=region)
    down = find_message(menu, "down", caller)
    known = {**fill_facts(menu, day, language), **values}
    text = menu.text(down, language) or menu.text(down, "en")
    return PLACEHOLDER.sub(lambda found: known[found.group(1)], text) or _find_last_words(values)


def _find_last_words(values: Mapping[str, str]) -> str:
    """Return the plain words, with the number of the helpline where the settings have one."""
    number = values.get("helpline", "")
    return f"{_LAST} {number}" if number else _LAST


def log_fault(error: BaseException, event: str, what: str) -> None:
    """Write one line that says where our fault is; the exception's words are left out, they may quote her."""
    frames = traceback.extract_tb(error.__traceback__)
    where = " < ".join(
        f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in reversed(frames[-6:])
    )
    _log.error("%s failed event=%s kind=%s at=%s", what, event, type(error).__name__, where)
