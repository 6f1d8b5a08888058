"""What one shift tells the next, and the texts of callers that somebody has to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template

from gateway.access import Permission
from gateway.desk import line, opening, reading
from gateway.store.engines import Unavailable
from gateway.web.guard import actor, signed_in
from gateway.web.translate import _

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from gateway.parts import Parts

SEE_OTHER = 303


def add_to(pages: Blueprint, parts: Parts) -> None:
    """Add both pages, and the red line over every page while a text of danger waits."""

    @pages.get("/hand-over")
    def hand_over() -> str:
        told = opening.hand_over(parts, actor())
        counts = line.queue(parts, actor()).counts
        return render_template("console/hand_over.html", told=told, tab="", counts=counts)

    @pages.get("/texts")
    def texts() -> str:
        return render_template(
            "console/texts.html",
            danger=reading.dangers(parts, actor()),
            texts=reading.unread(parts, actor()),
            tab="",
            counts=line.queue(parts, actor()).counts,
        )

    @pages.post("/texts/<text_id>/read")
    def read(text_id: str) -> Response:
        done = reading.mark_read(parts, actor(), text_id)
        flash(_("Read. It is off the list.") if done else _("Somebody else has read it already."))
        return redirect("/texts", SEE_OTHER)

    @pages.app_context_processor
    def red_line() -> dict[str, object]:
        return {"danger_texts": lambda: _waiting(parts)}


def _waiting(parts: Parts) -> int:
    """Return how many texts with a word of danger nobody has read; none for those who read no texts."""
    who = signed_in()
    if who is None or not who.actor.may(Permission.WORK_QUEUE):
        return 0
    try:
        return len(reading.dangers(parts, who.actor))
    except Unavailable:
        return 0
