"""What stands beside the call on the page of a callback: earlier contacts, the figures form, where else help is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.callbacks.model import State
from gateway.desk import aftercare, referral, search, tally
from gateway.desk.lists import list_words, read_text
from gateway.desk.windows import windows_of
from gateway.web.guard import actor
from gateway.web.languages import language as page_language

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gateway.desk.line import Row, Shown
    from gateway.engine.menu import Menu
    from gateway.parts import Parts

_LONGEST_TITLE = 40
OVER = frozenset({State.GIVEN_UP, State.CLOSED, State.CANCELLED, State.EXPIRED})


def beside(parts: Parts, shown: Shown) -> dict[str, object]:
    """Return what the page shows beside the call; of somebody else's callback it is nothing."""
    row = shown.row
    if shown.only_row:
        return {"ticked": None, "earlier": (), "book": (), "way": (), "policy": ""}
    own = row.mine and row.state not in OVER
    return {
        "ticked": tally.form(parts, actor(), row.id) if own else None,
        "earlier": search.earlier(parts, actor(), row.id),
        "book": referral.book(parts, actor(), language=row.language, topic=row.topic) if own else (),
        "way": name_way(parts, row, page_language()),
        "fields": list_words(parts),
        "several": tally.SEVERAL,
        "visible": tally.VISIBLE,
        "numbers": tuple(tally.NUMBERS),
        "windows": windows_of(parts, row.channel),
        "policy": aftercare.policy(parts) if row.minor else "",
    }


def name_way(parts: Parts, row: Row, language: str) -> tuple[str, ...]:
    """Return what each screen of her way is called: the line that she chose to come there, in the reader's language.

    The screen that ``00`` leads to is called by that key, one that she reached without a line (by a text) by its
    heading. Where a screen has two lines that lead to the next, both are told: which one she chose is not on record.
    """
    menu = parts.versions.get(row.version) if row.version else None
    steps = zip(("", *row.path), row.path, strict=False)
    return tuple(_name_step(menu, before, step, language) or step.replace("_", " ") for before, step in steps)


def _name_step(menu: Menu | None, before: str, step: str, language: str) -> str:
    if menu is None or step not in menu.screens:
        return ""
    chosen = _lines_between(menu, (before,), step, language)
    if chosen:
        return " / ".join(chosen)
    if step == menu.home:
        return read_text(menu, menu.messages.get("home", {}), language)
    heading = _find_heading(read_text(menu, menu.screens[step].text, language))
    anywhere = _lines_between(menu, menu.screens, step, language)
    return heading or (anywhere[0] if len(anywhere) == 1 else "")


def _lines_between(menu: Menu, screens: Iterable[str], step: str, language: str) -> tuple[str, ...]:
    found = (
        read_text(menu, choice.label, language).strip()
        for screen in screens
        if screen in menu.screens
        for choice in menu.screens[screen].choices
        if choice.to == step and not choice.language
    )
    return tuple(dict.fromkeys(label for label in found if label and "{" not in label))


def _find_heading(text: str) -> str:
    first = text.strip().partition("\n")[0]
    return first if len(first) <= _LONGEST_TITLE and "{" not in first else ""
