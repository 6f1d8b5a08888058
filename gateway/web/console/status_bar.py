"""Shows a bar on every console page: running calls, transfers, danger texts, broken promises, failing channels.

A broken promise stays until a person acknowledges it; whoever made a call that was left without an outcome can say
here what came of it.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from flask import Blueprint, abort, flash, g, redirect, render_template, request

from gateway.delivery import results
from gateway.delivery.channel_status import list_statuses
from gateway.domain.callbacks.states import BrokenPromise
from gateway.domain.permissions import Permission, check_permission
from gateway.helpdesk.queue import queue, timers
from gateway.helpdesk.queue.queue_page import StatusBar, build_bar
from gateway.storage.database import Unavailable
from gateway.web.console.callback import FIRST_OUTCOMES, OTHER_OUTCOMES
from gateway.web.console.queue import UNCHANGED
from gateway.web.shared.auth import check_way_back, find_sign_in, get_actor, permit_while_locked
from gateway.web.shared.forms import read_field
from gateway.web.shared.i18n import _
from gateway.web.shared.languages import get_language

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from werkzeug.wrappers import Response

    from gateway.foundation.services import Services
    from gateway.storage.broken_promises import Confession
    from gateway.storage.outbox import OutboxRow


SEE_OTHER, MISSING = 303, 404
_MOST = 200


def add_confessions(pages: Blueprint, parts: Services) -> None:
    """Register the acknowledgement, and the page on which an unclear call gets its outcome."""

    @pages.post("/promises/<promise>/seen")
    def acknowledge(promise: str) -> Response:
        if promise not in set(BrokenPromise):
            abort(MISSING)
        ids = request.form.getlist("callback")[:_MOST]
        if timers.confirm_broken(parts, get_actor(), promise, ids):
            flash(_("It is on record that you have read this."))
        return redirect(check_way_back(read_field("back")) or "/", SEE_OTHER)

    @pages.get("/callbacks/<callback_id>/late")
    def say_late(callback_id: str) -> str:
        call = timers.find_unclear_call(parts, get_actor(), callback_id)
        return render_template(
            "console/late.html",
            callback_id=callback_id,
            code=call.code,
            began=call.started_at,
            outcomes=[*FIRST_OUTCOMES, *OTHER_OUTCOMES],
            tab="",
            opened="",
            counts=queue.show_queue(parts, get_actor()).counts,
        )


def group_confessions(
    found: Sequence[Confession],
) -> tuple[tuple[str, tuple[Confession, ...]], ...]:
    """Return (promise, requests) in the order of the promises, the gravest first."""
    order = list(BrokenPromise)
    ordered = sorted(found, key=lambda one: order.index(one.promise))
    return tuple(
        (promise.value, tuple(of_one)) for promise, of_one in groupby(ordered, attrgetter("promise"))
    )


_MINUTE = 60


def add_to(pages: Blueprint, parts: Services) -> None:
    """Register the bar and its polled fragment."""

    @pages.get("/bar")
    @permit_while_locked
    def bar() -> tuple[str, int, dict[str, str]]:
        check_permission(get_actor(), Permission.WORK_QUEUE)
        mark = _make_mark(parts)
        if request.headers.get("If-None-Match") == mark:
            return "", UNCHANGED, {"ETag": mark}
        return render_template("console/_bar.html", opened=request.args.get("open", "")), 200, {"ETag": mark}

    @pages.app_context_processor
    def over_every_page() -> dict[str, object]:
        return {
            "bridge_now": lambda: _find_bar(parts).running,
            "bridge_clock": parts.clock.now,
            "passed_on": lambda: _find_bar(parts).transferred,
            "confessions": lambda: group_confessions(_find_bar(parts).confessions),
            "urgency": lambda: _find_bar(parts).urgency,
            "danger_texts": lambda: _find_bar(parts).danger_texts,
            "samples_in": lambda: _find_bar(parts).has_samples,
            "troubled": lambda: _find_bar(parts).troubled,
            "bar_mark": lambda: _make_mark(parts),
            "line_name": lambda name: name_line(parts, name),
        }

    @pages.app_template_filter("minutes")
    def minutes(since: datetime) -> str:
        seconds = max(0, int((parts.clock.now() - since).total_seconds()))
        return f"{seconds // _MINUTE:02}:{seconds % _MINUTE:02}"


def name_line(parts: Services, name: str) -> str:
    """Return a line by what callers dial and text, as its name in the configuration says nothing to a counsellor.

    Empty for a request that reached no line: one that was added by hand.
    """
    line = parts.channels.get(name)
    if line is None:
        return ""
    if not line.contract.real:
        return _("Trial phone")
    return " · ".join(filter(None, (*line.config.service_codes, line.config.sms_number))) or name


def _find_bar(parts: Services) -> StatusBar:
    """Return the content of the bar, read at most once per request; empty for people who do not work the queue."""
    who = find_sign_in()
    if who is None:
        return StatusBar()
    if "status_bar" not in g:
        try:
            g.status_bar = build_bar(parts, who.actor)
        except Unavailable:
            g.status_bar = StatusBar()
    found: StatusBar = g.status_bar
    return found


def _make_mark(parts: Services) -> str:
    bar = _find_bar(parts)
    seen = (replace(bar, troubled=()), get_language())
    return f'"{hashlib.sha256(repr(seen).encode()).hexdigest()[:24]}"'


# Page with the status of channels and the newest messages, to explain why a caller does not respond.

NEWEST = 50
TEXTS = ("answer", "ours", "alert")


def add_channels_page(pages: Blueprint, parts: Services) -> None:
    """Register the channels page."""

    @pages.get("/lines")
    def lines() -> str:
        check_permission(get_actor(), Permission.WORK_QUEUE)
        return render_template(
            "console/lines.html",
            lines=list_statuses(parts),
            texts=_group_texts(results.list_newest(parts, NEWEST)),
            tab="",
            counts=queue.count_tabs(parts, get_actor()),
        )


def _group_texts(rows: Iterable[OutboxRow]) -> list[list[OutboxRow]]:
    """Return the texts, newest first; alike ones in a row are one entry, as thirty equal lines hide the odd one."""
    texts = (row for row in rows if row.kind in TEXTS)
    fared = groupby(texts, key=lambda row: (row.channel, row.kind, row.delivery or row.state))
    return [list(group) for _fared, group in fared]
