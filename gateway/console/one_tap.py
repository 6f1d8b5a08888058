"""The page behind the link of an alert: opening it takes nothing, one press claims one request for one phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, redirect, render_template, request

from gateway.callbacks.model import IllegalMove
from gateway.callbacks.outcomes import Outcome
from gateway.console.callback import FIRST_OUTCOMES
from gateway.desk import attempts, by_link, line, record
from gateway.desk.by_link import PATH
from gateway.desk.declined import Declined
from gateway.desk.record import BadWords
from gateway.desk.refusals import AlreadyCalling, ClockStopped, Full, Held, NoPhone, NotSafe, TooManyShown
from gateway.web.forms import field
from gateway.web.guard import anyone, is_https
from gateway.web.languages import remember

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.wrappers import Response

    from gateway.desk.by_link import Tapped
    from gateway.parts import Parts

GONE, CONFLICT, SEE_OTHER = 410, 409, 303
OUTCOMES = (*FIRST_OUTCOMES, Outcome.WRONG_NUMBER, Outcome.NOT_SAFE)
_TAKEN = (Declined, Held, Full, IllegalMove)
_REFUSALS = (*_TAKEN, AlreadyCalling, ClockStopped, NoPhone, NotSafe, TooManyShown, BadWords)


def add_to(pages: Blueprint, parts: Parts, why: Callable[[Exception], str]) -> None:
    """Add the pages of a link; ``why`` puts a refusal into words."""
    _add_link(pages, parts)
    _add_work(pages, parts, why)


def _add_link(pages: Blueprint, parts: Parts) -> None:
    @pages.get(f"{PATH}<token>")
    @anyone
    def link_offered(token: str) -> str | tuple[str, int]:
        found = by_link.offered(parts, token)
        if found is None:
            return render_template("console/tap_gone.html"), GONE
        if found.page_language:
            remember(found.page_language)
        return render_template("console/tap.html", found=found)

    @pages.post(f"{PATH}<token>")
    @anyone
    def link_taken(token: str) -> Response | tuple[str, int]:
        try:
            taken = by_link.take(parts, token)
        except _TAKEN:
            return render_template("console/tap_gone.html"), GONE
        answer = redirect("/tapped", SEE_OTHER)
        answer.set_cookie(
            _cookie(), taken.phone, secure=is_https(), httponly=True, samesite="Strict", path="/"
        )
        return answer


def _add_work(pages: Blueprint, parts: Parts, why: Callable[[Exception], str]) -> None:
    @pages.get("/tapped")
    @anyone
    def tapped() -> str | tuple[str, int]:
        return _page(parts)

    @pages.post("/tapped/call")
    @anyone
    def tapped_call() -> Response | tuple[str, int] | str:
        return _done(parts, why, lambda who: attempts.begin(parts, who.actor, who.callback_id))

    @pages.post("/tapped/outcome")
    @anyone
    def tapped_outcome() -> Response | tuple[str, int] | str:
        return _done(parts, why, lambda who: _record(parts, who))


def _record(parts: Parts, who: Tapped) -> None:
    record.record(parts, who.actor, callback_id=who.callback_id, outcome=field("outcome"), form=field("form"))


def _done(
    parts: Parts, why: Callable[[Exception], str], deed: Callable[[Tapped], object]
) -> Response | tuple[str, int] | str:
    who = _who(parts)
    if who is None:
        return _page(parts)
    try:
        deed(who)
    except _REFUSALS as refusal:
        page = _page(parts, fault=why(refusal))
        return (page, CONFLICT) if isinstance(page, str) else page
    return redirect("/tapped", SEE_OTHER)


def _page(parts: Parts, *, fault: str = "") -> str | tuple[str, int]:
    who = _who(parts)
    if who is None:
        return render_template("console/tap_gone.html"), GONE
    return render_template(
        "console/tapped.html",
        row=line.show(parts, who.actor, who.callback_id).row,
        call=attempts.current(parts, who.actor, who.callback_id),
        outcomes=(*OUTCOMES, *parts.desk.own_outcomes),
        fault=fault,
    )


def _who(parts: Parts) -> Tapped | None:
    phone = request.cookies.get(_cookie(), "")
    return by_link.who(parts, phone) if phone else None


def _cookie() -> str:
    return "__Host-tapped" if is_https() else "tapped"
