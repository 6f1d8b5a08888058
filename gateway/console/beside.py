"""What stands beside the call on the page of a callback: earlier contacts, the figures form, where else help is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.callbacks.model import State
from gateway.desk import aftercare, referral, search, tally
from gateway.desk.lists import list_words
from gateway.desk.windows import windows_of
from gateway.web.guard import actor

if TYPE_CHECKING:
    from gateway.desk.line import Row, Shown
    from gateway.parts import Parts

_LONGEST_TITLE = 40
OVER = frozenset({State.GIVEN_UP, State.CLOSED, State.CANCELLED, State.EXPIRED})


def beside(parts: Parts, shown: Shown) -> dict[str, object]:
    """Return what the page shows beside the call; of somebody else's callback it is nothing."""
    row = shown.row
    if shown.only_row:
        return {"ticked": None, "earlier": (), "book": (), "titles": {}, "policy": ""}
    own = row.mine and row.state not in OVER
    return {
        "ticked": tally.form(parts, actor(), row.id) if own else None,
        "earlier": search.earlier(parts, actor(), row.id),
        "book": referral.book(parts, actor(), language=row.language, topic=row.topic) if own else (),
        "titles": titles(parts, row),
        "fields": list_words(parts),
        "several": tally.SEVERAL,
        "visible": tally.VISIBLE,
        "numbers": tuple(tally.NUMBERS),
        "windows": windows_of(parts, row.channel),
        "policy": aftercare.policy(parts) if row.minor else "",
    }


def titles(parts: Parts, row: Row) -> dict[str, str]:
    """Return what the screens of her way are called in English: the line that leads there, or their heading."""
    menu = parts.versions.get(row.version) if row.version else None
    if menu is None:
        return {}
    labels = {
        choice.to: choice.label.get("en", "")
        for screen in menu.screens.values()
        for choice in screen.choices
        if choice.label
    }
    known = [one for one in row.path if one in menu.screens]
    called = {one: labels.get(one) or _heading(menu.screens[one].text.get("en", "")) for one in known}
    return {one: title for one, title in called.items() if title and "{" not in title}


def _heading(text: str) -> str:
    first = text.strip().partition("\n")[0]
    return first if len(first) <= _LONGEST_TITLE else ""
