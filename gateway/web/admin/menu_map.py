"""Serves the drawing of a draft's menu: what leads where, what callers did there, errors in red, a list of the same.

The drawing is made by the server, so it needs no script; its sizes are links, which keys press too. What callers did
comes from the report of a month, hidden and rounded as there, and is counted by the names of screens over every
version that was live in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Blueprint, abort, render_template, request
from markupsafe import Markup

from gateway.domain.permissions import Permission
from gateway.menus.authoring.drawing import DrawnFigures
from gateway.operations.publishing import menu_drafts
from gateway.operations.publishing.draft_checks import draw_draft
from gateway.operations.publishing.fact_changes import find_today
from gateway.operations.publishing.menu_drafts import UnknownDraft
from gateway.operations.reporting.activity import list_known_months, read_usage
from gateway.storage.database import Unavailable
from gateway.web.shared.auth import get_actor
from gateway.web.shared.i18n import _, later
from gateway.web.shared.languages import get_language

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gateway.foundation.services import Services
    from gateway.menus.engine.model import Menu
    from gateway.operations.publishing.draft_checks import CheckedDrafts, DrawnScreen
    from gateway.operations.publishing.menu_drafts import OpenedDraft
    from gateway.operations.reporting.activity import ScreenFlow

    Flows = Mapping[str, ScreenFlow]

NOT_FOUND = 404
SCALES = (25, 50, 75, 100, 150, 200)
"""Sizes of the drawing in percent."""

_MOST_MONTHS = 12
_LONGEST_SEARCH = 60
_PHRASES = {
    "choices": later("choices"),
    "information": later("information"),
    "question": later("question"),
    "form": later("form"),
    "entry": later("entry"),
    "offer": later("offer"),
    "end": later("end"),
    "error": later("error"),
    "warning": later("warning"),
    "code": later("code"),
    "{n} screens": later("{n} screens"),
    "7 → name: it leads to a screen drawn elsewhere": later("7 → name: it leads to a screen drawn elsewhere"),
    "nobody wrote a screen '{name}'": later("nobody wrote a screen '{name}'"),
}
"""Phrase of a drawing → what the reader's language has for it."""


def add_to(pages: Blueprint, parts: Services, checks: CheckedDrafts) -> None:
    """Register the page of the drawing."""

    @pages.get("/drafts/<draft_id>/drawing")
    def drawing(draft_id: str) -> str:
        try:
            opened = menu_drafts.read_draft(parts, get_actor(), draft_id)
        except UnknownDraft:
            abort(NOT_FOUND)
        return _render_map(parts, checks, opened)


def _render_map(parts: Services, checks: CheckedDrafts, opened: OpenedDraft) -> str:
    asked = request.args.get("q", "").strip()[:_LONGEST_SEARCH]
    scale = _read_scale()
    months = _list_months(parts)
    month = request.args.get("month", "")
    month = month if month in months else next(iter(months), "")
    flows = _read_flows(parts, month)
    checked = checks.check(opened.files)
    pages = frozenset(checked.built.screens) if checked.built else frozenset()
    look = MapLook(
        base=f"/admin/drafts/{opened.draft.id}", pages=pages, flows=flows, scale=scale, asked=asked
    )
    language = request.args.get("language", "") or get_language()
    drawn = draw_draft(opened.files, checked, find_today(parts), language, look.make_figures)
    return render_template(
        "admin/menu_map.html",
        draft=opened.draft,
        drawn=drawn,
        svg=Markup(drawn.svg) if drawn else None,  # noqa: S704 - escaped where it is drawn
        rows=[one for one in drawn.screens if not asked or one.name in drawn.figures.found] if drawn else [],
        flows=flows,
        tell=_tell,
        loose=[one for one in checked.problems if one.level == "error" and not one.screen],
        asked=asked,
        scale=scale,
        smaller=max((one for one in SCALES if one < scale), default=0),
        larger=min((one for one in SCALES if one > scale), default=0),
        month=month,
        months=months,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MapLook:
    """How a drawing is asked for: where its draft is, which screens have a page, what callers did, size and search."""

    base: str
    pages: frozenset[str]
    flows: Flows
    scale: int
    asked: str

    def make_figures(self, menu: Menu, screens: Sequence[DrawnScreen]) -> DrawnFigures:
        """Return what stands on the drawing beside the menu; a screen without a page of its own leads to the files."""
        return DrawnFigures(
            links={
                one.name: f"{self.base}/parts/screens/{one.name}"
                if one.name in self.pages
                else f"{self.base}/files"
                for one in screens
            },
            ways={
                (flow.screen, key): _tell(n)
                for flow in self.flows.values()
                for key, n in flow.answered.items()
                if key and n != 0
            },
            notes={
                flow.screen: _(
                    "%(shown)s shown · %(left)s left", shown=_tell(flow.shown), left=_tell(flow.left)
                )
                for flow in self.flows.values()
            },
            found=frozenset(one.name for one in screens if self.asked and _fits(menu, one, self.asked)),
            scale=self.scale,
            tell=lambda phrase: str(_PHRASES.get(phrase, phrase)),
        )


def _read_scale() -> int:
    written = request.args.get("size", "")
    return int(written) if written in {str(one) for one in SCALES} else 100


def _list_months(parts: Services) -> tuple[str, ...]:
    """Return the months whose figures the reader may see, newest first; none where the database cannot tell."""
    if not get_actor().may(Permission.SEE_FIGURES):
        return ()
    try:
        return list_known_months(parts, get_actor())[:_MOST_MONTHS]
    except Unavailable:
        return ()


def _read_flows(parts: Services, month: str) -> Flows:
    """Return screen → what callers did on it in a month, as everybody may read it."""
    if not month:
        return {}
    try:
        return {flow.screen: flow for flow in read_usage(parts, get_actor(), month).screens}
    except Unavailable:
        return {}


def _fits(menu: Menu, one: DrawnScreen, asked: str) -> bool:
    """Return whether every word of a search stands in the name, the text or the choices of a screen."""
    screen = menu.screens[one.name]
    labels = (words for choice in screen.choices for words in choice.label.values())
    whole = " ".join((one.name, one.title, *screen.text.values(), *labels)).casefold()
    return all(word in whole for word in asked.casefold().split())


def _tell(n: int | None) -> str:
    return _("hidden") if n is None else str(n)
