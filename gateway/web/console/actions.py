"""Handles the actions on a callback: each a POST form, with refusals in words, and safe to send twice."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request

from gateway.domain.callbacks.states import CallbackState, IllegalMove
from gateway.domain.permissions import NotPermitted, Permission
from gateway.helpdesk.calls import attempts, bridged_calls
from gateway.helpdesk.errors import (
    AlreadyCalling,
    ClaimedByOther,
    ClockStopped,
    Full,
    NoBridge,
    NoPhone,
    NoSuchCallback,
    NotSafe,
    TooManyShown,
    Withheld,
)
from gateway.helpdesk.queue import claim, queue, transfer, undo
from gateway.helpdesk.queue import outcome as queue_outcome
from gateway.helpdesk.queue.consequences import read_choice
from gateway.helpdesk.queue.outcome import BadWords
from gateway.helpdesk.queue.queue import Promise, find_promise
from gateway.helpdesk.queue.transfer import NotPassed, UnfitReason
from gateway.helpdesk.queue.undo import TooLate
from gateway.helpdesk.staff.centre_lists import name_word
from gateway.menus.engine.dates import find_odd_year
from gateway.web.console import labels
from gateway.web.console.callback import render_callback
from gateway.web.shared.auth import get_actor
from gateway.web.shared.error_pages import refuse_page, show_gone
from gateway.web.shared.forms import flash_saved, flash_undoable, read_field
from gateway.web.shared.i18n import _
from gateway.web.shared.languages import format_clock, format_day_and_clock, format_window
from gateway.web.shared.unsent_forms import list_posted_words

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from gateway.foundation.services import Services
    from gateway.helpdesk.queue.outcome import Recorded

CONFLICT, BAD, SEE_OTHER, NOTHING = 409, 422, 303, 204
LONGEST, LONGEST_TOKEN = 2_000, 8_000


def add_to(pages: Blueprint, parts: Services) -> None:
    """Register the actions."""
    _add_holding(pages, parts)
    _add_calling(pages, parts)
    _add_outcome(pages, parts)
    _add_incoming(pages, parts)
    _add_ending(pages, parts)
    _add_refusals(pages, parts)


def _add_holding(pages: Blueprint, parts: Services) -> None:
    @pages.post("/callbacks/<callback_id>/claim")
    def take(callback_id: str) -> Response:
        claim.claim_callback(parts, get_actor(), callback_id, take_over=read_field("take_over") == "yes")
        flash_undoable(_("Claimed."), f"/callbacks/{callback_id}/release")
        return _redirect_to(callback_id)

    @pages.post("/callbacks/<callback_id>/release")
    def give_back(callback_id: str) -> Response:
        claim.release_callback(parts, get_actor(), callback_id)
        flash(_("Given back. Her place in the line is kept."))
        return redirect("/", SEE_OTHER)

    @pages.post("/callbacks/<callback_id>/here")
    def here(callback_id: str) -> tuple[str, int]:
        claim.renew_claim(parts, get_actor(), callback_id)
        return "", NOTHING


def _add_calling(pages: Blueprint, parts: Services) -> None:
    @pages.post("/callbacks/<callback_id>/call")
    def call(callback_id: str) -> Response:
        attempts.begin_call(parts, get_actor(), callback_id, reason=read_field("reason", LONGEST))
        return _redirect_to(callback_id, "#call")

    @pages.post("/callbacks/<callback_id>/bridge")
    def bridge(callback_id: str) -> Response:
        bridged_calls.begin_call(parts, get_actor(), callback_id, reason=read_field("reason", LONGEST))
        return _redirect_to(callback_id)


def _add_outcome(pages: Blueprint, parts: Services) -> None:
    @pages.post("/callbacks/<callback_id>/outcome")
    def outcome(callback_id: str) -> Response:
        word, agreed = read_choice(read_field("outcome"))
        recorded = queue_outcome.record_outcome(
            parts,
            get_actor(),
            callback_id=callback_id,
            outcome=word,
            form=read_field("form"),
            agreed=agreed or read_field("agreed") == "yes",
            named_at=_read_named_time(parts, read_field("named_at")),
        )
        flash_undoable(
            _describe_recorded(parts, recorded),
            f"/callbacks/{callback_id}/undo",
            recorded.undo,
            recorded.undo,
        )
        return (
            _redirect_to(callback_id) if recorded.state is CallbackState.REACHED else redirect("/", SEE_OTHER)
        )

    @pages.post("/callbacks/<callback_id>/note")
    def note(callback_id: str) -> Response:
        queue_outcome.add_note(
            parts,
            get_actor(),
            callback_id,
            read_field("text", LONGEST).replace("\r\n", "\n"),
            form=read_field("form"),
        )
        flash_saved(parts)
        return _redirect_to(callback_id, "#notes")


def _add_incoming(pages: Blueprint, parts: Services) -> None:
    @pages.post("/callbacks/<callback_id>/talking")
    def talking(callback_id: str) -> Response:
        return _redirect_to(bridged_calls.begin_talk(parts, get_actor(), callback_id), "#sheet")

    @pages.post("/callbacks/<callback_id>/rang")
    def rang(callback_id: str) -> Response:
        bridged_calls.note_ring(parts, get_actor(), callback_id)
        flash(_("Noted that she rang."))
        return redirect("/", SEE_OTHER)


def _add_ending(pages: Blueprint, parts: Services) -> None:
    @pages.post("/callbacks/<callback_id>/close")
    def close(callback_id: str) -> Response:
        token = queue_outcome.close_callback(parts, get_actor(), callback_id, reason=read_field("reason"))
        flash_undoable(_("Closed."), f"/callbacks/{callback_id}/undo", token, token)
        return redirect("/", SEE_OTHER)

    @pages.post("/callbacks/<callback_id>/undo")
    def take_back(callback_id: str) -> Response:
        undo.undo_step(parts, get_actor(), callback_id, read_field("undo", LONGEST_TOKEN))
        flash(_("Undone. It is as it was before."))
        return _redirect_to(callback_id)

    @pages.post("/callbacks/<callback_id>/reopen")
    def reopen(callback_id: str) -> Response:
        undo.reopen_callback(parts, get_actor(), callback_id)
        flash(_("Reopened. Decide what follows."))
        return _redirect_to(callback_id)

    @pages.post("/callbacks/<callback_id>/decide")
    def decide(callback_id: str) -> Response:
        queue_outcome.decide_review(
            parts, get_actor(), callback_id, decision=read_field("decision"), reason=read_field("reason")
        )
        flash(_("Decided: %(what)s.", what=labels.find_label("decision", read_field("decision"))))
        return redirect("/review", SEE_OTHER)


def _add_refusals(pages: Blueprint, parts: Services) -> None:
    def refused(error: Exception) -> tuple[str, int]:
        callback_id = (request.view_args or {}).get("callback_id", "")
        status = BAD if isinstance(error, BadWords) else CONFLICT
        fault, typed = describe_refusal(parts, error), read_field("text", LONGEST)
        if callback_id:
            return _render_again(parts, callback_id, status, fault=fault, typed=typed)
        return render_template("fault.html", title=fault, advice="", status=status), status

    def lost(_error: NotPermitted) -> tuple[str, int]:
        """Respond to input about a callback that the person no longer holds: the input is shown again for copying."""
        callback_id = (request.view_args or {}).get("callback_id", "")
        if not callback_id or not list_posted_words() or not get_actor().may(Permission.WORK_QUEUE):
            return refuse_page(parts)
        fault = _("This one is not yours any more. Nothing was changed.")
        return _render_again(parts, callback_id, CONFLICT, fault=fault)

    pages.register_error_handler(NotPermitted, lost)
    for kind in (
        ClaimedByOther,
        Full,
        AlreadyCalling,
        ClockStopped,
        NoBridge,
        NoPhone,
        NotSafe,
        TooManyShown,
        IllegalMove,
        BadWords,
        TooLate,
    ):
        pages.register_error_handler(kind, refused)


def _render_again(
    parts: Services, callback_id: str, status: int, *, fault: str, typed: str = ""
) -> tuple[str, int]:
    """Return the page with its fault; errors while rendering it are handled here, as they would end in a 500."""
    try:
        return render_callback(
            parts, callback_id, fault=fault, typed=typed, unsent=list_posted_words()
        ), status
    except NoSuchCallback:
        return show_gone()
    except NotPermitted:
        return refuse_page(parts)


def describe_refusal(parts: Services, error: Exception) -> str:
    """Return why an action failed, in the page's words."""
    match error:
        case ClaimedByOther() | Full() | AlreadyCalling() | Withheld():
            return _name_holder(error)
        case NoBridge(why=why):
            return labels.find_label("no_bridge", why)
        case NoPhone():
            return _("Enter your helpline phone first, under My settings. Calls are made only from there.")
        case ClockStopped():
            return _(
                "This machine's clock is wrong, so nobody is called. A supervisor must confirm the clock first."
            )
        case NotSafe() | TooManyShown():
            return _until_when(parts, error)
        case TooLate():
            return _("This can be undone no more: a minute has passed, or something else has happened.")
        case BadWords():
            return _("Something is missing or too long. A note has 1 to 500 characters.")
        case _:
            return _("It changed in the meantime. Look at how it stands now.")


