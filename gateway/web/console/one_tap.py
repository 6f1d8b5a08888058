"""Serves the page of an alert's one-tap link: opening it changes nothing, one press claims the callback.

GET must be safe (RFC 9110, 9.2.1), because message apps open links to show a preview.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from flask import Blueprint, redirect, render_template, request

from gateway.domain.callbacks.outcomes import Outcome
from gateway.domain.callbacks.states import IllegalMove
from gateway.foundation.time_and_chance import new_id
from gateway.helpdesk.alerts import alert_answers
from gateway.helpdesk.alerts.alert_answers import PATH
from gateway.helpdesk.calls import attempts
from gateway.helpdesk.errors import (
    AlreadyCalling,
    ClaimedByOther,
    ClockStopped,
    Full,
    NoPhone,
    NotSafe,
    Rejected,
    TooManyShown,
)
from gateway.helpdesk.queue import outcome
from gateway.helpdesk.queue.callback_page import build_callback_page
from gateway.helpdesk.queue.consequences import read_choice
from gateway.helpdesk.queue.outcome import BadWords
from gateway.web.console.call_sheet import LONGEST, gather_sheet, keep_posted, save_sheet
from gateway.web.console.callback import FIRST_OUTCOMES
from gateway.web.shared.auth import anyone, is_https
from gateway.web.shared.forms import read_field
from gateway.web.shared.languages import remember_language

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.wrappers import Response

    from gateway.foundation.services import Services
    from gateway.helpdesk.alerts.alert_answers import Tapped

GONE, CONFLICT, BAD, SEE_OTHER = 410, 409, 422, 303
OUTCOMES = (*FIRST_OUTCOMES, Outcome.WRONG_NUMBER, Outcome.NOT_SAFE)
_TAKEN = (Rejected, ClaimedByOther, Full, IllegalMove)
_REFUSALS = (*_TAKEN, AlreadyCalling, ClockStopped, NoPhone, NotSafe, TooManyShown, BadWords)


def add_to(pages: Blueprint, parts: Services, why: Callable[[Exception], str]) -> None:
    """Register the pages of a link; ``why`` puts a refusal into words."""
    _add_link(pages, parts)
    _add_work(pages, parts, why)
    _add_sheet(pages, parts)


def _add_link(pages: Blueprint, parts: Services) -> None:
    @pages.get(f"{PATH}<token>")
    @anyone
    def link_offered(token: str) -> str | tuple[str, int]:
        found = alert_answers.find_offer(parts, token)
        if found is None:
            return render_template("console/tap_gone.html"), GONE
        if found.page_language:
            remember_language(found.page_language)
        return render_template("console/tap.html", found=found)

    @pages.post(f"{PATH}<token>")
    @anyone
    def link_taken(token: str) -> Response | tuple[str, int]:
        try:
            taken = alert_answers.use_link(parts, token)
        except _TAKEN:
            return render_template("console/tap_gone.html"), GONE
        answer = redirect("/tapped", SEE_OTHER)
        answer.set_cookie(
            _read_cookie(), taken.phone, secure=is_https(), httponly=True, samesite="Strict", path="/"
        )
        return answer


def _add_work(pages: Blueprint, parts: Services, why: Callable[[Exception], str]) -> None:
    @pages.get("/tapped")
    @anyone
    def tapped() -> str | tuple[str, int]:
        return _render_page(parts)

    @pages.post("/tapped/call")
    @anyone
    def tapped_call() -> Response | tuple[str, int] | str:
        return _answer_deed(parts, why, lambda who: attempts.begin_call(parts, who.actor, who.callback_id))

    @pages.post("/tapped/outcome")
    @anyone
    def tapped_outcome() -> Response | tuple[str, int] | str:
        return _answer_deed(parts, why, lambda who: _record_outcome(parts, who))


def _add_sheet(pages: Blueprint, parts: Services) -> None:
    @pages.post("/tapped/sheet")
    @anyone
    def tapped_sheet() -> Response | tuple[str, int] | str:
        who = _find_tapped(parts)
        if who is None:
            return _render_page(parts)

        def show_again(fault: str, field: str) -> str:
            page = _render_page(parts, fault_words=fault, faulty=field, typed=read_field("text", LONGEST))
            return page if isinstance(page, str) else page[0]

        try:
            done = save_sheet(parts, who.actor, who.callback_id, show_again)
        except IllegalMove:
            return redirect("/tapped", SEE_OTHER)  # sent twice: it is closed
        return (done, BAD) if isinstance(done, str) else redirect("/tapped", SEE_OTHER)

    @pages.post("/tapped/sheet/keep")
    @anyone
    def tapped_keep() -> Response | tuple[str, int] | str:
        who = _find_tapped(parts)
        if who is not None:
            with suppress(BadWords, Rejected, IllegalMove):
                keep_posted(parts, who.actor, who.callback_id)
        return redirect("/tapped", SEE_OTHER)


def _record_outcome(parts: Services, who: Tapped) -> None:
    word, agreed = read_choice(read_field("outcome"))
    outcome.record_outcome(
        parts, who.actor, callback_id=who.callback_id, outcome=word, form=read_field("form"), agreed=agreed
    )


def _answer_deed(
    parts: Services, why: Callable[[Exception], str], deed: Callable[[Tapped], object]
) -> Response | tuple[str, int] | str:
    who = _find_tapped(parts)
    if who is None:
        return _render_page(parts)
    try:
        deed(who)
    except _REFUSALS as refusal:
        page = _render_page(parts, fault=why(refusal))
        return (page, CONFLICT) if isinstance(page, str) else page
    return redirect("/tapped", SEE_OTHER)


def _render_page(
    parts: Services, *, fault: str = "", fault_words: str = "", faulty: str = "", typed: str = ""
) -> str | tuple[str, int]:
    who = _find_tapped(parts)
    if who is None:
        return render_template("console/tap_gone.html"), GONE
    page = build_callback_page(parts, who.actor, who.callback_id)
    return render_template(
        "console/tapped.html",
        page=page,
        panel=page.panel,
        row=page.panel.row,
        call=page.panel.call,
        outcomes=(*OUTCOMES, *parts.desk.own_outcomes),
        now=parts.clock.now(),
        note_form=new_id(parts.clock.now()),
        fault=fault,
        fault_words=fault_words,
        faulty=faulty,
        typed=typed,
        **gather_sheet(parts, page),
    )


def _find_tapped(parts: Services) -> Tapped | None:
    phone = request.cookies.get(_read_cookie(), "")
    return alert_answers.find_tapped(parts, phone) if phone else None


def _read_cookie() -> str:
    return "__Host-tapped" if is_https() else "tapped"
