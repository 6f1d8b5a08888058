"""Reads the sheet after a call: one form that is saved, kept while it is unsaved, and refused beside the field."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING

from flask import request

from gateway.domain.callbacks.states import IllegalMove
from gateway.domain.permissions import NotPermitted
from gateway.helpdesk.errors import ClaimedByOther, NotSafe, Rejected, Why
from gateway.helpdesk.queue.call_sheet import UNSAVED, CallSheet, finish_call, keep_sheet
from gateway.helpdesk.queue.outcome import REASONS, BadWords
from gateway.helpdesk.requests import case_record
from gateway.helpdesk.requests.planning import list_windows
from gateway.helpdesk.staff.centre_lists import FIELDS, list_words
from gateway.web.shared.forms import read_field
from gateway.web.shared.i18n import _
from gateway.web.shared.labels import find_word

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from gateway.domain.contact_safety import When
    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.helpdesk.queue.call_sheet import Finished
    from gateway.helpdesk.queue.callback_page import CallbackPage

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