def _until_when(parts: Services, error: NotSafe | TooManyShown) -> str:
    if error.until is None:
        return _("Her phone must not ring now. Nobody can override this.")
    now, zone = parts.clock.now(), ZoneInfo(parts.line.zone)
    when = format_day_and_clock(error.until.astimezone(zone), now.astimezone(zone))
    if isinstance(error, NotSafe):
        return _("Her phone must not ring before %(when)s.", when=when)
    return _(
        "You were shown %(n)s numbers within an hour. The supervisors are told; the next waits until %(when)s.",
        n=error.most,
        when=when,
    )


def _name_holder(error: ClaimedByOther | Full | AlreadyCalling | Withheld) -> str:
    match error:
        case Withheld(how=how):
            return labels.find_label("withheld", how)
        case ClaimedByOther(name=name):
            return _("%(name)s has this one. Nothing was changed.", name=name)
        case Full(capacity=n):
            return _("You have %(n)s in hand, as many as was agreed. Finish or give back one first.", n=n)
        case AlreadyCalling(name=name):
            return _("%(name)s is calling this number. Ask what came of it first.", name=name)


def _redirect_to(callback_id: str, place: str = "") -> Response:
    return redirect(f"/callbacks/{callback_id}{place}", SEE_OTHER)


def _describe_recorded(parts: Services, recorded: Recorded) -> str:
    what = labels.find_label("outcome", recorded.outcome)
    now = parts.clock.now()
    if recorded.state is CallbackState.REVIEW:
        return _("Recorded: %(what)s. A supervisor decides what follows.", what=what)
    if recorded.state is CallbackState.CLOSED:
        return _("Recorded: %(what)s. It is closed.", what=what)
    promise = find_promise(recorded.due_at, recorded.due_until, now)
    if recorded.state is not CallbackState.WAITING or recorded.due_at is None or recorded.due_until is None:
        return _("Recorded: %(what)s.", what=what)
    zone = ZoneInfo(parts.line.zone)
    start, end, today = (at.astimezone(zone) for at in (recorded.due_at, recorded.due_until, now))
    if promise is Promise.OVER:
        return _("Recorded: %(what)s. Her safe time is over; it ends now.", what=what)
    if promise is Promise.ENDS:
        return _(
            "Recorded: %(what)s. She asked for now only: it ends at %(t)s unless she asks again.",
            what=what,
            t=format_clock(end),
        )
    return _(
        "Recorded: %(what)s. She is called again %(when)s.", what=what, when=format_window(start, end, today)
    )


