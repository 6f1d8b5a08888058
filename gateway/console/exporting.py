"""Takes every request out as a table, for whoever may, after they showed once more who they are."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from flask import Blueprint, Response

from gateway.access import Permission, permit
from gateway.desk import line
from gateway.web.guard import actor
from gateway.web.second_factor import fresh_or_ask

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as Answer

    from gateway.parts import Parts

FIELDS = ("code", "state", "priority", "topic", "language", "channel", "asked_at", "attempts")


def add_to(pages: Blueprint, parts: Parts) -> None:
    """Add the export: a form, since it is put on record."""

    @pages.post("/export")
    def export() -> Answer:
        permit(actor(), Permission.EXPORT)
        return fresh_or_ask(parts, "/closed") or _file(parts)


def _file(parts: Parts) -> Response:
    written = io.StringIO()
    table = csv.DictWriter(written, FIELDS, extrasaction="ignore")
    table.writeheader()
    table.writerows(line.as_json(row) for row in line.export(parts, actor()))
    headers = {"Content-Disposition": 'attachment; filename="requests.csv"'}
    return Response(written.getvalue(), mimetype="text/csv", headers=headers)
