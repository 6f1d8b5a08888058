"""Serves the ways by which a person adds a request: the form at the desk, and texts that matched no keyword.

The form asks the menu's questions for a caller at the desk or on the phone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request

from gateway.domain.contact_safety import PhoneSeen, When
from gateway.domain.permissions import Permission, check_permission
from gateway.foundation.time_and_chance import new_id
from gateway.helpdesk.errors import NotSafe, Rejected, Why
from gateway.helpdesk.queue import queue
from gateway.helpdesk.requests import add as requests_add
from gateway.helpdesk.requests import unmatched_texts
from gateway.helpdesk.requests.add import ManualRequest, RequestOrigin
from gateway.helpdesk.requests.planning import list_windows
from gateway.helpdesk.staff.centre_lists import list_languages, list_topics
from gateway.helpdesk.staff.shifts import list_offered_words
from gateway.menus.engine.effects import CallbackAccepted, CallbackRefused
from gateway.web.shared.auth import get_actor
from gateway.web.shared.forms import read_field, read_number_field
from gateway.web.shared.i18n import _
from gateway.web.shared.languages import format_window

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.wrappers import Response

    from gateway.foundation.services import Services


BAD, SEE_OTHER = 422, 303


def add_to(pages: Blueprint, parts: Services) -> None:
    """Register the form."""

    @pages.get("/add")
    def form() -> str:
        check_permission(get_actor(), Permission.WORK_QUEUE)
        text_id = request.args.get("text", "")
        how = RequestOrigin.TEXTED if text_id else RequestOrigin.VISITOR
        form = new_id(parts.clock.now())
        return _render_page(
            parts,
            {
                "how": how.value,
                "language": next(iter(list_languages(parts)), ""),
                "form": form,
                "text": text_id,
            },
        )

    @pages.post("/add")
    def add() -> Response | tuple[str, int]:
        check_permission(get_actor(), Permission.WORK_QUEUE)
        try:
            receipt = requests_add.add_request(parts, get_actor(), _read_form(parts), form=read_field("form"))
        except Rejected as declined:
            return _render_page(parts, request.form, fault=declined.why), BAD
        if not isinstance(receipt, CallbackAccepted):
            reason = receipt.reason if isinstance(receipt, CallbackRefused) else "hours"
            return _render_page(parts, request.form, refused=reason), BAD
        _say_added(parts, receipt)
        return redirect(f"/callbacks/{receipt.callback}", SEE_OTHER)


def _say_added(parts: Services, receipt: CallbackAccepted) -> None:
    """Flash what the person at the desk or on the phone is told: the code, and when she is called."""
    zone = ZoneInfo(parts.line.zone)
    start, end, now = (at.astimezone(zone) for at in (receipt.due_at, receipt.due_until, parts.clock.now()))
    when = format_window(start, end, now)
    flash(_("Added. Tell her: code %(code)s, we call %(when)s.", code=receipt.code, when=when))
    if read_field("sms_safe") == "yes" and read_field("phone_seen") != PhoneSeen.NO.value:
        flash(_("No texts are sent all the same: others can see this phone."), "info")


def _read_form(parts: Services) -> ManualRequest:
    """Read the form.

    Raises:
        Rejected: a choice is missing or was not offered.
    """
    try:
        how, seen = RequestOrigin(read_field("how")), PhoneSeen(read_field("phone_seen"))
    except ValueError:
        raise Rejected(Why.FIELD) from None
    when = next((one for one in _list_windows(parts) if one == read_field("when")), None)
    language, topic = read_field("language"), read_field("topic") or "other"
    if language not in list_languages(parts) or topic not in list_topics(parts) or when is None:
        raise Rejected(Why.FIELD)
    if read_field("danger") not in {"yes", "no"}:  # a missing answer is not a "no"
        raise Rejected(Why.FIELD)
    return ManualRequest(
        how=how,
        number=read_number_field("number"),
        family_number=read_number_field("family_number"),
        agreed_herself=how is not RequestOrigin.FAMILY or read_field("agreed_herself") == "yes",
        consented=read_field("consented") == "yes",
        phone_seen=seen,
        when=when,
        language=language,
        topic=topic,
        danger=read_field("danger") == "yes",
        woman=read_field("woman") == "yes",
        sms_safe=read_field("sms_safe") == "yes" and seen is PhoneSeen.NO,
        text_id=read_field("text"),
    )


def _list_windows(parts: Services) -> tuple[When, ...]:
    """Return the windows offered for the call: those of the menu, and at once."""
    return *list_windows(parts), When.NOW


def _render_page(
    parts: Services, typed: Mapping[str, str], *, fault: Why | None = None, refused: str = ""
) -> str:
    return render_template(
        "console/add.html",
        typed=typed,
        fault=fault,
        asks_family=typed.get("how") == RequestOrigin.FAMILY and typed.get("agreed_herself") != "yes",
        refused=refused,
        text=unmatched_texts.find_text(parts, get_actor(), typed.get("text", ""))
        if typed.get("text")
        else None,
        hows=[how for how in RequestOrigin if how is not RequestOrigin.TEXTED],
        seen=list(PhoneSeen),
        windows=_list_windows(parts),
        offered=list_offered_words(parts, get_actor()),
        topics=list_topics(parts),
        spoken=list_languages(parts),
        tab="",
        counts=queue.count_tabs(parts, get_actor()),
    )


CONFLICT = 409


def add_texts(pages: Blueprint, parts: Services) -> None:
    """Register the page and the actions on a text."""

    @pages.get("/texts")
    def texts() -> str:
        return _render_texts(parts)

    _add_deeds(pages, parts)


def _add_deeds(pages: Blueprint, parts: Services) -> None:
    @pages.post("/texts/<text_id>/read")
    def read(text_id: str) -> Response:
        return _answer_done(
            unmatched_texts.mark_read(parts, get_actor(), text_id), _("Read. It is off the list.")
        )

    @pages.post("/texts/<text_id>/answer")
    def answer(text_id: str) -> Response | tuple[str, int]:
        try:
            sent = unmatched_texts.answer_text(parts, get_actor(), text_id, read_field("answer"))
        except NotSafe:
            return _render_texts(
                parts, fault=_("She did not say that texts are safe. Nothing was sent.")
            ), CONFLICT
        except Rejected:
            return _render_texts(parts, fault=_("Choose one of the answers.")), BAD
        return _answer_done(sent, _("The answer is on its way to her. It waits for a time that is safe."))

    @pages.post("/texts/<text_id>/attach")
    def attach(text_id: str) -> Response:
        callback_id = unmatched_texts.attach_text(parts, get_actor(), text_id)
        if not callback_id:
            return _answer_done(False, "")
        flash(_("Her words are a note on her request now."))
        return redirect(f"/callbacks/{callback_id}#notes", SEE_OTHER)


def _answer_done(done: bool, notice: str) -> Response:  # noqa: FBT001 - whether the action succeeded
    flash(notice if done else _("Somebody else has read it already."))
    return redirect("/texts", SEE_OTHER)


def _render_texts(parts: Services, *, fault: str = "") -> str:
    return render_template(
        "console/texts.html",
        danger=unmatched_texts.list_dangers(parts, get_actor()),
        texts=unmatched_texts.list_unread(parts, get_actor()),
        fault=fault,
        tab="",
        counts=queue.count_tabs(parts, get_actor()),
    )
