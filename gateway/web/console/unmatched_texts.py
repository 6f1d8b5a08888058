"""Serves the texts that matched no keyword, and what is done about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template

from gateway.helpdesk.errors import NotSafe, Rejected
from gateway.helpdesk.queue import queue
from gateway.helpdesk.requests import unmatched_texts
from gateway.web.shared.auth import get_actor
from gateway.web.shared.forms import read_field
from gateway.web.shared.i18n import _

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from gateway.foundation.services import Services

CONFLICT, BAD, SEE_OTHER = 409, 422, 303


def add_to(pages: Blueprint, parts: Services) -> None:
    """Register the page and the actions on a text."""

    @pages.get("/texts")
    def texts() -> str:
        return _render_page(parts)

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
            return _render_page(
                parts, fault=_("She did not say that texts are safe. Nothing was sent.")
            ), CONFLICT
        except Rejected:
            return _render_page(parts, fault=_("Choose one of the answers.")), BAD
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


def _render_page(parts: Services, *, fault: str = "") -> str:
    return render_template(
        "console/texts.html",
        danger=unmatched_texts.list_dangers(parts, get_actor()),
        texts=unmatched_texts.list_unread(parts, get_actor()),
        fault=fault,
        tab="",
        counts=queue.count_tabs(parts, get_actor()),
    )
