"""What is done beside the call itself: the figures form, a number sent to her, the next call, the mark of a child."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, request

from gateway.console.callback import page
from gateway.desk import aftercare, referral, tally
from gateway.desk.declined import Declined, Why
from gateway.desk.lists import FIELDS
from gateway.desk.refusals import NotSafe
from gateway.desk.windows import windows_of
from gateway.web.forms import field
from gateway.web.guard import actor
from gateway.web.translate import _
from gateway.web.words import word

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.wrappers import Response

    from gateway.parts import Parts
    from gateway.safe_contact import When

CONFLICT, BAD, SEE_OTHER = 409, 422, 303


def add_to(pages: Blueprint, parts: Parts) -> None:
    """Add what can be done beside the call."""
    _add_figures(pages, parts)
    _add_after(pages, parts)


def _add_figures(pages: Blueprint, parts: Parts) -> None:
    @pages.post("/callbacks/<callback_id>/figures")
    def figures(callback_id: str) -> Response | tuple[str, int]:
        return _done(parts, callback_id, "#figures", lambda: _save(parts, callback_id))

    @pages.post("/callbacks/<callback_id>/send-number")
    def send_number(callback_id: str) -> Response | tuple[str, int]:
        return _done(
            parts,
            callback_id,
            "#referrals",
            lambda: _send(parts, callback_id),
        )


def _add_after(pages: Blueprint, parts: Parts) -> None:
    @pages.post("/callbacks/<callback_id>/minor")
    def minor(callback_id: str) -> Response | tuple[str, int]:
        return _done(parts, callback_id, "#minor", lambda: _mark(parts, callback_id))

    @pages.post("/callbacks/<callback_id>/follow-up")
    def follow_up(callback_id: str) -> Response | tuple[str, int]:
        try:
            made = aftercare.follow_up(parts, actor(), callback_id, on=_day(), when=_window(parts))
        except Declined as declined:
            return page(parts, callback_id, fault=_fault(declined)), BAD
        except NotSafe:
            said = _("There is no safe time from that day on while her answers hold. Choose an earlier day.")
            return page(parts, callback_id, fault=said), CONFLICT
        flash(_("The next call is planned. This one is closed."))
        return redirect(f"/callbacks/{made}", SEE_OTHER)


def _save(parts: Parts, callback_id: str) -> str:
    said = {name: request.form.getlist(name) for name in FIELDS if name in request.form}
    amounts = {name: field(name) for name in tally.NUMBERS if name in request.form}
    tally.save(parts, actor(), callback_id, {**said, **amounts})
    return _("Saved. It becomes counts when this is closed; nothing in it leads back to her.")


def _send(parts: Parts, callback_id: str) -> str:
    row = referral.send(parts, actor(), callback_id, field("referral"))
    return _("The number is on its way to her.") if row else _("This number was sent to her before.")


def _mark(parts: Parts, callback_id: str) -> str:
    on = field("on") == "yes"
    aftercare.mark_minor(parts, actor(), callback_id, on=on)
    return _("Marked: she may be under 18.") if on else _("The mark is taken away.")


def _done(parts: Parts, callback_id: str, place: str, work: Callable[[], str]) -> Response | tuple[str, int]:
    try:
        flash(work())
    except Declined as declined:
        return page(parts, callback_id, fault=_fault(declined)), BAD
    except NotSafe:
        return page(
            parts, callback_id, fault=_("She did not say that texts are safe. Nothing was sent.")
        ), CONFLICT
    return redirect(f"/callbacks/{callback_id}{place}", SEE_OTHER)


def _day() -> date:
    try:
        return date.fromisoformat(field("on"))
    except ValueError:
        raise Declined(Why.DAYS) from None


def _window(parts: Parts) -> When | None:
    if not field("when"):
        return None
    chosen = next((one for one in windows_of(parts) if one == field("when")), None)
    if chosen is None:
        raise Declined(Why.FIELD)
    return chosen


def _fault(declined: Declined) -> str:
    return _("Choose a day.") if declined.why is Why.DAYS else word(declined.why)
