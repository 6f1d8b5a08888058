"""How the lines stand and what became of the newest texts, for those who wonder why she does not answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, render_template

from gateway.access import Permission, permit
from gateway.desk import line
from gateway.sending import listing
from gateway.sending.standing import standings
from gateway.store.engines import Unavailable
from gateway.web.guard import actor

if TYPE_CHECKING:
    from gateway.parts import Parts
    from gateway.sending.standing import Standing

NEWEST = 50
TEXTS = ("answer", "ours", "alert")


def add_to(pages: Blueprint, parts: Parts) -> None:
    """Add the page of the lines, and the bar over every page while one stands badly."""

    @pages.get("/lines")
    def lines() -> str:
        permit(actor(), Permission.WORK_QUEUE)
        return render_template(
            "console/lines.html",
            lines=standings(parts),
            texts=[row for row in listing.newest(parts, NEWEST) if row.kind in TEXTS],
            tab="",
            counts=line.queue(parts, actor()).counts,
        )

    @pages.app_context_processor
    def bar() -> dict[str, object]:
        return {"troubled": lambda: _troubled(parts)}


def _troubled(parts: Parts) -> list[Standing]:
    """Return the lines that people must hear of here, since no text can tell them."""
    try:
        return [one for one in standings(parts) if one.sort and one.channel.contract.real]
    except Unavailable:
        return []
