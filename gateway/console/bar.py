"""What stands over every page of the console until it is dealt with: a call that runs, what a colleague passed on."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from flask import Blueprint, g, render_template, request

from gateway.access import Permission, permit
from gateway.console.queue import UNCHANGED
from gateway.desk import calls, reading, transfer
from gateway.store.engines import Unavailable
from gateway.web.guard import actor, signed_in
from gateway.web.languages import language

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.access import Actor
    from gateway.desk.calls import Bridge
    from gateway.desk.transfer import Passed
    from gateway.parts import Parts

    Over = tuple[Bridge | None, tuple[Passed, ...], int]

_NOTHING: Over = (None, (), 0)
_MINUTE = 60


def add_to(pages: Blueprint, parts: Parts) -> None:
    """Add the bar and the part of it that is live."""

    @pages.get("/bar")
    def bar() -> tuple[str, int, dict[str, str]]:
        permit(actor(), Permission.WORK_QUEUE)
        mark = _mark(parts)
        if request.headers.get("If-None-Match") == mark:
            return "", UNCHANGED, {"ETag": mark}
        return render_template("console/_bar.html", opened=request.args.get("open", "")), 200, {"ETag": mark}

    @pages.app_context_processor
    def over_every_page() -> dict[str, object]:
        return {
            "bridge_now": lambda: _over(parts)[0],
            "bridge_clock": parts.clock.now,
            "passed_on": lambda: _over(parts)[1],
            "danger_texts": lambda: _over(parts)[2],
            "bar_mark": lambda: _mark(parts),
        }

    @pages.app_template_filter("minutes")
    def minutes(since: datetime) -> str:
        seconds = max(0, int((parts.clock.now() - since).total_seconds()))
        return f"{seconds // _MINUTE:02}:{seconds % _MINUTE:02}"


def _over(parts: Parts) -> Over:
    """Return what stands over the page of whoever looks, asked once a request; nothing for those who work no queue."""
    who = signed_in()
    if who is None or not who.actor.may(Permission.WORK_QUEUE):
        return _NOTHING
    if "over_the_page" not in g:
        try:
            g.over_the_page = _asked(parts, who.actor)
        except Unavailable:
            g.over_the_page = _NOTHING
    found: Over = g.over_the_page
    return found


def _asked(parts: Parts, who: Actor) -> Over:
    return calls.current(parts, who), transfer.passed_to(parts, who), reading.count_dangers(parts, who)


def _mark(parts: Parts) -> str:
    seen = (_over(parts), language())
    return f'"{hashlib.sha256(repr(seen).encode()).hexdigest()[:24]}"'
