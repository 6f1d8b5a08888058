"""The page of the record: who did what and when, a month of it as a table to take out."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from flask import Blueprint, Response, redirect, render_template, request

from gateway.access import Permission
from gateway.admin.naming import name_detail
from gateway.desk import second, trail
from gateway.desk.declined import Declined
from gateway.web.forms import field
from gateway.web.guard import actor

if TYPE_CHECKING:
    from collections.abc import Iterable

    from werkzeug.wrappers import Response as Answer

    from gateway.parts import Parts
    from gateway.store.audit import Entry

BAD, SEE_OTHER = 422, 303
HERE = "/admin/record"
FIELDS = ("at", "who", "act", "kind", "subject", "detail")


def add_to(pages: Blueprint, parts: Parts) -> None:
    """Add the page and the table."""

    @pages.get("/record")
    def record() -> str:
        return _page(parts)

    @pages.post("/record/export")
    def export_record() -> Answer | tuple[str, int]:
        month = field("month", 7)
        try:
            return _table(trail.export(parts, actor(), month), month)
        except second.NotFresh:
            return redirect(f"/prove?back={HERE}", SEE_OTHER)
        except Declined:
            return _page(parts, wrong=month or "?"), BAD


def _page(parts: Parts, *, wrong: str = "") -> str:
    who = request.args.get("who", "")[:20]
    seen = trail.look(parts, actor(), before=request.args.get("before", "")[:20], person_id=who)
    return render_template(
        "admin/record.html",
        trail=seen,
        names={one.id: one.name for one in seen.people},
        who_chosen=who,
        month=wrong or f"{parts.clock.now():%Y-%m}",
        wrong=wrong,
        exports=actor().may(Permission.EXPORT),
        here=HERE,
        name_detail=name_detail,
    )


def _table(rows: Iterable[Entry], month: str) -> Response:
    written = io.StringIO()
    table = csv.writer(written)
    table.writerow(FIELDS)
    for row in rows:
        table.writerow(
            [row.at.isoformat(timespec="seconds"), *(_plain(getattr(row, name)) for name in FIELDS[1:])]
        )
    headers = {"Content-Disposition": f'attachment; filename="record-{month}.csv"'}
    return Response(written.getvalue(), mimetype="text/csv", headers=headers)


def _plain(word: str) -> str:
    """Return a word that no spreadsheet takes for a formula: people choose their names themselves."""
    return f"'{word}" if word[:1] in {"=", "+", "-", "@"} else word
