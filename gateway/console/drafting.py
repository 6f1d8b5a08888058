"""Keeps the note that somebody is writing while they write it; without scripts a button of the form does the same."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, request

from gateway.access import Refused
from gateway.desk import drafts
from gateway.desk.record import BadWords
from gateway.desk.refusals import Held, NoSuchCallback
from gateway.web.forms import field
from gateway.web.guard import actor
from gateway.web.times import clock
from gateway.web.translate import _

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from gateway.parts import Parts

SEE_OTHER, OK, CONFLICT, TOO_LONG = 303, 200, 409, 422
PLAIN = {"Content-Type": "text/plain; charset=utf-8"}
LONGEST = 2_000


def add_to(pages: Blueprint, parts: Parts) -> None:
    """Add where drafts go."""

    @pages.post("/callbacks/<callback_id>/draft")
    def keep_draft(callback_id: str) -> Response | tuple[str, int, dict[str, str]]:
        is_script = request.headers.get("X-Draft") == "yes"
        try:
            at = drafts.keep(parts, actor(), callback_id, _typed(), form=field("form"))
        except (Held, Refused, NoSuchCallback, BadWords) as refused:
            if is_script:
                return _refused(refused)
            raise
        told = _("Draft kept %(t)s", t=clock(at.astimezone(ZoneInfo(parts.line.zone))))
        if is_script:
            return told, OK, PLAIN
        flash(told)
        return redirect(f"/callbacks/{callback_id}#notes", SEE_OTHER)


def _refused(error: Exception) -> tuple[str, int, dict[str, str]]:
    """Say to the page's script why the words are not kept; they stay on the page, to be copied."""
    match error:
        case Held(name=name):
            return (
                _("%(name)s has this one now. Your words are not kept: copy them.", name=name),
                CONFLICT,
                PLAIN,
            )
        case BadWords():
            return _("Something is missing or too long. A note has 1 to 500 characters."), TOO_LONG, PLAIN
        case _:
            return _("This one is not yours any more. Your words are not kept: copy them."), CONFLICT, PLAIN


def _typed() -> str:
    """Return the text as it stands, spaces at its end included: the next word is still being written."""
    return request.form.get("text", "")[:LONGEST].replace("\r\n", "\n")
