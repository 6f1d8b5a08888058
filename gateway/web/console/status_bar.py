"""Shows a bar on every console page: running calls, transfers, danger texts, broken promises, failing channels."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from flask import Blueprint, g, render_template, request

from gateway.delivery import results
from gateway.delivery.channel_status import list_statuses
from gateway.domain.permissions import Permission, check_permission
from gateway.helpdesk.calls import bridged_calls
from gateway.helpdesk.queue import broken_promises, queue, transfer
from gateway.helpdesk.requests import unmatched_texts
from gateway.storage.database import Unavailable
from gateway.web.console.confessions import group_confessions
from gateway.web.console.queue import UNCHANGED
from gateway.web.shared.auth import find_sign_in, get_actor
from gateway.web.shared.languages import get_language

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.delivery.channel_status import ChannelStatus
    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.helpdesk.calls.bridged_calls import Bridge
    from gateway.helpdesk.queue.queue import Urgency
    from gateway.helpdesk.queue.transfer import TransferredCallback
    from gateway.storage.broken_promises import Confession


class BarContent(NamedTuple):
    """What the bar shows; the defaults are for people who do not work the queue, and for an outage."""

    bridge: Bridge | None = None
    passed_on: tuple[TransferredCallback, ...] = ()
    danger_texts: int = 0
    confessions: tuple[Confession, ...] = ()
    urgency: Urgency | None = None


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
            "bridge_now": lambda: _find_content(parts).bridge,
            "bridge_clock": parts.clock.now,
            "passed_on": lambda: _find_content(parts).passed_on,
            "danger_texts": lambda: _find_content(parts).danger_texts,
            "confessions": lambda: group_confessions(_find_content(parts).confessions),
            "urgency": lambda: _find_content(parts).urgency,
            "bar_mark": lambda: _make_mark(parts),
        }

    @pages.app_template_filter("minutes")
    def minutes(since: datetime) -> str:
        seconds = max(0, int((parts.clock.now() - since).total_seconds()))
        return f"{seconds // _MINUTE:02}:{seconds % _MINUTE:02}"


def _find_content(parts: Services) -> BarContent:
    """Return the content of the bar, loaded once per request."""
    who = find_sign_in()
    if who is None or not who.actor.may(Permission.WORK_QUEUE):
        return BarContent()
    if "bar_content" not in g:
        try:
            g.bar_content = _gather_content(parts, who.actor)
        except Unavailable:
            g.bar_content = BarContent()
    found: BarContent = g.bar_content
    return found


def _gather_content(parts: Services, who: Actor) -> BarContent:
    return BarContent(
        bridge=bridged_calls.find_current_call(parts, who),
        passed_on=transfer.list_passed_to(parts, who),
        danger_texts=unmatched_texts.count_dangers(parts, who),
        confessions=broken_promises.list_confessions(parts, who),
        urgency=queue.count_urgent(parts, who),
    )


def _make_mark(parts: Services) -> str:
    seen = (_find_content(parts), get_language())
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
