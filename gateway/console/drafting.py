"""Keeps the note that somebody is writing while they write it; without scripts a button of the form does the same."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, request

from gateway.desk import drafts
from gateway.web.forms import field
from gateway.web.guard import actor
from gateway.web.times import clock
from gateway.web.translate import _

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from gateway.parts import Parts

SEE_OTHER, OK = 303, 200
LONGEST = 2_000


def add_to(pages: Blueprint, parts: Parts) -> None:
    """Add where drafts go."""

    @pages.post("/callbacks/<callback_id>/draft")
    def keep_draft(callback_id: str) -> Response | tuple[str, int, dict[str, str]]:
        at = drafts.keep(parts, actor(), callback_id, _typed(), form=field("form"))
        told = _("Draft kept %(t)s", t=clock(at.astimezone(ZoneInfo(parts.line.zone))))
        if request.headers.get("X-Draft") == "yes":
            return told, OK, {"Content-Type": "text/plain; charset=utf-8"}
        flash(told)
        return redirect(f"/callbacks/{callback_id}#notes", SEE_OTHER)


def _typed() -> str:
    """Return the text as it stands, spaces at its end included: the next word is still being written."""
    return request.form.get("text", "")[:LONGEST].replace("\r\n", "\n")
