"""Finding a request: by its code, by a whole number, or while the phone is ringing in one's hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, redirect, render_template, request

from gateway.access import Permission, permit
from gateway.desk import line, search
from gateway.web.forms import field
from gateway.web.guard import actor

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from gateway.parts import Parts

SEE_OTHER = 303
_LONGEST = 60


def add_to(pages: Blueprint, parts: Parts) -> None:
    """Add the pages that find. A number travels in a form only: an address would end in logs and histories."""
    _add_search(pages, parts)
    _add_ringing(pages, parts)


def _add_search(pages: Blueprint, parts: Parts) -> None:
    @pages.get("/search")
    def by_code() -> Response | str:
        code = request.args.get("code", "").strip()[:_LONGEST]
        return _found(parts, code, search.by_code(parts, actor(), code))

    @pages.post("/search")
    def find() -> Response | str:
        written = field("written", _LONGEST)
        return _found(parts, written, search.find(parts, actor(), written))


def _add_ringing(pages: Blueprint, parts: Parts) -> None:
    @pages.get("/ringing")
    def ringing() -> str:
        permit(actor(), Permission.WORK_QUEUE)
        return _ringing(parts, None, "")

    @pages.post("/ringing")
    def who_is_it() -> str:
        written = field("written", _LONGEST)
        return _ringing(parts, search.ringing(parts, actor(), written), written)


def _found(parts: Parts, written: str, rows: tuple[line.Row, ...]) -> Response | str:
    if len(rows) == 1:
        return redirect(f"/callbacks/{rows[0].id}", SEE_OTHER)
    return render_template("console/found.html", written=written, rows=rows, **_frame(parts))


def _ringing(parts: Parts, found: search.Ringing | None, written: str) -> str:
    return render_template("console/ringing.html", found=found, written=written, **_frame(parts))


def _frame(parts: Parts) -> dict[str, object]:
    """Return what the tabs over a page of no tab are drawn from."""
    return {"tab": "", "counts": line.queue(parts, actor()).counts}
