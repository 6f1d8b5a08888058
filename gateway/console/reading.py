"""What one shift tells the next, and the texts of callers that somebody has to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template

from gateway.desk import line, opening, reading
from gateway.desk.declined import Declined
from gateway.desk.refusals import NotSafe
from gateway.web.forms import field
from gateway.web.guard import actor
from gateway.web.translate import _

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from gateway.parts import Parts

CONFLICT, BAD, SEE_OTHER = 409, 422, 303


def add_to(pages: Blueprint, parts: Parts) -> None:
    """Add both pages, and what can be done with a text."""

    @pages.get("/hand-over")
    def hand_over() -> str:
        told = opening.hand_over(parts, actor())
        counts = line.queue(parts, actor()).counts
        return render_template("console/hand_over.html", told=told, tab="", counts=counts)

    @pages.get("/texts")
    def texts() -> str:
        return _page(parts)

    _add_deeds(pages, parts)


def _add_deeds(pages: Blueprint, parts: Parts) -> None:
    @pages.post("/texts/<text_id>/read")
    def read(text_id: str) -> Response:
        return _told(reading.mark_read(parts, actor(), text_id), _("Read. It is off the list."))

    @pages.post("/texts/<text_id>/answer")
    def answer(text_id: str) -> Response | tuple[str, int]:
        try:
            sent = reading.answer(parts, actor(), text_id, field("answer"))
        except NotSafe:
            return _page(parts, fault=_("She did not say that texts are safe. Nothing was sent.")), CONFLICT
        except Declined:
            return _page(parts, fault=_("Choose one of the answers.")), BAD
        return _told(sent, _("The answer is on its way to her. It waits for a time that is safe."))

    @pages.post("/texts/<text_id>/attach")
    def attach(text_id: str) -> Response:
        callback_id = reading.attach(parts, actor(), text_id)
        if not callback_id:
            return _told(False, "")
        flash(_("Her words are a note on her request now."))
        return redirect(f"/callbacks/{callback_id}#notes", SEE_OTHER)


def _told(done: bool, said: str) -> Response:  # noqa: FBT001 - what came of the deed, told to the one who did it
    flash(said if done else _("Somebody else has read it already."))
    return redirect("/texts", SEE_OTHER)


def _page(parts: Parts, *, fault: str = "") -> str:
    return render_template(
        "console/texts.html",
        danger=reading.dangers(parts, actor()),
        texts=reading.unread(parts, actor()),
        fault=fault,
        tab="",
        counts=line.queue(parts, actor()).counts,
    )
