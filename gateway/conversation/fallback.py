"""The words for when something of ours failed; they are made so that they cannot fail too."""

import logging
import traceback
from collections.abc import Mapping

from gateway.engine.menu import Menu

_log = logging.getLogger(__name__)
_LAST = "Sorry, try again later. Emergency in Thailand: 191, 1669. In Laos: 1191."


def words(menu: Menu | None, language: str, values: Mapping[str, str]) -> str:
    """Return the apology with the numbers, in the language known so far; plain English where there is no menu."""
    if menu is None:
        return _LAST
    text = (
        menu.text(menu.messages.get("down", {}), language)
        or menu.text(menu.messages.get("down", {}), "en")
        or _LAST
    )
    for name, fact in menu.facts.items():
        text = text.replace("{" + name + "}", fact.values[-1].value)
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text


def log_fault(error: BaseException, event: str, what: str) -> None:
    """Write one line that says where our fault is; the exception's words are left out, they may quote her."""
    frames = traceback.extract_tb(error.__traceback__)
    where = " < ".join(
        f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in reversed(frames[-6:])
    )
    _log.error("%s failed event=%s kind=%s at=%s", what, event, type(error).__name__, where)
