"""Reads the sheet after a call, and builds the side panel of a callback.

The sheet is one form that is saved, kept while it is unsaved, and refused beside the field. The panel shows earlier
contacts, the statistics form and referrals; draft notes are saved from it.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, request

from gateway.domain.callbacks.states import IllegalMove
from gateway.domain.permissions import NotPermitted
from gateway.helpdesk.errors import ClaimedByOther, NoSuchCallback, NotSafe, Rejected, Why
from gateway.helpdesk.queue import call_sheet
from gateway.helpdesk.queue.call_sheet import UNSAVED, CallSheet, finish_call, keep_sheet
from gateway.helpdesk.queue.outcome import REASONS, BadWords
from gateway.helpdesk.requests import case_record
from gateway.helpdesk.requests.planning import list_windows
from gateway.helpdesk.staff.centre_lists import FIELDS, list_words, read_text
from gateway.web.shared.auth import get_actor
from gateway.web.shared.forms import read_field
from gateway.web.shared.i18n import _
from gateway.web.shared.labels import find_word
from gateway.web.shared.languages import format_clock
from gateway.web.shared.languages import get_language as page_language

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from werkzeug.wrappers import Response

    from gateway.domain.contact_safety import When
    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.helpdesk.queue.call_sheet import Finished
    from gateway.helpdesk.queue.callback_page import CallbackPage
    from gateway.helpdesk.queue.queue import Row
    from gateway.menus.engine.model import Menu


LONGEST = 2_000


def save_sheet(
    parts: Services, actor: Actor, callback_id: str, show_again: Callable[[str, str], str]
) -> Finished | str:
    """Save the posted sheet; where a field is refused, keep it all and return the page of ``show_again``.

    ``show_again`` takes the fault in words and the name of the field beside which it stands.
    """
    try:
        return finish_call(parts, actor, callback_id, _read_sheet(parts))
    except (BadWords, Rejected, NotSafe) as refused:
        with suppress(BadWords, Rejected, ClaimedByOther, IllegalMove, NotPermitted):
            keep_posted(parts, actor, callback_id)
        return show_again(*_describe_fault(refused))


def keep_posted(parts: Services, actor: Actor, callback_id: str) -> datetime:
    """Keep the posted sheet as a draft; return when."""
    other = {
        "reason": read_field("reason"),
        "on": read_field("on"),
        "when": read_field("when"),
        "referral": request.form.getlist("referral"),
        "planned": read_field("planned"),
    }
    text = request.form.get("text", "")[:LONGEST].replace("\r\n", "\n")
    return keep_sheet(parts, actor, callback_id, note=text, ticks=_read_ticks(), other=other)


def describe_finished(done: Finished) -> str:
    """Return what was saved, in the page's words."""
    if done.follow_up_id:
        return _("Saved. The next call is planned; this one is closed.")
    return _("Saved and closed.")


def gather_sheet(parts: Services, page: CallbackPage) -> dict[str, object]:
    """Return the template values of the sheet's fields."""
    kept = (page.record or {}).get(UNSAVED) or {}
    return {
        "fields": list_words(parts),
        "several": case_record.SEVERAL,
        "visible": case_record.VISIBLE,
        "numbers": tuple(case_record.NUMBERS),
        "windows": list_windows(parts, page.panel.row.channel),
        "reasons": REASONS,
        "kept": {"reason": "", "on": "", "when": "", "referral": (), "planned": "", **kept},
    }


def _read_sheet(parts: Services) -> CallSheet:
    if read_field("reason") not in REASONS:
        raise BadWords("reason")
    return CallSheet(
        reason=read_field("reason"),
        note=request.form.get("text", "")[:LONGEST].replace("\r\n", "\n"),
        form=read_field("form"),
        ticks=_read_ticks(),
        next_on=_read_day(),
        next_when=read_window(parts),
        referrals=tuple(request.form.getlist("referral")),
        told=tuple(request.form.getlist("told")),
        keeps_plan=read_field("planned") == "keep",
    )


def _read_ticks() -> Mapping[str, object]:
    ticked = {name: request.form.getlist(name) for name in FIELDS if name in request.form}
    return {**ticked, **{name: read_field(name) for name in case_record.NUMBERS if name in request.form}}


