"""Shows a bar on every console page for running calls, transferred callbacks, danger texts and failing channels."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from flask import Blueprint, g, render_template, request

from gateway.delivery import results
from gateway.delivery.channel_status import list_statuses
from gateway.domain.permissions import Permission, check_permission
from gateway.helpdesk.calls import bridged_calls
from gateway.helpdesk.queue import queue, transfer
from gateway.helpdesk.requests import unmatched_texts
from gateway.storage.database import Unavailable
from gateway.web.console.queue import UNCHANGED
from gateway.web.shared.auth import find_sign_in, get_actor
from gateway.web.shared.languages import get_language

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.delivery.channel_status import ChannelStatus
    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.helpdesk.calls.bridged_calls import Bridge
    from gateway.helpdesk.queue.transfer import TransferredCallback

    Over = tuple[Bridge | None, tuple[TransferredCallback, ...], int]

_NOTHING: Over = (None, (), 0)
_MINUTE = 60


def add_to(pages: Blueprint, parts: Services) -> None:
    """Register the bar and its polled fragment."""

    @pages.get("/bar")
    def bar() -> tuple[str, int, dict[str, str]]:
        check_permission(get_actor(), Permission.WORK_QUEUE)
        mark = _make_mark(parts)
        if request.headers.get("If-None-Match") == mark:
            return "", UNCHANGED, {"ETag": mark}
        return render_template("console/_bar.html", opened=request.args.get("open", "")), 200, {"ETag": mark}

    @pages.app_context_processor
    def over_every_page() -> dict[str, object]:
        return {
            "bridge_now": lambda: _find_over(parts)[0],
            "bridge_clock": parts.clock.now,
            "passed_on": lambda: _find_over(parts)[1],
            "danger_texts": lambda: _find_over(parts)[2],
            "bar_mark": lambda: _make_mark(parts),
        }

    @pages.app_template_filter("minutes")
    def minutes(since: datetime) -> str:
        seconds = max(0, int((parts.clock.now() - since).total_seconds()))
        return f"{seconds // _MINUTE:02}:{seconds % _MINUTE:02}"


def _find_over(parts: Services) -> Over:
    """Return the content of the bar, loaded once per request; empty for people who do not work the queue."""
    who = find_sign_in()
    if who is None or not who.actor.may(Permission.WORK_QUEUE):
        return _NOTHING
    if "over_the_page" not in g:
        try:
            g.over_the_page = _ask_over(parts, who.actor)
        except Unavailable:
            g.over_the_page = _NOTHING
    found: Over = g.over_the_page
    return found


def _ask_over(parts: Services, who: Actor) -> Over:
    return (
        bridged_calls.find_current_call(parts, who),
        transfer.list_passed_to(parts, who),
        unmatched_texts.count_dangers(parts, who),
    )


def _make_mark(parts: Services) -> str:
    seen = (_find_over(parts), get_language())
    return f'"{hashlib.sha256(repr(seen).encode()).hexdigest()[:24]}"'


# Page with the status of channels and the newest messages, to explain why a caller does not respond.

NEWEST = 50
TEXTS = ("answer", "ours", "alert")


def add_channels_page(pages: Blueprint, parts: Services) -> None:
    """Register the channels page, and the bar shown while a channel fails."""

    @pages.get("/lines")
    def lines() -> str:
        check_permission(get_actor(), Permission.WORK_QUEUE)
        return render_template(
            "console/lines.html",
            lines=list_statuses(parts),
            texts=[row for row in results.list_newest(parts, NEWEST) if row.kind in TEXTS],
            tab="",
            counts=queue.show_queue(parts, get_actor()).counts,
        )

    @pages.app_context_processor
    def bar() -> dict[str, object]:
        return {"troubled": lambda: _list_troubled(parts)}


def _list_troubled(parts: Services) -> list[ChannelStatus]:
    """Return the failing channels that people must see here because no alert can be sent through them."""
    try:
        return [one for one in list_statuses(parts) if one.sort and one.channel.contract.real]
    except Unavailable:
        return []
