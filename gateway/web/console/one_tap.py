"""Serves the page of an alert's one-tap link: opening it changes nothing, one press claims the callback.

GET must be safe (RFC 9110, 9.2.1), because message apps open links to show a preview.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, redirect, render_template, request

from gateway.domain.callbacks.outcomes import Outcome
from gateway.domain.callbacks.states import IllegalMove
from gateway.helpdesk.alerts import one_tap_link
from gateway.helpdesk.alerts.one_tap_link import PATH
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
from gateway.helpdesk.queue import outcome, queue
from gateway.helpdesk.queue.outcome import BadWords
from gateway.web.console.callback import FIRST_OUTCOMES
from gateway.web.shared.auth import anyone, is_https
from gateway.web.shared.forms import read_field
from gateway.web.shared.languages import remember_language

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.wrappers import Response

    from gateway.foundation.services import Services
    from gateway.helpdesk.alerts.one_tap_link import Tapped

GONE, CONFLICT, SEE_OTHER = 410, 409, 303
OUTCOMES = (*FIRST_OUTCOMES, Outcome.WRONG_NUMBER, Outcome.NOT_SAFE)
_TAKEN = (Rejected, ClaimedByOther, Full, IllegalMove)
_REFUSALS = (*_TAKEN, AlreadyCalling, ClockStopped, NoPhone, NotSafe, TooManyShown, BadWords)


def add_to(pages: Blueprint, parts: Services, why: Callable[[Exception], str]) -> None:
    """Register the pages of a link; ``why`` puts a refusal into words."""
    _add_link(pages, parts)
    _add_work(pages, parts, why)


def _add_link(pages: Blueprint, parts: Services) -> None:
    @pages.get(f"{PATH}<token>")
    @anyone
    def link_offered(token: str) -> str | tuple[str, int]:
        found = one_tap_link.find_offer(parts, token)
        if found is None:
            return render_template("console/tap_gone.html"), GONE
        if found.page_language:
            remember_language(found.page_language)
        return render_template("console/tap.html", found=found)

    @pages.post(f"{PATH}<token>")
    @anyone
    def link_taken(token: str) -> Response | tuple[str, int]:
        try:
            taken = one_tap_link.use_link(parts, token)
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


def _record_outcome(parts: Services, who: Tapped) -> None:
    outcome.record_outcome(
        parts, who.actor, callback_id=who.callback_id, outcome=read_field("outcome"), form=read_field("form")
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


def _render_page(parts: Services, *, fault: str = "") -> str | tuple[str, int]:
    who = _find_tapped(parts)
    if who is None:
        return render_template("console/tap_gone.html"), GONE
    return render_template(
        "console/tapped.html",
        row=queue.show_callback(parts, who.actor, who.callback_id).row,
        call=attempts.find_current_call(parts, who.actor, who.callback_id),
        outcomes=(*OUTCOMES, *parts.desk.own_outcomes),
        fault=fault,
    )


def _find_tapped(parts: Services) -> Tapped | None:
    phone = request.cookies.get(_read_cookie(), "")
    return one_tap_link.find_tapped(parts, phone) if phone else None


def _read_cookie() -> str:
    return "__Host-tapped" if is_https() else "tapped"