def _read_day() -> date | None:
    try:
        return date.fromisoformat(read_field("on")) if read_field("on") else None
    except ValueError:
        raise Rejected(Why.DAYS) from None


def read_window(parts: Services) -> When | None:
    """Return the posted window; None keeps the earlier one.

    Raises:
        Rejected: the menu offers no such window.
    """
    if not read_field("when"):
        return None
    chosen = next((one for one in list_windows(parts) if one == read_field("when")), None)
    if chosen is None:
        raise Rejected(Why.FIELD)
    return chosen


def _describe_fault(refused: BadWords | Rejected | NotSafe) -> tuple[str, str]:
    """Return the fault in words, and the field beside which it stands."""
    match refused:
        case BadWords() if str(refused) == "reason":
            return _("Choose how it ended."), "reason"
        case BadWords():
            return _("Something is missing or too long. A note has 1 to 500 characters."), "text"
        case Rejected(why=Why.DAYS):
            return _("Choose a day."), "on"
        case Rejected(why=why):
            return find_word(why), "on" if read_field("on") else "figures"
        case _:
            return _(
                "There is no safe time from that day on while her answers hold. Choose an earlier day."
            ), "on"


_LONGEST_TITLE = 40


def gather_beside(parts: Services, page: CallbackPage) -> dict[str, object]:
    """Return the template values of the side panel that are words: of the form, the windows and the caller's way."""
    row = page.panel.row
    if page.panel.shown.only_row:
        return {"way": ()}
    return {"way": name_way(parts, row, page_language()), **gather_sheet(parts, page)}


def name_way(parts: Services, row: Row, language: str) -> tuple[str, ...]:
    """Return the name of each screen of the caller's path: the label of the choice that led there.

    A screen reached by ``00`` is named by that key, one reached by a text by its heading. If two choices of a
    screen lead to the next, both are named, as the choice itself is not recorded.
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


# Draft notes are saved while they are typed; without scripts by a button of the form.

SEE_OTHER, OK, CONFLICT, TOO_LONG = 303, 200, 409, 422
PLAIN = {"Content-Type": "text/plain; charset=utf-8"}


def add_drafts(pages: Blueprint, parts: Services) -> None:
    """Register the address that saves drafts."""

    @pages.post("/callbacks/<callback_id>/draft")
    def keep_draft(callback_id: str) -> Response | tuple[str, int, dict[str, str]]:
        is_script = request.headers.get("X-Draft") == "yes"
        try:
            at = _keep_posted(parts, callback_id)
        except (ClaimedByOther, NotPermitted, NoSuchCallback, BadWords, Rejected, IllegalMove) as refused:
            if is_script:
                return _answer_refused(refused)
            if not isinstance(refused, Rejected):
                raise
            flash(find_word(refused.why), "bad")
            return redirect(f"/callbacks/{callback_id}#sheet", SEE_OTHER)
        reason = _("Draft kept %(t)s", t=format_clock(at.astimezone(ZoneInfo(parts.line.zone))))
        if is_script:
            return reason, OK, PLAIN
        flash(reason)
        return redirect(f"/callbacks/{callback_id}#notes", SEE_OTHER)


def _keep_posted(parts: Services, callback_id: str) -> datetime:
    if read_field("sheet"):
        return keep_posted(parts, get_actor(), callback_id)
    return call_sheet.keep_draft(parts, get_actor(), callback_id, _read_typed(), form=read_field("form"))


def _answer_refused(error: Exception) -> tuple[str, int, dict[str, str]]:
    """Tell the page's script why the draft was not saved; the text stays in the page for copying."""
    match error:
        case ClaimedByOther(name=name):
            return (
                _("%(name)s has this one now. Your words are not kept: copy them.", name=name),
                CONFLICT,
                PLAIN,
            )
        case BadWords():
            return _("Something is missing or too long. A note has 1 to 500 characters."), TOO_LONG, PLAIN
        case Rejected(why=why):
            return find_word(why), TOO_LONG, PLAIN
        case _:
            return _("This one is not yours any more. Your words are not kept: copy them."), CONFLICT, PLAIN


def _read_typed() -> str:
    """Return the text unchanged, including trailing spaces, as the next word is still being typed."""
    return request.form.get("text", "")[:LONGEST].replace("\r\n", "\n")
