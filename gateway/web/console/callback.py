"""Serves the page of one callback: the caller's answers, whether she may be called now, the call and its outcome."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from flask import Blueprint, render_template, request

from gateway.domain.callbacks.outcomes import Outcome
from gateway.domain.callbacks.states import OPEN, CallbackState
from gateway.domain.permissions import Permission
from gateway.foundation.ids import new_id
from gateway.helpdesk.calls import attempts, bridged_calls
from gateway.helpdesk.queue import queue as queue_queue
from gateway.helpdesk.queue import shift_summary, transfer
from gateway.helpdesk.queue.outcome import DECISIONS, REASONS
from gateway.helpdesk.requests import draft_notes
from gateway.helpdesk.staff.centre_lists import name_answers
from gateway.web.console.queue import UNCHANGED, find_tab, gather_tab
from gateway.web.console.side_panel import gather_beside
from gateway.web.shared.auth import get_actor
from gateway.web.shared.languages import get_language

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.helpdesk.calls.bridged_calls import Bridge
    from gateway.helpdesk.queue.queue import CallbackView

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
JUST_NOW = timedelta(minutes=15)


class Can(NamedTuple):
    """What the viewer may do with the callback now; the use cases check it again when it is done."""

    claim: bool
    call: bool
    call_outside: bool
    give_back: bool
    take_over: bool
    close: bool
    decide: bool
    note: bool


def add_to(pages: Blueprint, parts: Services) -> None:
    """Register the page of a callback and its polled fragment."""

    @pages.get("/callbacks/<callback_id>")
    def callback(callback_id: str) -> str:
        return render_callback(parts, callback_id)

    @pages.get("/callbacks/<callback_id>/look")
    def look_at(callback_id: str) -> tuple[str, int, dict[str, str]]:
        facts = _gather_facts(parts, callback_id)
        mark = _make_mark(facts, parts.clock.now())
        if request.headers.get("If-None-Match") == mark:
            return "", UNCHANGED, {"ETag": mark}
        return render_template("console/_call.html", **facts), 200, {"ETag": mark}


def render_callback(
    parts: Services, callback_id: str, *, fault: str = "", typed: str = "", unsent: tuple[str, ...] = ()
) -> str:
    """Return the page of a callback, with a fault if an action failed.

    ``typed`` is put back into the note's field; without that field, ``unsent`` is shown for copying.
    """
    facts = _gather_facts(parts, callback_id)
    queue = gather_tab(queue_queue.show_queue(parts, get_actor(), find_tab()), callback_id)
    extras = gather_beside(parts, queue_queue.show_callback(parts, get_actor(), callback_id))
    own = {
        "fault": fault,
        "typed": typed,
        "words": () if typed and _may_write(facts) else unsent,
        "missing": False,
        "note_form": new_id(parts.clock.now()),
        "draft": draft_notes.find_draft(parts, get_actor(), callback_id),
        "call_mark": _make_mark(facts, parts.clock.now()),
        "colleagues": transfer.list_colleagues(parts, get_actor(), callback_id),
    }
    return render_template("console/callback.html", **{**queue, **facts, **own, **extras})


def _gather_facts(parts: Services, callback_id: str) -> dict[str, object]:
    shown = queue_queue.show_callback(parts, get_actor(), callback_id)
    return {
        "shown": shown,
        "row": shown.row,
        "call": attempts.find_current_call(parts, get_actor(), callback_id),
        "bridged": _find_bridge(parts, shown),
        "no_bridge": bridged_calls.find_obstacle(parts),
        "can": _find_abilities(get_actor(), shown),
        "lookers": shift_summary.note_reader(parts, get_actor(), callback_id),
        "first_outcomes": FIRST_OUTCOMES,
        "other_outcomes": (*OTHER_OUTCOMES, *parts.desk.own_outcomes),
        "further": name_answers(parts, shown.row.version, shown.answers, get_language()),
        "reasons": REASONS,
        "decisions": list(DECISIONS),
        "now": parts.clock.now(),
    }


def _may_write(facts: dict[str, object]) -> bool:
    can, shown = facts["can"], facts["shown"]
    return bool(getattr(can, "note", False)) and not getattr(shown, "only_row", True)


def _find_bridge(parts: Services, shown: CallbackView) -> Bridge | None:
    """Return the bridged call to show: one that is running, or has just ended."""
    last = bridged_calls.find_last_call(parts, get_actor(), shown.row.id)
    if last is None or (not last.form and last.since + JUST_NOW <= parts.clock.now()):
        return None
    return last


def _find_abilities(who: Actor, shown: CallbackView) -> Can:
    row = shown.row
    own = row.mine and row.state is CallbackState.CLAIMED
    decides = who.may(Permission.DECIDE)
    ready = (own and not row.to_decide) or (row.mine and row.state is CallbackState.REACHED)
    rests = shown.not_before is not None and row.state is not CallbackState.REACHED
    free_line = ready and not shown.calling and bool(shown.our_number)
    return Can(
        claim=row.state is CallbackState.WAITING or (row.state is CallbackState.REVIEW and decides),
        call=free_line and row.due_now and not rests,
        call_outside=free_line
        and not row.due_now
        and who.may(Permission.CALL_OUTSIDE)
        and row.phone_seen != "not_mine",
        give_back=own,
        take_over=row.state is CallbackState.CLAIMED and not row.mine and who.may(Permission.TAKE_OVER),
        close=(own and not row.to_decide)
        or (row.state is CallbackState.REACHED and (row.mine or who.may(Permission.TAKE_OVER)))
        or (row.state is CallbackState.WAITING and decides),
        decide=decides and (row.state is CallbackState.REVIEW or (own and row.to_decide)),
        note=row.mine or (who.may(Permission.SEE_OTHERS) and row.state in OPEN | {CallbackState.REACHED}),
    )


def _make_mark(facts: dict[str, object], now: datetime) -> str:
    seen = (
        *(facts[one] for one in ("shown", "call", "bridged", "no_bridge", "can", "lookers")),
        get_language(),
        int(now.timestamp()) // 60,
    )
    return f'"{hashlib.sha256(repr(seen).encode()).hexdigest()[:24]}"'
