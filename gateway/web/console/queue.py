"""Serves the queue by tabs with polling, its CSV export, and the search by code or number."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from flask import Blueprint, Response, flash, g, redirect, render_template, request

from gateway.domain.permissions import Permission, check_permission
from gateway.helpdesk.errors import Rejected
from gateway.helpdesk.queue import claim, queue, search, shift_summary
from gateway.helpdesk.queue import queue as queue_queue
from gateway.helpdesk.queue.list_view import WHOLE, Chip, ListView
from gateway.helpdesk.queue.outcome import REASONS
from gateway.helpdesk.queue.queue_page import build_queue_page
from gateway.helpdesk.staff import people, two_factor
from gateway.web.shared.auth import end_reading, find_home, get_actor, permit_while_locked, reads_once
from gateway.web.shared.forms import flash_undoable, read_field
from gateway.web.shared.health import find_notice
from gateway.web.shared.i18n import _
from gateway.web.shared.labels import quote_formula
from gateway.web.shared.languages import get_language
from gateway.web.shared.second_factor import ask_proof, take_proof

if TYPE_CHECKING:
    from collections.abc import Iterable

    from werkzeug.wrappers import Response as Answer

    from gateway.foundation.services import Services
    from gateway.helpdesk.queue.queue import Queue
    from gateway.helpdesk.queue.queue_page import StatusBar

TABS = ("queue", "mine", "later", "review", "closed")
SEE_OTHER, UNCHANGED = 303, 304
MORE, MOST_SHOWN = 200, 2_000
_DIGITS, _ID = 5, 20
# A reload within this time is no new look, since it would clear the summary.
LOOKS_COUNT_AFTER = timedelta(minutes=10)
_LONGEST = 60


def add_to(pages: Blueprint, parts: Services) -> None:
    """Register the pages of the queue."""
    _add_tabs(pages, parts)
    _add_taking(pages, parts)


def _add_tabs(pages: Blueprint, parts: Services) -> None:
    @pages.get("/")
    @reads_once
    def queue() -> Answer | str:
        if not get_actor().may(Permission.WORK_QUEUE):
            return redirect(find_home(get_actor()))
        return _render_page(parts, "queue", find_view())

    @pages.get("/<any(mine, later, review, closed):tab>")
    @reads_once
    def tab(tab: str) -> str:
        return _render_page(parts, tab, find_view())

    @pages.get("/look/<any(queue, mine, later, review, closed):tab>")
    @permit_while_locked
    def look(tab: str) -> Answer | tuple[str, int, dict[str, str]]:
        view = find_view()
        mark = _make_mark(queue_queue.make_stamp(parts, get_actor(), tab, view))
        if request.headers.get("If-None-Match") == mark:
            return "", UNCHANGED, {"ETag": mark}
        found = queue_queue.show_queue(parts, get_actor(), tab, view)
        return (
            render_template("console/_line.html", **gather_tab(found, request.args.get("open", ""))),
            200,
            {"ETag": mark},
        )


def _add_taking(pages: Blueprint, parts: Services) -> None:
    @pages.post("/take-next")
    def take_next() -> Answer:
        taken = claim.take_next(parts, get_actor())
        if taken is None:
            flash(_("Nobody is due now. The next ones are under Later."), "info")
            return redirect("/", SEE_OTHER)
        flash_undoable(_("Claimed."), f"/callbacks/{taken.callback_id}/release")
        return redirect(f"/callbacks/{taken.callback_id}", SEE_OTHER)


def set_bar(bar: StatusBar) -> None:
    """Take the bar that a page's model brings, so that it is not read again for this page."""
    g.status_bar = bar


def gather_tab(found: Queue, opened: str = "") -> dict[str, object]:
    """Return the template values of a tab's list."""
    return {
        "tab": found.tab.value,
        "mark": _make_mark(found.stamp),
        "rows": found.rows,
        "counts": found.counts,
        "now": found.now,
        "opened": opened,
        "chips": [one.value for one in Chip],
        "chosen": [one.value for one in Chip if one in found.view.chips],
        "list_query": write_view(found.view),
        "chip_query": {one.value: write_view(_toggle_chip(found.view, one)) for one in Chip},
        "more": found.more,
        "more_query": write_view(replace(found.view, limit=found.view.limit + MORE)),
    }


def find_view() -> ListView:
    """Return what the address narrows a list to; words that are no chips narrow nothing."""
    written = request.args.get("only", "")[:_LONGEST].split(",")
    shown = request.args.get("show", "")
    limit = int(shown) if shown.isascii() and shown.isdigit() and len(shown) <= _DIGITS else WHOLE.limit
    limit = min(max(limit, WHOLE.limit), MOST_SHOWN)
    reason = request.args.get("reason", "")
    return ListView(
        chips=frozenset(one for one in Chip if one.value in written),
        limit=limit,
        who=request.args.get("who", "")[:_ID],
        reason=reason if reason in REASONS else "",
    )


