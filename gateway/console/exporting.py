"""Takes every request out as a table, for whoever may, after they showed once more who they are."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from flask import Blueprint, Response, redirect

from gateway.desk import line, second
from gateway.web.guard import actor

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as Answer

    from gateway.parts import Parts

SEE_OTHER = 303
FIELDS = ("code", "state", "priority", "topic", "language", "channel", "asked_at", "attempts")


def add_to(pages: Blueprint, parts: Parts) -> None:
    """Add the export: a form, since it is put on record."""

    @pages.post("/export")
    def export() -> Answer:
        try:
            return _file(parts)
        except second.NotFresh:
            return redirect("/prove?back=/closed", SEE_OTHER)


def _file(parts: Parts) -> Response:
    rows = line.export(parts, actor())
    written = io.StringIO()
    table = csv.DictWriter(written, FIELDS, extrasaction="ignore")
    table.writeheader()
    table.writerows(line.as_json(row) for row in rows)
    headers = {"Content-Disposition": 'attachment; filename="requests.csv"'}
    return Response(written.getvalue(), mimetype="text/csv", headers=headers)
