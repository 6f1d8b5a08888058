"""Serves the page of one callback, and handles what goes with its call.

The page tells the caller's answers, whether she may be called now, the call and its outcome. Beside it are the
statistics form, a texted referral, a follow-up call, and the mark for under 18.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request

from gateway.domain.callbacks.outcomes import Outcome
from gateway.foundation.time_and_chance import new_id
from gateway.helpdesk.errors import NotSafe, Rejected, Why
from gateway.helpdesk.queue import shift_summary
from gateway.helpdesk.queue.callback_page import build_call_panel, build_callback_page
from gateway.helpdesk.queue.outcome import DECISIONS, REASONS
from gateway.helpdesk.requests import case_record, referrals
from gateway.helpdesk.staff.centre_lists import FIELDS, name_answers
from gateway.web.console.call_sheet import LONGEST, describe_finished, gather_beside, read_window, save_sheet
from gateway.web.console.queue import UNCHANGED, find_tab, find_view, gather_tab, set_bar
from gateway.web.shared.auth import end_reading, get_actor, reads_once
from gateway.web.shared.forms import flash_undoable, read_field
from gateway.web.shared.i18n import _
from gateway.web.shared.labels import find_word
from gateway.web.shared.languages import get_language

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from werkzeug.wrappers import Response

    from gateway.foundation.services import Services
    from gateway.helpdesk.queue.callback_page import CallPanel


FIRST_OUTCOMES = (
    Outcome.REACHED,
    Outcome.NO_ANSWER,
    Outcome.BUSY,
    Outcome.SWITCHED_OFF,
    Outcome.SOMEONE_ELSE,
    Outcome.CUT_OFF,
)
OTHER_OUTCOMES = (
    Outcome.VOICEMAIL,
    Outcome.WRONG_NUMBER,
    Outcome.NOT_SAFE,
    Outcome.SILENT,
    Outcome.PRANK,
)


def add_to(pages: Blueprint, parts: Services) -> None:
    """Register the page of a callback and its polled fragment."""

    @pages.get("/callbacks/<callback_id>")
    @reads_once
    def callback(callback_id: str) -> str:
        return render_callback(parts, callback_id)

    @pages.get("/callbacks/<callback_id>/look")
    @reads_once
    def look_at(callback_id: str) -> tuple[str, int, dict[str, str]]:
        panel, must_note_look = build_call_panel(parts, get_actor(), callback_id)
        end_reading()
        if must_note_look:
            shift_summary.note_reader(parts, get_actor(), callback_id)
        mark = _make_mark(panel, parts.clock.now())
        if request.headers.get("If-None-Match") == mark:
            return "", UNCHANGED, {"ETag": mark}
        return render_template("console/_call.html", **_gather_panel(parts, panel)), 200, {"ETag": mark}


def render_callback(
    parts: Services,
    callback_id: str,
    *,
    fault: str = "",
    typed: str = "",
    unsent: tuple[str, ...] = (),
    faulty: str = "",
) -> str:
    """Return the page of a callback, with a fault if an action failed.

    ``typed`` is put back into the note's field; without that field, ``unsent`` is shown for copying.
    ``faulty`` is the field of the sheet beside which the fault stands.
    """
    page = build_callback_page(parts, get_actor(), callback_id, find_tab(), find_view())
    end_reading()
    if page.must_note_look:
        shift_summary.note_reader(parts, get_actor(), callback_id)
    set_bar(page.bar)
    panel = page.panel
    own = {
        "fault": "" if faulty else fault,
        "faulty": faulty,
        "fault_words": fault,
        "typed": typed,
        "words": () if typed and panel.can.note and not panel.shown.only_row else unsent,
        "missing": False,
        "note_form": new_id(parts.clock.now()),
        "call_mark": _make_mark(panel, parts.clock.now()),
        "page": page,
    }
    beside = gather_tab(page.queue, callback_id) | gather_beside(parts, page)
    return render_template("console/callback.html", **{**beside, **_gather_panel(parts, panel), **own})


def _gather_panel(parts: Services, panel: CallPanel) -> dict[str, object]:
    """Return the template values of the part that changes while the page is open."""
    row = panel.row
    return {
        "panel": panel,
        "row": row,
        "shown": panel.shown,
        "first_outcomes": FIRST_OUTCOMES,
        "further": name_answers(parts, row.version, panel.shown.answers, get_language()),
        "reasons": REASONS,
        "decisions": list(DECISIONS),
        "now": parts.clock.now(),
    }


def _make_mark(panel: CallPanel, now: datetime) -> str:
    # What would follow is told by the minute, which is part of the mark.
    seen = (replace(panel, outcomes=()), get_language(), int(now.timestamp()) // 60)
    return f'"{hashlib.sha256(repr(seen).encode()).hexdigest()[:24]}"'


CONFLICT, BAD, SEE_OTHER = 409, 422, 303


def add_follow_up(pages: Blueprint, parts: Services) -> None:
    """Register these forms."""
    _add_figures(pages, parts)
    _add_after(pages, parts)
    _add_sheet(pages, parts)


def _add_figures(pages: Blueprint, parts: Services) -> None:
    @pages.post("/callbacks/<callback_id>/figures")
    def figures(callback_id: str) -> Response | tuple[str, int]:
        return _answer_work(parts, callback_id, "#figures", lambda: _save_form(parts, callback_id))

    @pages.post("/callbacks/<callback_id>/send-number")
    def send_number(callback_id: str) -> Response | tuple[str, int]:
        return _answer_work(
            parts,
            callback_id,
            "#referrals",
            lambda: _send_referral(parts, callback_id),
        )


def _add_after(pages: Blueprint, parts: Services) -> None:
    @pages.post("/callbacks/<callback_id>/minor")
    def minor(callback_id: str) -> Response | tuple[str, int]:
        return _answer_work(parts, callback_id, "#minor", lambda: _mark_follow_up(parts, callback_id))

    @pages.post("/callbacks/<callback_id>/follow-up")
    def follow_up(callback_id: str) -> Response | tuple[str, int]:
        try:
            made = referrals.follow_up(
                parts, get_actor(), callback_id, on=_read_day(), when=read_window(parts)
            )
        except Rejected as declined:
            return render_callback(parts, callback_id, fault=_describe_fault(declined)), BAD
        except NotSafe:
            when = _("There is no safe time from that day on while her answers hold. Choose an earlier day.")
            return render_callback(parts, callback_id, fault=when), CONFLICT
        flash(_("The next call is planned. This one is closed."))
        return redirect(f"/callbacks/{made}", SEE_OTHER)


def _add_sheet(pages: Blueprint, parts: Services) -> None:
    @pages.post("/callbacks/<callback_id>/sheet")
    def sheet(callback_id: str) -> Response | tuple[str, int]:
        def show_again(fault: str, field: str) -> str:
            return render_callback(
                parts, callback_id, fault=fault, typed=read_field("text", LONGEST), faulty=field
            )

        done = save_sheet(parts, get_actor(), callback_id, show_again)
        if isinstance(done, str):
            return done, BAD
        flash_undoable(describe_finished(done), f"/callbacks/{callback_id}/undo", done.undo, done.undo)
        return redirect("/", SEE_OTHER)


def _save_form(parts: Services, callback_id: str) -> str:
    ticked = {name: request.form.getlist(name) for name in FIELDS if name in request.form}
    amounts = {name: read_field(name) for name in case_record.NUMBERS if name in request.form}
    case_record.save_form(parts, get_actor(), callback_id, {**ticked, **amounts})
    return _("Saved. It becomes counts when this is closed; nothing in it leads back to her.")


def _send_referral(parts: Services, callback_id: str) -> str:
    row = referrals.send_entry(parts, get_actor(), callback_id, read_field("referral"))
    if row is None:
        flash(_("This number was sent to her before."), "info")
        return ""
    return _("The number is on its way to her.")


def _mark_follow_up(parts: Services, callback_id: str) -> str:
    on = read_field("on") == "yes"
    referrals.mark_minor(parts, get_actor(), callback_id, on=on)
    return _("Marked: she may be under 18.") if on else _("The mark is taken away.")


def _answer_work(
    parts: Services, callback_id: str, place: str, work: Callable[[], str]
) -> Response | tuple[str, int]:
    try:
        if words := work():
            flash(words)
    except Rejected as declined:
        return render_callback(parts, callback_id, fault=_describe_fault(declined)), BAD
    except NotSafe:
        return render_callback(
            parts, callback_id, fault=_("She did not say that texts are safe. Nothing was sent.")
        ), CONFLICT
    return redirect(f"/callbacks/{callback_id}{place}", SEE_OTHER)


def _read_day() -> date:
    try:
        return date.fromisoformat(read_field("on"))
    except ValueError:
        raise Rejected(Why.DAYS) from None


def _describe_fault(declined: Rejected) -> str:
    return _("Choose a day.") if declined.why is Why.DAYS else find_word(declined.why)
