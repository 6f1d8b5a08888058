"""Serves the audit log and its monthly CSV export."""

from __future__ import annotations

import csv
import io
from contextlib import suppress
from datetime import date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, render_template, request

from gateway.domain.permissions import Permission
from gateway.helpdesk.errors import Rejected
from gateway.helpdesk.staff import centre_policy, two_factor
from gateway.web.shared.auth import get_actor
from gateway.web.shared.forms import read_field
from gateway.web.shared.labels import quote_formula
from gateway.web.shared.second_factor import ask_proof, take_proof

if TYPE_CHECKING:
    from collections.abc import Iterable

    from werkzeug.wrappers import Response as Answer

    from gateway.foundation.services import Services
    from gateway.storage.audit import AuditEntry

BAD = 422
HERE = "/admin/record"
FIELDS = ("at", "who", "act", "kind", "subject", "detail")


def add_to(pages: Blueprint, parts: Services) -> None:
    """Register the page and the export."""

    @pages.get("/record")
    def record() -> str:
        return _render_page(parts)

    @pages.post("/record/export")
    def export_record() -> Answer | tuple[str, int]:
        month = read_field("month", 7)
        actor, fault = take_proof(parts)
        try:
            return _write_table(centre_policy.export_trail(parts, actor, month), month)
        except two_factor.NotFresh:
            return ask_proof(fault)
        except Rejected:
            return _render_page(parts, wrong=month or "?"), BAD


def _find_day(parts: Services, who: str) -> centre_policy.PersonDay | None:
    """Return the day of a person that the address asks for; None without one, or where it is none."""
    written = request.args.get("day", "")[:10]
    if not (who and written and get_actor().may(Permission.SEE_AUDIT)):
        return None
    with suppress(ValueError, Rejected):
        return centre_policy.show_day(parts, get_actor(), who, date.fromisoformat(written))
    return None


def _render_page(parts: Services, *, wrong: str = "") -> str:
    who = request.args.get("who", "")[:20]
    seen = centre_policy.show_trail(
        parts, get_actor(), before=request.args.get("before", "")[:20], person_id=who
    )
    return render_template(
        "admin/record.html",
        trail=seen,
        names={one.id: one.name for one in seen.people},
        own_day=_find_day(parts, who),
        today=parts.clock.now().astimezone(ZoneInfo(parts.line.zone)).date(),
        next_day=timedelta(days=1),
        who_chosen=who,
        month=wrong or f"{parts.clock.now():%Y-%m}",
        wrong=wrong,
        exports=get_actor().may(Permission.EXPORT),
        here=HERE,
    )


def _write_table(rows: Iterable[AuditEntry], month: str) -> Response:
    written = io.StringIO()
    table = csv.writer(written)
    table.writerow(FIELDS)
    for row in rows:
        table.writerow(
            [
                row.at.isoformat(timespec="seconds"),
                *(quote_formula(getattr(row, name)) for name in FIELDS[1:]),
            ]
        )
    headers = {"Content-Disposition": f'attachment; filename="record-{month}.csv"'}
    return Response(written.getvalue(), mimetype="text/csv", headers=headers)