def _read_named_time(parts: Services, written: str) -> datetime | None:
    """Read the time that the caller named, from a ``datetime-local`` field in the helpline's time zone."""
    if odd := find_odd_year(written, parts.clock.now().date()):
        raise BadWords(str(odd))
    try:
        return datetime.fromisoformat(written).replace(tzinfo=ZoneInfo(parts.line.zone)) if written else None
    except ValueError:
        raise BadWords("a time is written like 2026-11-24T18:30") from None


# Transfer of a claim to a named colleague, in big centres only.


def add_transfer(pages: Blueprint, parts: Services) -> None:
    """Register the transfer form."""

    @pages.post("/callbacks/<callback_id>/pass-on")
    def pass_on(callback_id: str) -> Response | tuple[str, int]:
        try:
            transfer.hand_over(parts, get_actor(), callback_id, read_field("to"), reason=read_field("reason"))
        except NotPassed as refused:
            return render_callback(
                parts, callback_id, fault=describe_unfitness(parts, callback_id, refused)
            ), CONFLICT
        flash(_("Passed on. It is no longer yours."))
        return redirect("/", SEE_OTHER)


def describe_unfitness(parts: Services, callback_id: str, refused: NotPassed) -> str:
    """Return why a colleague was not given a callback, in the page's words."""
    name = refused.name
    match refused.why:
        case UnfitReason.NOT_WORKING:
            return _("%(name)s does not answer requests.", name=name)
        case UnfitReason.DECIDES_NOT:
            return _("This one waits for a decision, and %(name)s cannot decide it.", name=name)
        case UnfitReason.AWAY:
            return _("%(name)s is not on duty now. Nothing was changed.", name=name)
        case UnfitReason.LANGUAGE:
            row = queue.show_callback(parts, get_actor(), callback_id).row
            tongue = name_word(parts, "language", row.language, "") or row.language
            return _("%(name)s does not speak %(language)s. Nothing was changed.", name=name, language=tongue)
        case UnfitReason.FULL:
            return _(
                "%(name)s has %(n)s in hand, as many as was agreed. Nothing was changed.",
                name=name,
                n=refused.capacity,
            )
