"""Handles what goes with a call: the statistics form, a texted referral, a follow-up call, the mark for under 18."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, request

from gateway.helpdesk.errors import NotSafe, Rejected, Why
from gateway.helpdesk.requests import case_record, referrals
from gateway.helpdesk.staff.centre_lists import FIELDS
from gateway.web.console.call_sheet import LONGEST, describe_finished, read_window, save_sheet
from gateway.web.console.callback import render_callback
from gateway.web.shared.auth import get_actor
from gateway.web.shared.forms import flash_undoable, read_field
from gateway.web.shared.i18n import _
from gateway.web.shared.labels import find_word

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.wrappers import Response

    from gateway.foundation.services import Services

CONFLICT, BAD, SEE_OTHER = 409, 422, 303


def add_to(pages: Blueprint, parts: Services) -> None:
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
