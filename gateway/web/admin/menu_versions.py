"""Serves the page of the menu: open drafts, every version with who, when and why, and the way back to one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template

from gateway.domain.permissions import Permission, check_permission
from gateway.operations.publishing import menu_drafts, publish, publish_rules, stored
from gateway.operations.publishing.draft_files import list_history
from gateway.operations.publishing.menu_drafts import UnknownDraft
from gateway.web.shared.auth import get_actor
from gateway.web.shared.forms import flash_saved, read_field
from gateway.web.shared.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterable

    from werkzeug.wrappers import Response

    from gateway.foundation.services import Services
    from gateway.operations.publishing.draft_files import PastVersion

    Answer = Response | tuple[str, int]

BAD, CONFLICT, SEE_OTHER = 422, 409, 303
HERE = "/admin/menus"


def add_to(pages: Blueprint, parts: Services) -> None:
    """Register the page, new drafts, the rule of approval, and the way back."""

    @pages.get("/menus")
    def menus() -> str:
        return _render_page(parts)

    @pages.post("/drafts")
    def new_draft() -> Answer:
        check_permission(get_actor(), Permission.DRAFT_MENUS)
        name = read_field("name", 80)
        if not name:
            return _render_page(parts, fault={"name": _("Say in a few words what it is for.")}), BAD
        try:
            made = menu_drafts.open_draft(parts, get_actor(), read_field("menu", 40), name)
        except UnknownDraft:
            return _render_page(parts, fault={"name": _("No version is live yet.")}), BAD
        return redirect(f"/admin/drafts/{made}", SEE_OTHER)

    @pages.post("/menus/approval")
    def approval() -> Answer:
        menu_drafts.set_approval(parts, get_actor(), on=read_field("on", 3) == "yes")
        flash_saved(parts)
        return redirect(HERE, SEE_OTHER)

    @pages.post("/menus/<menu>/<int:number>/back")
    def go_back(menu: str, number: int) -> Answer:
        return _roll_back(parts, menu, number)


def _roll_back(parts: Services, menu: str, number: int) -> Answer:
    check_permission(get_actor(), Permission.PUBLISH_MENUS)
    why = read_field("why")
    if not why:
        return _render_page(parts, fault={"back": _("Say in one sentence why."), "number": str(number)}), BAD
    try:
        done = publish.roll_back_menu(
            parts,
            menu,
            number,
            withdraw=read_field("withdraw", 3) == "yes",
            why=why,
            actor=get_actor(),
            move_keys=read_field("move_keys"),
        )
    except (
        publish_rules.KeysMoved,
        publish_rules.ReviewsLost,
        publish.Overtaken,
        stored.NoVersion,
    ) as refused:
        lines = [line for line in str(refused).splitlines() if "--" not in line]
        fault = {"back": "\n".join(lines), "number": str(number), "kind": type(refused).__name__}
        return _render_page(parts, fault=fault, why=why), CONFLICT
    flash(_("Version %(n)s is live.", n=done.version.number))
    return redirect(HERE, SEE_OTHER)


def _render_page(parts: Services, *, fault: dict[str, str] | None = None, why: str = "") -> str:
    actor = get_actor()
    board, history = menu_drafts.list_board(parts, actor), list_history(parts, actor)
    return render_template(
        "admin/menus.html",
        board=board,
        history=history,
        menus=sorted(parts.versions.loaded()),
        unreadable=_list_unreadable(parts, history),
        may_draft=actor.may(Permission.DRAFT_MENUS),
        may_publish=actor.may(Permission.PUBLISH_MENUS),
        may_approve=actor.may(Permission.APPROVE_MENUS),
        fault=fault or {},
        why=why,
    )


def _list_unreadable(parts: Services, history: Iterable[PastVersion]) -> list[tuple[str, str, str]]:
    """Return (menu, number that should be live and cannot be read, number that callers read instead)."""
    numbers = {one.version.id: str(one.version.number) for one in history}
    served = parts.versions.loaded()
    return [
        (menu, numbers.get(version, "?"), numbers.get(served.get(menu, ""), "–"))
        for menu, version in parts.versions.list_unreadable().items()
    ]
