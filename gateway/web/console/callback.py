"""Serves the page of one callback: the caller's answers, whether she may be called now, the call and its outcome."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from flask import Blueprint, render_template, request

from gateway.domain.callbacks.outcomes import Outcome
from gateway.foundation.ids import new_id
from gateway.helpdesk.queue import shift_summary
from gateway.helpdesk.queue.callback_page import build_call_panel, build_callback_page
from gateway.helpdesk.queue.outcome import DECISIONS, REASONS
from gateway.helpdesk.staff.centre_lists import name_answers
from gateway.web.console.queue import UNCHANGED, find_tab, find_view, gather_tab, set_bar
from gateway.web.console.side_panel import gather_beside
from gateway.web.shared.auth import end_reading, get_actor, reads_once
from gateway.web.shared.languages import get_language

if TYPE_CHECKING:
    from datetime import datetime

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