def write_view(view: ListView) -> str:
    """Return the same as a query, empty for the whole list."""
    chips = ",".join(one.value for one in Chip if one in view.chips)
    known = {
        "only": chips,
        "show": view.limit if view.limit > WHOLE.limit else "",
        "who": view.who,
        "reason": view.reason,
    }
    return urlencode({name: value for name, value in known.items() if value}, safe=",")


def _toggle_chip(view: ListView, chip: Chip) -> ListView:
    return ListView(chips=view.chips ^ {chip})


def _make_mark(stamp: str) -> str:
    return f'"{stamp}-{get_language()}"'


def find_tab() -> str:
    """Return the tab shown beside a callback."""
    tab = request.args.get("tab", "queue")
    return tab if tab in TABS else "queue"


def _render_page(parts: Services, tab: str, view: ListView) -> str:
    page = build_queue_page(parts, get_actor(), tab, view)
    end_reading()
    set_bar(page.bar)
    first = page.summary
    if first and (first.since is None or first.since + LOOKS_COUNT_AFTER <= page.queue.now):
        shift_summary.note_look(parts, get_actor())
    ends = find_notice(parts, get_actor()) if first else ()
    asks = tab == "closed" and get_actor().may(Permission.SEE_CLOSED)
    return render_template(
        "console/queue.html",
        first=first,
        fact_ends=ends,
        ended=REASONS if asks else (),
        holders=[(one.id, one.name) for one in people.list_people(parts, get_actor())] if asks else [],
        view=view,
        **gather_tab(page.queue),
    )


# Export of all requests as CSV; needs the export permission and a recent re-authentication.

FIELDS = (
    "code", "state", "priority", "topic", "language", "channel", "asked_at", "attempts", "window", "due_at",
    "due_until", "first_call_at", "minutes_to_first_call", "outcome", "reason", "closed_at", "holder", "trial",
)  # fmt: skip


def add_export(pages: Blueprint, parts: Services) -> None:
    """Register the export, a POST form because it is audited."""

    @pages.post("/export")
    def export() -> Answer | tuple[str, int]:
        month = read_field("month", 7)
        actor, fault = take_proof(parts)
        try:
            return _make_file(search.export_callbacks(parts, actor, month=month), month)
        except two_factor.NotFresh:
            return ask_proof(fault)
        except Rejected:
            flash(_("Write the month like 2026-11."), "bad")
            return redirect("/closed", SEE_OTHER)


def _make_file(rows: Iterable[search.ExportedRow], month: str) -> Response:
    written = io.StringIO()
    table = csv.DictWriter(written, FIELDS, extrasaction="ignore")
    table.writeheader()
    for row in rows:
        values = search.format_exported(row)
        table.writerow({name: quote_formula(values[name]) for name in FIELDS})
    name = f"requests-{month}.csv" if month else "requests.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(written.getvalue(), mimetype="text/csv", headers=headers)


# Search by code, by whole number, or for a number that is calling now.


def add_search(pages: Blueprint, parts: Services) -> None:
    """Register the search. Numbers are sent in POST forms only, since a URL ends in logs and browser histories."""
    _add_search(pages, parts)
    _add_ringing(pages, parts)


def _add_search(pages: Blueprint, parts: Services) -> None:
    @pages.get("/search")
    def by_code() -> Answer | str:
        code = request.args.get("code", "").strip()[:_LONGEST]
        return _answer_found(parts, code, search.find_by_code(parts, get_actor(), code))

    @pages.post("/search")
    def find() -> Answer | str:
        written = read_field("written", _LONGEST)
        return _answer_found(parts, written, search.find_callbacks(parts, get_actor(), written))


def _add_ringing(pages: Blueprint, parts: Services) -> None:
    @pages.get("/ringing")
    def ringing() -> str:
        check_permission(get_actor(), Permission.WORK_QUEUE)
        return _answer_ringing(parts, None, "")

    @pages.post("/ringing")
    def who_is_it() -> str:
        written = read_field("written", _LONGEST)
        return _answer_ringing(parts, search.identify_ring(parts, get_actor(), written), written)


def _answer_found(parts: Services, written: str, rows: tuple[queue.Row, ...]) -> Answer | str:
    if len(rows) == 1:
        return redirect(f"/callbacks/{rows[0].id}", SEE_OTHER)
    return render_template("console/found.html", written=written, rows=rows, **_gather_frame(parts))


def _answer_ringing(parts: Services, found: search.Ringing | None, written: str) -> str:
    return render_template("console/ringing.html", found=found, written=written, **_gather_frame(parts))


def _gather_frame(parts: Services) -> dict[str, object]:
    """Return the template values of the tabs on a page outside any tab."""
    return {"tab": "", "counts": queue.count_tabs(parts, get_actor())}
