"""The queue: whom to call next, live by polling, one list a tab."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request

from gateway.access import Permission
from gateway.desk import claim, line
from gateway.desk import opening as first_words
from gateway.web.fact_notice import find_notice
from gateway.web.guard import actor, home_of
from gateway.web.languages import language
from gateway.web.translate import _

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from gateway.desk.line import Queue
    from gateway.desk.opening import Opening
    from gateway.parts import Parts

TABS = ("queue", "mine", "later", "review", "closed")
SEE_OTHER, UNCHANGED = 303, 304
LOOKS_COUNT_AFTER = timedelta(minutes=10)  # a reload is no new look; else it would wipe what it has to tell


def add_to(pages: Blueprint, parts: Parts) -> None:
    """Add the pages of the queue."""
    _add_tabs(pages, parts)
    _add_taking(pages, parts)


def _add_tabs(pages: Blueprint, parts: Parts) -> None:
    @pages.get("/")
    def queue() -> Response | str:
        if not actor().may(Permission.WORK_QUEUE):
            return redirect(home_of(actor()))
        first = _looks(parts)
        return _page(parts, "queue", first)

    @pages.get("/<any(mine, later, review, closed):tab>")
    def tab(tab: str) -> str:
        return _page(parts, tab)

    @pages.get("/look/<any(queue, mine, later, review, closed):tab>")
    def look(tab: str) -> Response | tuple[str, int, dict[str, str]]:
        mark = _mark(line.stamp(parts, actor(), tab))
        if request.headers.get("If-None-Match") == mark:
            return "", UNCHANGED, {"ETag": mark}
        found = line.queue(parts, actor(), tab)
        return (
            render_template("console/_line.html", **standing(found, request.args.get("open", ""))),
            200,
            {"ETag": mark},
        )


def _add_taking(pages: Blueprint, parts: Parts) -> None:
    @pages.post("/take-next")
    def take_next() -> Response:
        taken = claim.take_next(parts, actor())
        if taken is None:
            flash(_("Nobody is due now. The next ones are under Later."), "info")
            return redirect("/", SEE_OTHER)
        return redirect(f"/callbacks/{taken.callback_id}", SEE_OTHER)


def standing(found: Queue, opened: str = "") -> dict[str, object]:
    """Return what the list of a tab is drawn from."""
    return {
        "tab": found.tab.value,
        "mark": _mark(found.stamp),
        "rows": found.rows,
        "counts": found.counts,
        "now": found.now,
        "opened": opened,
    }


def _mark(stamp: str) -> str:
    return f'"{stamp}-{language()}"'


def tab_asked() -> str:
    """Return the tab that stands beside a callback."""
    asked = request.args.get("tab", "queue")
    return asked if asked in TABS else "queue"


def _page(parts: Parts, tab: str, first: Opening | None = None) -> str:
    ends = find_notice(parts, actor()) if first else ()
    found = standing(line.queue(parts, actor(), tab))
    return render_template("console/queue.html", first=first, fact_ends=ends, **found)


def _looks(parts: Parts) -> Opening:
    """Return what came since the last look, and from now on count this as the last one."""
    first = first_words.opening(parts, actor())
    if first.since is None or first.since + LOOKS_COUNT_AFTER <= parts.clock.now():
        first_words.looked(parts, actor())
    return first
